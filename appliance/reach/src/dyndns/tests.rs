// SPDX-License-Identifier: AGPL-3.0-or-later
use super::*;
use proptest::prelude::*;

const OUTCOMES: [Outcome; 14] = [
    Outcome::Good,
    Outcome::Unchanged,
    Outcome::BadAuth,
    Outcome::NotFqdn,
    Outcome::NoHost,
    Outcome::NumHost,
    Outcome::Abuse,
    Outcome::BadAgent,
    Outcome::NotPaid,
    Outcome::DnsError,
    Outcome::ServerDown,
    Outcome::BadTime,
    Outcome::Unreachable,
    Outcome::Garbled,
];

fn at(last: u8) -> Addresses {
    Addresses {
        v4: Some([203, 0, 113, last].into()),
        v6: None,
    }
}

#[test]
fn nothing_is_sent_when_nothing_changed_or_nothing_is_known() {
    let (mut state, now) = (State::default(), Timestamp(1_800_000_000));
    assert_eq!(state.decide(&Addresses::default(), now), Decision::Idle);
    assert_eq!(state.decide(&at(1), now), Decision::Update(at(1)));
    state.begins(now);
    state.ended(Outcome::Good, &at(1));
    assert_eq!(state.decide(&at(1), now), Decision::Idle);
    assert_eq!(
        state.decide(&at(2), now),
        Decision::Wait {
            until: Timestamp(now.0 + 301)
        }
    );
}

#[test]
fn bad_credentials_stop_everything_until_a_person_acts() {
    let (mut state, now) = (State::default(), Timestamp(1_800_000_000));
    state.begins(now);
    state.ended(Outcome::BadAuth, &at(1));
    let later = Timestamp(now.0 + 10_000_000);
    assert_eq!(state.decide(&at(2), later), Decision::Stopped(Outcome::BadAuth));
    state.person_acted();
    assert!(matches!(
        state.decide(&at(2), Timestamp(now.0 + 5)),
        Decision::Wait { .. }
    ));
    assert_eq!(state.decide(&at(2), later), Decision::Update(at(2)));
}

#[test]
fn a_server_that_is_down_is_left_alone_for_half_an_hour_then_longer() {
    let mut state = State::default();
    let mut now = Timestamp(1_800_000_000);
    let mut pauses = Vec::new();
    for _ in 0..8 {
        state.begins(now);
        state.ended(Outcome::ServerDown, &at(1));
        let Decision::Wait { until } = state.decide(&at(1), now) else {
            panic!("sent at once");
        };
        pauses.push(until.since(now).as_secs() / 60);
        now = until;
    }
    assert_eq!(pauses, [30, 60, 120, 240, 480, 960, 1440, 1440]);
}

proptest! {
    /// Whatever is answered, whoever restarts the board, however the address changes and the clock jumps.
    #[test]
    fn no_sequence_of_answers_leads_to_more_than_the_protocol_allows(
        events in proptest::collection::vec((0i64..4000, 0usize..15, 1u8..4, 0u8..40), 1..300)
    ) {
        let mut state = State::default();
        // `real` is what the provider's clock says, `offset` how wrong the board's is.
        let (mut real, mut offset) = (1_800_000_000i64, 0i64);
        let mut sent: Vec<i64> = Vec::new();
        let mut blocked = false;
        let mut confirmed: Option<Addresses> = None;
        let mut unsure = true;
        for (step, answer, address, chance) in events {
            real += step;
            match chance {
                0 => { state.person_acted(); blocked = false; unsure = true; }
                // The clock is set back, and nobody says so; or corrected, and the board is told.
                1 => offset -= 1_000_000,
                2 => { state.clock_moved(-offset); offset = 0; }
                3 => state = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap(),
                _ => {}
            }
            let now = Timestamp(real + offset);
            state.settle(now);
            let Decision::Update(what) = state.decide(&at(address), now) else { continue };
            prop_assert!(!blocked, "sent although a person must act first");
            prop_assert!(unsure || confirmed != Some(what), "sent although nothing changed");
            if let Some(last) = sent.last() {
                prop_assert!(real - last >= 300, "sent after {} s", real - last);
            }
            sent.push(real);
            state.begins(now);
            // The last index: the board goes down before the answer.
            if let Some(outcome) = OUTCOMES.get(answer) {
                state.ended(*outcome, &what);
                blocked = outcome.needs_a_person();
                confirmed = outcome.is_success().then_some(what);
                unsure = confirmed.is_none();
            } else {
                unsure = true;
            }
        }
    }
}
