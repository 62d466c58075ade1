// SPDX-License-Identifier: AGPL-3.0-or-later
//! Many names with certificates that last a minute are renewed under load, and nobody notices: a board in a process of
//! its own, before a Pebble, asked by visitors who check every certificate.
//!
//! `COMMONHOST_LOAD_SECONDS` sets how long, and then it is fifty names, 200 requests a second and a new connection for
//! each, as `scripts/bench renewals` does; else it is what a slow machine can do beside other tests.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the two processes speak so, and the bench reads it"
)]

#[path = "../../../appliance/tls/tests/support/mod.rs"]
mod pebble;

use api_tests::Board;
use pebble::{Pebble, connect, wait_until};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};
use supervisor::domains::{self, NewDomain};
use tls::AcmeSettings;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_rustls::client::TlsStream;

const LIFE: Duration = Duration::from_mins(1);
/// Visitors that ask one after the other; each asks ten times a second.
const VISITORS: usize = 20;
const EVERY: Duration = Duration::from_millis(100);

#[derive(Clone, Copy)]
struct Load {
    names: usize,
    lasts: Duration,
    /// A visitor connects anew for each so many requests.
    requests_a_connection: usize,
}

impl Load {
    fn chosen() -> Self {
        let seconds = std::env::var("COMMONHOST_LOAD_SECONDS").ok();
        match seconds.map(|text| text.parse().unwrap()) {
            Some(seconds) => Self {
                names: 50,
                lasts: Duration::from_secs(seconds),
                requests_a_connection: 1,
            },
            None => Self {
                names: 20,
                lasts: Duration::from_secs(50),
                requests_a_connection: 8,
            },
        }
    }

    fn is_full(self) -> bool {
        self.requests_a_connection == 1
    }
}

fn name(number: usize) -> String {
    format!("n{number}.example.test")
}

/// The board's process.
struct Process(Child);

impl Process {
    /// Starts one with so many names, whose certificates come from there; gives the port of its front door.
    fn start(ca: &AcmeSettings, names: usize) -> (Self, u16) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "renewals::board_of_its_own",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env("COMMONHOST_LOAD_CA", &ca.directory)
            .env("COMMONHOST_LOAD_ROOT", ca.root_pem.as_ref().unwrap())
            .env("COMMONHOST_LOAD_NAMES", names.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            line.unwrap()
                .strip_prefix("PORT ")
                .map(|port| port.parse().unwrap())
        });
        let port = port.expect("the board's process ended");
        // What else it says is read, so that it never waits for somebody to read it.
        std::thread::spawn(move || lines.count());
        (Self(child), port)
    }

    /// Bytes in memory.
    fn rss(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: u64 = line.unwrap().trim().trim_end_matches(" kB").parse().unwrap();
        kib * 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The other process: a board whose clock goes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "is started by the test below, as a process of its own"]
async fn board_of_its_own() {
    let Ok(directory) = std::env::var("COMMONHOST_LOAD_CA") else {
        return;
    };
    let (board, ada) = Board::claimed().await;
    let app = board.app();
    for number in 0..std::env::var("COMMONHOST_LOAD_NAMES").unwrap().parse().unwrap() {
        let new = NewDomain {
            name: name(number),
            ..NewDomain::default()
        };
        domains::add(&app, &new, &ada.name.parse().unwrap())
            .await
            .unwrap();
    }
    app.certificates.set_acme(AcmeSettings {
        directory,
        root_pem: std::env::var("COMMONHOST_LOAD_ROOT").ok(),
        staging: None,
        enabled: true,
        ..AcmeSettings::default()
    });
    let (_, port) = board
        .secure_url()
        .rsplit_once(':')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    println!("PORT {port}");
    loop {
        board.pass(host::clock::now().0 - board.now().0);
        sleep(Duration::from_millis(100)).await;
    }
}

/// Passes the authority's connections on to the front door.
async fn lead(from: u16, to: u16) {
    let listener = TcpListener::bind(("127.0.0.1", from)).await.unwrap();
    tokio::spawn(async move {
        loop {
            let (mut visitor, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut door = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                let _ = copy_bidirectional(&mut visitor, &mut door).await;
            });
        }
    });
}

async fn meet(port: u16, name: &str, root: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(("127.0.0.1", port)).await?;
    tcp.set_nodelay(true)?;
    connect(tcp, name, &[root]).await
}

async fn ask(line: &mut TlsStream<TcpStream>, name: &str) -> std::io::Result<()> {
    let request = format!("GET /api/v1/health HTTP/1.1\r\nHost: {name}\r\n\r\n");
    line.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    // The answer is a short JSON object: its end is the last brace.
    while !answer.ends_with(b"}") {
        let mut part = [0; 2048];
        let length = line.read(&mut part).await?;
        if length == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        answer.extend_from_slice(&part[..length]);
    }
    if answer.starts_with(b"HTTP/1.1 200 ") {
        Ok(())
    } else {
        Err(std::io::Error::other(
            String::from_utf8_lossy(&answer).into_owned(),
        ))
    }
}

/// What the visitors saw.
#[derive(Default)]
struct Seen {
    requests: usize,
    handshakes: usize,
    failures: Vec<String>,
    /// Certificates by name.
    certificates: BTreeMap<String, BTreeSet<Vec<u8>>>,
}

async fn visit(number: usize, load: Load, port: u16, root: Arc<str>, until: Instant, seen: Arc<Mutex<Seen>>) {
    let mut pace = interval(EVERY);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut turn = number;
    while Instant::now() < until {
        // Another name each time, and every visitor comes by every name.
        let name = name(turn % load.names);
        turn += 7;
        let whole = timeout(Duration::from_secs(30), async {
            let mut line = meet(port, &name, &root).await?;
            {
                let shown = line.get_ref().1.peer_certificates().unwrap()[0].to_vec();
                let mut seen = seen.lock().unwrap();
                seen.handshakes += 1;
                seen.certificates.entry(name.clone()).or_default().insert(shown);
            }
            for _ in 0..load.requests_a_connection {
                pace.tick().await;
                ask(&mut line, &name).await?;
                seen.lock().unwrap().requests += 1;
            }
            std::io::Result::Ok(())
        });
        let failure = match whole.await {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => format!("{name}: {error}"),
            Err(_) => format!("{name}: no answer"),
        };
        seen.lock().unwrap().failures.push(failure);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_of_a_minute_are_renewed_under_load_and_no_request_fails() {
    let load = Load::chosen();
    let Some(pebble) = Pebble::start_with(0, LIFE).await else {
        return;
    };
    let (process, port) = Process::start(&pebble.settings(), load.names);
    lead(pebble.tls, port).await;
    let root: Arc<str> = pebble.issued_root().await.into();
    for number in 0..load.names {
        wait_until("every name has its certificate", || async {
            meet(port, &name(number), &root).await.is_ok()
        })
        .await;
    }
    let (start, issued) = (Instant::now(), pebble.logged("Issued certificate serial"));
    let seen = Arc::new(Mutex::new(Seen::default()));
    let visitors = (0..VISITORS).map(|number| {
        let (root, seen) = (Arc::clone(&root), Arc::clone(&seen));
        tokio::spawn(visit(number, load, port, root, start + load.lasts, seen))
    });
    let visitors: Vec<_> = visitors.collect();
    let mut memory = Vec::new();
    while start.elapsed() < load.lasts {
        memory.push(process.rss());
        sleep(Duration::from_secs(1)).await;
    }
    for visitor in visitors {
        visitor.await.unwrap();
    }
    let (seconds, renewals) = (
        start.elapsed().as_secs_f64(),
        pebble.logged("Issued certificate serial") - issued,
    );
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    // One line, for the bench.
    println!(
        "RENEWALS {{\"seconds\":{seconds:.0},\"names\":{},\"requests\":{},\"handshakes\":{},\"failures\":{},\
         \"renewals\":{renewals},\"rss_first\":{},\"rss_last\":{}}}",
        load.names,
        seen.requests,
        seen.handshakes,
        seen.failures.len(),
        memory[memory.len() / 3],
        memory[memory.len() - 1],
    );
    assert!(seen.failures.is_empty(), "{:?}", seen.failures);
    // Each was renewed while somebody looked, and none of the old ones was in the way.
    for number in 0..load.names {
        let certificates = &seen.certificates[&name(number)];
        assert!(certificates.len() > 1, "{} was not renewed", name(number));
    }
    if load.is_full() {
        let asked = load.lasts.as_secs_f64() * 200.0;
        assert!(
            f64::from(u32::try_from(seen.requests).unwrap()) > asked * 0.95,
            "{} of {asked}",
            seen.requests
        );
        // After the first third all has been used once that will be: from then on it stays.
        let (before, after) = memory.split_at(memory.len() * 2 / 3);
        let most = |part: &[u64]| part.iter().copied().max().unwrap_or_default();
        assert!(
            most(after) <= most(&before[before.len() / 2..]) + (1 << 20),
            "{memory:?}"
        );
    }
}
