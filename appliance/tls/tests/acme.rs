// SPDX-License-Identifier: AGPL-3.0-or-later
//! Certificates against a real ACME server.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test may end by panicking"
)]

mod support;

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};
use support::{
    Pebble, clock, connect, domains, failed, front, front_http, issued,
    middle::{Cut, Middle},
    open, status, trusted, wait_for, wait_until,
};
use tls::{AcmeSettings, CertificateState, ProblemKind, Source};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep},
};
use types::Domain;

const NAME: &str = "calendar.example.test";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_added_while_another_is_served() {
    let Some(pebble) = Pebble::start(0).await else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let certificates = open(home.path(), pebble.settings());
    certificates
        .set_local(
            &BTreeSet::from(["radicale-kitchen.local".to_owned()]),
            &BTreeSet::new(),
        )
        .unwrap();
    front(pebble.tls, certificates.server_config()).await;
    tokio::spawn(certificates.clone().run());
    let local_root = certificates.ca_pem();

    // One connection stays open, and new ones are made all the time.
    let tcp = TcpStream::connect(("127.0.0.1", pebble.tls)).await.unwrap();
    let mut long = connect(tcp, "kitchen.local", &[&local_root]).await.unwrap();
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let hammer = {
        let (stop, done, root, port) = (
            Arc::clone(&stop),
            Arc::clone(&done),
            local_root.clone(),
            pebble.tls,
        );
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                trusted(port, "radicale-kitchen.local", &[&root]).await.unwrap();
                done.fetch_add(1, Ordering::Relaxed);
            }
        })
    };

    let start = Instant::now();
    certificates.set_domains(&domains(&[NAME]));
    assert_eq!(status(&certificates, NAME).source, Source::Local);
    wait_for(&certificates, NAME, issued).await;
    eprintln!(
        "certificate after {:?}, {} other handshakes",
        start.elapsed(),
        done.load(Ordering::Relaxed)
    );

    let acme_root = pebble.issued_root().await;
    trusted(pebble.tls, NAME, &[&acme_root]).await.unwrap();
    wait_until("other handshakes", || async { done.load(Ordering::Relaxed) > 10 }).await;
    stop.store(true, Ordering::Relaxed);
    hammer.await.unwrap();
    long.write_all(b"still here").await.unwrap();
    let mut echo = [0; 10];
    long.read_exact(&mut echo).await.unwrap();

    let now = status(&certificates, NAME);
    assert_eq!(
        (now.source, now.attempts, now.last_problem),
        (Source::Acme, 0, None)
    );
    assert_eq!(now.covers, [NAME]);
    for entry in std::fs::read_dir(home.path().join("acme")).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{entry:?}"
        );
        assert!(
            !entry.file_name().to_string_lossy().ends_with(".order"),
            "{entry:?}"
        );
    }

    // After a restart it is there at once, and nothing is ordered again.
    let orders = pebble.logged("Added order");
    let again = open(home.path(), pebble.settings());
    again.set_domains(&domains(&[NAME]));
    tokio::spawn(again.clone().run());
    sleep(Duration::from_millis(500)).await;
    assert!(issued(&status(&again, NAME)));
    assert!(orders > 0);
    assert_eq!(pebble.logged("Added order"), orders);

    // Removed: the local certificate again.
    certificates.set_domains(&[]);
    assert!(trusted(pebble.tls, NAME, &[&acme_root]).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_names_at_once_make_one_account_though_nonces_are_refused() {
    let Some(pebble) = Pebble::start(20).await else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let certificates = open(home.path(), pebble.settings());
    front(pebble.tls, certificates.server_config()).await;
    tokio::spawn(certificates.clone().run());
    let names = [
        "a.example.test",
        "b.example.test",
        "c.example.test",
        "d.example.test",
        "e.example.test",
    ];
    let start = Instant::now();
    certificates.set_domains(&domains(&names));
    for name in names {
        wait_for(&certificates, name, issued).await;
    }
    eprintln!("five certificates after {:?}", start.elapsed());
    let root = pebble.issued_root().await;
    for name in names {
        trusted(pebble.tls, name, &[&root]).await.unwrap();
        assert_eq!(status(&certificates, name).attempts, 0);
    }
    assert_eq!(pebble.logged("accounts in memory"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_ca_the_local_certificate_is_served_and_the_reason_told() {
    let Some(mut pebble) = Pebble::start(0).await else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let certificates = open(home.path(), pebble.settings());
    front(pebble.tls, certificates.server_config()).await;
    tokio::spawn(certificates.clone().run());
    // An account is made first, so that the CA can forget it.
    certificates.set_domains(&domains(&["first.example.test"]));
    wait_for(&certificates, "first.example.test", issued).await;
    pebble.stop();

    certificates.set_domains(&domains(&[NAME]));
    wait_for(&certificates, NAME, failed).await;
    let now = status(&certificates, NAME);
    let problem = now.last_problem.unwrap();
    assert_eq!(
        (now.source, problem.kind),
        (Source::Local, ProblemKind::CaUnreachable),
        "{}",
        problem.detail
    );
    assert!(matches!(now.state, CertificateState::Waiting { until } if until > problem.at));
    let tcp = TcpStream::connect(("127.0.0.1", pebble.tls)).await.unwrap();
    assert!(
        connect(tcp, NAME, &[&certificates.ca_pem()]).await.is_err(),
        "the name is not on it"
    );
    trusted(pebble.tls, "kitchen.local", &[&certificates.ca_pem()])
        .await
        .unwrap();

    // It comes back, has forgotten the account, and a person is impatient.
    pebble.run().await;
    let name: Domain = NAME.parse().unwrap();
    for _ in 0..3 {
        let before = status(&certificates, NAME).attempts;
        certificates.retry_now(&name);
        wait_until("an attempt", || {
            let now = status(&certificates, NAME);
            async move { issued(&now) || now.attempts != before }
        })
        .await;
    }
    assert!(
        issued(&status(&certificates, NAME)),
        "{:?}",
        status(&certificates, NAME)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_leads_elsewhere_is_tried_with_care() {
    let Some(pebble) = Pebble::start(0).await else {
        return;
    };
    pebble.point(NAME, "127.0.0.9").await;
    let home = tempfile::tempdir().unwrap();
    let certificates = open(home.path(), pebble.settings());
    front(pebble.tls, certificates.server_config()).await;
    let task = tokio::spawn(certificates.clone().run());
    certificates.set_domains(&domains(&[NAME]));
    wait_for(&certificates, NAME, failed).await;
    let problem = status(&certificates, NAME).last_problem.unwrap();
    assert_eq!(problem.kind, ProblemKind::NotReachable, "{}", problem.detail);
    assert!(
        problem.summary.contains(NAME) && problem.detail.contains("127.0.0.9"),
        "{problem:?}"
    );

    task.abort();
    let _ = task.await;

    // Neither patience, nor pressing the button, nor restarts lead to more than five failed validations.
    let name: Domain = NAME.parse().unwrap();
    for round in 0..3 {
        let board = open(home.path(), pebble.settings());
        board.set_domains(&domains(&[NAME]));
        assert_eq!(
            status(&board, NAME).last_problem.map(|problem| problem.kind),
            Some(ProblemKind::NotReachable)
        );
        let task = tokio::spawn(board.clone().run());
        for _ in 0..3 {
            let before = status(&board, NAME).attempts;
            board.retry_now(&name);
            // It tries, or says that it will not before later.
            wait_for(&board, NAME, move |status| {
                let later = matches!(status.state, CertificateState::Waiting { until } if until > clock()());
                status.attempts != before || later
            })
            .await;
        }
        task.abort();
        let _ = task.await;
        eprintln!("round {round}: {} attempts", status(&board, NAME).attempts);
    }
    assert_eq!(pebble.logged("Pulled a task from the Tasks queue"), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_443_is_shut_80_is_tried() {
    let Some(pebble) = Pebble::start(0).await else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let certificates = open(home.path(), pebble.settings());
    front_http(pebble.http, certificates.clone()).await;
    tokio::spawn(certificates.clone().run());
    certificates.set_domains(&domains(&[NAME]));
    wait_for(&certificates, NAME, failed).await;
    certificates.retry_now(&NAME.parse().unwrap());
    wait_for(&certificates, NAME, issued).await;
    assert_eq!(status(&certificates, NAME).last_problem, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_the_ca_is_told_apart() {
    let Some(pebble) = Pebble::start(0).await else {
        return;
    };
    let good = pebble.settings();
    let port = good.directory.rsplit(':').next().unwrap().to_owned();
    let cases = [
        (
            AcmeSettings {
                root_pem: None,
                ..good.clone()
            },
            ProblemKind::CaNotTrusted,
        ),
        (
            AcmeSettings {
                directory: "https://no-such-ca.invalid/dir".into(),
                ..good.clone()
            },
            ProblemKind::CaNameNotFound,
        ),
        (
            AcmeSettings {
                directory: format!("https://localhost:{}", port.replace("/dir", "/none")),
                ..good.clone()
            },
            ProblemKind::CaBroken,
        ),
        (
            AcmeSettings {
                root_pem: Some("nonsense".into()),
                ..good.clone()
            },
            ProblemKind::CaNotTrusted,
        ),
        (
            AcmeSettings {
                contact: Some("not a mail address".into()),
                ..good.clone()
            },
            ProblemKind::ContactRefused,
        ),
    ];
    for (settings, expected) in cases {
        let home = tempfile::tempdir().unwrap();
        let certificates = open(home.path(), settings);
        certificates.set_domains(&domains(&[NAME]));
        let task = tokio::spawn(certificates.clone().run());
        wait_for(&certificates, NAME, failed).await;
        let problem = status(&certificates, NAME).last_problem.unwrap();
        eprintln!("{expected:?}: {}", problem.detail);
        assert_eq!(problem.kind, expected, "{}", problem.detail);
        task.abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn renewals_go_unnoticed() {
    let Some(pebble) = Pebble::start_with(10, Duration::from_secs(30)).await else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let certificates = open(home.path(), pebble.settings());
    front(pebble.tls, certificates.server_config()).await;
    tokio::spawn(certificates.clone().run());
    certificates.set_domains(&domains(&[NAME]));
    wait_for(&certificates, NAME, issued).await;
    let root = pebble.issued_root().await;
    let mut ends = BTreeSet::from([status(&certificates, NAME).not_after]);
    let (start, mut handshakes) = (Instant::now(), 0);
    while ends.len() < 3 {
        trusted(pebble.tls, NAME, &[&root]).await.unwrap();
        handshakes += 1;
        ends.insert(status(&certificates, NAME).not_after);
        assert!(start.elapsed() < Duration::from_mins(5), "{ends:?}");
        sleep(Duration::from_millis(5)).await;
    }
    let now = status(&certificates, NAME);
    eprintln!("{handshakes} handshakes, certificates until {ends:?}");
    assert_eq!((now.source, now.attempts), (Source::Acme, 0));
}

/// The process that is killed below: a board with one name, which says how its certificate stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "is started by the test below, as a process of its own"]
async fn board_to_be_killed() {
    let Ok(folder) = std::env::var("COMMONHOST_KILL_FOLDER") else {
        return;
    };
    let wanted = |name: &str| std::env::var(format!("COMMONHOST_KILL_{name}")).unwrap();
    let settings = AcmeSettings {
        directory: wanted("DIRECTORY"),
        root_pem: Some(wanted("ROOT")),
        contact: Some("steward@example.org".into()),
        staging: None,
        external_account: None,
        enabled: true,
    };
    let name = wanted("NAME");
    let board = open(Path::new(&folder), settings);
    front(wanted("PORT").parse().unwrap(), board.server_config()).await;
    board.set_domains(&domains(&[&name]));
    tokio::spawn(board.clone().run());
    wait_for(&board, &name, |status| issued(status) || failed(status)).await;
    let problem = status(&board, &name).last_problem;
    println!(
        "STANDS {}",
        problem.map_or_else(|| "issued".to_owned(), |problem| problem.detail)
    );
    std::future::pending::<()>().await;
}

/// Such a process.
struct Mortal {
    child: Child,
    said: tokio::sync::mpsc::UnboundedReceiver<String>,
}

impl Mortal {
    fn start(home: &Path, settings: &AcmeSettings, name: &str, port: u16) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["board_to_be_killed", "--exact", "--ignored", "--nocapture"])
            .env("COMMONHOST_KILL_FOLDER", home)
            .env("COMMONHOST_KILL_DIRECTORY", &settings.directory)
            .env("COMMONHOST_KILL_ROOT", settings.root_pem.as_ref().unwrap())
            .env("COMMONHOST_KILL_NAME", name)
            .env("COMMONHOST_KILL_PORT", port.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (say, said) = tokio::sync::mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(how) = line.strip_prefix("STANDS ") {
                    let _ = say.send(how.to_owned());
                }
            }
        });
        Self { child, said }
    }

    /// How its certificate stands, once it was issued or an order failed.
    async fn stands(&mut self) -> String {
        self.said.recv().await.expect("the process ended by itself")
    }

    /// `kill -9`.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Killed at every step of an order, before the CA hears of it and after: no second account, no order made anew
/// that could go on, no second certificate, no key lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_step_an_order_goes_on_where_it_was() {
    let Some(pebble) = Pebble::start(0).await else {
        return;
    };
    let mut middle = Middle::before(&pebble.settings()).await;
    let counts = |pebble: &Pebble| {
        [
            pebble.logged("accounts in memory"),
            pebble.logged("Added order"),
            pebble.logged("Issued certificate serial"),
            pebble.logged("set INVALID by completed challenge"),
        ]
    };
    let mut cut_at = BTreeSet::new();
    for step in 1.. {
        let mut reached = 0;
        for cut in [Cut::Before(step), Cut::After(step)] {
            let home = tempfile::tempdir().unwrap();
            let name = format!("step-{step}.example.test");
            let before = counts(&pebble);
            middle.arm(Some(cut));
            let mut board = Mortal::start(home.path(), &middle.settings, &name, pebble.tls);
            let request = tokio::select! {
                request = middle.dead() => Some(request),
                _ = board.stands() => None,
            };
            board.kill();
            let Some(request) = request else { continue };
            reached += 1;
            // The CA ends what it was doing, perhaps with nobody at home.
            wait_until("the CA is idle", || async {
                pebble.logged("by completed challenge") == middle.validations()
            })
            .await;
            let at_cut = counts(&pebble);

            middle.arm(None);
            let mut board = Mortal::start(home.path(), &middle.settings, &name, pebble.tls);
            assert_eq!(board.stands().await, "issued", "{cut:?}, {request}");
            let root = pebble.issued_root().await;
            trusted(pebble.tls, &name, &[&root]).await.unwrap();
            board.kill();

            let after = counts(&pebble);
            let [accounts, orders, certificates, _] =
                std::array::from_fn(|index| after[index] - before[index]);
            // An order is made a second time only if nobody could know of the first, or the CA found nobody at home.
            let lost = matches!(cut, Cut::After(_)) && request.contains("/order-plz");
            let refused = at_cut[3] - before[3];
            assert_eq!(
                (accounts, orders, certificates),
                (1, 1 + usize::from(lost) + refused, 1),
                "{cut:?}, {request}, refused {refused}"
            );
            assert_eq!(after[3], at_cut[3], "{cut:?}, {request}");
            cut_at.insert(request.split('/').nth(1).unwrap_or_default().to_owned());
        }
        if reached == 0 {
            break;
        }
    }
    eprintln!("{cut_at:?}");
    for step in [
        "dir",
        "sign-me-up",
        "order-plz",
        "authZ",
        "chalZ",
        "finalize-order",
        "certZ",
    ] {
        assert!(
            cut_at.iter().any(|path| path.starts_with(step)),
            "{step}: {cut_at:?}"
        );
    }
}
