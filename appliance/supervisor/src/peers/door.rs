// SPDX-License-Identifier: AGPL-3.0-or-later
//! Where paired boards come in: connections that the front door hands over.

use super::{hold, talk, wire};
use crate::App;
use cluster::channel;
use ingress::Aside;
use rustls::ServerConfig;
use std::{net::SocketAddr, pin::Pin, sync::Arc, time::Duration};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// How long one connection may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// Messages on one connection.
const MOST: usize = 8;

/// Lets paired boards in.
pub struct PeerDoor(pub App);

impl Aside for PeerDoor {
    fn tls(&self, server_name: &str) -> Option<Arc<ServerConfig>> {
        if server_name == channel::SERVER_NAME {
            return self.0.peers.door();
        }
        self.0.shelves.fetch_door(server_name)
    }

    fn serve(
        &self,
        stream: TlsStream<TcpStream>,
        remote: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let app = self.0.clone();
        Box::pin(async move {
            let session = stream.get_ref().1;
            let fetch = session
                .server_name()
                .and_then(|name| app.shelves.fetched_by(name));
            if let Some(owner) = fetch {
                return hold::serve(&app, owner, hold::Way::Code, stream).await;
            }
            if session.alpn_protocol() == Some(channel::BACKUPS) {
                let Some(owner) = channel::peer(session) else {
                    return;
                };
                return hold::serve(&app, owner, hold::Way::Pairing, stream).await;
            }
            if tokio::time::timeout(PATIENCE, converse(&app, stream, remote))
                .await
                .is_err()
            {
                log::debug!("a peer at {remote} took too long");
            }
        })
    }
}

async fn converse(app: &App, mut stream: TlsStream<TcpStream>, remote: SocketAddr) {
    let Some(key) = channel::peer(stream.get_ref().1) else {
        return;
    };
    for _ in 0..MOST {
        let Ok(message) = wire::read(&mut stream).await else {
            return;
        };
        let Some(answer) = talk::answer(app, key, message, remote.ip()).await else {
            return;
        };
        if wire::write(&mut stream, &answer).await.is_err() {
            return;
        }
        talk::answered(app, key, &answer).await;
    }
}
