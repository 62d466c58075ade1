// SPDX-License-Identifier: AGPL-3.0-or-later
//! Updates that do not work, and slots that break later.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use fwemu::{Board, Bootloader, Flaw, Life, System};
use slots::{CardError, Cause, Disk, Mode, Refusal, Slot, Status};

fn runs(board: &mut Board) -> (Slot, String, bool) {
    match board.go_on() {
        Life::Runs { slot, version, trial } => (slot, version, trial),
        Life::Cut => panic!("no cut was set"),
    }
}

#[test]
fn each_kind_goes_back_in_one_restart_with_its_reason() {
    for (flaw, cause) in [
        (Flaw::Hangs, Cause::DidNotStart),
        (Flaw::Rootless, Cause::RootDamaged),
        (Flaw::Stops, Cause::Stopped),
        (Flaw::Unhealthy, Cause::Unhealthy),
    ] {
        let bad = System::new("3", flaw);
        let mut board = Board::updated(Bootloader::Current, std::slice::from_ref(&bad));
        assert_eq!(runs(&mut board), (Slot::B, "2".into(), false));
        board.update(Slot::B, &bad).unwrap();
        board.starts = 0;
        assert_eq!(runs(&mut board), (Slot::B, "2".into(), false), "{flaw:?}");
        assert_eq!(board.starts, 2, "{flaw:?}: the trial, and one restart");
        let record = board.record();
        let note = record.note.clone().unwrap();
        assert_eq!((note.cause, note.slot), (cause, Slot::A), "{flaw:?}");
        assert_eq!(note.version.unwrap().as_str(), "3");
        // No firmware finds it by itself any more, and nothing tries it again by itself.
        assert!(slots::fat::hidden(&mut board.slot(Slot::A)).unwrap(), "{flaw:?}");
        if flaw == Flaw::Hangs {
            // It may have been the power: once more, then never.
            board.arm(Slot::B).unwrap();
            assert_eq!(runs(&mut board), (Slot::B, "2".into(), false));
        }
        assert_eq!(board.record().slot(Slot::A).status, Status::Bad);
        assert!(matches!(
            board.arm(Slot::B),
            Err(CardError::Refused(Refusal::Failed))
        ));
        // The next release is welcome.
        assert_eq!(board.slots().healthy(Slot::B).ok(), Some(()));
        let state = board.record();
        assert!(state.emptied(Slot::B).is_ok());
    }
}

#[test]
fn to_a_version_and_back_again() {
    let mut board = Board::updated(Bootloader::Current, &[]);
    runs(&mut board);
    board.slots().healthy(Slot::B).unwrap();
    board.arm(Slot::B).unwrap();
    assert_eq!(runs(&mut board), (Slot::A, "1".into(), true));
    board.slots().healthy(Slot::A).unwrap();
    board.power_cut();
    assert_eq!(runs(&mut board), (Slot::A, "1".into(), false));
}

#[test]
fn a_committed_system_that_breaks_later_gives_way_to_the_one_before() {
    for flaw in [Flaw::Rootless, Flaw::Stops, Flaw::Unhealthy] {
        // Version 3 works when it is tried.
        let three = System::new("3", Flaw::None);
        let mut board = Board::updated(Bootloader::Current, std::slice::from_ref(&three));
        runs(&mut board);
        board.update(Slot::B, &three).unwrap();
        assert_eq!(runs(&mut board), (Slot::A, "3".into(), true));
        board.slots().healthy(Slot::A).unwrap();
        board.break_system("3", flaw);
        board.power_cut();
        board.starts = 0;
        assert_eq!(runs(&mut board), (Slot::B, "2".into(), false), "{flaw:?}");
        assert!(board.starts <= 5, "{flaw:?}: {} starts", board.starts);
        let record = board.record();
        assert_eq!(record.committed, Slot::B);
        assert_eq!(record.note.unwrap().version.unwrap().as_str(), "3");
        assert_eq!(record.slots[0].status, Status::Bad);
    }
}

#[test]
fn a_worn_card_is_found_before_anything_is_armed() {
    let two = System::new("2", Flaw::None);
    let fresh = Board::new(Bootloader::Current, std::slice::from_ref(&two));
    for offset in [1, 12, 40, 1100, 1150] {
        let mut board = fresh.clone();
        runs(&mut board);
        // What stands there already may be right.
        let mut old = [0xaa; 512];
        board.slot(Slot::B).write(offset, &old).unwrap();
        board.slot(Slot::B).read(offset, &mut old).unwrap();
        board.card.wear_out(150_000 + offset);
        assert!(board.update(Slot::A, &two).is_err(), "sector {offset}");
        assert_eq!(board.record().trial, None);
        board.power_cut();
        assert_eq!(runs(&mut board), (Slot::A, "1".into(), false));
    }
}

#[test]
fn a_record_that_is_lost_is_made_again() {
    let mut board = Board::updated(Bootloader::Current, &[]);
    for lba in slots::RECORD_SECTORS {
        board.card.write(lba, &[0xff; 512]).unwrap();
    }
    assert_eq!(runs(&mut board), (Slot::B, "2".into(), false));
    assert_eq!(board.record().note.unwrap().cause, Cause::RecordLost);
    board.power_cut();
    assert_eq!(runs(&mut board), (Slot::B, "2".into(), false));
}

#[test]
fn an_old_bootloader_starts_what_it_likes_and_the_board_serves() {
    // The factory puts boot files into slot B too, for this.
    let mut board = Board::new(Bootloader::Old, &[]);
    board.write_whole(Slot::B, &System::new("1", Flaw::None));
    for _ in 0..3 {
        assert_eq!(runs(&mut board), (Slot::B, "1".into(), false));
        // It is not what is committed, so nothing may be written.
        assert_eq!(board.record().idle(Slot::B), Err(Refusal::NotCommitted));
        board.power_cut();
    }
}

#[test]
fn where_the_firmware_has_no_flag_its_file_is_flipped_and_flipped_back() {
    for flaw in [Flaw::None, Flaw::Stops, Flaw::Rootless] {
        let two = System::new("2", flaw);
        let mut board = Board::new(Bootloader::Current, std::slice::from_ref(&two));
        runs(&mut board);
        board.stage(Slot::A, &two).unwrap();
        board.slots().arm(Slot::A, &mut || Ok(Mode::Flip)).unwrap();
        let (slot, _, trial) = runs(&mut board);
        assert_eq!(
            (slot, trial),
            if flaw == Flaw::None {
                (Slot::B, true)
            } else {
                (Slot::A, false)
            }
        );
        board.slots().healthy(slot).unwrap();
        board.power_cut();
        assert_eq!(runs(&mut board).0, slot, "{flaw:?}");
        assert_eq!(board.slots().selected(), Some(slot));
    }
}
