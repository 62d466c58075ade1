// SPDX-License-Identifier: AGPL-3.0-or-later

use super::*;
use proptest::prelude::*;
use std::{collections::hash_map::DefaultHasher, hash::BuildHasherDefault};

/// Each run of the tests puts a key into the same slot.
type Fixed = BuildHasherDefault<DefaultHasher>;

const RATE: Rate = Rate { burst: 5, period: 20 };

fn guesses() -> Guesses<Fixed> {
    Guesses::new(Fixed::default)
}

fn network(number: u32) -> Network {
    Network::from(IpAddr::V4(number.into()))
}

fn stranger(number: u32, name: &str) -> Who<'_> {
    Who::Stranger {
        network: Some(network(number)),
        name,
    }
}

#[test]
fn a_household_is_a_network_and_so_is_an_ipv6_prefix() {
    let of = |text: &str| Network::from(text.parse::<IpAddr>().unwrap());
    assert_eq!(of("2001:db8:1:2::3"), of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
    assert_ne!(of("2001:db8:1:2::3"), of("2001:db8:1:3::3"));
    assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
    assert_ne!(of("192.0.2.7"), of("192.0.2.8"));
}

#[test]
fn the_right_password_costs_nothing_and_forgives_nothing() {
    let mut guesses = guesses();
    for _ in 0..9 {
        assert_eq!(guesses.count(stranger(1, "ada"), Timestamp(100)), Ok(()));
    }
    // Somebody who has an account signs in to it between two guesses.
    for _ in 0..50 {
        assert_eq!(guesses.count(stranger(1, "mallory"), Timestamp(100)), Ok(()));
        guesses.give_back(stranger(1, "mallory"));
    }
    assert_eq!(guesses.count(stranger(1, "ada"), Timestamp(100)), Ok(()));
    assert_eq!(guesses.count(stranger(1, "ada"), Timestamp(100)), Err(180));
    assert_eq!(guesses.count(stranger(1, "mallory"), Timestamp(100)), Err(6));
}

#[test]
fn an_app_with_an_old_password_keeps_nobody_from_signing_in() {
    let mut guesses = guesses();
    let refused = (0..1000).filter(|_| guesses.count_app(network(1), Timestamp(0)).is_err());
    assert_eq!(refused.count(), 990);
    assert_eq!(guesses.count(stranger(1, "ada"), Timestamp(0)), Ok(()));
}

/// A day of guessing as fast as a board hashes passwords, each time from another network and for another name.
#[test]
fn a_flood_keeps_no_stranger_out_for_want_of_room() {
    let mut guesses = guesses();
    let mut last = 0;
    for number in 0..200_000u32 {
        last = i64::from(number / 30);
        let _ = guesses.count(stranger(number, &format!("name-{number}")), Timestamp(last));
    }
    for number in 0..100 {
        let name = format!("member-{number}");
        let who = stranger(0xC000_0000 + number, &name);
        assert_eq!(guesses.count(who, Timestamp(last)), Ok(()), "{name}");
    }
}

/// Ten thousand wrong passwords for one member, from a hundred networks: neither in nor locked out.
#[test]
fn guessing_from_everywhere_gets_a_few_tries_an_hour() {
    let (mut guesses, mut looked_at) = (guesses(), 0);
    for number in 0..10_000u32 {
        let now = Timestamp(i64::from(number) * 3600 / 10_000);
        looked_at += u32::from(guesses.count(stranger(number % 100, "ada"), now).is_ok());
        assert_eq!(guesses.count(Who::Known("her phone"), now), Ok(()));
        guesses.give_back(Who::Known("her phone"));
    }
    assert!((25..=30).contains(&looked_at), "{looked_at}");
}

proptest! {
    #[test]
    fn no_span_of_time_sees_more_than_its_tries(gaps in prop::collection::vec(0i64..40, 1..300)) {
        let (mut limit, mut now, mut counted) = (Limit::new(RATE, Fixed::default()), 1_000_000, Vec::new());
        for gap in gaps {
            now += gap;
            if limit.count("key", Timestamp(now)).is_ok() {
                counted.push(now);
            }
        }
        for (first, start) in counted.iter().enumerate() {
            for (last, end) in counted.iter().enumerate().skip(first) {
                let allowed = i64::from(RATE.burst) + (end - start) / i64::from(RATE.period);
                prop_assert!(i64::try_from(last - first + 1).unwrap() <= allowed);
            }
        }
    }

    #[test]
    fn who_waits_as_told_gets_a_try_and_not_before(gaps in prop::collection::vec(0i64..40, 1..100)) {
        let (mut limit, mut now) = (Limit::new(RATE, Fixed::default()), 1_000_000);
        for gap in gaps {
            now += gap;
            let foreseen = limit.wait("key", Timestamp(now));
            let counted = limit.count("key", Timestamp(now));
            prop_assert_eq!(counted.err().unwrap_or(0), foreseen);
            if let Err(wait) = counted {
                let wait = i64::try_from(wait).unwrap();
                prop_assert!((1..=i64::from(RATE.period)).contains(&wait));
                prop_assert!(limit.wait("key", Timestamp(now + wait - 1)) > 0);
                prop_assert_eq!(limit.wait("key", Timestamp(now + wait)), 0);
            }
        }
    }

    /// Boards start with a wrong clock, and get the right one at any moment.
    #[test]
    fn a_clock_that_jumps_locks_nobody_out(times in prop::collection::vec(0i64..4_000_000_000, 1..100)) {
        let mut limit = Limit::new(RATE, Fixed::default());
        for now in times {
            if let Err(wait) = limit.count("key", Timestamp(now)) {
                prop_assert!(wait <= u64::from(RATE.period));
            }
        }
    }

    /// Whatever strangers do, and however long.
    #[test]
    fn a_member_at_a_known_device_is_never_kept_out_by_strangers(
        tries in prop::collection::vec((0u32..50, 0usize..3, 0i64..5), 1..400), wrong in 0usize..10,
    ) {
        let (mut guesses, mut now) = (guesses(), 1_000_000);
        let names = ["ada", "ben", "nobody"];
        for (from, name, gap) in tries {
            now += gap;
            let _ = guesses.count(stranger(from, names[name]), Timestamp(now));
        }
        // The member mistypes some times before it is right.
        for _ in 0..=wrong.min(9) {
            prop_assert_eq!(guesses.count(Who::Known("her phone"), Timestamp(now)), Ok(()));
        }
    }

    /// A refused try costs nobody anything: who is refused at one limit does not use up the other.
    #[test]
    fn a_refused_try_is_counted_nowhere(refused in 1u32..500) {
        let mut guesses = guesses();
        for _ in 0..10 {
            prop_assert_eq!(guesses.count(stranger(1, "ada"), Timestamp(0)), Ok(()));
        }
        for _ in 0..refused {
            prop_assert!(guesses.count(stranger(2, "ada"), Timestamp(0)).is_err());
            prop_assert!(guesses.count(stranger(1, "ben"), Timestamp(0)).is_err());
        }
        prop_assert_eq!(guesses.count(stranger(2, "ben"), Timestamp(0)), Ok(()));
    }
}
