// SPDX-License-Identifier: AGPL-3.0-or-later
//! A card, as sectors.

use std::{fs::File, io, os::unix::fs::FileExt};

#[cfg(test)]
pub(crate) mod memory;

/// Bytes in a sector, the smallest piece a card writes.
pub const SECTOR: usize = 512;

/// Something with sectors: a device, a file, or a simulated card.
pub trait Disk {
    /// Fills `into`, whose length is a multiple of [`SECTOR`], from sector `lba` on.
    ///
    /// # Errors
    /// When the device cannot be read there.
    fn read(&mut self, lba: u64, into: &mut [u8]) -> io::Result<()>;

    /// Writes `from`, whose length is a multiple of [`SECTOR`], from sector `lba` on. It may stay in a cache, and
    /// sectors may reach the card in any order, until [`Disk::flush`] has returned.
    ///
    /// # Errors
    /// When the device cannot be written there.
    fn write(&mut self, lba: u64, from: &[u8]) -> io::Result<()>;

    /// Returns when everything written is on the card.
    ///
    /// # Errors
    /// When the device does not confirm it.
    fn flush(&mut self) -> io::Result<()>;

    /// Lets what is read next come from the device, not from a cache of the machine.
    ///
    /// # Errors
    /// When the cache cannot be emptied.
    fn uncache(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Sectors there are.
    fn sectors(&self) -> u64;
}

impl<D: Disk + ?Sized> Disk for &mut D {
    fn read(&mut self, lba: u64, into: &mut [u8]) -> io::Result<()> {
        (**self).read(lba, into)
    }

    fn write(&mut self, lba: u64, from: &[u8]) -> io::Result<()> {
        (**self).write(lba, from)
    }

    fn flush(&mut self) -> io::Result<()> {
        (**self).flush()
    }

    fn uncache(&mut self) -> io::Result<()> {
        (**self).uncache()
    }

    fn sectors(&self) -> u64 {
        (**self).sectors()
    }
}

/// A device, or an image of one in a file. What is flushed has been through `fdatasync`, which for a block device
/// also empties the device's own cache.
#[derive(Debug)]
pub struct FileDisk {
    file: File,
    sectors: u64,
}

impl FileDisk {
    /// Of an open file or device whose length is known. Open it for writing only to write.
    pub fn new(file: File, bytes: u64) -> Self {
        Self {
            file,
            sectors: bytes / SECTOR as u64,
        }
    }

    /// Of an open file or device, asking it for its length.
    ///
    /// # Errors
    /// When it has none.
    pub fn open(mut file: File) -> io::Result<Self> {
        use io::Seek;
        // The length of a device is where its end is; its metadata say 0.
        let bytes = file.seek(io::SeekFrom::End(0))?;
        Ok(Self::new(file, bytes))
    }

    fn offset(&self, lba: u64, length: usize) -> io::Result<u64> {
        inside(lba, length, self.sectors).map(|lba| lba * SECTOR as u64)
    }
}

impl Disk for FileDisk {
    fn read(&mut self, lba: u64, into: &mut [u8]) -> io::Result<()> {
        let offset = self.offset(lba, into.len())?;
        self.file.read_exact_at(into, offset)
    }

    fn write(&mut self, lba: u64, from: &[u8]) -> io::Result<()> {
        let offset = self.offset(lba, from.len())?;
        self.file.write_all_at(from, offset)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn sectors(&self) -> u64 {
        self.sectors
    }
}

/// A partition: no sector outside it can be reached through it.
#[derive(Debug)]
pub struct Window<D> {
    disk: D,
    start: u64,
    sectors: u64,
}

impl<D: Disk> Window<D> {
    /// `sectors` of `disk` from `start` on.
    ///
    /// # Errors
    /// When they are not all on the disk.
    pub fn new(disk: D, start: u64, sectors: u64) -> io::Result<Self> {
        let fits = start
            .checked_add(sectors)
            .is_some_and(|end| end <= disk.sectors());
        if fits {
            Ok(Self { disk, start, sectors })
        } else {
            Err(outside())
        }
    }
}

impl<D: Disk> Disk for Window<D> {
    fn read(&mut self, lba: u64, into: &mut [u8]) -> io::Result<()> {
        let lba = inside(lba, into.len(), self.sectors)?;
        self.disk.read(self.start + lba, into)
    }

    fn write(&mut self, lba: u64, from: &[u8]) -> io::Result<()> {
        let lba = inside(lba, from.len(), self.sectors)?;
        self.disk.write(self.start + lba, from)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.disk.flush()
    }

    fn uncache(&mut self) -> io::Result<()> {
        self.disk.uncache()
    }

    fn sectors(&self) -> u64 {
        self.sectors
    }
}

/// `lba`, if whole sectors of this length lie inside.
fn inside(lba: u64, length: usize, sectors: u64) -> io::Result<u64> {
    let whole = length.is_multiple_of(SECTOR);
    let end = lba.checked_add((length / SECTOR) as u64);
    if whole && end.is_some_and(|end| end <= sectors) {
        Ok(lba)
    } else {
        Err(outside())
    }
}

fn outside() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "these are not whole sectors of the disk or partition",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_reaches_nothing_outside_it() {
        let mut disk = FileDisk::new(File::open("/dev/null").unwrap(), 100 * 512);
        assert!(Window::new(&mut disk, 90, 11).is_err());
        assert!(Window::new(&mut disk, u64::MAX, 2).is_err());
        let mut window = Window::new(&mut disk, 90, 10).unwrap();
        for (lba, length) in [(10, 512), (9, 1024), (u64::MAX, 512), (0, 100)] {
            let error = window.read(lba, &mut vec![0; length]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{lba} {length}");
        }
    }
}
