// SPDX-License-Identifier: AGPL-3.0-or-later
//! A disk for tests.

use super::{Disk, SECTOR};
use std::{collections::HashMap, io};

/// Sectors in memory.
#[derive(Clone)]
pub(crate) struct Memory {
    held: HashMap<u64, [u8; SECTOR]>,
    sectors: u64,
    /// Where something was written.
    pub(crate) written: Vec<u64>,
}

impl Memory {
    pub(crate) fn new(sectors: u64) -> Self {
        Self {
            held: HashMap::new(),
            sectors,
            written: Vec::new(),
        }
    }
}

impl Disk for Memory {
    fn read(&mut self, lba: u64, into: &mut [u8]) -> io::Result<()> {
        super::inside(lba, into.len(), self.sectors)?;
        for (lba, piece) in (lba..).zip(into.chunks_exact_mut(SECTOR)) {
            piece.copy_from_slice(self.held.get(&lba).unwrap_or(&[0; SECTOR]));
        }
        Ok(())
    }

    fn write(&mut self, lba: u64, from: &[u8]) -> io::Result<()> {
        super::inside(lba, from.len(), self.sectors)?;
        for (lba, piece) in (lba..).zip(from.chunks_exact(SECTOR)) {
            self.written.push(lba);
            self.held
                .insert(lba, *piece.first_chunk().unwrap_or(&[0; SECTOR]));
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn sectors(&self) -> u64 {
        self.sectors
    }
}
