// SPDX-License-Identifier: AGPL-3.0-or-later
//! Somebody between the board and the CA: passes requests on, and at a step that a test names lets the line go dead,
//! as it is when power fails, or answers in the CA's place.

use super::{connect, make_api_certificate};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use serde_json::{Value, json};
use std::{
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Where the line goes dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The n-th request never reaches the CA.
    Before(usize),
    /// The CA acts on the n-th request, but its answer never reaches the board.
    After(usize),
}

/// Gives answers in the CA's place: by a request's first line, a whole answer, or `None` to pass it on.
pub type Answers = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// By a certificate's name (RFC 9773 section 4.1), from when to when it should be renewed, as RFC 3339 writes it.
pub type Advice = Arc<dyn Fn(&str) -> (String, String) + Send + Sync>;

pub struct Middle {
    pub settings: tls::AcmeSettings,
    cut: watch::Sender<Option<Cut>>,
    answers: watch::Sender<Option<Answers>>,
    advice: watch::Sender<Option<Advice>>,
    /// What orders said they replace.
    pub replaced: Arc<Mutex<Vec<String>>>,
    count: Arc<AtomicUsize>,
    validations: Arc<AtomicUsize>,
    dead: watch::Receiver<Option<String>>,
}

impl Middle {
    /// Stands before the CA of these settings.
    pub async fn before(ca: &tls::AcmeSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root_pem = make_api_certificate(folder.path());
        let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(&read("cert.pem")).unwrap()],
                PrivateKeyDer::from_pem_slice(&read("key.pem")).unwrap(),
            )
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (_, authority) = ca.directory.split_once("localhost:").unwrap();
        let (ca_port, path) = authority.split_once('/').unwrap();
        let (died, dead) = watch::channel(None);
        let line = Line {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            ca_port: ca_port.parse().unwrap(),
            ca_root: ca.root_pem.clone().unwrap(),
            cut: watch::channel(None).0,
            answers: watch::channel(None).0,
            advice: watch::channel(None).0,
            replaced: Arc::default(),
            port,
            count: Arc::default(),
            validations: Arc::default(),
            died,
        };
        let middle = Self {
            settings: tls::AcmeSettings {
                directory: format!("https://localhost:{port}/{path}"),
                root_pem: Some(root_pem),
                ..ca.clone()
            },
            cut: line.cut.clone(),
            answers: line.answers.clone(),
            advice: line.advice.clone(),
            replaced: Arc::clone(&line.replaced),
            count: Arc::clone(&line.count),
            validations: Arc::clone(&line.validations),
            dead,
        };
        tokio::spawn(async move {
            let line = Arc::new(line);
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                let line = Arc::clone(&line);
                // Whoever hangs up in the middle is no concern of the other's.
                tokio::spawn(async move { line.carry(tcp).await.unwrap_or_default() });
            }
        });
        middle
    }

    /// How many validations the CA was asked for.
    pub fn validations(&self) -> usize {
        self.validations.load(Ordering::SeqCst)
    }

    /// From now on requests are counted anew, but for those that only fetch a nonce, and the line goes dead there, if
    /// at all.
    pub fn arm(&mut self, cut: Option<Cut>) {
        self.count.store(0, Ordering::SeqCst);
        self.cut.send_replace(cut);
        self.dead.mark_unchanged();
    }

    /// From now on answers like this.
    pub fn answer(&self, answers: impl Fn(&str) -> Option<String> + Send + Sync + 'static) {
        self.answers.send_replace(Some(Arc::new(answers)));
    }

    /// From now on gives advice about renewal, which Debian's Pebble does not.
    pub fn advise(&self, advice: impl Fn(&str) -> (String, String) + Send + Sync + 'static) {
        self.advice.send_replace(Some(Arc::new(advice)));
    }

    /// From now on passes everything on.
    pub fn pass(&self) {
        self.answers.send_replace(None);
    }

    /// Waits for the line to go dead, and tells at which request.
    pub async fn dead(&mut self) -> String {
        self.dead.changed().await.unwrap();
        self.dead.borrow().clone().unwrap()
    }
}

struct Line {
    acceptor: TlsAcceptor,
    ca_port: u16,
    ca_root: String,
    cut: watch::Sender<Option<Cut>>,
    answers: watch::Sender<Option<Answers>>,
    advice: watch::Sender<Option<Advice>>,
    replaced: Arc<Mutex<Vec<String>>>,
    port: u16,
    count: Arc<AtomicUsize>,
    validations: Arc<AtomicUsize>,
    died: watch::Sender<Option<String>>,
}

impl Line {
    /// One connection, one request.
    async fn carry(&self, tcp: TcpStream) -> std::io::Result<()> {
        let mut board = self.acceptor.accept(tcp).await?;
        let request = read_request(&mut board).await?;
        let first = String::from_utf8_lossy(&request);
        let first = first.lines().next().unwrap_or_default().to_owned();
        let number = if first.contains("/nonce-plz") {
            0
        } else {
            self.count.fetch_add(1, Ordering::SeqCst) + 1
        };
        let cut = *self.cut.borrow();
        if cut == Some(Cut::Before(number)) {
            return self.die(first, board).await;
        }
        let instead = self.answers.borrow().clone().and_then(|answers| answers(&first));
        if let Some(answer) = instead.or_else(|| self.advise(&first)) {
            if answer.is_empty() {
                return self.die(first, board).await;
            }
            board.write_all(answer.as_bytes()).await?;
            return board.shutdown().await;
        }
        if first.contains("/chalZ/") {
            self.validations.fetch_add(1, Ordering::SeqCst);
        }
        let ca = TcpStream::connect(("127.0.0.1", self.ca_port)).await?;
        let mut ca = connect(ca, "localhost", &[&self.ca_root]).await?;
        ca.write_all(&request).await?;
        let mut answer = Vec::new();
        // Pebble ends without a word of farewell.
        let _ = ca.read_to_end(&mut answer).await;
        if cut == Some(Cut::After(number)) {
            return self.die(first, board).await;
        }
        if self.advice.borrow().is_some() {
            answer = self.mark(&first, &request, answer);
        }
        board.write_all(&answer).await?;
        board.shutdown().await
    }

    fn advise(&self, first: &str) -> Option<String> {
        let (_, certificate) = first.split_once("/advice/")?;
        let certificate = certificate.split(' ').next()?;
        let advice = self.advice.borrow().clone()?;
        let (start, end) = advice(certificate);
        let window = json!({ "suggestedWindow": { "start": start, "end": end } });
        Some(http("200 OK", "Retry-After: 60\r\n", &window.to_string()))
    }

    /// Puts into an answer what a CA that gives advice says: where it is asked, and what an order replaces.
    fn mark(&self, first: &str, request: &[u8], answer: Vec<u8>) -> Vec<u8> {
        let text = String::from_utf8_lossy(&answer).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            return answer;
        };
        let Ok(mut body) = serde_json::from_str::<Value>(body) else {
            return answer;
        };
        if first.contains("/dir") {
            body["renewalInfo"] = json!(format!("https://localhost:{}/advice", self.port));
        } else if first.contains("/order-plz")
            && let Some(replaces) = replaces_in(request)
        {
            body["replaces"] = json!(replaces);
            self.replaced.lock().unwrap().push(replaces);
        } else {
            return answer;
        }
        let kept: Vec<&str> = head
            .lines()
            .filter(|line| !line.to_ascii_lowercase().starts_with("content-length:"))
            .collect();
        let body = body.to_string();
        let length = body.len();
        format!("{}\r\nContent-Length: {length}\r\n\r\n{body}", kept.join("\r\n")).into_bytes()
    }

    /// Says so, and keeps the board waiting until it is ended.
    async fn die(&self, request: String, mut board: TlsStream<TcpStream>) -> std::io::Result<()> {
        self.died.send_replace(Some(request));
        board.read(&mut [0; 1]).await.map(|_| ())
    }
}

/// A whole answer.
pub fn http(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// What an order says it replaces: in the payload of a signed request (RFC 8555 section 6.2).
fn replaces_in(request: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(request);
    let signed: Value = serde_json::from_str(text.split_once("\r\n\r\n")?.1).ok()?;
    let payload = data_encoding::BASE64URL_NOPAD
        .decode(signed["payload"].as_str()?.as_bytes())
        .ok()?;
    let payload: Value = serde_json::from_slice(&payload).ok()?;
    payload["replaces"].as_str().map(str::to_owned)
}

/// A whole request, which asks that the connection end with its answer.
async fn read_request(board: &mut TlsStream<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        if board.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let field = |name: &str| {
            head.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        let length = field("content-length").map_or(0, |length| length.parse().unwrap());
        if body.len() < length {
            continue;
        }
        let mut lines: Vec<&str> = head
            .lines()
            .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"))
            .collect();
        lines.push("Connection: close");
        return Ok(format!("{}\r\n\r\n{body}", lines.join("\r\n")).into_bytes());
    }
}
