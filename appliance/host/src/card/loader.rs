// SPDX-License-Identifier: AGPL-3.0-or-later
//! What systemd-boot starts on a PC: it reads nothing but the first partition, so a slot's kernel, initramfs and entry
//! lie there, in a folder of the slot's own.

use super::files::Files;
use crate::{
    boot,
    error::{At, MachineError},
    layout::Layout,
};
use slots::{Slot, Version};
use std::fs;

/// Files of a release that go to the first partition as well.
const KERNEL: &str = "vmlinuz";
const INITRAMFS: &str = "initrd";
const WORDS: &str = "cmdline.txt";

/// The name of a slot's entry.
pub(super) fn entry(slot: Slot) -> String {
    format!("slot-{slot}.conf")
}

/// Writes what starts `slot`. The entry goes first and comes last: one that is there is whole.
pub(super) fn write(
    layout: &Layout,
    slot: Slot,
    version: &Version,
    files: &mut Files,
) -> Result<(), MachineError> {
    let words = String::from_utf8(files.whole(WORDS)?).unwrap_or_default();
    let words = words.trim();
    if words.is_empty() || words.contains(|c: char| c.is_control()) {
        return Err(MachineError::ReleaseFile { name: WORDS.into() });
    }
    let text = format!(
        "title Commonhost {version}\nlinux /slot-{slot}/{KERNEL}\ninitrd /slot-{slot}/{INITRAMFS}\n\
         options {words} commonhost.slot={slot}\n"
    );
    let [kernel, initramfs] = [files.whole(KERNEL)?, files.whole(INITRAMFS)?];
    let entry = format!("loader/entries/{}", entry(slot));
    boot::remove(layout, &entry)?;
    boot::make_folder(layout, &format!("slot-{slot}"))?;
    boot::write(layout, &format!("slot-{slot}/{KERNEL}"), &kernel)?;
    boot::write(layout, &format!("slot-{slot}/{INITRAMFS}"), &initramfs)?;
    boot::write(layout, &entry, text.as_bytes())?;
    let path = layout.boot(&entry);
    let there = fs::read(&path).at("read", &path)?;
    if there == text.as_bytes() {
        Ok(())
    } else {
        Err(MachineError::ReleaseFile { name: entry })
    }
}
