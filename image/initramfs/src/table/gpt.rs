// SPDX-License-Identifier: AGPL-3.0-or-later
//! GUID partition tables (UEFI specification 2.10, chapter 5): one at the disk's start, a copy at its end.

use super::{DATA, Extent, longest, sector, u32_at, u64_at};
use slots::{Disk, SECTOR};
use std::io;

/// The disk's number, as its bytes lie on it: the same on every disk, so that a board knows its own
/// (`image/board/pc`: 636F6D6D-6F6E-686F-7374-000000000000).
const OURS: [u8; 16] = [
    0x6d, 0x6d, 0x6f, 0x63, 0x6e, 0x6f, 0x6f, 0x68, 0x73, 0x74, 0, 0, 0, 0, 0, 0,
];
const HEADER: usize = 92;
const ENTRY: usize = 128;
/// Sectors of the 128 entries that every tool makes.
const ENTRIES: u64 = 32;
const ENTRIES_BYTES: usize = 128 * ENTRY;
/// Sectors of a table: its header and its entries.
const TABLE: u64 = ENTRIES + 1;

/// A table whose checksums are right.
pub(super) struct Gpt {
    header: [u8; SECTOR],
    entries: Vec<u8>,
    /// Whether it is the one at the start.
    primary: bool,
}

impl Gpt {
    /// The table at the start, or the copy when that is damaged.
    pub(super) fn read(disk: &mut impl Disk) -> Option<Self> {
        let last = disk.sectors().checked_sub(1)?;
        Self::read_at(disk, 1).or_else(|| Self::read_at(disk, last))
    }

    fn read_at(disk: &mut impl Disk, lba: u64) -> Option<Self> {
        let header = sector(disk, lba).ok()?;
        let right = header.starts_with(b"EFI PART")
            && u32_at(&header, 12) as usize == HEADER
            && u64_at(&header, 24) == lba
            && (u32_at(&header, 80) as usize, u32_at(&header, 84) as usize) == (ENTRIES_BYTES / ENTRY, ENTRY)
            && u32_at(&header, 16) == checksum_of_header(&header);
        let mut entries = vec![0; ENTRIES_BYTES];
        disk.read(u64_at(&header, 72), &mut entries)
            .ok()
            .filter(|()| right)?;
        (u32_at(&header, 88) == crc32(&entries)).then_some(Self {
            header,
            entries,
            primary: lba == 1,
        })
    }

    pub(super) fn is_ours(&self) -> bool {
        self.header[56..72] == OURS
    }

    /// First the copy at the end, whole, then the table at the start: a cut in between leaves one of them right.
    pub(super) fn grow(mut self, disk: &mut impl Disk) -> io::Result<Extent> {
        let entry = ENTRY * (DATA as usize - 1);
        let start = u64_at(&self.entries, entry + 32);
        let sectors = (u64_at(&self.entries, entry + 40) + 1).saturating_sub(start);
        let last = disk.sectors().saturating_sub(1);
        let wanted = longest(start, disk.sectors().saturating_sub(TABLE)).max(sectors);
        if !self.is_ours() || start == 0 || last <= TABLE {
            return Err(io::Error::other("the partition table is not that of a board"));
        }
        let extent = Extent {
            start,
            sectors: wanted,
        };
        if wanted == sectors && self.primary && u64_at(&self.header, 32) == last {
            return Ok(extent);
        }
        put(&mut self.entries, entry + 40, start + wanted - 1);
        put(&mut self.header, 48, last - TABLE);
        self.write(disk, last, 1, last - ENTRIES)?;
        disk.flush()?;
        self.write(disk, 1, last, 2)?;
        disk.flush()?;
        Ok(extent)
    }

    /// Writes the table whose header is at `lba`.
    fn write(&mut self, disk: &mut impl Disk, lba: u64, other: u64, entries: u64) -> io::Result<()> {
        put(&mut self.header, 24, lba);
        put(&mut self.header, 32, other);
        put(&mut self.header, 72, entries);
        self.header[88..92].copy_from_slice(&crc32(&self.entries).to_le_bytes());
        let checksum = checksum_of_header(&self.header);
        self.header[16..20].copy_from_slice(&checksum.to_le_bytes());
        disk.write(entries, &self.entries)?;
        disk.write(lba, &self.header)
    }
}

fn put(bytes: &mut [u8], at: usize, value: u64) {
    bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

/// Over the header with its own checksum as zero.
fn checksum_of_header(header: &[u8; SECTOR]) -> u32 {
    let mut header = header[..HEADER].to_vec();
    header[16..20].fill(0);
    crc32(&header)
}

/// CRC-32 as in IEEE 802.3.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    })
}
