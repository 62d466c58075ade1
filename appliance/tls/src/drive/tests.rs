// SPDX-License-Identifier: AGPL-3.0-or-later
//! Many names over a long time, by a clock that is moved: renewals are spread, none is late, and nothing goes in a loop.

use super::*;
use crate::{Certificates, Parts};
use rcgen::{CertificateParams, KeyPair};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

const START: i64 = 1_800_000_000;
const DAY: i64 = 24 * 3600;
const NAMES: usize = 50;

/// A board whose clock is moved, with so many names.
fn board(home: &std::path::Path, names: usize) -> (Certificates, Arc<AtomicI64>) {
    let time = Arc::new(AtomicI64::new(START));
    let clock = Arc::clone(&time);
    let certificates = Certificates::open(Parts {
        folder: home.to_owned(),
        board: "kitchen".parse().unwrap(),
        clock: Arc::new(move || Timestamp(clock.load(Ordering::SeqCst))),
        acme: AcmeSettings {
            directory: "https://ca.test/dir".into(),
            enabled: true,
            ..AcmeSettings::default()
        },
    })
    .unwrap();
    let names: Vec<Domain> = (0..names)
        .map(|number| format!("n{number}.example.test").parse().unwrap())
        .collect();
    certificates.set_domains(&names);
    (certificates, time)
}

/// A certificate as a CA would issue it now.
fn issue(domain: &Domain, key: &KeyPair, now: i64, life: i64) -> Leaf {
    let at = |seconds: i64| {
        rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(u64::try_from(seconds).unwrap())
    };
    let mut params = CertificateParams::new(vec![domain.to_string()]).unwrap();
    (params.not_before, params.not_after) = (at(now), at(now + life));
    let pem = format!(
        "{}{}",
        key.serialize_pem(),
        params.self_signed(key).unwrap().pem()
    );
    Leaf::parse(domain.as_str(), pem.as_bytes()).unwrap()
}

/// Lets time pass, in steps of twenty minutes; `works` says whether the CA issues at that time. Gives the times of orders by
/// name. No certificate may run out.
fn run(days: i64, life: i64, works: impl Fn(i64) -> bool) -> BTreeMap<Domain, Vec<i64>> {
    let mut served = 0;
    let orders = watch(NAMES, days, life, works, |certificates, now| {
        let inner = &certificates.inner;
        served = served.max(inner.served_domains());
        assert!(inner.served_domains() >= served, "a certificate ran out at {now}");
    });
    assert_eq!(served, NAMES);
    orders
}

/// The same, with an eye on the board after each step.
fn watch(
    names: usize,
    days: i64,
    life: i64,
    works: impl Fn(i64) -> bool,
    mut look: impl FnMut(&Certificates, i64),
) -> BTreeMap<Domain, Vec<i64>> {
    let home = tempfile::tempdir().unwrap();
    let (certificates, time) = board(home.path(), names);
    let inner = &certificates.inner;
    let key = KeyPair::generate().unwrap();
    let mut accounts = Accounts::default();
    let mut orders: BTreeMap<Domain, Vec<i64>> = BTreeMap::new();
    while time.load(Ordering::SeqCst) < START + days * DAY {
        let now = time.load(Ordering::SeqCst);
        match inner.next() {
            Next::Order(job) => {
                let domain = job.subject.domain.clone();
                orders.entry(domain.clone()).or_default().push(now);
                let result = if works(now) {
                    Ok(issue(&domain, &key, now, life))
                } else {
                    Err(Failure::Silent)
                };
                inner.record(&job, result, &mut accounts);
                inner.state().ordering = None;
                inner.publish();
                // An order takes a while.
                time.fetch_add(3, Ordering::SeqCst);
            }
            // A CA that says nothing of itself.
            Next::Facts { .. } | Next::Advice(_) => {}
            Next::Sleep(_) => {
                time.fetch_add(1200, Ordering::SeqCst);
                inner.publish_if_expired();
            }
        }
        look(&certificates, time.load(Ordering::SeqCst));
    }
    orders
}

/// The most orders within an hour, after the first day.
fn busiest(orders: &BTreeMap<Domain, Vec<i64>>) -> usize {
    let mut times: Vec<i64> = orders
        .values()
        .flatten()
        .copied()
        .filter(|at| *at > START + DAY)
        .collect();
    times.sort_unstable();
    (0..times.len())
        .map(|from| {
            times[from..]
                .iter()
                .take_while(|at| **at < times[from] + 3600)
                .count()
        })
        .max()
        .unwrap_or(0)
}

#[test]
fn fifty_names_are_renewed_in_time_apart_from_each_other_and_once_each() {
    for (life_days, days) in [(90, 130), (47, 100), (6, 20)] {
        let orders = run(days, life_days * DAY, |_| true);
        for (name, times) in &orders {
            for pair in times.windows(2) {
                let pause = pair[1] - pair[0];
                let (least, most) = (life_days * DAY * 60 / 100, life_days * DAY * 67 / 100);
                assert!(
                    (least..=most).contains(&pause),
                    "{name}, {life_days} days: renewed after {pause} s"
                );
            }
        }
        // All fifty began within minutes of each other; a twentieth of their life is what they are spread over.
        let hours = life_days * 24 / 20;
        let fair = NAMES.div_ceil(usize::try_from(hours).unwrap());
        let busiest = busiest(&orders);
        assert!(
            busiest <= fair * 5 + 4,
            "{life_days} days: {busiest} orders within an hour, {fair} would be fair"
        );
    }
}

#[test]
fn a_ca_that_is_silent_for_a_week_is_not_hammered_and_nothing_runs_out() {
    let (from, until) = (START + 58 * DAY, START + 65 * DAY);
    let orders = run(75, 90 * DAY, |now| !(from..until).contains(&now));
    for (name, times) in &orders {
        let during = times.iter().filter(|at| (from..until).contains(*at)).count();
        // Once an hour at most, after the first few.
        assert!(during <= 7 * 24 + 8, "{name}: {during} orders");
        let after = times.iter().filter(|at| **at >= until).count();
        assert!(after <= 1, "{name}: {after} orders once it works again");
    }
}

#[test]
fn browsers_are_promised_https_after_a_week_and_released_before_a_certificate_runs_out() {
    let (from, until) = (START + 40 * DAY, START + 100 * DAY);
    let mut said: Vec<(i64, String)> = Vec::new();
    let orders = watch(
        2,
        115,
        90 * DAY,
        |now| !(from..until).contains(&now),
        |certificates, now| {
            let promise = certificates.strict_transport("n1.example.test");
            let promise = promise.map_or_else(String::new, |value| value.to_str().unwrap().to_owned());
            if said.last().is_none_or(|(_, last)| *last != promise) {
                said.push((now, promise));
            }
            for local in ["kitchen.local", "example.test", "x.n1.example.test"] {
                assert_eq!(certificates.strict_transport(local), None, "{local}");
            }
        },
    );
    let promised = |day: i64| format!("max-age={}", day * DAY);
    let day = |now: i64| (now - START) / DAY;
    let until_day = |last: i64| said.iter().take_while(|(now, _)| day(*now) <= last).count();
    let first: Vec<_> = said[..3]
        .iter()
        .map(|(now, promise)| (day(*now), promise.as_str()))
        .collect();
    assert_eq!(first, [(0, ""), (7, &*promised(7)), (8, &*promised(8))]);
    // Its last tenth begins on day 81; on day 90 it is over, and the local one is served.
    let end: Vec<_> = said[until_day(79)..until_day(99)]
        .iter()
        .map(|(now, promise)| (day(*now), promise.as_str()))
        .collect();
    assert_eq!(end, [(80, &*promised(80)), (81, "max-age=0"), (90, "")]);
    // After day 100, as soon as it is tried again, there is a certificate, and its week begins.
    let mut again = orders[&"n1.example.test".parse::<Domain>().unwrap()].iter();
    let back = again.find(|at| **at >= until).unwrap();
    let later = &said[until_day(99)..];
    assert!(!later.is_empty());
    for ((now, promise), days) in later.iter().zip(7..) {
        assert_eq!(*promise, promised(days));
        // A step of this test is twenty minutes.
        assert!((0..3600).contains(&(now - (back + days * DAY))), "{days}: {now}");
    }
}
