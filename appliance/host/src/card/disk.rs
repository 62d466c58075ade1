// SPDX-License-Identifier: AGPL-3.0-or-later
//! A disk that reaches its partitions through their own devices.

use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use slots::{Disk, FileDisk, SECTOR, Span};
use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// The disk and its partitions.
pub(super) struct Routed {
    whole: Device,
    parts: Vec<(Span, Device)>,
}

struct Device {
    file: File,
    disk: FileDisk,
}

impl Device {
    fn open(path: &Path, writable: bool) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(writable).open(path)?;
        let disk = FileDisk::open(file.try_clone()?)?;
        Ok(Self { file, disk })
    }
}

impl Routed {
    pub(super) fn open(
        whole: &Path,
        parts: impl Iterator<Item = (Span, PathBuf)>,
        writable: bool,
    ) -> io::Result<Self> {
        let parts = parts.map(|(span, path)| Ok((span, Device::open(&path, writable)?)));
        Ok(Self {
            whole: Device::open(whole, writable)?,
            parts: parts.collect::<io::Result<_>>()?,
        })
    }

    /// The device a run of sectors is in, and where in it. Nothing reaches over a partition's edge.
    fn route(&mut self, lba: u64, length: usize) -> io::Result<(&mut FileDisk, u64)> {
        let end = lba.saturating_add((length / SECTOR) as u64);
        for (span, device) in &mut self.parts {
            let last = span.start + span.sectors;
            if lba < last && end > span.start {
                let inside = lba >= span.start && end <= last;
                return if inside {
                    Ok((&mut device.disk, lba - span.start))
                } else {
                    Err(io::ErrorKind::InvalidInput.into())
                };
            }
        }
        Ok((&mut self.whole.disk, lba))
    }

    fn devices(&mut self) -> impl Iterator<Item = &mut Device> {
        self.parts
            .iter_mut()
            .map(|(_, device)| device)
            .chain([&mut self.whole])
    }
}

impl Disk for Routed {
    fn read(&mut self, lba: u64, into: &mut [u8]) -> io::Result<()> {
        let (disk, lba) = self.route(lba, into.len())?;
        disk.read(lba, into)
    }

    fn write(&mut self, lba: u64, from: &[u8]) -> io::Result<()> {
        let (disk, lba) = self.route(lba, from.len())?;
        disk.write(lba, from)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.devices().try_for_each(|device| device.disk.flush())
    }

    fn uncache(&mut self) -> io::Result<()> {
        for device in self.devices() {
            // Clean pages are dropped by this; all have been written out by the flush before.
            posix_fadvise(&device.file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)?;
        }
        Ok(())
    }

    fn sectors(&self) -> u64 {
        let end = |(span, _): &(Span, Device)| span.start + span.sectors;
        self.parts
            .iter()
            .map(end)
            .max()
            .unwrap_or(0)
            .max(self.whole.disk.sectors())
    }
}
