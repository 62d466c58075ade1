// SPDX-License-Identifier: AGPL-3.0-or-later
//! Closing a connection so that the last answer arrives.

use crate::connection::Peer;
use std::{
    io,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

/// How long, and how many bytes, a client may go on sending after our side is closed.
const TIME: Duration = Duration::from_secs(2);
const BYTES: usize = 16 * 1024 * 1024;

/// A stream that, when it is shut down, reads and drops what the other side still sends. Without that the kernel
/// answers it with a reset, which makes the client throw away an answer it has not read yet (RFC 9112 section 9.6).
/// After an upgrade it only passes on: there both directions end on their own.
pub(crate) struct Linger<S> {
    stream: S,
    peer: Arc<Peer>,
    closing: Option<Closing>,
}

struct Closing {
    deadline: Pin<Box<Sleep>>,
    dropped: usize,
}

impl<S> Linger<S> {
    pub(crate) fn new(stream: S, peer: Arc<Peer>) -> Self {
        Self {
            stream,
            peer,
            closing: None,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Linger<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Linger<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self {
            stream,
            peer,
            closing,
        } = &mut *self;
        if peer.upgraded.load(Ordering::Relaxed) {
            return Pin::new(stream).poll_shutdown(cx);
        }
        if closing.is_none() {
            ready!(Pin::new(&mut *stream).poll_shutdown(cx))?;
        }
        let closing = closing.get_or_insert_with(|| Closing {
            deadline: Box::pin(tokio::time::sleep(TIME)),
            dropped: 0,
        });
        let mut space = [0; 8192];
        loop {
            let mut buf = ReadBuf::new(&mut space);
            match Pin::new(&mut *stream).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() && closing.dropped < BYTES => {
                    closing.dropped += buf.filled().len();
                }
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => return closing.deadline.as_mut().poll(cx).map(Ok),
            }
        }
    }
}
