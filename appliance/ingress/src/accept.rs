// SPDX-License-Identifier: AGPL-3.0-or-later
//! Listeners: accept, count, hand over to a connection.

use crate::{Board, ErrorPages, Gate, Limits, RouteTable};
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use std::{io, sync::Arc};
use tokio::net::TcpListener;

/// Answers an ACME HTTP-01 token (RFC 8555 section 8.3) with its key authorization.
pub type Http01 = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What the front door is made of. It makes none of it itself.
#[derive(Clone)]
pub struct Parts {
    /// Certificates and ALPN (`h2`, `http/1.1`, `acme-tls/1`).
    pub tls: Arc<ServerConfig>,
    /// Names and where they lead; swapped in whole while running.
    pub routes: Arc<ArcSwap<RouteTable>>,
    /// Who may reach services for members.
    pub gate: Arc<dyn Gate>,
    /// The board's own pages and API; see [`crate::board`].
    pub board: Arc<dyn Board>,
    /// ACME HTTP-01 answers on port 80.
    pub http01: Http01,
    /// Pages for what cannot be passed on.
    pub pages: Arc<dyn ErrorPages>,
    /// Port that redirects from plain HTTP point to: 443 unless the board is reached through a mapped port.
    pub https_port: u16,
    /// Limits.
    pub limits: Limits,
}

/// The front door. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Ingress {
    parts: Arc<Parts>,
}

impl Ingress {
    /// Builds it. Nothing is opened until a listener is handed in.
    pub fn new(parts: Parts) -> Self {
        Self {
            parts: Arc::new(parts),
        }
    }

    /// Serves TLS connections until [`Self::shutdown`]. Errors of single connections never end it.
    ///
    /// # Errors
    /// When the listener itself is unusable.
    pub async fn serve_https(&self, listener: TcpListener) -> io::Result<()> {
        let _ = (listener, &self.parts);
        std::future::pending().await
    }

    /// Serves plain HTTP: ACME tokens, the local names, and a redirect to HTTPS for real domains.
    ///
    /// # Errors
    /// When the listener itself is unusable.
    pub async fn serve_http(&self, listener: TcpListener) -> io::Result<()> {
        let _ = listener;
        std::future::pending().await
    }

    /// Stops accepting and asks every connection to end after the requests in hand.
    pub fn shutdown(&self) {}

    /// Resolves when the last connection has ended. Give it a deadline: an event stream may never end by itself.
    pub async fn closed(&self) {}

    /// Connections open now.
    pub fn connections(&self) -> usize {
        0
    }
}
