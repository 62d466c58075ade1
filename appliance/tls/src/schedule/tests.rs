// SPDX-License-Identifier: AGPL-3.0-or-later
use super::*;
use proptest::prelude::*;

const START: Timestamp = Timestamp(1_800_000_000);

fn life(days: u64) -> Validity {
    Validity {
        not_before: START,
        not_after: START.plus(Duration::from_hours(24 * days)),
    }
}

#[test]
fn renewal_comes_at_two_thirds_of_any_lifetime() {
    for days in [6, 47, 90] {
        let validity = life(days);
        let whole = validity.not_after.since(validity.not_before);
        for jitter in [0, u32::MAX / 2, u32::MAX] {
            let at = renewal(&validity, jitter).since(START);
            assert!(
                at <= whole / 3 * 2 && at + whole / 20 >= whole / 3 * 2,
                "{days}: {at:?}"
            );
        }
    }
    let held = Some(life(90));
    assert!(matches!(
        decide(&History::default(), held, None, START, 0),
        Decision::Wait { .. }
    ));
    assert_eq!(decide(&History::default(), None, None, START, 0), Decision::Order);
}

#[test]
fn what_the_ca_advises_counts_but_never_so_long_that_no_time_is_left() {
    let validity = life(90);
    let day = |days: u64| START.plus(Duration::from_hours(24 * days));
    for (advised, expected) in [
        (day(3), day(3)),
        (day(80), day(80)),
        (day(81), day(81)),
        (day(400), day(81)),
    ] {
        assert_eq!(advised_renewal(&validity, Some(advised), 7), expected);
    }
    assert_eq!(advised_renewal(&validity, None, 7), renewal(&validity, 7));
    let history = History::default();
    let decision = decide(&history, Some(validity), Some(day(3)), day(2), 0);
    assert_eq!(decision, Decision::Wait { until: day(3) });
    // A window that has passed: at once.
    assert_eq!(
        decide(&history, Some(validity), Some(START), day(2), 0),
        Decision::Order
    );
}

#[test]
fn the_first_hour_of_failures_leaves_one_try_for_a_person() {
    let mut history = History::default();
    let mut now = START;
    let mut tries = Vec::new();
    while now.since(START) < HOUR {
        history.settle(now);
        match decide(&history, None, None, now, 0) {
            Decision::Order => {
                tries.push(now.since(START).as_secs() / 60);
                history.validation_begins(now);
                history.failed(ProblemKind::NotReachable, now, None, 0);
            }
            Decision::Wait { until } => now = until,
        }
    }
    assert_eq!(tries, [0, 1, 5, 21]);
    history.retry_now();
    assert_eq!(decide(&history, None, None, now, 0), Decision::Order);
}

#[test]
fn a_limit_of_the_ca_is_waited_for_even_by_the_impatient() {
    let mut history = History::default();
    let asked = START.plus(Duration::from_hours(30));
    history.failed(ProblemKind::RateLimited, START, Some(asked), 0);
    history.retry_now();
    assert_eq!(
        decide(&history, None, None, START, 0),
        Decision::Wait { until: asked }
    );
}

#[test]
fn a_clock_that_was_decades_ahead_does_not_block_for_decades() {
    let mut history = History::default();
    let ahead = START.plus(Duration::from_hours(24 * 365 * 20));
    history.validation_begins(ahead);
    history.failed(ProblemKind::NotReachable, ahead, None, 0);
    history.settle(START);
    assert_eq!(decide(&history, None, None, START, 0), Decision::Order);
    assert_eq!(history.validations, [START]);
}

#[test]
fn the_other_way_is_tried_in_turn() {
    let mut history = History::default();
    let mut ways = Vec::new();
    for _ in 0..4 {
        ways.push(way(&history));
        history.failed(ProblemKind::NotReachable, START, None, 0);
    }
    assert_eq!(ways, [Way::TlsAlpn01, Way::Http01, Way::TlsAlpn01, Way::Http01]);
    history.failed(ProblemKind::CaUnreachable, START, None, 0);
    assert_eq!(way(&history), Way::TlsAlpn01);
}

/// What may happen at a board, in any order.
#[derive(Clone, Debug)]
enum Happening {
    /// The CA is asked as soon as the schedule allows, and this comes of it.
    Order(Outcome),
    /// A person presses the button.
    Retry,
    /// Power fails: what was stored is loaded again.
    Restart,
    /// Time passes, in seconds.
    Time(u64),
    /// The clock is set by so many seconds, either way, while the board runs.
    Set(i64),
    /// Power fails, and the clock begins so many seconds earlier.
    Earlier(u64),
}

#[derive(Clone, Debug)]
enum Outcome {
    Issued,
    ValidationFailed,
    FailedBeforehand(ProblemKind),
    /// Power fails after the validation began.
    Killed,
}

fn happening() -> impl Strategy<Value = Happening> {
    let kind = prop_oneof![
        Just(ProblemKind::CaUnreachable),
        Just(ProblemKind::BadNonce),
        Just(ProblemKind::RateLimited),
        Just(ProblemKind::Storage),
        Just(ProblemKind::ClockWrong),
    ];
    let outcome = prop_oneof![
        1 => Just(Outcome::Issued),
        6 => Just(Outcome::ValidationFailed),
        1 => kind.prop_map(Outcome::FailedBeforehand),
        2 => Just(Outcome::Killed),
    ];
    prop_oneof![
        8 => outcome.prop_map(Happening::Order),
        4 => Just(Happening::Retry),
        2 => Just(Happening::Restart),
        3 => (0u64..4000).prop_map(Happening::Time),
        1 => (-100_000i64..100_000).prop_map(Happening::Set),
        1 => (0u64..100_000).prop_map(Happening::Earlier),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn no_sequence_of_failures_exceeds_the_limits(
        happenings in prop::collection::vec(happening(), 1..200),
        eager: bool,
        jitter: u32,
    ) {
        let mut history = History::default();
        // True time, and how far the board's clock is behind it.
        let (mut truth, mut behind) = (START, 0i64);
        let mut failed: Vec<Timestamp> = Vec::new();
        let mut issued: Vec<Timestamp> = Vec::new();
        for happening in happenings {
            let mut now = Timestamp(truth.0 - behind);
            match happening {
                Happening::Time(seconds) => truth = truth.plus(Duration::from_secs(seconds)),
                Happening::Set(seconds) => {
                    behind -= seconds;
                    history.clock_was_set(seconds);
                }
                Happening::Earlier(seconds) => {
                    behind += i64::try_from(seconds).unwrap();
                    history = serde_json::from_slice(&serde_json::to_vec(&history).unwrap()).unwrap();
                }
                Happening::Retry => history.retry_now(),
                Happening::Restart => {
                    history = serde_json::from_slice(&serde_json::to_vec(&history).unwrap()).unwrap();
                }
                Happening::Order(outcome) => {
                    history.settle(now);
                    if let Decision::Wait { until } = decide(&history, None, None, now, jitter) {
                        if !eager { continue }
                        truth = truth.plus(until.since(now));
                        now = Timestamp(truth.0 - behind);
                        history.settle(now);
                        prop_assert_eq!(decide(&history, None, None, now, jitter), Decision::Order);
                    }
                    match outcome {
                        Outcome::FailedBeforehand(kind) => history.failed(kind, now, None, jitter),
                        Outcome::Issued => {
                            history.validation_begins(now);
                            history.validation_succeeded();
                            history.issued(now, &life(90));
                            issued.push(truth);
                        }
                        Outcome::ValidationFailed => {
                            history.validation_begins(now);
                            history.failed(ProblemKind::NotReachable, now, None, jitter);
                            failed.push(truth);
                        }
                        Outcome::Killed => {
                            history.validation_begins(now);
                            failed.push(truth);
                        }
                    }
                }
            }
        }
        for (events, most, span) in [(&failed, VALIDATIONS, HOUR), (&issued, CERTIFICATES, WEEK)] {
            for window in events.windows(most + 1) {
                prop_assert!(window[most].since(window[0]) > span, "{window:?}");
            }
        }
    }

    #[test]
    fn a_failure_never_waits_longer_than_a_week_and_never_not_at_all(
        failures in 0u32..1000, jitter: u32, at in 0i64..10_000_000_000
    ) {
        let mut history = History { failures, ..History::default() };
        history.failed(ProblemKind::Other, START, Some(Timestamp(at)), jitter);
        let retry_at = history.retry_at.unwrap();
        prop_assert!(retry_at > START && retry_at <= START.plus(WEEK));
    }
}
