// SPDX-License-Identifier: AGPL-3.0-or-later
//! The record as one sector.
//!
//! | bytes | what |
//! | --- | --- |
//! | 0..8 | `COMMSLOT` |
//! | 8..12 | form, 1 |
//! | 12..20 | sequence |
//! | 20, 21, 22 | committed slot, attempts, redirects |
//! | 23, 24, 25 | trial: slot or 255, mode, stage |
//! | 26, 27 | note: cause or 0, slot |
//! | 32..80, 80..128 | slot A, slot B: status, tries, version |
//! | 128..176, 176..224 | version last healthy, version in the note |
//! | 224..226, 226..426 | length of the note's detail, detail (UTF-8) |
//! | 508..512 | CRC-32C of all before |
//!
//! Numbers are little-endian, a version is its length in one byte and its characters, all else is zero.

use super::{BootState, Cause, DETAIL_BYTES, Mode, Note, SlotState, Stage, Status, Trial};
use crate::{
    crc::crc32c,
    disk::SECTOR,
    slot::{Slot, Version},
};

const MAGIC: &[u8; 8] = b"COMMSLOT";
const FORM: u32 = 1;
const CHECKED: usize = SECTOR - 4;
const SLOTS: [usize; 2] = [32, 80];
const LAST_GOOD: usize = 128;
const NOTE_VERSION: usize = 176;
const DETAIL: usize = 224;
const NONE: u8 = 255;

const STATUSES: [Status; 4] = [Status::Empty, Status::Ready, Status::Good, Status::Bad];
const CAUSES: [Cause; 7] = [
    Cause::DidNotStart,
    Cause::Stopped,
    Cause::Unhealthy,
    Cause::RootDamaged,
    Cause::KeptFailing,
    Cause::FirmwareElsewhere,
    Cause::RecordLost,
];

/// The number of `item`, which is one of `all`.
fn number<T: PartialEq>(all: &[T], item: &T) -> u8 {
    all.iter()
        .position(|each| each == item)
        .and_then(|at| at.try_into().ok())
        .unwrap_or(NONE)
}

impl BootState {
    /// The record as it is written.
    pub fn encode(&self) -> [u8; SECTOR] {
        let mut sector = [0; SECTOR];
        sector[..8].copy_from_slice(MAGIC);
        sector[8..12].copy_from_slice(&FORM.to_le_bytes());
        sector[12..20].copy_from_slice(&self.sequence.to_le_bytes());
        sector[20] = number(&Slot::BOTH, &self.committed);
        sector[21] = self.attempts;
        sector[22] = self.redirects;
        sector[23] = NONE;
        if let Some(trial) = &self.trial {
            sector[23] = number(&Slot::BOTH, &trial.slot);
            sector[24] = u8::from(trial.mode == Mode::Flip);
            sector[25] = u8::from(trial.stage == Stage::Started);
        }
        for (at, slot) in SLOTS.into_iter().zip(&self.slots) {
            sector[at] = number(&STATUSES, &slot.status);
            sector[at + 1] = slot.tries;
            put_version(&mut sector[at + 2..], slot.version.as_ref());
        }
        put_version(&mut sector[LAST_GOOD..], self.last_good.as_ref());
        if let Some(note) = &self.note {
            sector[26] = number(&CAUSES, &note.cause) + 1;
            sector[27] = number(&Slot::BOTH, &note.slot);
            put_version(&mut sector[NOTE_VERSION..], note.version.as_ref());
            let detail = super::shorten(&note.detail).as_bytes();
            // At most 200 bytes.
            sector[DETAIL] = detail.len().try_into().unwrap_or(0);
            sector[DETAIL + 2..DETAIL + 2 + detail.len()].copy_from_slice(detail);
        }
        let check = crc32c(&sector[..CHECKED]);
        sector[CHECKED..].copy_from_slice(&check.to_le_bytes());
        sector
    }

    /// Reads a record. `None` when it is not one, or damaged, or of a form this release does not know.
    pub fn decode(sector: &[u8]) -> Option<Self> {
        let sector: &[u8; SECTOR] = sector.try_into().ok()?;
        let check = u32::from_le_bytes(*sector[CHECKED..].first_chunk()?);
        let form = u32::from_le_bytes(*sector[8..12].first_chunk()?);
        if !sector.starts_with(MAGIC) || form != FORM || check != crc32c(&sector[..CHECKED]) {
            return None;
        }
        let slot = |at: usize| Slot::BOTH.get(usize::from(sector[at])).copied();
        let mut slots = [SlotState::default(), SlotState::default()];
        for (at, slot) in SLOTS.into_iter().zip(&mut slots) {
            *slot = SlotState {
                status: *STATUSES.get(usize::from(sector[at]))?,
                tries: sector[at + 1],
                version: version(&sector[at + 2..]).ok()?,
            };
        }
        let trial = match sector[23] {
            NONE => None,
            _ => Some(Trial {
                slot: slot(23)?,
                mode: *[Mode::OneShot, Mode::Flip].get(usize::from(sector[24]))?,
                stage: *[Stage::Armed, Stage::Started].get(usize::from(sector[25]))?,
            }),
        };
        let note = match sector[26].checked_sub(1) {
            None => None,
            Some(cause) => {
                let length = usize::from(sector[DETAIL]);
                let detail = sector[DETAIL + 2..DETAIL + 2 + DETAIL_BYTES].get(..length)?;
                Some(Note {
                    cause: *CAUSES.get(usize::from(cause))?,
                    slot: slot(27)?,
                    version: version(&sector[NOTE_VERSION..]).ok()?,
                    detail: std::str::from_utf8(detail).ok()?.into(),
                })
            }
        };
        Some(Self {
            sequence: u64::from_le_bytes(*sector[12..20].first_chunk()?),
            committed: slot(20)?,
            attempts: sector[21],
            redirects: sector[22],
            trial,
            slots,
            last_good: version(&sector[LAST_GOOD..]).ok()?,
            note,
        })
    }
}

fn put_version(at: &mut [u8], version: Option<&Version>) {
    let text = version.map_or("", Version::as_str);
    // At most 45 bytes.
    at[0] = text.len().try_into().unwrap_or(0);
    at[1..=text.len()].copy_from_slice(text.as_bytes());
}

/// The version there, if there is one.
fn version(at: &[u8]) -> Result<Option<Version>, ()> {
    match usize::from(at[0]) {
        0 => Ok(None),
        length if length <= Version::MAX_BYTES => {
            let text = std::str::from_utf8(&at[1..=length]).map_err(drop)?;
            text.parse().map(Some)
        }
        _ => Err(()),
    }
}
