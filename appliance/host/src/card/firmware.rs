// SPDX-License-Identifier: AGPL-3.0-or-later
//! Telling the firmware that the other slot is to be started once.

use crate::layout::Layout;
use slots::{Mode, Slot};
use std::fs;

/// By the flag of the Raspberry Pi firmware, by the variable of systemd-boot, or, where there is neither, not at all:
/// then its file has to be rewritten.
pub(super) fn tell(layout: &Layout, slot: Slot) -> Mode {
    let flag = layout.tryboot();
    let told = if flag.exists() {
        raspberry_pi(layout, slot)
    } else {
        systemd_boot(layout, slot)
    };
    if told {
        Mode::OneShot
    } else {
        log::warn!("the firmware has no flag for a single try: its file is rewritten, which is weaker");
        Mode::Flip
    }
}

fn raspberry_pi(layout: &Layout, slot: Slot) -> bool {
    let flag = layout.tryboot();
    // Only boards whose firmware does not act on the flag have this one (image/tryboot).
    let partition = flag.with_file_name("partition");
    let by_number = fs::write(&partition, slot.partition().to_string()).is_ok();
    let by_flag =
        fs::write(&flag, "1\n").is_ok() && fs::read_to_string(&flag).is_ok_and(|text| text.trim() == "1");
    by_flag || by_number
}

/// The kernel lets nobody write over such a variable; the loader removes it when it has read it. One that is there was
/// written in this run of the board.
fn systemd_boot(layout: &Layout, slot: Slot) -> bool {
    let variable = layout.loader_one_shot();
    let wanted = one_shot_variable(slot);
    fs::read(&variable).is_ok_and(|there| there == wanted) || fs::write(&variable, wanted).is_ok()
}

/// The variable that lets systemd-boot start an entry once (<https://systemd.io/BOOT_LOADER_INTERFACE/>), as efivarfs
/// takes it: attributes (non-volatile, boot service and run-time access), then the entry's name in UTF-16.
pub(super) fn one_shot_variable(slot: Slot) -> Vec<u8> {
    let name = format!("{}\0", super::loader::entry(slot));
    let units = name.encode_utf16().flat_map(u16::to_le_bytes);
    7_u32.to_le_bytes().into_iter().chain(units).collect()
}
