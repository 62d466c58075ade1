// SPDX-License-Identifier: AGPL-3.0-or-later
//! Where the record is on a card, and how it is written so that a power cut leaves the old one or the new one.

use crate::{
    disk::{Disk, SECTOR},
    record::BootState,
};
use std::io;

/// The sectors of the two copies: in the gap before the first partition, a mebibyte apart, so that no erase block of a
/// card holds both.
pub const RECORD_SECTORS: [u64; 2] = [4096, 6144];

/// A copy's sector and what stands there.
fn copies(disk: &mut impl Disk) -> [Option<BootState>; 2] {
    RECORD_SECTORS.map(|lba| {
        let mut sector = [0; SECTOR];
        // A sector that cannot be read is a copy that is lost; the other one counts.
        disk.read(lba, &mut sector).ok()?;
        BootState::decode(&sector)
    })
}

/// The newest valid record, or `None` when both copies are lost.
pub fn load(disk: &mut impl Disk) -> Option<BootState> {
    copies(disk)
        .into_iter()
        .flatten()
        .max_by_key(|state| state.sequence)
}

/// Writes both copies, one after the other, the lost or older one first: at every moment one of them is whole.
/// Returns the record with its new sequence; it is on the card then.
///
/// # Errors
/// When neither copy could be written and confirmed. When one could, the record counts as saved: it is the newest.
pub fn save(disk: &mut impl Disk, state: &BootState) -> io::Result<BootState> {
    let present = copies(disk);
    let sequences = present.map(|copy| copy.map(|state| state.sequence));
    let newest = sequences.iter().flatten().max().copied().unwrap_or(0);
    let saved = BootState {
        sequence: newest.max(state.sequence) + 1,
        ..state.clone()
    };
    let sector = saved.encode();
    // `None` is less than any sequence.
    let order = if sequences[0] <= sequences[1] {
        [0, 1]
    } else {
        [1, 0]
    };
    let mut failed = None;
    let mut written = 0;
    for copy in order {
        match write(disk, RECORD_SECTORS[copy], &sector) {
            Ok(()) => written += 1,
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        Some(error) if written == 0 => Err(error),
        _ => Ok(saved),
    }
}

fn write(disk: &mut impl Disk, lba: u64, sector: &[u8]) -> io::Result<()> {
    disk.write(lba, sector)?;
    disk.flush()
}
