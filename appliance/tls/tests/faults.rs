// SPDX-License-Identifier: AGPL-3.0-or-later
//! The fault table of `docs/certificates.md`, row by row: what the board says, and when it tries again.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may end by panicking"
)]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use support::{
    Pebble, clock, domains, failed, front, issued,
    middle::{Middle, http},
    open, open_at, self_signed, status, trusted, wait_for,
};
use tls::{CertificateState, Problem, ProblemKind, Source};
use types::Timestamp;

const NAME: &str = "calendar.example.test";

fn refusal(kind: &str, detail: &str) -> String {
    format!(r#"{{"type":"urn:ietf:params:acme:error:{kind}","detail":"{detail}"}}"#)
}

/// Orders a name of a CA that answers so; gives what the board then says, and when it tries again. The name is served
/// with the local certificate meanwhile.
async fn told(
    pebble: &Pebble,
    answers: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
) -> (Problem, Timestamp) {
    let middle = Middle::before(&pebble.settings()).await;
    middle.answer(answers);
    let home = tempfile::tempdir().unwrap();
    let board = open(home.path(), middle.settings.clone());
    let door = front(pebble.tls, board.server_config()).await;
    board.set_domains(&domains(&[NAME]));
    let task = tokio::spawn(board.clone().run());
    wait_for(&board, NAME, failed).await;
    let now = status(&board, NAME);
    assert_eq!(now.source, Source::Local);
    trusted(pebble.tls, "kitchen.local", &[&board.ca_pem()])
        .await
        .unwrap();
    for handle in [task, door] {
        handle.abort();
        let _ = handle.await;
    }
    let CertificateState::Waiting { until } = now.state else {
        panic!("{now:?}");
    };
    let problem = now.last_problem.unwrap();
    eprintln!("{:?}: {}", problem.kind, problem.detail);
    (problem, until)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_ca_answers_is_understood_and_its_wish_to_be_left_alone_kept() {
    use ProblemKind as K;
    let Some(pebble) = Pebble::start(0).await else {
        return;
    };
    let to =
        |path: &'static str, answer: String| move |first: &str| first.contains(path).then(|| answer.clone());
    let cases = [
        // Limits: by header, in seconds or as a date, and by Let's Encrypt's text.
        (
            to(
                "/order-plz",
                http(
                    "429 Too Many Requests",
                    "Retry-After: 7200\r\n",
                    &refusal("rateLimited", "slow"),
                ),
            ),
            K::RateLimited,
            7200,
        ),
        (
            to("/order-plz", http("429 Too Many Requests", "", "slow down")),
            K::RateLimited,
            3600,
        ),
        // A server that is busy.
        (
            to(
                "/dir",
                http("503 Service Unavailable", "Retry-After: 900\r\n", "busy"),
            ),
            K::CaBroken,
            900,
        ),
        (
            to(
                "/order-plz",
                http("500 Internal Server Error", "", "<html>oops</html>"),
            ),
            K::CaBroken,
            60,
        ),
        (
            to("/dir", http("200 OK", "", "<html>welcome to this hotel</html>")),
            K::CaBroken,
            60,
        ),
        (
            to("/order-plz", "this is not HTTP\r\n\r\n".into()),
            K::CaBroken,
            60,
        ),
        // Refusals.
        (
            to(
                "/order-plz",
                http(
                    "403 Forbidden",
                    "",
                    &refusal("caa", "CAA record prevents issuance"),
                ),
            ),
            K::Caa,
            60,
        ),
        (
            to(
                "/order-plz",
                http("400 Bad Request", "", &refusal("rejectedIdentifier", "policy")),
            ),
            K::NameRefused,
            6 * 3600,
        ),
        (
            to(
                "/order-plz",
                http("403 Forbidden", "", &refusal("userActionRequired", "new terms")),
            ),
            K::TermsChanged,
            6 * 3600,
        ),
        (
            to(
                "/sign-me-up",
                http("400 Bad Request", "", &refusal("invalidContact", "no such host")),
            ),
            K::ContactRefused,
            6 * 3600,
        ),
        // A certificate that is somebody else's.
        (
            to("/certZ/", http("200 OK", "", &self_signed("somebody.else.test"))),
            K::WrongCertificate,
            60,
        ),
    ];
    for (answers, kind, seconds) in cases {
        let (problem, until) = told(&pebble, answers).await;
        assert_eq!(problem.kind, kind, "{}", problem.detail);
        // The pauses have up to a quarter of jitter.
        let pause = until.since(problem.at).as_secs();
        assert!(
            (seconds..=seconds * 5 / 4).contains(&pause),
            "{kind:?}: {pause} s"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ca_that_falls_silent_is_given_up() {
    let Some(pebble) = Pebble::start(0).await else {
        return;
    };
    // No word from the CA: an empty answer keeps the line open.
    let (problem, _) = told(&pebble, |first| first.contains("/authZ/").then(String::new)).await;
    assert_eq!(problem.kind, ProblemKind::CaTimeout, "{}", problem.detail);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_dns_is_told_apart() {
    let Some(pebble) = Pebble::start(0).await else {
        return;
    };
    pebble.break_dns(NAME).await;
    let (problem, _) = told(&pebble, |_| None).await;
    assert_eq!(problem.kind, ProblemKind::NameServersFail, "{}", problem.detail);
    assert!(problem.summary.contains(NAME), "{}", problem.summary);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_twenty_years_off_is_told_and_when_it_is_right_all_is_well() {
    let Some(pebble) = Pebble::start(0).await else {
        return;
    };
    for years in [-20i64, 20] {
        let off = Arc::new(AtomicI64::new(years * 365 * 24 * 3600));
        let wrong: tls::Clock = {
            let off = Arc::clone(&off);
            Arc::new(move || Timestamp(clock()().0 + off.load(Ordering::SeqCst)))
        };
        let home = tempfile::tempdir().unwrap();
        let board = open_at(home.path(), pebble.settings(), wrong);
        let door = front(pebble.tls, board.server_config()).await;
        let name = format!("years{years}.example.test");
        board.set_domains(&domains(&[&name]));
        let task = tokio::spawn(board.clone().run());
        wait_for(&board, &name, failed).await;
        let problem = status(&board, &name).last_problem.unwrap();
        assert_eq!(problem.kind, ProblemKind::ClockWrong, "{}", problem.detail);
        assert_eq!(pebble.logged(&name), 0, "nothing was ordered");
        // The time server has answered.
        off.store(0, Ordering::SeqCst);
        board.retry_now(&name.parse().unwrap());
        wait_for(&board, &name, issued).await;
        let now = status(&board, &name);
        assert_eq!((now.source, now.attempts), (Source::Acme, 0));
        assert!(now.not_before.since(clock()()) < Duration::from_hours(1));
        for handle in [task, door] {
            handle.abort();
            let _ = handle.await;
        }
    }
}
