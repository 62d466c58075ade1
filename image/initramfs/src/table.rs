// SPDX-License-Identifier: AGPL-3.0-or-later
//! Partition tables: is this disk a card of ours, and the last partition made to reach to its end.
//!
//! A card for the Raspberry Pi has an MBR, since the Pi 3's ROM reads nothing else; a disk for a PC has a GPT. Both
//! have four partitions and carry a number by which a board knows its own.

mod gpt;
mod mbr;

use slots::{Disk, SECTOR};
use std::io;

/// The number of the data partition, the last one.
pub(crate) const DATA: u32 = 4;
/// Partitions end at a whole mebibyte, as cards like it.
const ALIGNMENT: u64 = 2048;

/// Sectors of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// The first one.
    pub(crate) start: u64,
    /// How many.
    pub(crate) sectors: u64,
}

/// Whether the partition table is that of a card of ours.
pub(crate) fn is_ours(disk: &mut impl Disk) -> bool {
    match mbr::Mbr::read(disk) {
        Ok(mbr) if mbr.protects_a_gpt() => gpt::Gpt::read(disk).is_some_and(|gpt| gpt.is_ours()),
        Ok(mbr) => mbr.is_ours(),
        Err(_) => false,
    }
}

/// Makes the data partition reach to the end of the disk. Returns where it is now. A cut at any moment leaves a table
/// that is read as the old one or as the new one, and calling it again finishes what is missing.
///
/// # Errors
/// When the table is not readable or not one of ours, or cannot be written.
pub(crate) fn grow(disk: &mut impl Disk) -> io::Result<Extent> {
    let mbr = mbr::Mbr::read(disk)?;
    if mbr.protects_a_gpt() {
        gpt::Gpt::read(disk)
            .ok_or_else(|| io::Error::other("both copies of the partition table are damaged"))?
            .grow(disk)
    } else {
        mbr.grow(disk)
    }
}

/// The longest a partition from `start` on can be when `end` is the first sector it may not have.
fn longest(start: u64, end: u64) -> u64 {
    (end / ALIGNMENT * ALIGNMENT).saturating_sub(start)
}

fn sector(disk: &mut impl Disk, lba: u64) -> io::Result<[u8; SECTOR]> {
    let mut bytes = [0; SECTOR];
    disk.read(lba, &mut bytes)?;
    Ok(bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

#[cfg(test)]
mod tests;
