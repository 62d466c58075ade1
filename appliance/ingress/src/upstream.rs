// SPDX-License-Identifier: AGPL-3.0-or-later
//! Connections to services over Unix sockets, kept for the next request.
//!
//! A connection has no task of its own: whoever waits for an answer or reads its body drives it. So a request costs no
//! change of task and no wake-up of another thread, and an answer nobody reads any more ends its connection.

mod answer;
mod pool;

pub(crate) use answer::Answer;
pub(crate) use pool::Pool;

use crate::body::Body;
use http::{Request, Response};
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http1},
};
use hyper_util::rt::TokioIo;
use std::{
    future::{Future, poll_fn},
    io,
    path::Path,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};
use tokio::net::UnixStream;

/// How long a service may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// Why a service gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// Nothing accepts connections on its socket.
    #[error("connecting to the service")]
    Connect(#[source] io::Error),
    /// It broke off, or did not speak HTTP.
    #[error("asking the service")]
    Exchange(#[source] hyper::Error),
}

/// What moves a connection's bytes, polled in turn with whatever waits for them. `None` once it has ended.
type Driver = Option<Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>>;

/// One connection to a service.
pub(crate) struct Connection {
    sender: http1::SendRequest<Body>,
    driver: Driver,
}

impl Connection {
    async fn open(socket: &Path) -> Result<Self, SendError> {
        let stream = tokio::time::timeout(CONNECT, connect(socket))
            .await
            .map_err(io::Error::from)
            .flatten()
            .map_err(SendError::Connect)?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(SendError::Exchange)?;
        Ok(Self {
            sender,
            driver: Some(Box::pin(driver.with_upgrades())),
        })
    }

    /// Moves what can be moved now. What goes wrong reaches whoever waits for the answer or its body.
    fn drive(&mut self, cx: &mut Context<'_>) {
        drive(&mut self.driver, cx);
    }

    /// Whether it can take another request at once.
    fn is_free(&mut self, cx: &mut Context<'_>) -> bool {
        self.drive(cx);
        self.driver.is_some() && self.sender.is_ready()
    }

    async fn exchange(
        &mut self,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Body>>> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let driver = &mut self.driver;
        poll_fn(|cx| {
            if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
                return Poll::Ready(answer);
            }
            drive(driver, cx);
            answer.as_mut().poll(cx)
        })
        .await
    }
}

fn drive(driver: &mut Driver, cx: &mut Context<'_>) {
    if let Some(running) = driver
        && running.as_mut().poll(cx).is_ready()
    {
        *driver = None;
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
