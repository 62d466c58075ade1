// SPDX-License-Identifier: AGPL-3.0-or-later
//! Connections on the same port that are none of the front door's own: other boards, by the server name they ask for.

use rustls::ServerConfig;
use std::{net::SocketAddr, pin::Pin, sync::Arc};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// Takes some connections out of the front door's hands once their first message is read.
pub trait Aside: Send + Sync {
    /// What a connection to this server name is accepted with; `None` when it is not one of these.
    fn tls(&self, server_name: &str) -> Option<Arc<ServerConfig>>;

    /// Serves one, after its handshake. It counts against the limits of the front door until this ends.
    fn serve(
        &self,
        stream: TlsStream<TcpStream>,
        remote: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}
