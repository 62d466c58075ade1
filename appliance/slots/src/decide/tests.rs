// SPDX-License-Identifier: AGPL-3.0-or-later
use super::*;
use crate::record::tests::any_record;
use proptest::{option, prelude::*};

fn version(text: &str) -> Option<Version> {
    text.parse().ok()
}

/// Slot A committed with version 1, slot B as given with version 2.
fn board(other: Status) -> BootState {
    let mut record = BootState::new(Slot::A, version("1"));
    *record.slot_mut(Slot::B) = crate::SlotState {
        status: other,
        tries: 0,
        version: version("2"),
    };
    record
}

fn seen(slot: Slot, selector: Option<Slot>) -> Seen {
    Seen {
        booted: Some(slot),
        version: version(if slot == Slot::A { "1" } else { "2" }),
        selector,
        root: Some(slot),
    }
}

const HERE: Then = Then::Run {
    root: Slot::A,
    trial: false,
};

#[test]
fn an_ordinary_start_counts_and_goes_on() {
    let decision = at_start(Some(board(Status::Good)), &seen(Slot::A, Some(Slot::A)));
    assert_eq!(
        (decision.then, decision.select, decision.hide),
        (HERE, None, None)
    );
    assert_eq!(decision.record.attempts, 1);
}

#[test]
fn a_lost_record_is_made_again_and_stops_nothing() {
    let decision = at_start(None, &seen(Slot::B, Some(Slot::B)));
    assert_eq!(
        decision.then,
        Then::Run {
            root: Slot::B,
            trial: false
        }
    );
    assert_eq!(decision.record.committed, Slot::B);
    assert_eq!(decision.record.note.unwrap().cause, Cause::RecordLost);
    // Neither the record nor the firmware's file is left: what runs is what is committed.
    let decision = at_start(None, &seen(Slot::B, None));
    assert_eq!(decision.record.committed, Slot::B);
    assert_eq!(decision.select, Some(Slot::B));
}

#[test]
fn a_trial_starts_once() {
    let armed = board(Status::Ready).armed(Slot::A, Mode::OneShot).unwrap();
    let trial = at_start(Some(armed), &seen(Slot::B, Some(Slot::A)));
    let here = Then::Run {
        root: Slot::B,
        trial: true,
    };
    assert_eq!((trial.then, trial.select, trial.hide), (here, None, None));
    // A second start of it means that the first one stopped.
    let again = at_start(Some(trial.record.clone()), &seen(Slot::B, Some(Slot::A)));
    assert_eq!(again.then, Then::Restart);
    assert_eq!(again.record.slot(Slot::B).status, Status::Bad);
    // Mostly the firmware is back at the committed slot by itself.
    let back = at_start(Some(trial.record), &seen(Slot::A, Some(Slot::A)));
    assert_eq!((back.then, back.hide), (HERE, Some(Slot::B)));
    assert_eq!(back.record.note.unwrap().cause, Cause::Stopped);
    assert_eq!(back.record.trial, None);
}

#[test]
fn what_a_trial_said_about_itself_is_kept() {
    let armed = board(Status::Ready).armed(Slot::A, Mode::OneShot).unwrap();
    let trial = at_start(Some(armed), &seen(Slot::B, Some(Slot::A))).record;
    let said = trial.unhealthy(Cause::Unhealthy, "no network").unwrap();
    let back = at_start(Some(said), &seen(Slot::A, Some(Slot::A))).record;
    let note = back.note.unwrap();
    assert_eq!(
        (note.cause, note.detail.as_str()),
        (Cause::Unhealthy, "no network")
    );
    assert_eq!(note.version, version("2"));
}

#[test]
fn a_trial_whose_kernel_never_ran_may_be_tried_once_more() {
    let mut record = board(Status::Ready);
    for expected in [Status::Ready, Status::Bad] {
        let armed = record.armed(Slot::A, Mode::OneShot).unwrap();
        let back = at_start(Some(armed), &seen(Slot::A, Some(Slot::A)));
        assert_eq!(back.record.slot(Slot::B).status, expected);
        assert_eq!(back.record.note.as_ref().unwrap().cause, Cause::DidNotStart);
        assert_eq!(back.hide, Some(Slot::B));
        record = back.record;
    }
    assert_eq!(record.armed(Slot::A, Mode::OneShot), Err(crate::Refusal::Failed));
}

#[test]
fn a_trial_without_its_root_goes_back_at_once() {
    let armed = board(Status::Ready).armed(Slot::A, Mode::OneShot).unwrap();
    let rootless = Seen {
        root: None,
        ..seen(Slot::B, Some(Slot::A))
    };
    let decision = at_start(Some(armed), &rootless);
    assert_eq!(decision.then, Then::Restart);
    assert_eq!(decision.record.note.unwrap().cause, Cause::RootDamaged);
}

#[test]
fn a_flipped_trial_is_flipped_back() {
    let armed = board(Status::Ready).armed(Slot::A, Mode::Flip).unwrap();
    let trial = at_start(Some(armed), &seen(Slot::B, Some(Slot::B)));
    assert_eq!(trial.select, None, "it is still a trial");
    let again = at_start(Some(trial.record), &seen(Slot::B, Some(Slot::B)));
    assert_eq!((again.then, again.select), (Then::Restart, Some(Slot::A)));
}

#[test]
fn a_commit_that_was_cut_before_the_firmware_was_told_is_completed() {
    let mut record = board(Status::Good);
    record.committed = Slot::B;
    for selector in [Some(Slot::A), None] {
        let decision = at_start(Some(record.clone()), &seen(Slot::A, selector));
        assert_eq!((decision.then, decision.select), (Then::Restart, Some(Slot::B)));
        let decision = at_start(Some(decision.record), &seen(Slot::B, Some(Slot::B)));
        assert!(matches!(decision.then, Then::Run { root: Slot::B, .. }));
    }
}

#[test]
fn a_committed_slot_that_keeps_failing_is_left_for_one_that_was_good() {
    let mut record = board(Status::Good);
    for _ in 0..ATTEMPTS {
        let decision = at_start(Some(record), &seen(Slot::A, Some(Slot::A)));
        assert_eq!(decision.then, HERE);
        record = decision.record;
    }
    let healed = at_start(Some(record), &seen(Slot::A, Some(Slot::A)));
    assert_eq!((healed.then, healed.select), (Then::Restart, Some(Slot::B)));
    assert_eq!(healed.record.committed, Slot::B);
    let note = healed.record.note.unwrap();
    assert_eq!((note.cause, note.version), (Cause::KeptFailing, version("1")));
}

#[test]
fn a_committed_slot_that_keeps_failing_goes_on_where_there_is_nothing_better() {
    for other in [Status::Empty, Status::Ready, Status::Bad] {
        let mut record = board(other);
        record.attempts = 200;
        let decision = at_start(Some(record), &seen(Slot::A, Some(Slot::A)));
        assert_eq!(decision.then, HERE);
    }
}

#[test]
fn a_committed_slot_without_its_root_is_left_at_once() {
    let rootless = Seen {
        root: None,
        ..seen(Slot::A, Some(Slot::A))
    };
    let healed = at_start(Some(board(Status::Good)), &rootless);
    assert_eq!((healed.then, healed.select), (Then::Restart, Some(Slot::B)));
    let alone = at_start(Some(board(Status::Empty)), &rootless);
    assert_eq!(alone.then, Then::Rescue);
}

#[test]
fn a_firmware_that_does_not_listen_is_followed_in_the_end() {
    // A Pi 4 with a bootloader of before December 2022 takes the last line of the file; the other slot of a new card
    // has boot files only, and its root is in the first.
    let stubborn = Seen {
        root: Some(Slot::A),
        ..seen(Slot::B, Some(Slot::A))
    };
    let mut record = board(Status::Empty);
    for _ in 0..REDIRECTS {
        let decision = at_start(Some(record), &stubborn);
        assert_eq!(decision.then, Then::Restart);
        record = decision.record;
    }
    for _ in 0..3 {
        let decision = at_start(Some(record), &stubborn);
        assert_eq!(decision.then, HERE);
        assert_eq!(
            decision.record.note.as_ref().unwrap().cause,
            Cause::FirmwareElsewhere
        );
        record = decision.record;
    }
}

fn any_seen() -> impl Strategy<Value = Seen> {
    let slot = || prop_oneof![Just(Slot::A), Just(Slot::B)];
    let version = prop_oneof![Just(version("1")), Just(version("2")), Just(None)];
    (
        option::of(slot()),
        version,
        option::of(slot()),
        option::of(slot()),
    )
        .prop_map(|(booted, version, selector, root)| Seen {
            booted,
            version,
            selector,
            root,
        })
}

proptest! {
    #[test]
    fn any_record_and_any_firmware_come_to_rest(
        record in option::of(any_record()),
        seen in prop::collection::vec(any_seen(), 12),
    ) {
        let mut record = record;
        let mut restarts = 0;
        for seen in seen {
            let decision = at_start(record, &seen);
            match decision.then {
                Then::Restart => restarts += 1,
                Then::Run { root, .. } => {
                    prop_assert_eq!(Some(root), seen.root);
                    restarts = 0;
                }
                Then::Rescue => prop_assert_eq!(seen.root, None),
            }
            // Never a slot that is hidden, and never one that may have to start.
            if let Some(hidden) = decision.hide {
                prop_assert_eq!(hidden, decision.record.committed.other());
                prop_assert_ne!(Some(hidden), decision.select);
                prop_assert_ne!(decision.record.slot(hidden).status, Status::Good);
            }
            if let Some(selected) = decision.select {
                prop_assert_eq!(selected, decision.record.committed);
            }
            prop_assert!(restarts <= REDIRECTS, "restarted {} times in a row", restarts);
            prop_assert!(!matches!(decision.without_saving(&seen), Then::Restart));
            record = Some(decision.record);
        }
    }
}
