// SPDX-License-Identifier: AGPL-3.0-or-later
//! Writing an update into the idle slot.

use crate::{
    card::{Card, CardError},
    disk::{Disk, SECTOR},
    fat::{self, Placed, Volume},
    record::Status,
    slot::{Slot, Version},
};
use std::io;

/// Bytes written at a time.
const PIECE: usize = 256 * SECTOR;

/// The label of every slot's file system.
const LABEL: [u8; 11] = *b"SLOT       ";

/// Where the files of an update come from, and how they are known. Files are named by their place in the list.
pub trait Source {
    /// Fills `into` from a file's byte `offset` on.
    ///
    /// # Errors
    /// When the file is not there, or shorter.
    fn read(&mut self, file: usize, offset: u64, into: &mut [u8]) -> io::Result<()>;

    /// Whether what `next` gives, piece by piece until it gives 0 bytes, is that file and nothing else.
    ///
    /// # Errors
    /// What `next` says.
    fn matches(
        &mut self,
        file: usize,
        next: &mut dyn FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<bool>;
}

/// Writes `files` (name and bytes each) into the idle slot, reads everything back, and marks the slot ready. Done
/// already: nothing. Cut off at any point: nothing is lost, and it is done again from the start.
///
/// The slot has no first sector when this returns: no firmware sees it until it is armed.
///
/// # Errors
/// When no slot may be written, the files do not fit or cannot be read, or the card does not keep what is written.
pub fn stage<D: Disk>(
    card: &mut Card<D>,
    running: Slot,
    version: &Version,
    files: &[(String, u32)],
    source: &mut impl Source,
) -> Result<(), CardError> {
    let state = card.state()?;
    let idle = state.idle(running)?;
    let there = state.slot(idle);
    if there.status == Status::Ready && there.version.as_ref() == Some(version) {
        return Ok(());
    }
    let volume = Volume::plan(card.slot(idle)?.sectors(), LABEL, files)?;
    let emptied = card.save(&state.emptied(running)?)?;
    let mut slot = card.slot(idle)?;
    fat::hide(&mut slot)?;
    volume.write_tables(&mut slot)?;
    for (number, file) in volume.files().iter().enumerate() {
        write(&mut slot, number, file, source)?;
    }
    slot.flush()?;
    slot.uncache()?;
    if !fat::hidden(&mut slot)? {
        return Err(CardError::Differs("the first sector of the update"));
    }
    volume
        .write_tables(&mut Compared(&mut slot))
        .map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => CardError::Differs("the file system of the update"),
            _ => error.into(),
        })?;
    for (number, file) in volume.files().iter().enumerate() {
        if !read_back(&mut slot, number, file, source)? {
            return Err(CardError::Differs("a file of the update"));
        }
    }
    card.save(&emptied.written(running, version.clone())?)?;
    Ok(())
}

fn write(disk: &mut impl Disk, number: usize, file: &Placed, source: &mut impl Source) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    let mut offset = 0;
    while offset < file.size as usize {
        let length = PIECE.min(file.size as usize - offset);
        let whole = length.next_multiple_of(SECTOR);
        source.read(number, offset as u64, &mut buffer[..length])?;
        buffer[length..whole].fill(0);
        disk.write(file.lba + (offset / SECTOR) as u64, &buffer[..whole])?;
        offset += length;
    }
    Ok(())
}

fn read_back(
    disk: &mut impl Disk,
    number: usize,
    file: &Placed,
    source: &mut impl Source,
) -> io::Result<bool> {
    let mut offset = 0;
    let mut sectors = vec![0; PIECE];
    source.matches(number, &mut |into| {
        let length = PIECE
            .min(file.size as usize - offset)
            .min(into.len() / SECTOR * SECTOR);
        let whole = length.next_multiple_of(SECTOR);
        if length > 0 {
            disk.read(file.lba + (offset / SECTOR) as u64, &mut sectors[..whole])?;
        }
        into[..length].copy_from_slice(&sectors[..length]);
        offset += length;
        Ok(length)
    })
}

/// A disk on which writing means comparing: what was written once is written again, and must be there.
struct Compared<D>(D);

impl<D: Disk> Disk for Compared<D> {
    fn read(&mut self, lba: u64, into: &mut [u8]) -> io::Result<()> {
        self.0.read(lba, into)
    }

    fn write(&mut self, lba: u64, from: &[u8]) -> io::Result<()> {
        let mut there = vec![0; from.len()];
        self.0.read(lba, &mut there)?;
        if there == from {
            Ok(())
        } else {
            Err(io::ErrorKind::InvalidData.into())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn uncache(&mut self) -> io::Result<()> {
        self.0.uncache()
    }

    fn sectors(&self) -> u64 {
        self.0.sectors()
    }
}
