// SPDX-License-Identifier: AGPL-3.0-or-later
//! Backups that this board keeps for peers: who may do what with them, and when they go. What they are, and how they
//! are kept, is the crate `hold`.

use super::{
    fetch::FetchDoor,
    views::{HeldView, held_view},
};
use crate::{ApiError, App, app::lock, state::Held};
use arc_swap::ArcSwap;
use cluster::{
    agreement::Book,
    holding::{Holding, granted},
    talk::Keeps,
};
use hold::{Rights, Room, Shelf, Used};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use std::{
    collections::BTreeMap,
    convert::Infallible,
    io,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpStream, sync::Semaphore};
use tokio_rustls::server::TlsStream;
use types::{BoardKey, MemberName, Timestamp};

/// Connections of one owner at a time; restic opens five.
const LINES: usize = 16;
/// How long a connection may idle between requests, and how long one may be open at all.
const IDLE: Duration = Duration::from_mins(2);
const LONGEST: Duration = Duration::from_hours(12);
/// Seconds that a look at the disk is good for.
const FRESH: u64 = 10;
/// Seconds between looks at what is kept.
const LOOK: u64 = 600;

/// What is kept for peers.
pub struct Shelves {
    folder: PathBuf,
    open: Mutex<BTreeMap<BoardKey, Kept>>,
    opening: tokio::sync::Mutex<()>,
    /// Bytes that the disk can still take, and when that was.
    free: Mutex<Option<(Timestamp, u64)>>,
    /// Doors of codes, by the server name.
    pub(super) fetches: ArcSwap<BTreeMap<String, FetchDoor>>,
}

#[derive(Clone)]
struct Kept {
    shelf: Arc<Shelf>,
    lines: Arc<Semaphore>,
}

/// How somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// As a peer, with its key.
    Pairing,
    /// With a code.
    Code,
}

impl Shelves {
    /// One folder an owner, below this one.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            open: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            free: Mutex::default(),
            fetches: ArcSwap::default(),
        }
    }

    /// What is kept for a board, if that is known by now.
    pub(super) fn used(&self, owner: BoardKey) -> Option<Used> {
        Some(lock(&self.open).get(&owner)?.shelf.used())
    }

    pub(super) fn fetch_door(&self, server_name: &str) -> Option<Arc<ServerConfig>> {
        Some(Arc::clone(&self.fetches.load().get(server_name)?.config))
    }

    /// Whose backups are fetched under this server name.
    pub(super) fn fetched_by(&self, server_name: &str) -> Option<BoardKey> {
        Some(self.fetches.load().get(server_name)?.owner)
    }

    async fn kept(&self, owner: BoardKey) -> io::Result<Kept> {
        let _opening = self.opening.lock().await;
        if let Some(kept) = lock(&self.open).get(&owner) {
            return Ok(kept.clone());
        }
        let folder = self.folder.join(owner.to_string());
        let opened = tokio::task::spawn_blocking(|| Shelf::open(folder)).await;
        let kept = Kept {
            shelf: Arc::new(opened.map_err(io::Error::other)??),
            lines: Arc::new(Semaphore::new(LINES)),
        };
        lock(&self.open).insert(owner, kept.clone());
        Ok(kept)
    }

    /// Bytes that the disk can still take for others: the board's own reserve stays.
    fn free(&self, app: &App, now: Timestamp) -> u64 {
        let mut free = lock(&self.free);
        if let Some((at, bytes)) = *free
            && now >= at
            && now.since(at).as_secs() < FRESH
        {
            return bytes;
        }
        let readings = app.readings();
        let reserve = backup::reserve(readings.disk_total.unwrap_or(0));
        let bytes = readings.disk_available.unwrap_or(0).saturating_sub(reserve);
        *free = Some((now, bytes));
        bytes
    }
}

/// What whoever came may do now; `None`: nothing.
async fn rights(app: &App, owner: BoardKey, way: Way) -> Result<Option<Rights>, ApiError> {
    let now = app.now();
    let held = app.store.held(owner).await?;
    let granted = match way {
        Way::Code => None,
        Way::Pairing => {
            let us = app.store.identity().await?.key();
            granted(&app.store.book(us, owner).await?, true, now)
        }
    };
    let holding = match (held, granted) {
        (None, None) => return Ok(None),
        (Some(held), _) => held.holding,
        (None, Some(granted)) => {
            let peers = app.store.peers().await?;
            let Some(peer) = peers.into_iter().find(|peer| peer.key == owner) else {
                return Ok(None);
            };
            let held = Held {
                owner,
                name: peer.name,
                holding: Holding::new(granted, now),
            };
            app.store.set_held(held.clone()).await?;
            held.holding
        }
    };
    Ok(Some(Rights {
        write: granted.is_some(),
        room: Room {
            bytes: granted.map_or(holding.room, |granted| granted.room),
            free: app.shelves.free(app, now),
        },
        day: holding.day(),
    }))
}

/// Answers restic on one connection.
pub(super) async fn serve(app: &App, owner: BoardKey, way: Way, stream: TlsStream<TcpStream>) {
    let kept = match app.shelves.kept(owner).await {
        Ok(kept) => kept,
        Err(error) => return log::warn!("what is kept for {} cannot be read: {error}", owner.short()),
    };
    let Ok(_line) = kept.lines.try_acquire() else {
        return log::debug!("{} has too many connections open", owner.short());
    };
    let service = service_fn(|request| respond(app, owner, way, &kept.shelf, request));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .serve_connection(TokioIo::new(stream), service);
    match tokio::time::timeout(LONGEST, connection).await {
        Ok(Err(error)) => log::debug!("a connection of {} broke: {error}", owner.short()),
        Ok(Ok(())) => {}
        Err(_) => log::debug!("a connection of {} was open for too long", owner.short()),
    }
}

async fn respond(
    app: &App,
    owner: BoardKey,
    way: Way,
    shelf: &Arc<Shelf>,
    request: Request<Incoming>,
) -> Result<Response<hold::Body>, Infallible> {
    let rights = match rights(app, owner, way).await {
        Ok(Some(rights)) => rights,
        Ok(None) => {
            return Ok(short(
                StatusCode::FORBIDDEN,
                "Nothing of this kind is agreed.".into(),
            ));
        }
        Err(error) => {
            log::warn!("what is agreed with {} is not known: {error}", owner.short());
            return Ok(short(StatusCode::INTERNAL_SERVER_ERROR, String::new()));
        }
    };
    if way == Way::Code && request.uri().path() == super::fetch::WHO {
        return Ok(match app.store.identity().await {
            Ok(us) => short(StatusCode::OK, us.key().to_string()),
            Err(_) => short(StatusCode::INTERNAL_SERVER_ERROR, String::new()),
        });
    }
    Ok(hold::answer(shelf, rights, request).await)
}

fn short(status: StatusCode, text: String) -> Response<hold::Body> {
    let body = Full::new(text.into()).map_err(|never: Infallible| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = status;
    response
}

/// What the owner is told when the boards talk.
pub(super) fn said(app: &App, book: &Book, now: Timestamp) -> Option<Keeps> {
    let granted = granted(book, true, now)?;
    let used = app.shelves.used(book.them()).unwrap_or_default();
    let can = used.bytes.saturating_add(app.shelves.free(app, now));
    Some(Keeps {
        bytes: used.bytes,
        aside: used.aside,
        room: granted.room.min(can),
    })
}

/// Looks after what is kept: time passes for it, and what is over goes.
pub async fn tidy(app: &App) {
    if let Err(error) = look(app).await {
        log::warn!("what is kept for other boards is not looked after: {error}");
    }
}

async fn look(app: &App) -> Result<(), ApiError> {
    let now = app.now();
    let all = app.store.all_held().await?;
    if all.is_empty() {
        return Ok(());
    }
    let us = app.store.identity().await?.key();
    super::fetch::drop_old(app, now).await?;
    for mut held in all {
        let granted = granted(&app.store.book(us, held.owner).await?, true, now);
        let before = held.holding;
        let changed = granted.is_some() != before.ended.is_none();
        if !changed && now >= before.looked && now.since(before.looked).as_secs() < LOOK {
            continue;
        }
        held.holding.look(granted, now);
        app.store.set_held(held.clone()).await?;
        let shelf = shelf(app, &held).await?;
        let (holding, over) = (held.holding, held.holding.left() == Some(0));
        let swept = tokio::task::spawn_blocking(move || {
            if over {
                shelf.remove()
            } else {
                shelf.sweep(holding.day(), u64::from(holding.notice))
            }
        });
        match swept.await {
            Ok(Ok(())) if over => {
                app.store.forget_held(held, now).await?;
                super::fetch::refresh(app).await?;
            }
            Ok(Ok(())) => {}
            Ok(Err(error)) => log::warn!("what was kept for {} cannot be removed: {error}", held.name),
            Err(error) => return Err(ApiError::internal(&error)),
        }
    }
    Ok(())
}

/// What is kept for one board.
async fn shelf(app: &App, held: &Held) -> Result<Arc<Shelf>, ApiError> {
    let kept = app.shelves.kept(held.owner).await;
    Ok(kept.map_err(|error| ApiError::internal(&error))?.shelf)
}

/// Opens everything that is kept, so that its size is known.
pub(super) async fn open_all(app: &App) -> Result<(), ApiError> {
    for held in app.store.all_held().await? {
        if let Err(error) = app.shelves.kept(held.owner).await {
            log::warn!("what is kept for {} cannot be read: {error}", held.name);
        }
    }
    super::fetch::refresh(app).await
}

/// Brings back what the owner's board deleted: somebody took it over, or made a mistake. Gives the number of files.
///
/// # Errors
/// 404 when nothing is kept for it.
pub async fn bring_back(app: &App, owner: &str, by: &MemberName) -> Result<u64, ApiError> {
    let held = find(app, owner).await?;
    let shelf = shelf(app, &held).await?;
    let back = tokio::task::spawn_blocking(move || shelf.bring_back()).await;
    let back = back.map_err(|error| ApiError::internal(&error))?;
    let back = back.map_err(|error| ApiError::internal(&error))?;
    app.store
        .record(app.now(), by.as_str(), "bring-held-backups-back", &held.subject())
        .await?;
    Ok(back)
}

/// What is kept for the board with this key, or the only one with this name; also when it is no peer any more.
pub(super) async fn find(app: &App, word: &str) -> Result<Held, ApiError> {
    let all = app.store.all_held().await?;
    let mut found = all
        .into_iter()
        .filter(|held| held.owner.to_string() == word || held.name.as_str() == word);
    match (found.next(), found.next()) {
        (Some(held), None) => Ok(held),
        (Some(_), Some(_)) => {
            let message = "Several boards have this name. Name the one you mean by its key.";
            Err(ApiError::conflict("ambiguous", message))
        }
        _ => Err(ApiError::not_found("This board keeps nothing for such a board.")),
    }
}

/// What is kept for the board with this key, or the only one with this name.
///
/// # Errors
/// 404 when nothing is kept for it.
pub async fn held(app: &App, owner: &str) -> Result<HeldView, ApiError> {
    let held = find(app, owner).await?;
    Ok(held_view(app, &held, &app.store.fetch_codes().await?))
}

/// All that is kept for other boards.
///
/// # Errors
/// When the database fails.
pub async fn all_held(app: &App) -> Result<Vec<HeldView>, ApiError> {
    let codes = app.store.fetch_codes().await?;
    let all = app.store.all_held().await?;
    Ok(all.iter().map(|held| held_view(app, held, &codes)).collect())
}

/// What is kept for boards that are no peers any more.
///
/// # Errors
/// When the database fails.
pub async fn held_for_strangers(app: &App) -> Result<Vec<HeldView>, ApiError> {
    let peers = app.store.peers().await?;
    let mut all = all_held(app).await?;
    all.retain(|held| !peers.iter().any(|peer| peer.key.to_string() == held.key));
    Ok(all)
}
