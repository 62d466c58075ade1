// SPDX-License-Identifier: AGPL-3.0-or-later
//! Pooled connections to services over Unix sockets.

use crate::{body::Body, limits::Limits};
use http::{Uri, uri::Authority};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use std::{
    ffi::OsString,
    future::Future,
    io,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::net::UnixStream;

/// How long a service may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(30);

pub(crate) type Pool = Client<UnixConnector, Body>;

/// A pool of connections to all services, kept by socket. Connections that a service has closed are dropped, and a
/// request that met one is sent again if not a byte of it was written.
pub(crate) fn pool(limits: &Limits) -> Pool {
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(limits.pool_per_service)
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .set_host(false)
        .build(UnixConnector)
}

/// A socket path as the authority of a URI: its bytes in hexadecimal. The pool keeps its connections by authority,
/// and the connector reads the path back from it, so neither needs a table.
pub(crate) fn authority_of(socket: &Path) -> Authority {
    use std::fmt::Write as _;
    let bytes = socket.as_os_str().as_bytes();
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    // Hexadecimal digits are a host name; an empty path has none and can never be connected to.
    text.parse().unwrap_or_else(|_| Authority::from_static("00"))
}

fn socket_of(uri: &Uri) -> Option<PathBuf> {
    let digits = uri.host()?.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits
        .map(byte)
        .collect::<Option<Vec<u8>>>()
        .map(|bytes| OsString::from_vec(bytes).into())
}

/// Connects to the socket that a URI's authority spells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnixConnector;

impl tower::Service<Uri> for UnixConnector {
    type Response = TokioIo<UnixStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(async move {
            let socket = socket_of(&uri).ok_or(io::ErrorKind::InvalidInput)?;
            tokio::time::timeout(CONNECT, connect(&socket))
                .await?
                .map(TokioIo::new)
        })
    }
}

/// Connects, and waits while the service's backlog is full: a Unix socket says "try again" at once where TCP would
/// wait, and small servers listen with a backlog of five.
async fn connect(socket: &Path) -> io::Result<UnixStream> {
    let mut pause = Duration::from_millis(1);
    loop {
        match UnixStream::connect(socket).await {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_millis(50));
            }
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_path_survives_the_journey_through_a_uri() {
        for path in ["/run/commonhost/services/radicale/http.sock", "/a b/ü.sock"] {
            let uri = Uri::builder()
                .scheme("http")
                .authority(authority_of(Path::new(path)))
                .path_and_query("/x?y")
                .build()
                .unwrap();
            assert_eq!(socket_of(&uri).unwrap(), Path::new(path));
        }
    }
}
