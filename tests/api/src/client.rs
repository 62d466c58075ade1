// SPDX-License-Identifier: AGPL-3.0-or-later
//! A client: one connection per request, JSON in and out, over plain HTTP or TLS that trusts the board's authority.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use serde_json::Value;
use std::{
    future::{Future, IntoFuture},
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// No answer of a board takes longer.
const LIMIT: Duration = Duration::from_mins(1);

/// Where a board is reached.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) http: SocketAddr,
    pub(crate) https: SocketAddr,
    pub(crate) ca: String,
}

/// A request that is being put together; awaiting it sends it.
#[must_use]
pub struct Ask {
    door: Door,
    method: Method,
    path: String,
    host: String,
    secure: bool,
    headers: Vec<(HeaderName, String)>,
    body: Bytes,
    from: Option<Ipv4Addr>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
}

/// A body that goes on.
pub struct Stream {
    /// The status.
    pub status: u16,
    body: Incoming,
    text: String,
}

impl Ask {
    pub(crate) fn new(door: Door, method: Method, path: &str) -> Self {
        Self {
            host: door.http.to_string(),
            door,
            method,
            path: path.into(),
            secure: false,
            headers: Vec::new(),
            body: Bytes::new(),
            from: None,
        }
    }

    /// From this address of the loopback (127.0.0.0/8).
    pub fn from(mut self, address: Ipv4Addr) -> Self {
        self.from = Some(address);
        self
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// With any body.
    pub fn body(mut self, kind: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.with("content-type", kind)
    }

    /// With a header.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.parse().unwrap(), value.into()));
        self
    }

    /// With a token.
    pub fn bearer(self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// With a name and a password, as native clients send them.
    pub fn basic(self, name: &str, password: &str) -> Self {
        let text = BASE64_STANDARD.encode(format!("{name}:{password}"));
        self.with("authorization", &format!("Basic {text}"))
    }

    /// With a session's secret in the cookie a browser would send.
    pub fn cookie(self, session: &str) -> Self {
        let name = if self.secure {
            "__Host-commonhost"
        } else {
            "commonhost"
        };
        self.with("cookie", &format!("{name}={session}"))
    }

    /// As a browser's own page would: same origin.
    pub fn same_origin(self) -> Self {
        let scheme = if self.secure { "https" } else { "http" };
        let origin = format!("{scheme}://{}", self.host);
        self.with("origin", &origin).with("sec-fetch-site", "same-origin")
    }

    /// As a browser that opens a page.
    pub fn page(self) -> Self {
        self.with("accept", "text/html,application/xhtml+xml")
    }

    /// To this host.
    pub fn to(mut self, host: &str) -> Self {
        self.host = host.into();
        self
    }

    /// Over TLS to this host, trusting the board's own authority.
    pub fn secure(mut self, host: &str) -> Self {
        self.secure = true;
        self.to(host)
    }

    /// Sends it, and says why when no answer came.
    pub async fn attempt(self) -> Result<Answer, String> {
        let whole = async {
            let (status, headers, body) = self.send().await?;
            let bytes = body
                .collect()
                .await
                .map_err(|error| error.to_string())?
                .to_bytes();
            let body = String::from_utf8_lossy(&bytes).into_owned();
            Ok(Answer {
                status,
                headers,
                body,
            })
        };
        timeout(LIMIT, whole)
            .await
            .map_err(|_| "no answer in time".to_owned())?
    }

    /// Sends it and reads only the head of the answer.
    pub async fn head(self) -> Answer {
        let (status, headers, _) = timeout(LIMIT, self.send()).await.unwrap().unwrap();
        Answer {
            status,
            headers,
            body: String::new(),
        }
    }

    /// Sends it; the body is read bit by bit.
    pub async fn stream(self) -> Stream {
        let (status, _, body) = timeout(LIMIT, self.send()).await.unwrap().unwrap();
        Stream {
            status,
            body,
            text: String::new(),
        }
    }

    async fn send(self) -> Result<(u16, HeaderMap, Incoming), String> {
        if self.secure {
            let name = self.host.split(':').next().unwrap_or_default().to_owned();
            let stream = tls(&self.door, &name).await?;
            self.over(stream).await
        } else {
            let stream = match self.from {
                None => TcpStream::connect(self.door.http).await,
                Some(address) => connect_from(address, self.door.http).await,
            };
            self.over(stream.map_err(|error| error.to_string())?).await
        }
    }

    async fn over<S>(self, stream: S) -> Result<(u16, HeaderMap, Incoming), String>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let told = |error: hyper::Error| error.to_string();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(told)?;
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.path)
            .header(header::HOST, self.host);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(self.body)).unwrap();
        let answer = sender.send_request(request).await.map_err(told)?;
        let (parts, body) = answer.into_parts();
        Ok((parts.status.as_u16(), parts.headers, body))
    }
}

impl IntoFuture for Ask {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let what = format!("{} {}", self.method, self.path);
            self.attempt()
                .await
                .unwrap_or_else(|error| panic!("{what}: {error}"))
        })
    }
}

async fn connect_from(address: Ipv4Addr, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((address, 0).into())?;
    socket.connect(to).await
}

async fn tls(door: &Door, name: &str) -> Result<TlsStream<TcpStream>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(door.ca.as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tcp = TcpStream::connect(door.https)
        .await
        .map_err(|error| error.to_string())?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await;
    stream.map_err(|error| error.to_string())
}

/// Sends bytes as they are and returns all that comes back until the other side closes.
pub(crate) async fn raw(door: &Door, bytes: &[u8]) -> String {
    let (mut read, mut write) = TcpStream::connect(door.http).await.unwrap().into_split();
    let bytes = bytes.to_vec();
    // A board that has heard enough stops reading: writing may fail, and that is fine.
    let writing = tokio::spawn(async move {
        let _ = write.write_all(&bytes).await;
        write
    });
    let mut answer = Vec::new();
    let _ = timeout(LIMIT, read.read_to_end(&mut answer)).await;
    writing.abort();
    String::from_utf8_lossy(&answer).into_owned()
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The word for programs in an error; the message must be there as well.
    pub fn code(&self) -> String {
        let json = self.json();
        let message = json["error"]["message"].as_str().unwrap_or_default();
        assert!(message.len() > 10, "an error must say what to do: {self:?}");
        json["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The fields an error names.
    pub fn fields(&self) -> Vec<String> {
        let json = self.json();
        let fields = json["error"]["fields"].as_object().cloned().unwrap_or_default();
        fields.into_iter().map(|(field, _)| field).collect()
    }

    /// An error's message.
    pub fn message(&self) -> String {
        self.json()["error"]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// A header, empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The same answer, once its status is this.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// The same answer, once it is this refusal.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{self:?}");
        self
    }
}

impl Stream {
    /// Reads on until `text` has come, and returns everything so far.
    pub async fn until(&mut self, text: &str) -> String {
        let reading = async {
            while !self.text.contains(text) {
                let frame = self.body.frame().await.expect("the stream goes on").unwrap();
                let data = frame.into_data().unwrap_or_default();
                self.text.push_str(&String::from_utf8_lossy(&data));
            }
        };
        let came = timeout(LIMIT, reading).await;
        assert!(came.is_ok(), "{text} did not come; only {}", self.text);
        self.text.clone()
    }
}
