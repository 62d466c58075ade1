// SPDX-License-Identifier: AGPL-3.0-or-later
use super::*;
use crate::{
    disk::{Disk, SECTOR},
    store::{RECORD_SECTORS, load, save},
};
use proptest::{option, prelude::*};
use std::{collections::BTreeMap, io};

fn slot() -> impl Strategy<Value = Slot> {
    prop_oneof![Just(Slot::A), Just(Slot::B)]
}

fn version() -> impl Strategy<Value = Option<Version>> {
    option::of("[!-~]{1,45}".prop_map(|text| text.parse().unwrap()))
}

fn slot_state() -> impl Strategy<Value = SlotState> {
    let status = prop_oneof![
        Just(Status::Empty),
        Just(Status::Ready),
        Just(Status::Good),
        Just(Status::Bad)
    ];
    (status, 0..4_u8, version()).prop_map(|(status, tries, version)| SlotState {
        status,
        tries,
        version,
    })
}

fn note() -> impl Strategy<Value = Note> {
    let cause = prop_oneof![
        Just(Cause::DidNotStart),
        Just(Cause::Stopped),
        Just(Cause::Unhealthy),
        Just(Cause::RootDamaged),
        Just(Cause::KeptFailing),
        Just(Cause::FirmwareElsewhere),
        Just(Cause::RecordLost)
    ];
    (cause, slot(), version(), ".{0,60}").prop_map(|(cause, slot, version, detail)| Note {
        cause,
        slot,
        version,
        detail: shorten(&detail).into(),
    })
}

fn trial() -> impl Strategy<Value = Trial> {
    let mode = prop_oneof![Just(Mode::OneShot), Just(Mode::Flip)];
    let stage = prop_oneof![Just(Stage::Armed), Just(Stage::Started)];
    (slot(), mode, stage).prop_map(|(slot, mode, stage)| Trial { slot, mode, stage })
}

/// Any record at all, also such as nothing here would make.
pub(crate) fn any_record() -> impl Strategy<Value = BootState> {
    let slots = (slot_state(), slot_state()).prop_map(<[SlotState; 2]>::from);
    (
        any::<u32>(),
        slot(),
        any::<u8>(),
        0..4_u8,
        option::of(trial()),
        slots,
        version(),
        option::of(note()),
    )
        .prop_map(
            |(sequence, committed, attempts, redirects, trial, slots, last_good, note)| BootState {
                sequence: sequence.into(),
                committed,
                attempts,
                redirects,
                trial,
                slots,
                last_good,
                note,
            },
        )
}

proptest! {
    #[test]
    fn a_record_is_read_as_it_was_written(record in any_record()) {
        prop_assert_eq!(BootState::decode(&record.encode()), Some(record));
    }

    #[test]
    fn a_record_with_up_to_three_wrong_bits_is_lost_not_misread(
        record in any_record(),
        bits in prop::collection::btree_set(0..SECTOR * 8, 1..=3),
    ) {
        let mut sector = record.encode();
        for bit in bits {
            sector[bit / 8] ^= 1 << (bit % 8);
        }
        prop_assert_eq!(BootState::decode(&sector), None);
    }

    #[test]
    fn no_bytes_make_the_reader_fail(mut bytes in prop::collection::vec(any::<u8>(), SECTOR)) {
        BootState::decode(&bytes);
        // With the right frame around it, so that the reader goes on.
        bytes[..12].copy_from_slice(b"COMMSLOT\x01\0\0\0");
        let check = crate::crc32c(&bytes[..508]);
        bytes[508..].copy_from_slice(&check.to_le_bytes());
        if let Some(record) = BootState::decode(&bytes) {
            prop_assert_eq!(BootState::decode(&record.encode()), Some(record));
        }
    }
}

#[test]
fn a_long_detail_is_cut_between_characters() {
    let mut record = BootState::new(Slot::A, None);
    record.note(Cause::Unhealthy, Slot::B, &"é".repeat(150));
    let read = BootState::decode(&record.encode()).unwrap();
    assert_eq!(read.note.unwrap().detail, "é".repeat(100));
}

/// Sectors in memory; after `left` writes the power is gone, in the middle of one.
#[derive(Clone)]
struct Frail {
    sectors: BTreeMap<u64, [u8; SECTOR]>,
    left: usize,
    torn: usize,
}

impl Disk for Frail {
    fn read(&mut self, lba: u64, into: &mut [u8]) -> io::Result<()> {
        into.copy_from_slice(self.sectors.get(&lba).unwrap_or(&[0; SECTOR]));
        Ok(())
    }

    fn write(&mut self, lba: u64, from: &[u8]) -> io::Result<()> {
        let stays = if self.left == 0 { self.torn } else { SECTOR };
        self.sectors.entry(lba).or_insert([0; SECTOR])[..stays].copy_from_slice(&from[..stays]);
        if self.left == 0 {
            // Nothing reaches the card any more.
            self.torn = 0;
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.left -= 1;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn sectors(&self) -> u64 {
        8192
    }
}

#[test]
fn a_save_that_is_cut_leaves_the_old_record_or_the_new_one() {
    let mut disk = Frail {
        sectors: BTreeMap::new(),
        left: usize::MAX,
        torn: 0,
    };
    assert_eq!(load(&mut disk), None);
    let old = save(&mut disk, &BootState::new(Slot::A, "1".parse().ok())).unwrap();
    let new = BootState::new(Slot::B, "2".parse().ok());
    for lost in [None, Some(0), Some(1)] {
        for left in 0..2 {
            for torn in 0..=SECTOR {
                let mut cut = disk.clone();
                if let Some(copy) = lost {
                    cut.sectors.insert(RECORD_SECTORS[copy], [0xff; SECTOR]);
                }
                (cut.left, cut.torn) = (left, torn);
                // The second copy may be missing; what counts is what is read.
                let _ = save(&mut cut, &new);
                let read = load(&mut cut).unwrap();
                let expected = if read.committed == Slot::B { &new } else { &old };
                assert_eq!(read.slots, expected.slots, "{lost:?} {left} {torn}");
                assert_eq!(
                    read.committed == Slot::B,
                    left == 1 || torn == SECTOR,
                    "{lost:?} {left} {torn}"
                );
            }
        }
    }
}

#[test]
fn either_copy_is_enough() {
    for lost in RECORD_SECTORS {
        let mut disk = Frail {
            sectors: BTreeMap::new(),
            left: usize::MAX,
            torn: 0,
        };
        let saved = save(&mut disk, &BootState::new(Slot::B, None)).unwrap();
        disk.sectors.remove(&lost);
        assert_eq!(load(&mut disk), Some(saved));
    }
}

#[test]
fn an_update_goes_through_its_stages_and_nothing_is_skipped() {
    let a = BootState::new(Slot::A, "1".parse().ok());
    assert_eq!(a.armed(Slot::A, Mode::OneShot), Err(Refusal::NotReady));
    assert_eq!(a.emptied(Slot::B), Err(Refusal::NotCommitted));
    let ready = a
        .emptied(Slot::A)
        .unwrap()
        .written(Slot::A, "2".parse().unwrap())
        .unwrap();
    let armed = ready.armed(Slot::A, Mode::OneShot).unwrap();
    assert_eq!(armed.emptied(Slot::A), Err(Refusal::Trying));
    // Only a start makes it a trial that can be committed.
    assert_eq!(armed.healthy(Slot::B), None);
    assert_eq!(armed.disarmed(), Some(ready));
    let mut started = armed;
    started.trial = started.trial.map(|trial| Trial {
        stage: Stage::Started,
        ..trial
    });
    assert_eq!(started.disarmed(), None);
    let done = started.healthy(Slot::B).unwrap();
    assert_eq!(done.committed, Slot::B);
    assert_eq!(done.last_good.as_ref().unwrap().as_str(), "2");
    assert_eq!(done.slot(Slot::A).status, Status::Good);
    assert_eq!(
        done.healthy(Slot::B),
        None,
        "nothing is written when nothing changes"
    );
    // And back.
    assert!(done.armed(Slot::B, Mode::OneShot).is_ok());
}
