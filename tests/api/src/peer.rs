// SPDX-License-Identifier: AGPL-3.0-or-later
//! Somebody who speaks as a paired board does, and says what a test wants.

use cluster::{Identity, channel};
use rustls::pki_types::ServerName;
use serde_json::Value;
use std::{io, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use types::BoardKey;

/// A connection to a board's door for peers.
pub struct PeerLine(TlsStream<TcpStream>);

impl PeerLine {
    /// Comes to a door with a key, and takes nobody there but the board with the other one. Whether that board takes
    /// the key shows only when something is said: in TLS 1.3 the client is through first.
    ///
    /// # Errors
    /// When the handshake fails.
    pub async fn open(door: &str, us: &Identity, them: BoardKey) -> io::Result<Self> {
        Self::connect(door, us, them, (channel::SERVER_NAME, channel::PROTOCOL))
            .await
            .map(Self)
    }

    /// The connection itself, under this server name and to speak this protocol.
    ///
    /// # Errors
    /// When the handshake fails.
    pub async fn connect(
        door: &str,
        us: &Identity,
        them: BoardKey,
        (name, protocol): (&str, &[u8]),
    ) -> io::Result<TlsStream<TcpStream>> {
        let config = channel::client(us, them, protocol).map_err(io::Error::other)?;
        let stream = TcpStream::connect(door).await?;
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(name, stream).await
    }

    /// Sends these bytes as one message, and reads the answer.
    ///
    /// # Errors
    /// When the line is cut instead.
    pub async fn say(&mut self, message: &[u8]) -> io::Result<Value> {
        let length = u32::try_from(message.len()).map_err(io::Error::other)?;
        let framed = [&length.to_be_bytes()[..], message].concat();
        self.0.write_all(&framed).await?;
        self.0.flush().await?;
        let length = self.0.read_u32().await?;
        let mut answer = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.0.read_exact(&mut answer).await?;
        serde_json::from_slice(&answer).map_err(io::Error::other)
    }

    /// Says hello at a door. An error when either of the two does not take the other.
    ///
    /// # Errors
    /// When the handshake fails, or the line is cut after it.
    pub async fn hello(door: &str, us: &Identity, them: BoardKey) -> io::Result<()> {
        let hello = br#"{"kind":"talk","run":"00"}"#;
        Self::open(door, us, them).await?.say(hello).await.map(drop)
    }
}
