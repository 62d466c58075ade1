// SPDX-License-Identifier: AGPL-3.0-or-later
//! Listeners: accept, count, hand over to a connection.

use crate::{
    Aside, Board, ErrorPages, Gate, Limits, RouteTable,
    connection::{self, Accepted},
    count::Counter,
    proxy::Door,
};
use arc_swap::ArcSwap;
use http::HeaderValue;
use rustls::ServerConfig;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::watch};

/// Pause after an error in accepting, and between looks at whether all connections have ended.
const PAUSE: Duration = Duration::from_millis(50);

/// Answers an ACME HTTP-01 token (RFC 8555 section 8.3) with its key authorization.
pub type Http01 = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What browsers are told of a host, as the value of `Strict-Transport-Security` (RFC 6797); `None`: nothing.
pub type Strict = Arc<dyn Fn(&str) -> Option<HeaderValue> + Send + Sync>;

/// What the front door is made of. It makes none of it itself.
#[derive(Clone)]
pub struct Parts {
    /// Certificates and ALPN (`h2`, `http/1.1`, `acme-tls/1`).
    pub tls: Arc<ServerConfig>,
    /// Who takes connections that are none of browsers, if anybody does.
    pub aside: Option<Arc<dyn Aside>>,
    /// Names and where they lead; swapped in whole while running.
    pub routes: Arc<ArcSwap<RouteTable>>,
    /// Who may reach services for members.
    pub gate: Arc<dyn Gate>,
    /// The board's own pages and API; see [`crate::board`].
    pub board: Arc<dyn Board>,
    /// ACME HTTP-01 answers on port 80.
    pub http01: Http01,
    /// What browsers are told of each host in answers over TLS.
    pub strict: Strict,
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
    door: Arc<Door>,
    counter: Arc<Counter>,
    shut: watch::Sender<bool>,
}

impl Ingress {
    /// Builds it. Nothing is opened until a listener is handed in.
    pub fn new(parts: Parts) -> Self {
        let counter = Arc::new(Counter::new(&parts.limits));
        Self {
            door: Arc::new(Door::new(parts)),
            counter,
            shut: watch::Sender::new(false),
        }
    }

    /// Serves TLS connections until [`Self::shutdown`]. Errors of single connections never end it.
    ///
    /// # Errors
    /// When the listener itself is unusable.
    pub async fn serve_https(&self, listener: TcpListener) -> io::Result<()> {
        self.serve(listener, connection::serve_tls).await
    }

    /// Serves plain HTTP: ACME tokens, the local names, and a redirect to HTTPS for real domains.
    ///
    /// # Errors
    /// When the listener itself is unusable.
    pub async fn serve_http(&self, listener: TcpListener) -> io::Result<()> {
        self.serve(listener, connection::serve_plain).await
    }

    async fn serve<F>(&self, listener: TcpListener, serve: fn(Arc<Door>, Accepted) -> F) -> io::Result<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut shut = self.shut.subscribe();
        loop {
            // When all places are taken, newcomers wait in the kernel's queue.
            let permit = tokio::select! {
                permit = self.counter.room() => permit,
                _ = shut.wait_for(|shut| *shut) => None,
            };
            let Some(permit) = permit else {
                return Ok(());
            };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = shut.wait_for(|shut| *shut) => return Ok(()),
            };
            let (tcp, remote) = match accepted {
                Ok(accepted) => accepted,
                Err(error) if is_fatal(&error) => return Err(error),
                Err(error) => {
                    log::warn!("accepting a connection: {error}");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let remote = SocketAddr::new(remote.ip().to_canonical(), remote.port());
            let Some(counted) = self.counter.count(remote.ip(), permit) else {
                log::debug!("{remote} has too many connections open");
                continue;
            };
            // Answers are written whole; waiting for more only delays them.
            let _ = tcp.set_nodelay(true);
            tokio::spawn(serve(
                Arc::clone(&self.door),
                Accepted {
                    tcp,
                    remote,
                    counted,
                    shut: self.shut.subscribe(),
                },
            ));
        }
    }

    /// Stops accepting and asks every connection to end after the requests in hand.
    pub fn shutdown(&self) {
        self.shut.send_replace(true);
    }

    /// Resolves when the last connection has ended. Give it a deadline: an event stream may never end by itself.
    pub async fn closed(&self) {
        while self.connections() > 0 {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Connections open now.
    pub fn connections(&self) -> usize {
        self.counter.open()
    }
}

/// Whether accepting can never succeed again. All else is about one connection, or passes (no descriptors left).
fn is_fatal(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
    )
}
