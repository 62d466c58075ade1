// SPDX-License-Identifier: AGPL-3.0-or-later
//! What one client may cost the board.

use std::time::Duration;

/// Limits of the front door. The defaults suit a board with 1 GB of memory; an idle TLS connection costs about
/// 30 kB.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections open at a time, over all listeners.
    pub connections: usize,
    /// Connections open at a time from one address (IPv6: from one /64).
    pub connections_per_address: usize,
    /// From the first byte to the end of the TLS handshake.
    pub handshake: Duration,
    /// From the first byte of a request to the end of its headers; also how long an HTTP/1.1 connection may idle.
    pub headers: Duration,
    /// How long an HTTP/2 connection may go without a new request before it is asked to close.
    pub idle: Duration,
    /// Bytes of a request's line and headers together. More is refused with 431. At least 8192.
    pub header_bytes: usize,
    /// Number of header fields.
    pub header_count: usize,
    /// Concurrent requests on one HTTP/2 connection.
    pub streams: u32,
    /// How long a body may stand still, in either direction of an upload, before the request is given up.
    pub body_stall: Duration,
    /// How long a service may take to begin its answer once it has the whole request.
    pub response: Duration,
    /// Idle connections kept to one service.
    pub pool_per_service: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            connections_per_address: 256,
            handshake: Duration::from_secs(10),
            headers: Duration::from_secs(15),
            idle: Duration::from_mins(2),
            header_bytes: 64 * 1024,
            header_count: 100,
            streams: 128,
            body_stall: Duration::from_mins(1),
            response: Duration::from_mins(2),
            pool_per_service: 256,
        }
    }
}
