// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is in a slot, and how it behaves.

use crate::chance::Chance;
use slots::{Source, Version};
use std::io;

/// What is wrong with a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    None,
    /// Its kernel never reaches the initramfs: no kernel, a damaged one, a wrong device tree.
    Hangs,
    /// Its root file system is not what the kernel expects.
    Rootless,
    /// It stops after the initramfs, without a word: panics, hangs until the watchdog, is switched off.
    Stops,
    /// It runs and finds itself not healthy.
    Unhealthy,
}

/// A system of one version: its files are made from the version.
#[derive(Clone, Debug)]
pub struct System {
    /// Its version.
    pub version: Version,
    /// What is wrong with it.
    pub flaw: Flaw,
}

impl System {
    /// A system of this version.
    pub fn new(version: &str, flaw: Flaw) -> Self {
        Self {
            version: version.parse().expect("a version"),
            flaw,
        }
    }

    /// Names and sizes, in the order of a real slot: the firmware's own files last.
    pub fn files(&self) -> Vec<(String, u32)> {
        [
            ("root.erofs", 30_000),
            ("root.verity", 700),
            ("kernel8.img", 9_000),
            ("initrd8", 5_000),
            ("bcm2711-rpi-4-b.dtb", 512),
            ("cmdline.txt", 0),
            ("config.txt", 300),
            ("start4.elf", 2_048),
        ]
        .into_iter()
        .map(|(name, size)| match name {
            // So that it tells its version.
            "cmdline.txt" => (
                name.into(),
                u32::try_from(self.command_line().len()).expect("short"),
            ),
            _ => (name.into(), size),
        })
        .collect()
    }

    fn command_line(&self) -> String {
        format!("quiet commonhost.version={}", self.version)
    }

    /// A file's bytes.
    pub fn content(&self, name: &str, size: u32) -> Vec<u8> {
        if name == "cmdline.txt" {
            return self.command_line().into_bytes();
        }
        let seed = name.bytes().chain(self.version.as_str().bytes());
        let mut chance = Chance::new(seed.fold(7, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte)));
        (0..size.div_ceil(8))
            .flat_map(|_| chance.number().to_le_bytes())
            .take(size as usize)
            .collect()
    }
}

/// A system's files, made once.
pub(crate) struct Contents(Vec<Vec<u8>>);

impl Contents {
    /// Of this system.
    pub(crate) fn of(system: &System) -> Self {
        Self(
            system
                .files()
                .iter()
                .map(|(name, size)| system.content(name, *size))
                .collect(),
        )
    }
}

impl Source for Contents {
    fn read(&mut self, file: usize, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let from = self.0[file].get(offset..offset + into.len());
        into.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn matches(
        &mut self,
        file: usize,
        next: &mut dyn FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<bool> {
        let mut read = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match next(&mut buffer)? {
                0 => return Ok(read == self.0[file]),
                length => read.extend_from_slice(&buffer[..length]),
            }
        }
    }
}
