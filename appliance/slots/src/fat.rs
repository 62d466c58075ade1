// SPDX-License-Identifier: AGPL-3.0-or-later
//! FAT32, as much as a card needs of it: a slot written in one go, and one sector of a file replaced.
//!
//! A slot is planned as a whole before a byte is written ([`Volume`]): every file has its place, so an interrupted
//! write goes on where it was, and everything but the first sector can be on the card, read back and verified, while
//! no firmware sees a file system there. The first sector makes it one, by a single write.
//!
//! Source of the format: "FAT32 File System Specification", Microsoft, version 1.03, 2000.

mod entry;
mod place;
mod read;
mod volume;

pub use place::put_sector;
pub use read::{Entry, Fat};
pub use volume::{Placed, Volume, hidden, hide, reveal};

/// Bytes of a file of one sector.
pub(crate) const ONE_SECTOR: u32 = 512;
/// Bytes of a directory entry.
pub(crate) const ENTRY: usize = 32;
/// The largest value of a table's entry that is a cluster; above are marks.
pub(crate) const LAST_CLUSTER: u32 = 0x0fff_ffef;
/// What a table's entry says of a file's last cluster.
pub(crate) const END: u32 = 0x0fff_ffff;
/// The fewest clusters that make a volume FAT32 rather than FAT16.
pub(crate) const FEWEST_CLUSTERS: u64 = 65_525;

/// Why a file system cannot be planned, read or changed.
#[derive(Debug)]
pub enum FatError {
    /// The device.
    Io(std::io::Error),
    /// There is no FAT32 file system, or a damaged one.
    Damaged(&'static str),
    /// No such file or folder.
    Missing,
    /// The files do not fit.
    Full,
    /// A name that is not made of letters, digits and `._-+`, or is there twice.
    Name(String),
}

impl std::fmt::Display for FatError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(_) => f.write_str("the card could not be read or written"),
            Self::Damaged(what) => write!(f, "the file system on the card is damaged: {what}"),
            Self::Missing => f.write_str("the file is not on the card"),
            Self::Full => f.write_str("the files do not fit into the partition"),
            Self::Name(name) => write!(f, "{name:?} cannot be the name of a file in a slot"),
        }
    }
}

impl std::error::Error for FatError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<std::io::Error> for FatError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

#[cfg(test)]
mod tests;
