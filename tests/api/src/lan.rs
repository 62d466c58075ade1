// SPDX-License-Identifier: AGPL-3.0-or-later
//! A local network on which a board finds what a test puts there.

use async_trait::async_trait;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Mutex,
};
use supervisor::mdns::Lan;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use types::BoardName;

/// What the others announce, and what this board does.
#[derive(Default)]
pub struct TestLan {
    others: Mutex<Vec<(u8, SocketAddr)>>,
    offered: Mutex<Option<u8>>,
}

impl TestLan {
    /// Somebody at this address announces a code with this hint.
    pub fn appear(&self, hint: u8, address: SocketAddr) {
        self.others.lock().unwrap().push((hint, address));
    }

    /// The hint that this board announces.
    pub fn offered(&self) -> Option<u8> {
        *self.offered.lock().unwrap()
    }
}

#[async_trait]
impl Lan for TestLan {
    fn offer(&self, _: &BoardName, hint: Option<u8>) {
        *self.offered.lock().unwrap() = hint;
    }

    async fn find(&self, hint: u8) -> Vec<SocketAddr> {
        let others = self.others.lock().unwrap();
        let these = others.iter().filter(|(theirs, _)| *theirs == hint);
        these.map(|(_, address)| *address).collect()
    }

    async fn resolve(&self, _: &str) -> Vec<IpAddr> {
        Vec::new()
    }
}

/// Comes to a board's door as another board with this key, and says hello to the board with that one. An error when
/// either of the two does not take the other.
///
/// # Errors
/// When the handshake fails, or the line is cut after it.
pub async fn peer_handshake(
    door: &str,
    us: &cluster::Identity,
    them: types::BoardKey,
) -> Result<(), std::io::Error> {
    let config = cluster::channel::client(us, them).map_err(std::io::Error::other)?;
    let stream = tokio::net::TcpStream::connect(door).await?;
    let name = rustls::pki_types::ServerName::try_from(cluster::channel::SERVER_NAME);
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let mut stream = connector
        .connect(name.map_err(std::io::Error::other)?, stream)
        .await?;
    // In TLS 1.3 the client is through before the server has looked at its key: only an answer shows that it was taken.
    let hello = serde_json::json!({ "kind": "talk", "run": "00" }).to_string();
    let length = u32::try_from(hello.len()).map_err(std::io::Error::other)?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(hello.as_bytes()).await?;
    stream.flush().await?;
    stream.read_u32().await.map(drop)
}
