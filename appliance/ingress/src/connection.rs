// SPDX-License-Identifier: AGPL-3.0-or-later
//! One connection: TLS handshake, the protocol chosen by ALPN, and its clocks.

use crate::{body::Body, count::Counted, linger::Linger, proxy::Door};
use http::{HeaderValue, Request, Response};
use hyper::{body::Incoming, server::conn, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
    time::{sleep, timeout},
};
use tokio_rustls::LazyConfigAcceptor;

/// The ALPN name of a TLS-ALPN-01 challenge (RFC 8737): such a connection ends with the handshake.
const ACME_TLS: &[u8] = b"acme-tls/1";
/// Buffer that one HTTP/2 stream may fill towards a slow client.
const STREAM_BUFFER: usize = 128 * 1024;

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

/// The other end of a connection, shared by all its requests. The connection counts as long as this lives.
pub(crate) struct Peer {
    pub(crate) info: ClientInfo,
    /// The remote address, ready to be sent as a header.
    pub(crate) address_value: HeaderValue,
    /// Becomes true when the front door shuts.
    pub(crate) shut: watch::Receiver<bool>,
    /// Whether the connection is not HTTP any more.
    pub(crate) upgraded: AtomicBool,
    /// Requests so far.
    requests: AtomicU32,
    _counted: Counted,
}

impl Peer {
    fn new(info: ClientInfo, shut: watch::Receiver<bool>, counted: Counted) -> Arc<Self> {
        let address_value = HeaderValue::from_str(&info.remote.ip().to_string())
            .unwrap_or_else(|_| HeaderValue::from_static("unknown"));
        Arc::new(Self {
            info,
            address_value,
            shut,
            upgraded: AtomicBool::new(false),
            requests: AtomicU32::new(0),
            _counted: counted,
        })
    }
}

/// A connection that was accepted.
pub(crate) struct Accepted {
    pub(crate) tcp: TcpStream,
    pub(crate) remote: SocketAddr,
    pub(crate) counted: Counted,
    pub(crate) shut: watch::Receiver<bool>,
}

/// Serves a connection on port 80.
pub(crate) async fn serve_plain(door: Arc<Door>, accepted: Accepted) {
    let Accepted {
        tcp,
        remote,
        counted,
        shut,
    } = accepted;
    let info = ClientInfo {
        remote,
        secure: false,
        server_name: None,
    };
    http1(&door, Peer::new(info, shut, counted), tcp).await;
}

/// Serves a connection on port 443.
pub(crate) async fn serve_tls(door: Arc<Door>, accepted: Accepted) {
    let Accepted {
        tcp,
        remote,
        counted,
        shut,
    } = accepted;
    let handshake = async {
        // The hello is read before anything is decided, so that a name may lead elsewhere than to our own TLS.
        let hello = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), tcp).await?;
        let aside = door.parts.aside.as_ref().and_then(|aside| {
            let config = aside.tls(hello.client_hello().server_name()?)?;
            Some((Arc::clone(aside), config))
        });
        Ok::<_, io::Error>(match aside {
            Some((aside, config)) => (hello.into_stream(config).await?, Some(aside)),
            None => (hello.into_stream(Arc::clone(&door.parts.tls)).await?, None),
        })
    };
    let (tls, aside) = match timeout(door.parts.limits.handshake, handshake).await {
        Ok(Ok(tls)) => tls,
        Ok(Err(error)) => return log::debug!("TLS handshake with {remote}: {error}"),
        Err(_) => return log::debug!("TLS handshake with {remote} took too long"),
    };
    if let Some(aside) = aside {
        let (mut shut, _counted) = (shut, counted);
        tokio::select! {
            () = aside.serve(tls, remote) => {}
            _ = shut.wait_for(|shut| *shut) => {}
        }
        return;
    }
    let session = tls.get_ref().1;
    let server_name = session.server_name().map(Arc::from);
    let protocol = session.alpn_protocol().map(<[u8]>::to_vec);
    let peer = Peer::new(
        ClientInfo {
            remote,
            secure: true,
            server_name,
        },
        shut,
        counted,
    );
    match protocol.as_deref() {
        Some(ACME_TLS) => {}
        Some(b"h2") => http2(&door, peer, tls).await,
        _ => http1(&door, peer, tls).await,
    }
}

async fn answer(
    door: Arc<Door>,
    peer: Arc<Peer>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    peer.requests.fetch_add(1, Ordering::Relaxed);
    Ok(door.answer(request, &peer).await)
}

async fn http1<S>(door: &Arc<Door>, peer: Arc<Peer>, stream: S)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let limits = &door.parts.limits;
    let mut shut = peer.shut.clone();
    let door = Arc::clone(door);
    let service = service_fn(|request| answer(Arc::clone(&door), Arc::clone(&peer), request));
    let connection = conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers)
        .max_buf_size(limits.header_bytes.max(8192))
        .max_header_size(limits.header_bytes)
        .max_headers(limits.header_count)
        .serve_connection(TokioIo::new(Linger::new(stream, Arc::clone(&peer))), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = shut.wait_for(|shut| *shut) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

async fn http2<S>(door: &Arc<Door>, peer: Arc<Peer>, stream: S)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let limits = door.parts.limits;
    let mut shut = peer.shut.clone();
    let service = service_fn(|request| answer(Arc::clone(door), Arc::clone(&peer), request));
    let mut connection = pin!(
        conn::http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits.streams)
            .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
            .max_send_buf_size(STREAM_BUFFER)
            .keep_alive_interval(limits.idle / 4)
            .keep_alive_timeout(limits.headers)
            .serve_connection(TokioIo::new(stream), service)
    );
    // hyper has no clock for a client that finishes TLS and then asks for nothing, nor for one that falls silent.
    let mut seen = 0;
    let mut pause = limits.headers;
    loop {
        tokio::select! {
            _ = connection.as_mut() => return,
            _ = shut.wait_for(|shut| *shut) => break,
            () = sleep(pause) => {
                let now = peer.requests.load(Ordering::Relaxed);
                match (now, now == seen) {
                    (0, _) => return,
                    (_, true) => break,
                    _ => {}
                }
                seen = now;
                pause = limits.idle;
            }
        }
    }
    // Requests in hand go on; new ones need a new connection.
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
