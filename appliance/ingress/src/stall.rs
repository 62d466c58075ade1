// SPDX-License-Identifier: AGPL-3.0-or-later
//! A request body that does not wait for ever, and tells that it moves.

use crate::body::{Body, BoxError};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep};

/// What is known of a body on its way.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    frames: AtomicU32,
    stalled: AtomicBool,
    broken: AtomicBool,
}

impl Progress {
    /// Frames passed so far.
    pub(crate) fn frames(&self) -> u32 {
        self.frames.load(Ordering::Relaxed)
    }

    /// Whether it broke off or was malformed.
    pub(crate) fn broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// Whether it was given up.
    pub(crate) fn stalled(&self) -> bool {
        self.stalled.load(Ordering::Relaxed)
    }
}

/// A client stopped sending in the middle of a body.
#[derive(Debug, thiserror::Error)]
#[error("the client stopped sending")]
struct Stalled;

/// Wraps a request's body. Without a body nothing is wrapped or allocated.
pub(crate) fn watch(body: Incoming, limit: Duration) -> (Body, Option<Arc<Progress>>) {
    if body.is_end_stream() {
        return (Body::empty(), None);
    }
    let progress = Arc::new(Progress::default());
    let watched = Watched {
        body,
        limit,
        waiting: false,
        clock: Box::pin(tokio::time::sleep(limit)),
        progress: Arc::clone(&progress),
    };
    (Body::wrap(watched), Some(progress))
}

struct Watched {
    body: Incoming,
    limit: Duration,
    waiting: bool,
    clock: Pin<Box<Sleep>>,
    progress: Arc<Progress>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            this.waiting = false;
            this.progress.frames.fetch_add(1, Ordering::Relaxed);
            if matches!(frame, Some(Err(_))) {
                this.progress.broken.store(true, Ordering::Relaxed);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        if !this.waiting {
            this.waiting = true;
            this.clock.as_mut().reset(Instant::now() + this.limit);
        }
        match this.clock.as_mut().poll(cx) {
            Poll::Ready(()) => {
                this.progress.stalled.store(true, Ordering::Relaxed);
                Poll::Ready(Some(Err(Stalled.into())))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
