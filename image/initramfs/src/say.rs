// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the initramfs says: to the kernel's log, which puts it on every console and hands it to the journal.

use std::{fs::OpenOptions, io::Write};

/// One line.
pub(crate) fn say(text: &str) {
    write(4, text);
}

/// One line that is seen on the screen of a quiet board too.
pub(crate) fn say_loud(text: &str) {
    write(1, text);
}

fn write(priority: u8, text: &str) {
    // Nobody to tell if this fails.
    if let Ok(mut log) = OpenOptions::new().write(true).open("/dev/kmsg") {
        // In one piece: each write is a line of its own.
        let _ = log.write_all(format!("<{priority}>commonhost: {text}\n").as_bytes());
    }
}
