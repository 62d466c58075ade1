// SPDX-License-Identifier: AGPL-3.0-or-later
//! Which partition the Raspberry Pi firmware starts.
//!
//! The rules are those of the documentation of `autoboot.txt`, and of what was measured on a Pi 4 and published
//! (usr-ein/TriMixxx, `pi-qemu/PLAN.md` 2.3, 2026-10-08): T1 to T7 for a bootloader of today, T0 for one of 2021. They
//! were not checked on hardware by us.

use slots::{Disk, Places, SECTOR, Selector, Slot, Span, Window, fat::Fat, firmware_partition};

/// A bootloader's generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bootloader {
    /// Knows sections, and what a try is.
    Current,
    /// Of 2021: the last `boot_partition` counts, whatever section it stands in (T0).
    Old,
}

/// The firmware with what it remembers over a restart, but not over a power cut.
#[derive(Clone, Debug)]
pub struct Firmware {
    bootloader: Bootloader,
    tryboot: bool,
}

/// Why nothing starts.
#[derive(Debug, PartialEq, Eq)]
pub enum Screen {
    /// No partition has what the firmware looks for.
    Rainbow,
    /// A partition has the firmware's own files but no kernel (T6b: a black screen, and no way on).
    Black(Slot),
}

impl Firmware {
    /// As delivered.
    pub fn new(bootloader: Bootloader) -> Self {
        Self {
            bootloader,
            tryboot: false,
        }
    }

    /// The next start is a try.
    pub fn arm(&mut self) {
        self.tryboot = true;
    }

    /// The power was away: nothing is remembered.
    pub fn power_cut(&mut self) {
        self.tryboot = false;
    }

    /// Chooses the slot to start. A try is forgotten by this.
    pub fn start(&mut self, disk: &mut impl Disk) -> Result<Slot, Screen> {
        let tryboot = std::mem::take(&mut self.tryboot);
        let mut first = [0; SECTOR];
        let places = disk
            .read(0, &mut first)
            .ok()
            .and_then(|()| Places::of_mbr(Selector::Autoboot, &first))
            .ok_or(Screen::Rainbow)?;
        let file = autoboot(disk, places.first).unwrap_or_default();
        let chosen = match self.bootloader {
            Bootloader::Current => firmware_partition(&file, tryboot),
            Bootloader::Old => last_partition(&file),
        };
        // A partition that is not there, or has no firmware files, is as good as none named.
        let named = chosen
            .and_then(Slot::of_partition)
            .filter(|slot| looks_right(disk, &places, *slot));
        let slot = named
            .or_else(|| {
                Slot::BOTH
                    .into_iter()
                    .find(|slot| looks_right(disk, &places, *slot))
            })
            .ok_or(Screen::Rainbow)?;
        if has(disk, &places, slot, "kernel8.img") {
            Ok(slot)
        } else {
            Err(Screen::Black(slot))
        }
    }
}

fn autoboot(disk: &mut impl Disk, first: Span) -> Option<Vec<u8>> {
    let mut fat = Fat::open(Window::new(disk, first.start, first.sectors).ok()?).ok()?;
    let file = fat.find("autoboot.txt").ok()?;
    fat.read(&file, 1 << 20).ok()
}

fn last_partition(file: &[u8]) -> Option<u32> {
    let without_sections: Vec<u8> = file
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.starts_with(b"["))
        .flat_map(|line| [line, b"\n"].concat())
        .collect();
    firmware_partition(&without_sections, false)
}

fn looks_right(disk: &mut impl Disk, places: &Places, slot: Slot) -> bool {
    has(disk, places, slot, "start4.elf") && has(disk, places, slot, "config.txt")
}

fn has(disk: &mut impl Disk, places: &Places, slot: Slot, name: &str) -> bool {
    let span = places.slots[usize::from(slot == Slot::B)];
    Window::new(disk, span.start, span.sectors)
        .ok()
        .and_then(|window| Fat::open(window).ok())
        .is_some_and(|mut fat| fat.find(name).is_ok())
}
