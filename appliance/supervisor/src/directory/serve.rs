// SPDX-License-Identifier: AGPL-3.0-or-later
//! The sockets: one a service, in a folder that only this service sees.

use super::session::{Action, Question, Session, look_up};
use crate::{
    App,
    access::{rules::may_use, secret},
};
use bytes::BytesMut;
use ldap3_proto::{
    LdapCodec,
    proto::{LdapMsg, LdapOp},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    sync::Semaphore,
    task::AbortHandle,
};
use tokio_util::codec::{Decoder, Encoder};
use types::{ServiceName, manifest::LDAP_SOCKET};

/// Connections of one service at most: more is a service that forgets to close them.
const CONNECTIONS: usize = 64;

/// The sockets that are open.
#[derive(Debug)]
pub(crate) struct Directory {
    folder: PathBuf,
    open: BTreeMap<ServiceName, AbortHandle>,
}

impl Directory {
    /// Sockets below `folder`, which has one folder a service.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            open: BTreeMap::new(),
        }
    }

    /// Listens for exactly these services. One whose folder is not there yet comes with the next call.
    pub(crate) fn serve(&mut self, app: &App, services: &BTreeSet<ServiceName>) {
        let folder = self.folder.clone();
        let socket = |service: &ServiceName| folder.join(service.as_str()).join(LDAP_SOCKET);
        self.open.retain(|service, listening| {
            let stays = services.contains(service) && socket(service).exists();
            if !stays {
                listening.abort();
            }
            stays
        });
        for service in services {
            if self.open.contains_key(service) {
                continue;
            }
            match bind(&socket(service)) {
                Ok(listener) => {
                    let task = tokio::spawn(accept(listener, app.clone(), service.clone()));
                    self.open.insert(service.clone(), task.abort_handle());
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => log::warn!("{service} cannot ask about members: {error}"),
            }
        }
    }
}

fn bind(socket: &Path) -> io::Result<UnixListener> {
    // What is left of the supervisor before this one.
    let _ = fs::remove_file(socket);
    let listener = UnixListener::bind(socket)?;
    // The folder decides who gets here.
    fs::set_permissions(socket, fs::Permissions::from_mode(0o666))?;
    Ok(listener)
}

async fn accept(listener: UnixListener, app: App, service: ServiceName) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                log::warn!("{service} could not be heard: {error}");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        let (app, service) = (app.clone(), service.clone());
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = converse(stream, &app, &service).await {
                log::debug!("{service} broke off: {error}");
            }
        });
    }
}

async fn converse(mut stream: UnixStream, app: &App, service: &ServiceName) -> io::Result<()> {
    let (mut codec, mut session) = (LdapCodec::default(), Session::default());
    let (mut read, mut write) = (BytesMut::with_capacity(1024), BytesMut::new());
    loop {
        while let Some(message) = codec.decode(&mut read)? {
            let answers = match session.take(message.op) {
                Action::Close => return Ok(()),
                Action::Silence => continue,
                Action::Answer(answers) => answers,
                Action::Check { member, password } => {
                    let hash = secret::hash_typed(&password);
                    let found = app
                        .store
                        .app_password_member(hash, service.clone(), app.now())
                        .await;
                    let found = found.map_err(io::Error::other)?;
                    let right = found.is_some_and(|found| {
                        found.name == member && may_use(&app.rules.load(), service, &found)
                    });
                    vec![session.bound(member, right)]
                }
                Action::LookUp(question) => answer(question, app, service).await?,
            };
            for op in answers {
                codec.encode(LdapMsg::new(message.msgid, op), &mut write)?;
            }
            stream.write_all_buf(&mut write).await?;
        }
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(());
        }
    }
}

/// A service sees those who may use it.
async fn answer(question: Question, app: &App, service: &ServiceName) -> io::Result<Vec<LdapOp>> {
    let mut members = app.store.members().await.map_err(io::Error::other)?;
    let rules = app.rules.load();
    members.retain(|member| may_use(&rules, service, member));
    let seen = app.seen.load();
    let host = seen.addresses.board.first().map_or("localhost", String::as_str);
    Ok(look_up(question, &members, host))
}
