// SPDX-License-Identifier: AGPL-3.0-or-later
//! `autoboot.txt` is missing, empty, damaged in every bit, cut at every length: a good system starts, the file is
//! repaired, and what was committed is what runs.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use fwemu::{Board, Bootloader, Chance, Life};
use slots::{Disk, SECTOR, Selector, Slot, fat::Fat};

/// Puts other bytes, and another length, into `autoboot.txt`.
fn replace(board: &mut Board, bytes: &[u8; SECTOR], length: u32) {
    slots::fat::put_sector(board.first(), "autoboot.txt", bytes).unwrap();
    if length != 512 {
        change_entry(board, |entry| {
            entry[28..32].copy_from_slice(&length.to_le_bytes());
        });
    }
}

/// Changes the directory entry of `autoboot.txt`, as a person's computer would.
fn change_entry(board: &mut Board, change: impl FnOnce(&mut [u8])) {
    let mut first = board.first();
    let mut fat = Fat::open(&mut first).unwrap();
    let (lba, at) = fat.find("autoboot.txt").unwrap().place();
    let mut sector = [0; SECTOR];
    first.read(lba, &mut sector).unwrap();
    change(&mut sector[at..at + 32]);
    first.write(lba, &sector).unwrap();
}

fn starts_well(board: &mut Board, committed: Slot, what: &str) {
    for again in [false, true] {
        let before = board.starts;
        let Life::Runs { slot, trial, .. } = board.start() else {
            panic!("no cut was set")
        };
        assert_eq!((slot, trial), (committed, false), "{what}");
        let most = if again { 1 } else { 2 };
        assert!(
            board.starts - before <= most,
            "{what}: {} starts",
            board.starts - before
        );
        assert_eq!(board.slots().selected(), Some(committed), "{what}: not repaired");
    }
}

fn boards() -> [(Board, Slot); 2] {
    [
        (Board::new(Bootloader::Current, &[]), Slot::A),
        (Board::updated(Bootloader::Current, &[]), Slot::B),
    ]
}

#[test]
fn missing_empty_and_random() {
    for (board, committed) in boards() {
        let mut missing = board.clone();
        change_entry(&mut missing, |entry| entry[0] = 0xe5);
        starts_well(&mut missing, committed, "missing");
        let mut empty = board.clone();
        change_entry(&mut empty, |entry| {
            entry[20..22].fill(0);
            entry[26..32].fill(0);
        });
        starts_well(&mut empty, committed, "empty");
        let mut chance = Chance::new(3);
        for round in 0..300 {
            let mut random = board.clone();
            let bytes = std::array::from_fn(|_| chance.number().to_le_bytes()[0]);
            replace(&mut random, &bytes, 512);
            starts_well(&mut random, committed, &format!("random {round}"));
        }
    }
}

#[test]
fn every_bit_flipped() {
    for (board, committed) in boards() {
        for bit in 0..SECTOR * 8 {
            let mut flipped = board.clone();
            let mut file = Selector::Autoboot.render(committed);
            file[bit / 8] ^= 1 << (bit % 8);
            replace(&mut flipped, &file, 512);
            starts_well(&mut flipped, committed, &format!("bit {bit}"));
        }
    }
}

#[test]
fn every_truncation() {
    for (board, committed) in boards() {
        for length in 0..512 {
            let mut cut = board.clone();
            replace(&mut cut, &Selector::Autoboot.render(committed), length);
            starts_well(&mut cut, committed, &format!("{length} bytes"));
        }
    }
}
