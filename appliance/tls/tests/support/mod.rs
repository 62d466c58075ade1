// SPDX-License-Identifier: AGPL-3.0-or-later
//! A real Pebble (Debian's package) with its DNS server, on free loopback ports, ended when dropped; and a front that
//! serves what it is given.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]

pub mod middle;

use async_trait::async_trait;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use std::{
    fs,
    net::TcpListener as StdListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tls::{AcmeSettings, CertificateState, CertificateStatus, Certificates, Parts};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep},
};
use tokio_rustls::{TlsAcceptor, TlsConnector, client::TlsStream};
use types::{Domain, Timestamp};

/// The machine's time.
#[expect(clippy::disallowed_methods, reason = "a test stands in for the host's clock")]
pub fn clock() -> tls::Clock {
    Arc::new(|| {
        let since = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        Timestamp(i64::try_from(since.as_secs()).unwrap())
    })
}

/// A contract that [`Pebble::start_with_contract`] knows: the key's name and the key, in base64url.
pub const CONTRACT: (&str, &str) = (
    "kid-1",
    "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W",
);

fn free_port() -> u16 {
    StdListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

pub struct Pebble {
    folder: tempfile::TempDir,
    processes: Vec<Child>,
    nonces_rejected: u32,
    lifetime: Duration,
    contract: bool,
    api: u16,
    management: u16,
    dns: u16,
    dns_management: u16,
    /// Where it checks TLS-ALPN-01.
    pub tls: u16,
    /// Where it checks HTTP-01.
    pub http: u16,
    /// Root of its own server.
    pub root_pem: String,
}

impl Drop for Pebble {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Pebble {
    /// Starts it; `None`, with a loud word, when it is not installed and this is not CI.
    pub async fn start(nonces_rejected: u32) -> Option<Self> {
        Self::start_with(nonces_rejected, Duration::from_hours(90 * 24)).await
    }

    /// One that wants an account bound to a contract: [`CONTRACT`].
    pub async fn start_with_contract() -> Option<Self> {
        let mut pebble = Self::start(0).await?;
        pebble.stop();
        pebble.contract = true;
        pebble.run().await;
        Some(pebble)
    }

    /// The same, with certificates of this lifetime.
    pub async fn start_with(nonces_rejected: u32, lifetime: Duration) -> Option<Self> {
        let installed = |name: &str| Path::new("/usr/bin").join(name).exists();
        if !installed("pebble") || !installed("pebble-challtestsrv") {
            assert!(
                std::env::var_os("CI").is_none(),
                "pebble is not installed: apt-get install pebble"
            );
            eprintln!(
                "\n*** SKIPPED: pebble is not installed. ACME is NOT tested. apt-get install pebble ***\n"
            );
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let root_pem = make_api_certificate(folder.path());
        let mut pebble = Self {
            folder,
            processes: Vec::new(),
            nonces_rejected,
            lifetime,
            contract: false,
            api: free_port(),
            management: free_port(),
            dns: free_port(),
            dns_management: free_port(),
            tls: free_port(),
            http: free_port(),
            root_pem,
        };
        pebble.run().await;
        Some(pebble)
    }

    /// Starts the processes (again): Pebble forgets all accounts and certificates.
    pub async fn run(&mut self) {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let config = format!(
            r#"{{"pebble":{{"listenAddress":"127.0.0.1:{}","managementListenAddress":"127.0.0.1:{}",
               "certificate":"{}","privateKey":"{}","httpPort":{},"tlsPort":{},"ocspResponderURL":"",
               "externalAccountBindingRequired":{},"externalAccountMACKeys":{{"{}":"{}"}},
               "certificateValidityPeriod":{}}}}}"#,
            self.api,
            self.management,
            path("cert.pem"),
            path("key.pem"),
            self.http,
            self.tls,
            self.contract,
            CONTRACT.0,
            CONTRACT.1,
            self.lifetime.as_secs()
        );
        fs::write(path("run.json"), config).unwrap();
        let log = |name: &str| {
            fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(path(name))
                .map(Stdio::from)
                .unwrap()
        };
        let dns = Command::new("pebble-challtestsrv")
            .args([
                "-defaultIPv4",
                "127.0.0.1",
                "-defaultIPv6",
                "",
                "-http01",
                "",
                "-https01",
                "",
                "-tlsalpn01",
                "",
            ])
            .args(["-dns01", &format!("127.0.0.1:{}", self.dns)])
            .args(["-management", &format!("127.0.0.1:{}", self.dns_management)])
            .stdout(log("dns.log"))
            .stderr(log("dns.log"))
            .spawn()
            .unwrap();
        let acme = Command::new("pebble")
            .args([
                "-config",
                &path("run.json"),
                "-strict",
                "-dnsserver",
                &format!("127.0.0.1:{}", self.dns),
            ])
            .env("PEBBLE_VA_NOSLEEP", "1")
            // Every order is proved anew.
            .env("PEBBLE_AUTHZREUSE", "0")
            .env("PEBBLE_WFE_NONCEREJECT", self.nonces_rejected.to_string())
            .stdout(log("acme.log"))
            .stderr(log("acme.log"))
            .spawn()
            .unwrap();
        self.processes = vec![dns, acme];
        for port in [self.api, self.management, self.dns_management] {
            wait_until("Pebble listens", || async move {
                TcpStream::connect(("127.0.0.1", port)).await.is_ok()
            })
            .await;
        }
    }

    /// Ends the processes.
    pub fn stop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
        self.processes.clear();
    }

    pub fn settings(&self) -> AcmeSettings {
        AcmeSettings {
            directory: format!("https://localhost:{}/dir", self.api),
            root_pem: Some(self.root_pem.clone()),
            contact: Some("steward@example.org".into()),
            staging: None,
            external_account: None,
            enabled: true,
        }
    }

    /// How many lines of Pebble's log hold `words`.
    pub fn logged(&self, words: &str) -> usize {
        let log = fs::read_to_string(self.folder.path().join("acme.log")).unwrap();
        log.lines().filter(|line| line.contains(words)).count()
    }

    /// Root of the certificates it issues.
    pub async fn issued_root(&self) -> String {
        let tcp = TcpStream::connect(("127.0.0.1", self.management)).await.unwrap();
        let mut tls = connect(tcp, "localhost", &[&self.root_pem]).await.unwrap();
        tls.write_all(b"GET /roots/0 HTTP/1.0\r\nHost: localhost\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        let _ = tls.read_to_string(&mut answer).await;
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// Makes a name lead elsewhere.
    pub async fn point(&self, name: &str, address: &str) {
        let host = format!(r#"{{"host":"{name}."}}"#);
        tell(self.dns_management, "clear-a", &host).await;
        let body = format!(r#"{{"host":"{name}.","addresses":["{address}"]}}"#);
        tell(self.dns_management, "add-a", &body).await;
    }

    /// Makes the DNS answer SERVFAIL for a name.
    pub async fn break_dns(&self, name: &str) {
        tell(
            self.dns_management,
            "set-servfail",
            &format!(r#"{{"host":"{name}."}}"#),
        )
        .await;
    }

    /// The DNS that it looks names up in, as a zone whose TXT records can be changed.
    pub fn zone(&self) -> Arc<Zone> {
        Arc::new(Zone {
            port: self.dns_management,
            there: Mutex::default(),
            made: AtomicUsize::new(0),
            deaf: AtomicBool::new(false),
        })
    }
}

async fn tell(port: u16, what: &str, body: &str) {
    let mut tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let length = body.len();
    let request = format!("POST /{what} HTTP/1.0\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}");
    tcp.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tcp.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("200"), "{answer}");
}

/// TXT records in the DNS that Pebble looks names up in.
pub struct Zone {
    port: u16,
    /// What is there now.
    pub there: Mutex<Vec<(String, String)>>,
    /// How many were made.
    pub made: AtomicUsize,
    /// Whether it says yes and does nothing.
    pub deaf: AtomicBool,
}

#[async_trait]
impl tls::DnsRecords for Zone {
    async fn put(&self, name: &str, value: &str) -> Result<(), String> {
        self.there.lock().unwrap().push((name.into(), value.into()));
        self.made.fetch_add(1, Ordering::SeqCst);
        if !self.deaf.load(Ordering::SeqCst) {
            let body = format!(r#"{{"host":"{name}.","value":"{value}"}}"#);
            tell(self.port, "set-txt", &body).await;
        }
        Ok(())
    }

    async fn remove(&self, name: &str, value: &str) -> Result<(), String> {
        self.there
            .lock()
            .unwrap()
            .retain(|(other, text)| other != name || text != value);
        tell(self.port, "clear-txt", &format!(r#"{{"host":"{name}."}}"#)).await;
        Ok(())
    }
}

/// A certificate that somebody made for this name: without its key.
pub fn self_signed(name: &str) -> String {
    rcgen::generate_simple_self_signed(vec![name.to_owned()])
        .unwrap()
        .cert
        .pem()
}

fn make_api_certificate(folder: &Path) -> String {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = ca.self_signed(&ca_key).unwrap();
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate().unwrap();
    let mut leaf = CertificateParams::new(vec!["localhost".into(), "127.0.0.1".into()]).unwrap();
    // Not valid for ever: a board with a wrong clock shall notice.
    (leaf.not_before, leaf.not_after) = (rcgen::date_time_ymd(2026, 1, 1), rcgen::date_time_ymd(2040, 1, 1));
    let leaf = leaf.signed_by(&key, &issuer).unwrap();
    fs::write(folder.join("cert.pem"), leaf.pem()).unwrap();
    fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    root.pem()
}

/// Serves TLS: greets, then echoes. A challenge connection ends with the handshake.
pub async fn front(port: u16, config: Arc<ServerConfig>) -> tokio::task::JoinHandle<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let acceptor = TlsAcceptor::from(Arc::clone(&config));
            tokio::spawn(async move {
                let Ok(mut tls) = acceptor.accept(tcp).await else {
                    return;
                };
                if tls.get_ref().1.alpn_protocol() == Some(b"acme-tls/1") {
                    return;
                }
                let (mut read, mut write) = tokio::io::split(&mut tls);
                let _ = tokio::io::copy(&mut read, &mut write).await;
            });
        }
    })
}

/// Answers HTTP-01.
pub async fn front_http(port: u16, certificates: Certificates) {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    tokio::spawn(async move {
        loop {
            let (mut tcp, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = tcp.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let token = request
                .split_once("/.well-known/acme-challenge/")
                .map_or("", |(_, rest)| rest);
            let token = token.split(' ').next().unwrap_or("");
            let answer = certificates.http_01_key_authorization(token).unwrap_or_default();
            let answer = format!(
                "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{answer}",
                answer.len()
            );
            let _ = tcp.write_all(answer.as_bytes()).await;
        }
    });
}

/// A handshake that trusts these roots, checked as browsers do.
pub async fn connect(tcp: TcpStream, name: &str, roots: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
    let mut store = RootCertStore::empty();
    for pem in roots {
        store
            .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
            .unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(store)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await
}

/// Connects to a front and reports whether its certificate is good for `name`.
pub async fn trusted(port: u16, name: &str, roots: &[&str]) -> Result<(), String> {
    let tcp = TcpStream::connect(("127.0.0.1", port))
        .await
        .map_err(|error| error.to_string())?;
    let mut tls = connect(tcp, name, roots)
        .await
        .map_err(|error| error.to_string())?;
    tls.write_all(b"hello").await.map_err(|error| error.to_string())?;
    let mut echo = [0; 5];
    tls.read_exact(&mut echo)
        .await
        .map_err(|error| error.to_string())?;
    Ok(())
}

/// Asks again and again, for as long as a slow machine may need.
pub async fn wait_until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let start = Instant::now();
    while !holds().await {
        assert!(
            start.elapsed() < Duration::from_mins(3),
            "{what}: not within three minutes"
        );
        sleep(Duration::from_millis(20)).await;
    }
}

/// A board.
pub fn open(folder: &Path, acme: AcmeSettings) -> Certificates {
    open_at(folder, acme, clock())
}

/// A board with a clock of its own.
pub fn open_at(folder: &Path, acme: AcmeSettings, clock: tls::Clock) -> Certificates {
    let board = "kitchen".parse().unwrap();
    Certificates::open(Parts {
        folder: folder.to_owned(),
        board,
        clock,
        acme,
    })
    .unwrap()
}

/// Names.
pub fn domains(names: &[&str]) -> Vec<Domain> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// How a name stands.
pub fn status(certificates: &Certificates, name: &str) -> CertificateStatus {
    certificates
        .status()
        .into_iter()
        .find(|status| status.name == name)
        .unwrap()
}

/// Waits until a name stands so.
pub async fn wait_for(certificates: &Certificates, name: &str, what: impl Fn(&CertificateStatus) -> bool) {
    let mut changes = certificates.changes();
    let wait = async {
        while !what(&status(certificates, name)) {
            changes.changed().await.unwrap();
        }
    };
    let waited = tokio::time::timeout(Duration::from_mins(3), wait).await;
    assert!(waited.is_ok(), "{:?}", status(certificates, name));
}

/// It has the right certificate.
pub fn issued(status: &CertificateStatus) -> bool {
    status.state == CertificateState::Issued
}

/// An attempt has failed.
pub fn failed(status: &CertificateStatus) -> bool {
    status.attempts > 0
}
