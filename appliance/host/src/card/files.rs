// SPDX-License-Identifier: AGPL-3.0-or-later
//! Where the files of a release come from: what was downloaded, and what the running slot has already.

use crate::{
    error::{At, MachineError},
    layout::Layout,
};
use nix::fcntl::OFlag;
use ring::digest::{Context, SHA256};
use slots::{CardError, FileDisk, Source, fat::Fat};
use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Read},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};
use types::{
    Digest,
    release::{Release, SlotFile},
};

/// Files that both slots share are held in memory while they are copied; kernels are about 17 MB.
const MOST_SHARED: u32 = 64 * 1024 * 1024;
/// Bytes read at a time.
const PIECE: usize = 1 << 18;

/// The files of a release.
pub(super) struct Files {
    wanted: Vec<SlotFile>,
    downloads: PathBuf,
    running: Fat<FileDisk>,
    /// The one that is open.
    open: Option<(usize, Open)>,
}

enum Open {
    Downloaded(File),
    Shared(Vec<u8>),
}

impl Files {
    /// Of a release, when `running` is the partition of the slot that runs.
    pub(super) fn new(release: &Release, layout: &Layout, running: &Path) -> Result<Self, MachineError> {
        let disk = File::open(running).and_then(FileDisk::open).at("open", running)?;
        Ok(Self {
            wanted: release.files.clone(),
            downloads: layout.downloads(),
            running: Fat::open(disk).map_err(CardError::from)?,
            open: None,
        })
    }

    /// Hashes every file before anything is written.
    pub(super) fn check(&mut self) -> Result<(), MachineError> {
        for number in 0..self.wanted.len() {
            let size = u64::from(self.wanted[number].size);
            let mut offset = 0;
            let mut context = Context::new(&SHA256);
            let mut buffer = vec![0; PIECE];
            while offset < size {
                let length = usize::try_from(size - offset).unwrap_or(usize::MAX).min(PIECE);
                if self.read(number, offset, &mut buffer[..length]).is_err() {
                    break;
                }
                context.update(&buffer[..length]);
                offset += length as u64;
            }
            if offset < size || digest(context) != self.wanted[number].sha256 {
                return Err(self.missing(number));
            }
        }
        Ok(())
    }

    /// A whole file, checked.
    pub(super) fn whole(&mut self, name: &str) -> Result<Vec<u8>, MachineError> {
        let number = self.wanted.iter().position(|file| file.name == name);
        let number = number.ok_or_else(|| MachineError::ReleaseFile { name: name.into() })?;
        let size = self.wanted[number].size;
        let mut bytes = vec![0; size.min(MOST_SHARED) as usize];
        self.read(number, 0, &mut bytes)
            .map_err(|_| self.missing(number))?;
        let mut context = Context::new(&SHA256);
        context.update(&bytes);
        if digest(context) == self.wanted[number].sha256 {
            Ok(bytes)
        } else {
            Err(self.missing(number))
        }
    }

    fn missing(&self, number: usize) -> MachineError {
        MachineError::ReleaseFile {
            name: self.wanted[number].name.clone(),
        }
    }

    fn at(&mut self, number: usize) -> io::Result<&Open> {
        if self.open.as_ref().is_none_or(|(open, _)| *open != number) {
            let open = match self.downloaded(&self.wanted[number].sha256) {
                Err(error) if error.kind() == ErrorKind::NotFound => Open::Shared(self.shared(number)?),
                file => Open::Downloaded(file?),
            };
            self.open = Some((number, open));
        }
        let open = self.open.as_ref().map(|(_, open)| open);
        open.ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// The folder belongs to a process that is not trusted: nothing but a plain file in it is opened.
    fn downloaded(&self, digest: &Digest) -> io::Result<File> {
        let file = OpenOptions::new()
            .read(true)
            .custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits())
            .open(self.downloads.join(digest.as_str()))?;
        if file.metadata()?.is_file() {
            Ok(file)
        } else {
            Err(ErrorKind::InvalidInput.into())
        }
    }

    fn shared(&mut self, number: usize) -> io::Result<Vec<u8>> {
        let other = |error| io::Error::new(ErrorKind::NotFound, error);
        let found = self.running.find(&self.wanted[number].name).map_err(other)?;
        self.running.read(&found, MOST_SHARED).map_err(other)
    }
}

impl Source for Files {
    fn read(&mut self, file: usize, offset: u64, into: &mut [u8]) -> io::Result<()> {
        match self.at(file)? {
            Open::Downloaded(file) => file.read_exact_at(into, offset),
            Open::Shared(bytes) => {
                let rest = usize::try_from(offset)
                    .ok()
                    .and_then(|offset| bytes.get(offset..));
                rest.unwrap_or_default().read_exact(into)
            }
        }
    }

    fn matches(
        &mut self,
        file: usize,
        next: &mut dyn FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<bool> {
        let mut context = Context::new(&SHA256);
        let mut buffer = vec![0; PIECE];
        loop {
            match next(&mut buffer)? {
                0 => return Ok(digest(context) == self.wanted[file].sha256),
                length => context.update(&buffer[..length]),
            }
        }
    }
}

fn digest(context: Context) -> Digest {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    Digest::from_bytes(&bytes)
}
