// SPDX-License-Identifier: AGPL-3.0-or-later
//! A front door on loopback, with services on Unix sockets behind it and clients before it.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]

use arc_swap::ArcSwap;
use async_trait::async_trait;
use axum::{Extension, Router, routing::get};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::BoxBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use ingress::{
    Allowed, Body, ClientInfo, Gate, GateRequest, Identity, IdentityHeaders, Ingress, Limits, Parts,
    PlainPages, RouteTable, ServiceHost, ServiceRoute, Target, Verdict,
};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName},
};
use std::{
    convert::Infallible,
    fmt::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixListener},
    sync::{Semaphore, mpsc},
    time::sleep,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use types::manifest::Access;

pub const BOARD: &str = "kitchen.local";
pub const MEMBERS: &str = "calendar-kitchen.local";
pub const PUBLIC: &str = "social.example.test";

/// The whole scene.
pub struct Scene {
    pub home: tempfile::TempDir,
    pub ingress: Ingress,
    pub routes: Arc<ArcSwap<RouteTable>>,
    pub https: SocketAddr,
    pub http: SocketAddr,
    pub root: CertificateDer<'static>,
    /// Requests that reached a service.
    pub arrived: Arc<AtomicUsize>,
}

pub async fn scene() -> Scene {
    scene_with(Limits::default()).await
}

pub async fn scene_with(limits: Limits) -> Scene {
    let home = tempfile::tempdir().unwrap();
    let (tls, root) = certificate();
    let arrived = Arc::new(AtomicUsize::new(0));
    backend(&home.path().join("members.sock"), Arc::clone(&arrived));
    backend(&home.path().join("public.sock"), Arc::clone(&arrived));
    let routes = Arc::new(ArcSwap::from_pointee(table(home.path())));
    let ingress = Ingress::new(Parts {
        tls,
        aside: None,
        routes: Arc::clone(&routes),
        gate: Arc::new(Porter),
        board: ingress::board(board()),
        strict: Arc::new(|name| {
            (["example.test", PUBLIC].contains(&name)).then(|| HeaderValue::from_static("max-age=604800"))
        }),
        http01: Arc::new(|token| (token == "known").then(|| "known.thumbprint".to_owned())),
        pages: Arc::new(PlainPages {
            title: "kitchen".into(),
        }),
        https_port: 443,
        limits,
    });
    let https = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let http = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (tls_at, plain_at) = (https.local_addr().unwrap(), http.local_addr().unwrap());
    let (one, two) = (ingress.clone(), ingress.clone());
    tokio::spawn(async move { one.serve_https(https).await.unwrap() });
    tokio::spawn(async move { two.serve_http(http).await.unwrap() });
    Scene {
        home,
        ingress,
        routes,
        https: tls_at,
        http: plain_at,
        root,
        arrived,
    }
}

pub fn table(home: &Path) -> RouteTable {
    let mut table = RouteTable::default();
    table.insert(BOARD, Target::Board);
    table.insert("example.test", Target::Board);
    table.insert("closed.example.test", Target::Closed);
    table.insert(MEMBERS, Target::Service(Arc::new(members(home))));
    table.insert(PUBLIC, Target::Service(Arc::new(public(home))));
    table
}

pub fn members(home: &Path) -> ServiceRoute {
    let identity = IdentityHeaders {
        user: HeaderName::from_static("x-who"),
        groups: Some(HeaderName::from_static("x-who-groups")),
    };
    ServiceRoute::new("radicale".parse().unwrap(), home.join("members.sock"))
        .with_access(Access::Members, vec!["/.well-known/".into()])
        .with_identity(Some(identity))
}

pub fn public(home: &Path) -> ServiceRoute {
    ServiceRoute::new("snac".parse().unwrap(), home.join("public.sock")).with_access(Access::Public, vec![])
}

fn certificate() -> (Arc<ServerConfig>, CertificateDer<'static>) {
    let names = [
        BOARD,
        MEMBERS,
        PUBLIC,
        "example.test",
        "unknown.test",
        "new.example.test",
        "127.0.0.1",
    ];
    let made = rcgen::generate_simple_self_signed(names.map(String::from)).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let root = made.cert.der().clone();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![root.clone()], key)
        .unwrap();
    config.alpn_protocols = [&b"h2"[..], b"http/1.1", b"acme-tls/1"]
        .map(<[u8]>::to_vec)
        .into();
    (Arc::new(config), root)
}

/// Members have the cookie `__Host-commonhost=ada` or the app password `ada:secret`.
struct Porter;

#[async_trait]
impl Gate for Porter {
    async fn check(&self, request: &GateRequest<'_>) -> Verdict {
        let has = |name: header::HeaderName, text: &str| {
            request
                .headers
                .get_all(name)
                .iter()
                .any(|value| value.to_str().is_ok_and(|value| value.contains(text)))
        };
        let by_password = has(header::AUTHORIZATION, "Basic YWRhOnNlY3JldA==");
        if by_password || has(header::COOKIE, "__Host-commonhost=ada") {
            let identity = Identity {
                member: "ada".parse().unwrap(),
                display_name: "Ada".into(),
                groups: vec!["stewards".into(), "bad,group".into(), "choir".into()],
            };
            return Verdict::Allow(Allowed {
                identity: Some(identity),
                consumed_authorization: by_password,
            });
        }
        let mut response = Response::new(Body::from("sign in first"));
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        Verdict::Respond(response)
    }
}

async fn panics() {
    panic!("as the test wants");
}

fn board() -> Router {
    Router::new()
        .route(
            "/",
            get(|Extension(client): Extension<ClientInfo>| async move {
                format!("board secure={} name={:?}", client.secure, client.server_name)
            }),
        )
        .route("/panic", get(panics))
        .route(
            "/headers",
            get(|headers: http::HeaderMap| async move { format!("{headers:?}") }),
        )
        .route(
            "/.commonhost/handoff",
            get(|Extension(host): Extension<ServiceHost>| async move {
                format!("handoff for {} at {}", host.service, host.host)
            }),
        )
}

/// Each permit lets a stream of events send one more after its first.
pub static MORE_EVENTS: Semaphore = Semaphore::const_new(0);

type Answer = Response<BoxBody<Bytes, Infallible>>;

/// A service on a Unix socket; lives until its task is dropped.
pub fn backend(socket: &Path, arrived: Arc<AtomicUsize>) -> tokio::task::JoinHandle<()> {
    let _ = std::fs::remove_file(socket);
    let listener = UnixListener::bind(socket).unwrap();
    tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let arrived = Arc::clone(&arrived);
            connections.spawn(async move {
                let service = hyper::service::service_fn(move |request| {
                    arrived.fetch_add(1, Ordering::Relaxed);
                    async { Ok::<_, Infallible>(serve(request).await) }
                });
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .with_upgrades()
                    .await;
            });
        }
    })
}

async fn serve(mut request: Request<Incoming>) -> Answer {
    let text = |text: String| Response::new(Full::from(text).boxed());
    match request.uri().path() {
        "/sse" => {
            let tick = || Bytes::from_static(b"data: tick\n\n");
            let (sender, receiver) = mpsc::channel(1);
            tokio::spawn(async move {
                let _ = sender.send(tick()).await;
                for _ in 0..2 {
                    MORE_EVENTS.acquire().await.unwrap().forget();
                    let _ = sender.send(tick()).await;
                }
            });
            body_of(receiver)
        }
        "/big" => streamed(1600, Bytes::from(vec![7; 65536])),
        "/slow" => {
            sleep(Duration::from_secs(1)).await;
            text("slow but here".into())
        }
        "/sink" => {
            let mut bytes = 0;
            while let Some(Ok(frame)) = request.body_mut().frame().await {
                bytes += frame.data_ref().map_or(0, Bytes::len);
            }
            text(bytes.to_string())
        }
        "/upgrade" => {
            let upgrade = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                let mut io = TokioIo::new(upgrade.await.unwrap());
                let mut buffer = [0; 1024];
                while let Ok(length @ 1..) = io.read(&mut buffer).await {
                    io.write_all(&buffer[..length]).await.unwrap();
                }
            });
            let mut response = text(String::new());
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            response
                .headers_mut()
                .insert(header::CONNECTION, "Upgrade".parse().unwrap());
            response
                .headers_mut()
                .insert(header::UPGRADE, "websocket".parse().unwrap());
            response
        }
        _ => {
            let mut seen = format!("{} {}\n", request.method(), request.uri());
            for (name, value) in request.headers() {
                let _ = writeln!(seen, "{name}: {}", String::from_utf8_lossy(value.as_bytes()));
            }
            text(seen)
        }
    }
}

fn streamed(count: usize, chunk: Bytes) -> Answer {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        for _ in 0..count {
            if sender.send(chunk.clone()).await.is_err() {
                return;
            }
        }
    });
    body_of(receiver)
}

fn body_of(mut chunks: mpsc::Receiver<Bytes>) -> Answer {
    let stream = futures_util::stream::poll_fn(move |cx| {
        chunks
            .poll_recv(cx)
            .map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    });
    Response::new(StreamBody::new(stream).boxed())
}

/// Waits for something that has to happen, as long as a slow machine may need.
pub async fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_mins(1), wait).await;
    assert!(waited.is_ok(), "{what}: not within a minute");
}

impl Scene {
    pub fn socket(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A TLS connection that offers these protocols.
    pub async fn tls(&self, name: &str, alpn: &[&[u8]]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        let tcp = TcpStream::connect(self.https).await.unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, tcp)
            .await
            .unwrap()
    }

    /// Sends bytes as they are over TLS and reads until the other side closes.
    pub async fn raw(&self, name: &str, request: &[u8]) -> String {
        let mut tls = self.tls(name, &[b"http/1.1"]).await;
        tls.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_mins(1), tls.read_to_end(&mut answer)).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The same over plain TCP.
    pub async fn raw_plain(&self, request: &[u8]) -> String {
        let mut tcp = TcpStream::connect(self.http).await.unwrap();
        tcp.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_mins(1), tcp.read_to_end(&mut answer)).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// GET over TLS and HTTP/1.1 with these header lines; the whole answer.
    pub async fn get(&self, host: &str, path: &str, headers: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
        self.raw(host, request.as_bytes()).await
    }

    /// An HTTP/2 client.
    pub async fn h2(&self, name: &str) -> hyper::client::conn::http2::SendRequest<Full<Bytes>> {
        let tls = self.tls(name, &[b"h2"]).await;
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(tls))
                .await
                .unwrap();
        tokio::spawn(connection);
        sender
    }
}

/// Resident memory of this process in MiB.
pub fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096 / 1024 / 1024
}

pub fn status(answer: &str) -> u16 {
    answer
        .get(9..12)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0)
}
