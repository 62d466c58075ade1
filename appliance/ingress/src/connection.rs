// SPDX-License-Identifier: AGPL-3.0-or-later
//! One connection: TLS handshake, the protocol chosen by ALPN, and its clocks.

use std::{net::SocketAddr, sync::Arc};

/// Extension on every request the board serves itself: what is known of the connection. The only source of a
/// client's address; headers that claim one are removed.
#[derive(Clone, Debug)]
pub struct ClientInfo {
    /// The other end of the connection (an IPv4 address as such, not mapped into IPv6).
    pub remote: SocketAddr,
    /// Whether the connection is TLS.
    pub secure: bool,
    /// Name the client asked for in the TLS handshake.
    pub server_name: Option<Arc<str>>,
}
