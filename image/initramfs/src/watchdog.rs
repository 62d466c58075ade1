// SPDX-License-Identifier: AGPL-3.0-or-later
//! The watchdog: whatever hangs from here on, the board starts again.

use crate::say::say;
use std::{
    fs::{File, OpenOptions},
    io::Write,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

/// The Raspberry Pi's cannot count further than 16 s.
const EVERY: Duration = Duration::from_secs(4);
/// Longest an initramfs may take, in turns of [`EVERY`]: 15 minutes, for the check of a large data partition.
const TURNS: u32 = 225;

/// The open watchdog. It goes on counting when it is closed; systemd opens it anew.
#[derive(Default)]
pub(crate) struct Watchdog {
    device: Option<File>,
}

impl Watchdog {
    /// Opens it, if it is there by now and not open yet.
    pub(crate) fn open(&mut self) {
        if self.device.is_none() {
            self.device = OpenOptions::new().write(true).open("/dev/watchdog").ok();
        }
    }

    /// Keeps it from biting until what is returned is dropped, or for 15 minutes: in a thread, since a check of the
    /// file system takes long.
    pub(crate) fn keep(self) -> Option<Sender<()>> {
        let Some(mut device) = self.device else {
            say("there is no watchdog");
            return None;
        };
        let (keeper, dropped) = mpsc::channel();
        thread::spawn(move || {
            for _ in 0..TURNS {
                let _ = device.write_all(b".");
                if dropped.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
        });
        Some(keeper)
    }
}
