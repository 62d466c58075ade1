// SPDX-License-Identifier: AGPL-3.0-or-later
//! What instant-acme places orders for: contracts, rehearsals, wildcards proved by DNS, renewal when the CA advises.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may end by panicking"
)]

mod support;

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use support::{
    CONTRACT, Pebble, clock, domains, failed, front, front_http, issued, middle::Middle, open, open_at,
    status, trusted, wait_for, wait_until,
};
use tls::{AcmeSettings, CertificateStatus, ExternalAccount, ProblemKind, Source, Subject};

const NAME: &str = "calendar.example.test";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_bound_to_a_contract() {
    let Some(pebble) = Pebble::start_with_contract().await else {
        return;
    };
    let contract = |key: &str| {
        Some(ExternalAccount {
            kid: CONTRACT.0.into(),
            key: key.into(),
        })
    };
    let home = tempfile::tempdir().unwrap();
    let board = open(home.path(), pebble.settings());
    let door = front(pebble.tls, board.server_config()).await;
    board.set_domains(&domains(&[NAME]));
    let task = tokio::spawn(board.clone().run());
    wait_for(&board, NAME, failed).await;
    let problem = status(&board, NAME).last_problem.unwrap();
    assert_eq!(
        problem.kind,
        ProblemKind::ExternalAccountRequired,
        "{}",
        problem.detail
    );
    assert!(board.authority().unwrap().external_account);

    // A key that is not the contract's.
    board.set_acme(AcmeSettings {
        external_account: contract("bm90IHRoZSBrZXkgb2YgdGhhdCBjb250cmFjdA"),
        ..pebble.settings()
    });
    board.retry_now(&NAME.parse().unwrap());
    wait_for(&board, NAME, |now| now.attempts == 2).await;
    let problem = status(&board, NAME).last_problem.unwrap();
    assert_eq!(
        problem.kind,
        ProblemKind::ExternalAccountRefused,
        "{}",
        problem.detail
    );

    board.set_acme(AcmeSettings {
        external_account: contract(CONTRACT.1),
        ..pebble.settings()
    });
    board.retry_now(&NAME.parse().unwrap());
    wait_for(&board, NAME, issued).await;
    assert_eq!(pebble.logged("accounts in memory"), 1);

    // The account is kept: after a restart another name needs no contract any more.
    task.abort();
    let _ = task.await;
    door.abort();
    let _ = door.await;
    let again = open(home.path(), pebble.settings());
    front(pebble.tls, again.server_config()).await;
    let other = "other.example.test";
    again.set_domains(&domains(&[other]));
    tokio::spawn(again.clone().run());
    wait_for(&again, other, issued).await;
    assert_eq!(pebble.logged("accounts in memory"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wildcard_is_proved_by_dns_alone() {
    let Some(pebble) = Pebble::start(5).await else {
        return;
    };
    // The name leads elsewhere, and nobody listens here for the CA.
    pebble.point("example.test", "127.0.0.9").await;
    let zone = pebble.zone();
    let home = tempfile::tempdir().unwrap();
    let board = open(home.path(), pebble.settings());
    let name = "example.test";
    let subject = |wildcard| Subject {
        domain: name.parse().unwrap(),
        wildcard,
        under: BTreeSet::new(),
        dns: Some(zone.clone()),
    };
    board.set_subjects(&[subject(true)]);
    tokio::spawn(board.clone().run());
    wait_for(&board, name, issued).await;
    let mut covers = status(&board, name).covers;
    covers.sort();
    assert_eq!(covers, ["*.example.test", "example.test"]);
    assert_eq!(zone.made.load(Ordering::SeqCst), 2);
    assert!(zone.there.lock().unwrap().is_empty(), "records are taken away");

    front(pebble.tls, board.server_config()).await;
    let root = pebble.issued_root().await;
    for good in [name, "anything.example.test"] {
        trusted(pebble.tls, good, &[&root]).await.unwrap();
    }
    assert!(
        trusted(pebble.tls, "too.deep.example.test", &[&root])
            .await
            .is_err()
    );

    // A name that is in use below is shown with it.
    let files: types::Domain = "files.example.test".parse().unwrap();
    board.set_subjects(&[Subject {
        under: BTreeSet::from([files.clone()]),
        ..subject(true)
    }]);
    let below = status(&board, files.as_str());
    assert_eq!((below.source, below.covers.len()), (Source::Acme, 2));

    // What covers more than is wanted stays until it is renewed; what covers less does not do.
    board.set_subjects(&[subject(false)]);
    assert!(issued(&status(&board, name)));
    let other = "example.net";
    let other_subject = |wildcard| Subject {
        domain: other.parse().unwrap(),
        ..subject(wildcard)
    };
    board.set_subjects(&[subject(false), other_subject(false)]);
    wait_for(&board, other, issued).await;
    board.set_subjects(&[subject(false), other_subject(true)]);
    wait_for(&board, other, |now| issued(now) && now.covers.len() == 2).await;
    assert_eq!(pebble.logged("Added order"), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_does_not_arrive_is_told() {
    let Some(pebble) = Pebble::start(0).await else {
        return;
    };
    let zone = pebble.zone();
    zone.deaf.store(true, Ordering::SeqCst);
    let home = tempfile::tempdir().unwrap();
    let board = open(home.path(), pebble.settings());
    board.set_subjects(&[Subject {
        domain: NAME.parse().unwrap(),
        wildcard: false,
        under: BTreeSet::new(),
        dns: Some(zone.clone()),
    }]);
    tokio::spawn(board.clone().run());
    wait_for(&board, NAME, failed).await;
    let now = status(&board, NAME);
    let problem = now.last_problem.unwrap();
    assert_eq!(
        (now.source, problem.kind),
        (Source::Local, ProblemKind::DnsUpdate),
        "{}",
        problem.detail
    );
    assert!(zone.there.lock().unwrap().is_empty(), "also after a failure");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_rehearsed_before_its_first_order() {
    let (Some(real), Some(mut staging)) = (Pebble::start(0).await, Pebble::start(0).await) else {
        return;
    };
    // Both look where the board listens.
    staging.stop();
    (staging.tls, staging.http) = (real.tls, real.http);
    staging.run().await;
    staging.point(NAME, "127.0.0.9").await;
    let both = format!("{}{}", real.root_pem, staging.root_pem);
    let settings = AcmeSettings {
        staging: Some(staging.settings().directory),
        root_pem: Some(both),
        ..real.settings()
    };
    let home = tempfile::tempdir().unwrap();
    let board = open(home.path(), settings);
    front(real.tls, board.server_config()).await;
    front_http(real.http, board.clone()).await;
    board.set_domains(&domains(&[NAME]));
    tokio::spawn(board.clone().run());
    wait_for(&board, NAME, failed).await;
    assert_eq!(
        status(&board, NAME).last_problem.unwrap().kind,
        ProblemKind::NotReachable
    );
    assert_eq!(
        (staging.logged("Added order"), real.logged("Added order")),
        (1, 0)
    );

    // It is mended, and a second name comes.
    staging.point(NAME, "127.0.0.1").await;
    let other = "other.example.test";
    board.set_domains(&domains(&[NAME, other]));
    board.retry_now(&NAME.parse().unwrap());
    for name in [NAME, other] {
        wait_for(&board, name, issued).await;
        assert_eq!(status(&board, name).last_problem, None);
    }
    trusted(real.tls, NAME, &[&real.issued_root().await])
        .await
        .unwrap();
    assert_eq!(real.logged("Added order"), 2);

    // A rehearsal that the CA for rehearsals prevents keeps nobody waiting.
    staging.stop();
    let third = "third.example.test";
    board.set_domains(&domains(&[NAME, other, third]));
    wait_for(&board, third, issued).await;
    assert_eq!(status(&board, third).attempts, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_renewed_when_the_ca_advises() {
    let Some(pebble) = Pebble::start(0).await else {
        return;
    };
    let middle = Middle::before(&pebble.settings()).await;
    let window = |year: u32| {
        (
            format!("{year}-01-01T00:00:00Z"),
            format!("{year}-01-02T00:00:00Z"),
        )
    };
    let (old, urgent) = (
        Arc::new(Mutex::new(None::<String>)),
        Arc::new(AtomicBool::new(false)),
    );
    {
        let (old, urgent) = (Arc::clone(&old), Arc::clone(&urgent));
        middle.advise(move |certificate| {
            let first = *old.lock().unwrap().get_or_insert_with(|| certificate.to_owned()) == *certificate;
            window(if first && urgent.load(Ordering::SeqCst) {
                2026
            } else {
                2030
            })
        });
    }
    let home = tempfile::tempdir().unwrap();
    let board = open(home.path(), middle.settings.clone());
    let door = front(pebble.tls, board.server_config()).await;
    board.set_domains(&domains(&[NAME]));
    let task = tokio::spawn(board.clone().run());
    wait_for(&board, NAME, issued).await;
    wait_until("asked for advice", || async { old.lock().unwrap().is_some() }).await;
    let life = |now: &CertificateStatus| now.not_after.since(now.not_before);
    wait_for(&board, NAME, |now| {
        // Whatever a CA says, some of the life is left for trying again.
        now.renewal == Some(now.not_before.plus(life(now) / 10 * 9))
    })
    .await;
    task.abort();
    let _ = task.await;
    door.abort();
    let _ = door.await;

    // The CA will revoke it, and wants it replaced at once: learned when the board asks again, five minutes later.
    urgent.store(true, Ordering::SeqCst);
    let later: tls::Clock = Arc::new(|| clock()().plus(Duration::from_mins(5)));
    let again = open_at(home.path(), middle.settings.clone(), later);
    front(pebble.tls, again.server_config()).await;
    again.set_domains(&domains(&[NAME]));
    tokio::spawn(again.clone().run());
    wait_until("replaced", || async {
        pebble.logged("Issued certificate serial") == 2 && issued(&status(&again, NAME))
    })
    .await;
    let replaced = middle.replaced.lock().unwrap().clone();
    assert_eq!(
        replaced,
        [old.lock().unwrap().clone().unwrap()],
        "the order said what it replaces"
    );
    wait_for(&again, NAME, |now| {
        now.renewal == Some(now.not_before.plus(life(now) / 10 * 9))
    })
    .await;
    assert_eq!(pebble.logged("Issued certificate serial"), 2, "and that is all");
}
