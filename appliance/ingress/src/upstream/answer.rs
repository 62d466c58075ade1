// SPDX-License-Identifier: AGPL-3.0-or-later
//! The body of a service's answer, which drives the connection it comes from.

use super::{Connection, Pool};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use std::{
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// An answer's body. Once it has been read to its end, its connection is free for the next request; dropped before,
/// the connection ends with it.
pub(crate) struct Answer {
    body: Incoming,
    from: Option<Box<Origin>>,
}

struct Origin {
    connection: Connection,
    pool: Pool,
    socket: Arc<Path>,
}

impl Answer {
    pub(super) fn new(body: Incoming, connection: Connection, pool: Pool, socket: Arc<Path>) -> Self {
        let from = Some(Box::new(Origin {
            connection,
            pool,
            socket,
        }));
        Self { body, from }
    }

    /// Gives the connection back if the body has ended.
    pub(super) fn settle(&mut self, cx: &mut Context<'_>) {
        if self.body.is_end_stream() {
            self.give_back(cx);
        }
    }

    fn give_back(&mut self, cx: &mut Context<'_>) {
        if let Some(mut origin) = self.from.take()
            && origin.connection.is_free(cx)
        {
            origin.pool.put(&origin.socket, origin.connection);
        }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = &mut *self;
        let mut frame = Pin::new(&mut this.body).poll_frame(cx);
        if frame.is_pending()
            && let Some(origin) = &mut this.from
        {
            origin.connection.drive(cx);
            frame = Pin::new(&mut this.body).poll_frame(cx);
        }
        match &frame {
            Poll::Ready(Some(Ok(_))) => this.settle(cx),
            Poll::Ready(None) => this.give_back(cx),
            Poll::Ready(Some(Err(_))) => this.from = None,
            Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer")
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}
