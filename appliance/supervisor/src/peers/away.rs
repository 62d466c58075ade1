// SPDX-License-Identifier: AGPL-3.0-or-later
//! The way of our own backups to peers that keep them: restic, which has no network, speaks HTTP on a socket here, and
//! whatever it says goes through a [`cluster::channel`] to the one board that the socket is named after.

use super::dial::{self, Whom};
use crate::{ApiError, App, app::lock};
use backup::Problem;
use bytes::Bytes;
use cluster::{channel, fetch::FetchCode};
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    net::{TcpStream, UnixListener, UnixStream},
    sync::Semaphore,
    task::AbortHandle,
};
use tokio_rustls::client::TlsStream;
use types::BoardKey;

/// Connections to one peer at a time.
const LINES: usize = 12;
/// How long a peer may take to say whether it keeps our backups.
const PATIENCE: Duration = Duration::from_secs(20);

/// The ways that are open.
pub struct Away {
    folder: PathBuf,
    file: PathBuf,
    open: Mutex<BTreeMap<BoardKey, AbortHandle>>,
    fetching: Mutex<Option<Fetching>>,
}

/// A board that was lost fetches its backups from here, with a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fetching {
    /// The board that keeps them.
    pub(super) board: BoardKey,
    /// Where it is.
    pub(super) address: String,
    /// The code.
    pub(super) code: String,
}

impl Away {
    /// Sockets in `folder`. What is fetched with a code outlives the database, which is replaced by the lost board's:
    /// it is a file in `data`.
    pub fn new(folder: PathBuf, data: &Path) -> Self {
        let file = data.join("fetching.json");
        let fetching = fs::read(&file)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self {
            folder,
            file,
            open: Mutex::default(),
            fetching: Mutex::new(fetching),
        }
    }

    /// From now on this is fetched; `None`: nothing more.
    pub(super) fn fetch(&self, fetching: Option<Fetching>) -> Result<(), ApiError> {
        let written = match &fetching {
            Some(fetching) => serde_json::to_vec(fetching)
                .map_err(io::Error::other)
                .and_then(|json| host::write_atomic(&self.file, &json, 0o600).map_err(io::Error::other)),
            None => match fs::remove_file(&self.file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
        };
        written.map_err(|error| ApiError::internal(&error))?;
        *lock(&self.fetching) = fetching;
        Ok(())
    }

    fn fetching(&self) -> Option<Fetching> {
        lock(&self.fetching).clone()
    }
}

/// Listens for our restic's way to exactly the peers that there are.
pub(super) async fn listen(app: &App) -> Result<(), ApiError> {
    let mut boards: BTreeSet<BoardKey> = app
        .away
        .fetching()
        .iter()
        .map(|fetching| fetching.board)
        .collect();
    let peers = app.store.peers().await?;
    boards.extend(
        peers
            .iter()
            .filter(|peer| peer.gone.is_none())
            .map(|peer| peer.key),
    );
    let mut open = lock(&app.away.open);
    open.retain(|board, listening| {
        let stays = boards.contains(board);
        if !stays {
            listening.abort();
            let _ = fs::remove_file(app.away.folder.join(board.socket()));
        }
        stays
    });
    for board in boards {
        if open.contains_key(&board) {
            continue;
        }
        match bind(&app.away.folder.join(board.socket())) {
            Ok(listener) => {
                let task = tokio::spawn(accept(listener, app.clone(), board));
                open.insert(board, task.abort_handle());
            }
            Err(error) => log::warn!("backups cannot go to {}: {error}", board.short()),
        }
    }
    Ok(())
}

fn bind(socket: &Path) -> io::Result<UnixListener> {
    if let Some(folder) = socket.parent() {
        fs::create_dir_all(folder)?;
    }
    // What is left of the supervisor before this one.
    let _ = fs::remove_file(socket);
    let listener = UnixListener::bind(socket)?;
    // The folder belongs to the group of restic's user, and so does what is made in it.
    fs::set_permissions(socket, fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

async fn accept(listener: UnixListener, app: App, board: BoardKey) {
    let lines = Arc::new(Semaphore::new(LINES));
    loop {
        let Ok(line) = Arc::clone(&lines).acquire_owned().await else {
            return;
        };
        let Ok((near, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let app = app.clone();
        tokio::spawn(async move {
            if let Err(error) = carry(&app, board, near).await {
                log::debug!("a way to {} broke: {error}", board.short());
            }
            drop(line);
        });
    }
}

/// Carries bytes both ways until one side is done.
async fn carry(app: &App, board: BoardKey, mut near: UnixStream) -> io::Result<()> {
    let mut far = connect(app, board).await?;
    tokio::io::copy_bidirectional(&mut near, &mut far).await.map(drop)
}

/// Connects with the board that keeps our backups: with a code, where there is one, or as its peer.
async fn connect(app: &App, board: BoardKey) -> io::Result<TlsStream<TcpStream>> {
    if let Some(fetching) = app.away.fetching().filter(|fetching| fetching.board == board) {
        match by_code(app, &fetching).await {
            Ok(stream) => return Ok(stream),
            Err(error) => log::info!("the code opens nothing at {}: {error}", fetching.address),
        }
    }
    let peers = app.store.peers().await.map_err(io::Error::other)?;
    let peer = peers
        .into_iter()
        .find(|peer| peer.key == board && peer.gone.is_none());
    let peer = peer.ok_or(io::ErrorKind::NotFound)?;
    let us = app.store.identity().await.map_err(io::Error::other)?;
    let whom = Whom {
        us: &us,
        them: board,
        server_name: channel::SERVER_NAME,
        protocol: channel::BACKUPS,
    };
    let (stream, _) = dial::connect(app, whom, dial::places_of(app, &peer)).await?;
    Ok(stream)
}

async fn by_code(app: &App, fetching: &Fetching) -> io::Result<TlsStream<TcpStream>> {
    let code: FetchCode = fetching.code.parse().map_err(io::Error::other)?;
    let address = fetching.address.parse();
    let address = address.map_err(|()| io::Error::from(io::ErrorKind::InvalidData))?;
    let us = code.fetcher().map_err(io::Error::other)?;
    let server_name = code.server_name();
    let whom = Whom {
        us: &us,
        them: code.keeper().map_err(io::Error::other)?.key(),
        server_name: &server_name,
        protocol: channel::BACKUPS,
    };
    let (stream, _) = dial::connect(app, whom, vec![address]).await?;
    Ok(stream)
}

/// One request without a body, and its short answer.
pub(super) async fn ask(
    stream: TlsStream<TcpStream>,
    method: Method,
    path: &str,
) -> io::Result<(StatusCode, Bytes)> {
    let asking = async {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        let driven = tokio::spawn(connection);
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::HOST, "peer").body(Empty::<Bytes>::new());
        let answer = sender.send_request(request.map_err(io::Error::other)?).await;
        let answer = answer.map_err(io::Error::other)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), 4096).collect().await;
        driven.abort();
        Ok((status, body.map_err(io::Error::other)?.to_bytes()))
    };
    tokio::time::timeout(PATIENCE, asking)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// What is wanted of a board that keeps our backups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// That it gives them back.
    Reading,
    /// That it takes more.
    Writing,
}

/// Whether a peer answers, and does what is wanted. restic alone would try for a quarter of an hour.
///
/// # Errors
/// Why backups cannot go there now.
pub(crate) async fn reach(app: &App, board: BoardKey, wanted: Wanted) -> Result<(), Problem> {
    let (method, path) = match wanted {
        Wanted::Reading => (Method::HEAD, "/config"),
        // What restic begins a repository with; where there is one, it changes nothing.
        Wanted::Writing => (Method::POST, "/?create=true"),
    };
    let asking = async { ask(connect(app, board).await?, method, path).await };
    match asking.await {
        Ok((StatusCode::OK | StatusCode::NOT_FOUND, _)) => Ok(()),
        Ok((StatusCode::FORBIDDEN, _)) => Err(Problem::Unreachable(
            "that board does not keep backups of this one; look at what is agreed with it".into(),
        )),
        Ok((status, _)) => Err(Problem::Unreachable(format!("that board answers {status}"))),
        Err(error) => Err(Problem::Unreachable(format!(
            "that board does not answer ({error})"
        ))),
    }
}

/// The database is that of the lost board now: it knows the board that keeps its backups, but may not know where it is.
///
/// # Errors
/// When the database fails.
pub(crate) async fn settle_in(app: &App) -> crate::state::Result<()> {
    if let Some(fetching) = app.away.fetching() {
        app.store
            .set_peer_address(fetching.board, fetching.address)
            .await?;
    }
    Ok(())
}
