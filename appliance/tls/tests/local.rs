// SPDX-License-Identifier: AGPL-3.0-or-later
//! The local authority, as clients see it.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may end by panicking"
)]

mod support;

use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier as _},
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};
use std::{
    collections::BTreeSet,
    net::IpAddr,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tls::{AcmeSettings, Certificates, Parts};
use types::Timestamp;

/// 2026-11-21.
const NOW: i64 = 1_795_219_200;
const DAY: i64 = 24 * 3600;

struct Board {
    home: tempfile::TempDir,
    time: Arc<AtomicI64>,
}

impl Board {
    fn new(now: i64) -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            time: Arc::new(AtomicI64::new(now)),
        }
    }

    fn open(&self) -> Certificates {
        let time = Arc::clone(&self.time);
        Certificates::open(Parts {
            folder: self.home.path().to_owned(),
            board: "kitchen".parse().unwrap(),
            clock: Arc::new(move || Timestamp(time.load(Ordering::Relaxed))),
            acme: AcmeSettings::default(),
        })
        .unwrap()
    }

    /// The stored leaf for `name`, leaf first.
    fn stored(&self, name: &str) -> Vec<CertificateDer<'static>> {
        let local = std::fs::read_dir(self.home.path().join("local"))
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        let pem = std::fs::read(local.path().join(format!("{name}.pem"))).unwrap();
        CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .unwrap()
    }
}

fn verify(ca: &str, chain: &[CertificateDer<'_>], name: &str, at: i64) -> Result<(), rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let at = UnixTime::since_unix_epoch(Duration::from_secs(at.unsigned_abs()));
    verifier
        .verify_server_cert(&chain[0], &chain[1..], &name, &[], at)
        .map(|_| ())
}

fn addresses() -> BTreeSet<IpAddr> {
    [
        "192.168.1.20",
        "10.0.0.5",
        "fe80::1",
        "fd00::5",
        "2001:db8::7",
        "203.0.113.9",
    ]
    .iter()
    .map(|text| text.parse().unwrap())
    .collect()
}

#[test]
fn names_and_private_addresses_are_certified_and_nothing_else() {
    let board = Board::new(NOW);
    let certificates = board.open();
    let names = [
        "radicale-kitchen.local",
        "bank.example.org",
        "../x.local",
        "X.local",
    ];
    certificates
        .set_local(&names.iter().map(ToString::to_string).collect(), &addresses())
        .unwrap();
    let ca = certificates.ca_pem();
    let by_address = board.stored("addresses");
    for name in [
        "kitchen.local",
        "localhost",
        "127.0.0.1",
        "::1",
        "192.168.1.20",
        "10.0.0.5",
        "fe80::1",
        "fd00::5",
    ] {
        verify(&ca, &by_address, name, NOW).unwrap();
    }
    for name in ["203.0.113.9", "2001:db8::7", "bank.example.org"] {
        assert!(verify(&ca, &by_address, name, NOW).is_err(), "{name}");
    }
    verify(
        &ca,
        &board.stored("radicale-kitchen.local"),
        "radicale-kitchen.local",
        NOW,
    )
    .unwrap();
    let told: Vec<String> = certificates
        .status()
        .into_iter()
        .map(|status| status.name)
        .collect();
    assert_eq!(told, ["kitchen.local", "radicale-kitchen.local", ""]);
}

#[test]
fn openssl_takes_it_too() {
    if !Path::new("/usr/bin/openssl").exists() {
        assert!(std::env::var_os("CI").is_none(), "openssl is not installed");
        return eprintln!("*** SKIPPED: openssl is not installed ***");
    }
    let board = Board::new(NOW);
    let certificates = board.open();
    certificates.set_local(&BTreeSet::new(), &addresses()).unwrap();
    let ca = board.home.path().join("ca.pem");
    std::fs::write(&ca, certificates.ca_pem()).unwrap();
    let leaf = std::fs::read_dir(board.home.path().join("local"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    for subject in [
        ["-verify_hostname", "kitchen.local"],
        ["-verify_ip", "192.168.1.20"],
        ["-verify_ip", "fd00::5"],
    ] {
        let out = Command::new("openssl")
            .args([
                "verify",
                "-x509_strict",
                "-purpose",
                "sslserver",
                "-attime",
                &NOW.to_string(),
            ])
            .args(subject)
            .arg("-CAfile")
            .arg(&ca)
            .arg(leaf.join("addresses.pem"))
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
    }
}

#[test]
fn a_certificate_stays_until_it_must_change() {
    let board = Board::new(NOW);
    let certificates = board.open();
    let one = BTreeSet::from(["a-kitchen.local".to_owned()]);
    certificates.set_local(&one, &addresses()).unwrap();
    let (ca, by_name, by_address) = (
        certificates.ca_pem(),
        board.stored("a-kitchen.local"),
        board.stored("addresses"),
    );

    // Another service, a restart: nothing changes.
    let two = BTreeSet::from(["a-kitchen.local".to_owned(), "b-kitchen.local".to_owned()]);
    let again = board.open();
    again.set_local(&two, &addresses()).unwrap();
    assert_eq!(again.ca_pem(), ca);
    assert_eq!(board.stored("a-kitchen.local"), by_name);
    assert_eq!(board.stored("addresses"), by_address);

    // Another address: only that one.
    again
        .set_local(&two, &BTreeSet::from(["192.168.1.21".parse().unwrap()]))
        .unwrap();
    assert_eq!(board.stored("a-kitchen.local"), by_name);
    verify(&ca, &board.stored("addresses"), "192.168.1.21", NOW).unwrap();

    // Two thirds of its life later.
    board.time.store(NOW + 201 * DAY, Ordering::Relaxed);
    again.set_local(&two, &addresses()).unwrap();
    assert_ne!(board.stored("a-kitchen.local"), by_name);
    assert_eq!(again.ca_pem(), ca);
}

#[test]
fn a_wrong_clock_makes_certificates_that_are_good_when_it_is_right() {
    for wrong in [0, 946_684_800, NOW - 40 * DAY] {
        let board = Board::new(wrong);
        let certificates = board.open();
        verify(
            &certificates.ca_pem(),
            &board.stored("addresses"),
            "kitchen.local",
            NOW,
        )
        .unwrap();
    }
    // Twenty years ahead, then set right.
    let board = Board::new(NOW + 20 * 365 * DAY);
    let certificates = board.open();
    board.time.store(NOW, Ordering::Relaxed);
    certificates
        .set_local(&BTreeSet::new(), &BTreeSet::new())
        .unwrap();
    verify(
        &certificates.ca_pem(),
        &board.stored("addresses"),
        "kitchen.local",
        NOW,
    )
    .unwrap();
}

#[test]
fn a_damaged_authority_is_kept_aside_and_the_board_serves() {
    let board = Board::new(NOW);
    drop(board.open());
    let file = board.home.path().join("authority.pem");
    std::fs::write(&file, "nonsense").unwrap();
    drop(board.open());
    assert_eq!(
        std::fs::read(board.home.path().join("authority.pem.damaged")).unwrap(),
        b"nonsense"
    );
}

/// Whether the board's own certificate is trusted by who has installed this root.
fn is_trusted(board: &Board, root: &str) -> bool {
    verify(root, &board.stored("addresses"), "kitchen.local", NOW).is_ok()
}

#[tokio::test]
async fn another_authority_is_shown_first_and_follows_at_its_time() {
    let board = Board::new(NOW);
    let certificates = board.open();
    let old = certificates.ca_pem();
    let at = |days: i64| Timestamp(NOW + days * DAY);
    certificates.renew_authority(at(30)).unwrap();
    let next = certificates.succession().next.unwrap();
    assert!(next.at == at(30) && next.pem != old && !next.pem.contains("PRIVATE"));
    // It stays as it is over restarts and other times, and the old one goes on.
    let certificates = board.open();
    certificates.renew_authority(at(20)).unwrap();
    let told = certificates.succession();
    assert_eq!(
        told.next.as_ref().map(|next| (&next.pem, next.at)),
        Some((&next.pem, at(20)))
    );
    assert!(certificates.ca_pem() == old && is_trusted(&board, &old) && !is_trusted(&board, &next.pem));

    let changes = certificates.changes();
    board.time.store(NOW + 20 * DAY, Ordering::Relaxed);
    // Any change wakes it; so would the next minute.
    certificates.hold(&BTreeSet::from(["wake.example.test".parse().unwrap()]));
    let task = tokio::spawn(certificates.clone().run());
    let mut watched = changes.clone();
    while certificates.succession().next.is_some() {
        watched.changed().await.unwrap();
    }
    task.abort();
    let _ = task.await;
    assert_eq!(certificates.ca_pem(), next.pem);
    assert!(is_trusted(&board, &next.pem) && !is_trusted(&board, &old));
    let former = certificates.succession().former.unwrap();
    assert!(former.pem == old && former.at == at(20));
    // Nothing of the old key is left.
    let again = board.open();
    assert_eq!(
        (again.ca_pem(), again.succession().former.unwrap().pem),
        (next.pem, old)
    );
    for file in std::fs::read_dir(board.home.path()).unwrap() {
        let path = file.unwrap().path();
        let keys = std::fs::read_to_string(&path).map_or(0, |text| text.matches("PRIVATE KEY").count());
        let expected = if path.ends_with("authority.pem") { 2 } else { 0 };
        assert_eq!(keys, expected, "{path:?}");
    }
}

#[test]
fn an_authority_that_was_seen_by_others_is_followed_at_once_and_one_that_is_not_needed_is_forgotten() {
    let board = Board::new(NOW);
    let certificates = board.open();
    let old = certificates.ca_pem();
    certificates.renew_authority(Timestamp(NOW + DAY)).unwrap();
    assert!(certificates.keep_authority().unwrap() && !certificates.keep_authority().unwrap());
    assert_eq!(
        (certificates.ca_pem(), board.open().succession()),
        (old.clone(), tls::Succession::default())
    );
    certificates.renew_authority(Timestamp(NOW)).unwrap();
    assert_ne!(certificates.ca_pem(), old);
    assert!(is_trusted(&board, &certificates.ca_pem()));
}

/// Power fails between any two of the files that are written when the board changes over.
#[test]
fn a_power_cut_while_changing_over_leaves_one_authority_and_it_is_in_force() {
    let before = Board::new(NOW);
    let certificates = before.open();
    let old = certificates.ca_pem();
    certificates.renew_authority(Timestamp(NOW + DAY)).unwrap();
    let next = certificates.succession().next.unwrap().pem;
    let file = |board: &Board, name: &str| std::fs::read(board.home.path().join(name)).ok();
    let after = Board::new(NOW);
    for name in ["authority.pem", "authority-next.json"] {
        std::fs::write(after.home.path().join(name), file(&before, name).unwrap()).unwrap();
    }
    after.time.store(NOW + DAY, Ordering::Relaxed);
    after.open().renew_authority(Timestamp(NOW)).unwrap();
    let changed = ["authority-former.json", "authority.pem"];
    for cut in 0..=changed.len() {
        let board = Board::new(NOW + DAY);
        for name in ["authority.pem", "authority-next.json"] {
            std::fs::write(board.home.path().join(name), file(&before, name).unwrap()).unwrap();
        }
        for name in &changed[..cut] {
            std::fs::write(board.home.path().join(name), file(&after, name).unwrap()).unwrap();
        }
        let certificates = board.open();
        if cut < changed.len() {
            assert_eq!(certificates.ca_pem(), old, "cut {cut}");
            assert_eq!(certificates.succession().former, None, "cut {cut}");
            certificates.renew_authority(Timestamp(NOW)).unwrap();
        }
        assert_eq!(certificates.ca_pem(), next, "cut {cut}");
        let told = certificates.succession();
        assert_eq!(
            (told.next, told.former.map(|former| former.pem)),
            (None, Some(old.clone())),
            "cut {cut}"
        );
        assert!(is_trusted(&board, &next), "cut {cut}");
    }
}
