// SPDX-License-Identifier: AGPL-3.0-or-later
//! Which connections are free for the next request.

use super::{Answer, Connection, SendError};
use crate::{body::Body, limits::Limits};
use http::{Request, Response, StatusCode};
use std::{
    collections::HashMap,
    future::poll_fn,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::time::Instant;

/// How long an idle connection is kept. Shorter than any service keeps it (lighttpd: 5 seconds): a request that is
/// written just as the service hangs up is lost, and nobody could tell whether it was carried out.
const IDLE: Duration = Duration::from_secs(2);

/// A pool of connections to all services, kept by socket. Cheap to clone; all clones are one.
#[derive(Clone)]
pub(crate) struct Pool(Arc<Shared>);

struct Shared {
    free: Mutex<Free>,
    most_per_service: usize,
}

#[derive(Default)]
struct Free {
    by_socket: HashMap<Arc<Path>, Vec<(Connection, Instant)>>,
    /// Whether somebody looks after what has been idle for too long.
    swept: bool,
}

impl Pool {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self(Arc::new(Shared {
            free: Mutex::default(),
            most_per_service: limits.pool_per_service,
        }))
    }

    /// Sends a request (its URI a path, its `Host` set) and returns the answer as soon as its head is there. A request
    /// that met a connection which the service had just closed is sent again, if not a byte of it was taken.
    pub(crate) async fn send(
        &self,
        socket: &Arc<Path>,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, SendError> {
        loop {
            let kept = self.take(socket);
            let is_kept = kept.is_some();
            let mut connection = match kept {
                Some(connection) => connection,
                None => Connection::open(socket).await?,
            };
            match connection.exchange(request).await {
                Ok(response) => return Ok(self.attach(socket, connection, response).await),
                Err(mut failure) => match failure.take_message() {
                    Some(unsent) if is_kept => request = unsent,
                    _ => return Err(SendError::Exchange(failure.into_error())),
                },
            }
        }
    }

    async fn attach(
        &self,
        socket: &Arc<Path>,
        connection: Connection,
        response: Response<hyper::body::Incoming>,
    ) -> Response<Body> {
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            // Ends as soon as the stream is handed over.
            connection.driver.map(tokio::spawn);
            return response.map(|_| Body::empty());
        }
        let (parts, body) = response.into_parts();
        let mut answer = Answer::new(body, connection, self.clone(), Arc::clone(socket));
        poll_fn(|cx| {
            answer.settle(cx);
            Poll::Ready(())
        })
        .await;
        Response::from_parts(parts, Body::from(answer))
    }

    /// The connection that was used last: the others may grow old.
    fn take(&self, socket: &Arc<Path>) -> Option<Connection> {
        loop {
            let (mut connection, since) = self.free().by_socket.get_mut(socket)?.pop()?;
            // A service that has hung up meanwhile is noticed here.
            if since.elapsed() < IDLE && connection.is_free(&mut Context::from_waker(Waker::noop())) {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection that is free again.
    pub(super) fn put(&self, socket: &Arc<Path>, connection: Connection) {
        let mut free = self.free();
        let kept = free.by_socket.entry(Arc::clone(socket)).or_default();
        if kept.len() < self.0.most_per_service {
            kept.push((connection, Instant::now()));
        }
        if !free.swept {
            free.swept = true;
            tokio::spawn(self.clone().sweep());
        }
    }

    /// Closes what nobody needs, until nothing is left.
    async fn sweep(self) {
        loop {
            tokio::time::sleep(IDLE).await;
            let mut free = self.free();
            free.by_socket.retain(|_, kept| {
                kept.retain(|(_, since)| since.elapsed() < IDLE);
                !kept.is_empty()
            });
            if free.by_socket.is_empty() {
                free.swept = false;
                return;
            }
        }
    }

    fn free(&self) -> MutexGuard<'_, Free> {
        self.0.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::UnixListener,
    };

    #[tokio::test]
    async fn a_connection_that_was_idle_for_long_is_not_used_again() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("http.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let mut buffer = [0; 1024];
                    while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
                    }
                });
            }
        });
        let (pool, socket) = (Pool::new(&Limits::default()), Arc::from(path.as_path()));
        let ask = async || {
            let request = Request::get("/").header("host", "x").body(Body::empty()).unwrap();
            let answer = pool.send(&socket, request).await.unwrap();
            answer.into_body().collect().await.unwrap();
        };
        ask().await;
        tokio::time::sleep(IDLE).await;
        ask().await;
        assert_eq!(accepted.load(Ordering::SeqCst), 2);
    }
}
