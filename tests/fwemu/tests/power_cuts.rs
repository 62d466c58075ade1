// SPDX-License-Identifier: AGPL-3.0-or-later
//! The power fails at any moment of an update, on a card that loses, reorders and tears what was not flushed.
//!
//! What must be true each time: the firmware finds a whole system, the board comes to rest, the version that was
//! committed (and told to be) is never lost, and the update can be made afterwards.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use fwemu::{Board, Bootloader, Cache, Chance, Flaw, Life, System};
use slots::{CardError, Slot, Status};

/// Cuts of the random campaign at each run.
const CUTS: u64 = 20_000;

/// Lives on until `to` is committed; the power may fail again on the way, as long as `cuts` says so.
fn update_in_the_end(board: &mut Board, to: &System, cuts: &mut dyn FnMut(&mut Board)) -> u32 {
    let mut lives = 0;
    // Once the commit has been confirmed, nothing else may ever start.
    let mut told = false;
    loop {
        lives += 1;
        assert!(lives < 40, "it never gets there: {:?}", board.record());
        board.power_cut();
        cuts(board);
        let Life::Runs { slot, version, trial } = board.go_on() else {
            continue;
        };
        if told {
            assert_eq!(version, to.version.as_str(), "a commit was lost");
            return lives;
        }
        if board.slots().healthy(slot).is_err() {
            assert!(board.card.is_off());
            continue;
        }
        told = version == to.version.as_str();
        if told {
            continue;
        }
        assert!(!trial, "another version was on trial: {version}");
        match board.update(slot, to) {
            // A restart, not a power cut: the firmware remembers.
            Ok(()) => match board.go_on() {
                Life::Runs { slot, version, trial } if version == to.version.as_str() => {
                    assert!(trial);
                    told = board.slots().healthy(slot).is_ok();
                }
                Life::Runs { .. } | Life::Cut => {}
            },
            // Tried twice without its kernel having run, as far as anybody can tell: downloaded and written again.
            Err(CardError::Refused(slots::Refusal::Failed)) => {
                let again = board.record().emptied(slot).expect("nothing is on trial");
                let _ = board.slots().save(&again);
            }
            Err(_) => assert!(board.card.is_off(), "an update fails without a cut"),
        }
    }
}

/// Writes and flushes of one whole update from start to commit.
fn length_of_an_update(board: &Board, to: &System) -> u64 {
    let mut board = board.clone();
    let before = board.card.operations();
    update_in_the_end(&mut board, to, &mut |_| {});
    board.card.operations() - before
}

#[test]
fn twenty_thousand_cuts_at_random() {
    let two = System::new("2", Flaw::None);
    let three = System::new("3", Flaw::None);
    let boards = [
        (Board::new(Bootloader::Current, std::slice::from_ref(&two)), two),
        (
            Board::updated(Bootloader::Current, std::slice::from_ref(&three)),
            three,
        ),
    ];
    let lengths = boards
        .each_ref()
        .map(|(board, to)| length_of_an_update(board, to));
    let mut chance = Chance::new(20_261_125);
    let mut cuts = 0;
    let mut most_lives = 0;
    while cuts < CUTS {
        let which = usize::from(chance.once_in(2));
        let (board, to) = &boards[which];
        let mut board = board.clone();
        // The first life is cut, and then each one with less and less probability.
        let mut left = 1 + chance.below(3);
        most_lives = most_lives.max(update_in_the_end(&mut board, to, &mut |board| {
            if left > 0 {
                left -= 1;
                cuts += 1;
                let cache = [Cache::Torn, Cache::Torn, Cache::Torn, Cache::Lost, Cache::Kept];
                let cache = cache[usize::try_from(chance.below(5)).unwrap()];
                board
                    .card
                    .cut_at(chance.below(lengths[which]), cache, chance.number());
            }
        }));
    }
    println!("{cuts} cuts, at most {most_lives} starts until an update was committed");
}

#[test]
fn every_write_of_an_update() {
    for to_b in [true, false] {
        let to = System::new(if to_b { "2" } else { "3" }, Flaw::None);
        let board = if to_b {
            Board::new(Bootloader::Current, std::slice::from_ref(&to))
        } else {
            Board::updated(Bootloader::Current, std::slice::from_ref(&to))
        };
        let length = length_of_an_update(&board, &to);
        assert!(length > 60, "{length} operations are too few to be an update");
        for index in 0..length {
            for cache in [Cache::Lost, Cache::Kept, Cache::Torn] {
                let mut board = board.clone();
                let mut cut = true;
                update_in_the_end(&mut board, &to, &mut |board| {
                    if std::mem::take(&mut cut) {
                        board.card.cut_at(index, cache, index);
                    }
                });
            }
        }
        println!("{length} writes and flushes, each cut three ways");
    }
}

#[test]
fn ordinary_starts_that_are_cut_lose_nothing() {
    let board = Board::updated(Bootloader::Current, &[]);
    for index in 0..12 {
        for seed in 0..50 {
            let mut board = board.clone();
            board.card.cut_at(index, Cache::Torn, seed);
            board.go_on();
            board.power_cut();
            let Life::Runs { slot, version, .. } = board.go_on() else {
                panic!("no cut was set")
            };
            assert_eq!((slot, version.as_str()), (Slot::B, "2"));
            assert_eq!(board.record().slot(Slot::A).status, Status::Good);
        }
    }
}
