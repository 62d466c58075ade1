// SPDX-License-Identifier: AGPL-3.0-or-later
use super::{super::choice::Announced, *};
use proptest::prelude::*;
use types::system::{SlotFacts, TrialFacts};

/// A day's midnight.
const DAY_0: i64 = 20_000 * 86_400;

fn at(hour: i64, minute: i64) -> Timestamp {
    Timestamp(DAY_0 + hour * 3600 + minute * 60)
}

fn card(idle: SlotStatus) -> SystemFacts {
    let slot = |slot, status, version: &str| SlotFacts {
        slot,
        status,
        version: Some(version.into()),
    };
    SystemFacts {
        kind: "pi".into(),
        version: Some("0.1.0".into()),
        running: Some('a'),
        committed: Some('a'),
        trial: None,
        slots: vec![slot('a', SlotStatus::Good, "0.1.0"), slot('b', idle, "0.2.0")],
        note: None,
        bootloader: None,
        writing: None,
        write_problem: None,
    }
}

fn seen(facts: &SystemFacts) -> Observed<'_> {
    Observed {
        facts,
        verdict: Verdict::Good,
        told: true,
        offer: Some(Offered {
            version: "0.2.0",
            from: at(0, 0),
            urgent: false,
            blocked: false,
            missing: false,
        }),
        source: true,
        place: 50,
    }
}

fn looked() -> Memory {
    Memory {
        looked: Some(at(0, 0)),
        ..Memory::default()
    }
}

fn told(begins: Timestamp) -> Memory {
    Memory {
        looked: Some(Timestamp(begins.0 - 3600)),
        announced: Some(Announced {
            version: "0.2.0".into(),
            begins,
            news: "n".into(),
        }),
        ..Memory::default()
    }
}

fn wanting(version: &str) -> Memory {
    Memory {
        wanted: Some(version.into()),
        ..looked()
    }
}

#[test]
fn an_update_goes_step_by_step_is_told_and_waits_for_the_night() {
    let choice = Choice::default();
    let mut facts = card(SlotStatus::Empty);
    let mut now = seen(&facts);
    now.offer.as_mut().unwrap().missing = true;
    assert_eq!(next(&now, &choice, &looked(), at(0, 30)), Step::Download);
    assert_eq!(next(&seen(&facts), &choice, &looked(), at(0, 30)), Step::Stage);
    facts.writing = Some("0.2.0".into());
    assert_eq!(next(&seen(&facts), &choice, &looked(), at(0, 30)), Step::Rest);
    facts = card(SlotStatus::Ready);
    // Not this night, which is too near: the next one, in the middle of its two hours.
    let begins = Timestamp(at(3, 0).0 + DAY);
    assert_eq!(
        next(&seen(&facts), &choice, &looked(), at(0, 30)),
        Step::Announce(begins)
    );
    let told = told(begins);
    let before = Timestamp(begins.0 - 1);
    assert_eq!(next(&seen(&facts), &choice, &told, before), Step::Rest);
    assert_eq!(next(&seen(&facts), &choice, &told, begins), Step::Restart);
    // The board was off that night.
    let missed = Timestamp(begins.0 + 3 * 3600);
    assert_eq!(
        next(&seen(&facts), &choice, &told, missed),
        Step::Announce(Timestamp(begins.0 + DAY))
    );
}

#[test]
fn what_is_urgent_does_not_wait_for_another_night() {
    let facts = card(SlotStatus::Ready);
    let mut now = seen(&facts);
    now.offer.as_mut().unwrap().urgent = true;
    assert_eq!(
        next(&now, &Choice::default(), &looked(), at(0, 30)),
        Step::Announce(at(3, 0))
    );
}

#[test]
fn a_steward_need_not_wait_and_may_put_it_off() {
    let facts = card(SlotStatus::Ready);
    let choice = Choice::default();
    let deferred = Memory {
        deferred_until: Some(Timestamp(at(4, 0).0 + 3 * DAY)),
        ..looked()
    };
    let Step::Announce(begins) = next(&seen(&facts), &choice, &deferred, at(4, 30)) else {
        panic!("it is announced")
    };
    assert_eq!(begins, Timestamp(at(3, 0).0 + 4 * DAY));
    let by_hand = Choice {
        automatic: false,
        ..Choice::default()
    };
    assert_eq!(next(&seen(&facts), &by_hand, &looked(), at(4, 30)), Step::Rest);
    assert_eq!(
        next(&seen(&facts), &by_hand, &wanting("0.2.0"), at(4, 30)),
        Step::Restart
    );
}

#[test]
fn what_a_steward_went_back_from_is_not_taken_again_by_itself() {
    let facts = card(SlotStatus::Empty);
    let choice = Choice::default();
    let memory = Memory {
        skipped: Some("0.2.0".into()),
        ..looked()
    };
    assert_eq!(next(&seen(&facts), &choice, &memory, at(4, 30)), Step::Rest);
    let again = Memory {
        wanted: Some("0.2.0".into()),
        ..memory
    };
    assert_eq!(next(&seen(&facts), &choice, &again, at(4, 30)), Step::Stage);
}

#[test]
fn a_wave_that_has_not_come_is_waited_for() {
    let facts = card(SlotStatus::Empty);
    let mut observed = seen(&facts);
    observed.offer.as_mut().unwrap().from = at(5, 0);
    let choice = Choice::default();
    assert_eq!(next(&observed, &choice, &looked(), at(4, 0)), Step::Rest);
    assert_eq!(next(&observed, &choice, &wanting("0.2.0"), at(4, 0)), Step::Stage);
    assert_eq!(next(&observed, &choice, &looked(), at(5, 0)), Step::Stage);
}

#[test]
fn a_trial_is_kept_given_up_or_waited_for_and_nothing_else() {
    let mut facts = card(SlotStatus::Ready);
    facts.running = Some('b');
    facts.trial = Some(TrialFacts {
        slot: 'b',
        started: true,
    });
    for (verdict, step) in [
        (Verdict::Wait, Step::Rest),
        (Verdict::Good, Step::Keep),
        (
            Verdict::Bad("no network".into()),
            Step::GiveUp("no network".into()),
        ),
    ] {
        let observed = Observed {
            verdict,
            ..seen(&facts)
        };
        assert_eq!(
            next(&observed, &Choice::default(), &wanting("0.2.0"), at(4, 30)),
            step
        );
    }
}

#[test]
fn nothing_is_written_while_what_runs_is_not_what_is_committed_or_not_known_to_be_well() {
    let mut facts = card(SlotStatus::Empty);
    facts.committed = Some('b');
    let choice = Choice::default();
    assert_eq!(
        next(&seen(&facts), &choice, &wanting("0.2.0"), at(4, 0)),
        Step::Rest
    );
    facts = card(SlotStatus::Empty);
    let untold = Observed {
        told: false,
        verdict: Verdict::Wait,
        ..seen(&facts)
    };
    assert_eq!(next(&untold, &choice, &looked(), at(4, 0)), Step::Rest);
}

#[test]
fn the_version_before_is_gone_back_to_when_asked() {
    let facts = card(SlotStatus::Good);
    let observed = Observed {
        offer: None,
        ..seen(&facts)
    };
    let choice = Choice::default();
    assert_eq!(
        next(&observed, &choice, &wanting("0.2.0"), at(1, 0)),
        Step::Restart
    );
    assert_eq!(next(&observed, &choice, &looked(), at(1, 0)), Step::Rest);
}

#[test]
fn releases_are_looked_for_four_times_a_day_and_after_the_clock_was_set_back() {
    let facts = card(SlotStatus::Empty);
    let observed = Observed {
        offer: None,
        ..seen(&facts)
    };
    let next = |now| next(&observed, &Choice::default(), &looked(), now);
    assert_eq!(next(at(5, 59)), Step::Rest);
    assert_eq!(next(at(6, 0)), Step::Look);
    assert_eq!(next(Timestamp(DAY_0 - 5)), Step::Look);
}

proptest! {
    /// It is never before the time asked for, never more than a day after it, and always in the night.
    #[test]
    fn a_restart_is_in_the_night(hour in 0u8..24, place in 0u8..100, earliest in 0i64..4_000_000_000) {
        let at = restart_time(hour, place, Timestamp(earliest));
        prop_assert!((earliest..earliest + DAY).contains(&at.0));
        let into = (at.0 - i64::from(hour) * 3600).rem_euclid(DAY);
        prop_assert!(into < NIGHT);
    }
}
