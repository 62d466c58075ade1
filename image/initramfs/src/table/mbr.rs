// SPDX-License-Identifier: AGPL-3.0-or-later
//! The table in sector 0 with four entries.

use super::{DATA, Extent, longest, sector, u32_at};
use slots::{Disk, SECTOR};
use std::io;

/// The disk's number, at byte 440: the same on every card, so that a board knows its own (`image/board/pi`).
const OURS: u32 = 0x636f_6d6e;
/// Where a copy of the sector is kept before it is changed.
const COPY: u64 = 2048;
/// A partition type that says: the table is a GPT.
const GPT: u8 = 0xee;
const ENTRIES: usize = 446;
const ENTRY: usize = 16;

pub(super) struct Mbr([u8; SECTOR]);

impl Mbr {
    pub(super) fn read(disk: &mut impl Disk) -> io::Result<Self> {
        let bytes = sector(disk, 0)?;
        if bytes[510..] == [0x55, 0xaa] {
            Ok(Self(bytes))
        } else {
            Err(io::Error::other("there is no partition table"))
        }
    }

    pub(super) fn protects_a_gpt(&self) -> bool {
        self.0[ENTRIES + 4] == GPT
    }

    pub(super) fn is_ours(&self) -> bool {
        u32_at(&self.0, 440) == OURS
    }

    /// The sector is rewritten whole: a card writes it or does not.
    pub(super) fn grow(mut self, disk: &mut impl Disk) -> io::Result<Extent> {
        let entry = ENTRIES + ENTRY * (DATA as usize - 1);
        let start = u64::from(u32_at(&self.0, entry + 8));
        let sectors = u64::from(u32_at(&self.0, entry + 12));
        // The numbers in here have 32 bits.
        let end = disk.sectors().min(u64::from(u32::MAX));
        let wanted = longest(start, end);
        if !self.is_ours() || start == 0 {
            return Err(io::Error::other("the partition table is not that of a board"));
        }
        if wanted <= sectors {
            return Ok(Extent { start, sectors });
        }
        disk.write(COPY, &self.0)?;
        disk.flush()?;
        let length = u32::try_from(wanted).map_err(io::Error::other)?;
        self.0[entry + 12..entry + 16].copy_from_slice(&length.to_le_bytes());
        disk.write(0, &self.0)?;
        disk.flush()?;
        Ok(Extent {
            start,
            sectors: wanted,
        })
    }
}
