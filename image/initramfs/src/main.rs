// SPDX-License-Identifier: AGPL-3.0-or-later
//! The first program of a board: it finds the slot that belongs to the running kernel, checks every block of its root
//! file system against the hash the kernel was started with, checks and mounts the data, and hands over to systemd.
//!
//! It decides nothing about slots (that is [`slots::at_start`]), keeps nothing of its own running, and never waits for
//! a person: what fails is said, and the board starts again, so that its attempts are counted and the other slot gets
//! its turn. Only when nothing can be started at all does it stay and say so.

mod card;
mod data;
mod ioctl;
mod modules;
mod say;
mod start;
mod table;
mod verity;
mod watchdog;
mod words;

use crate::say::say_loud;
use std::{convert::Infallible, thread, time::Duration};

/// How long a message stays on the screen before the board starts again.
const READING_TIME: Duration = Duration::from_secs(10);

fn main() -> Infallible {
    let error = match start::run() {
        Ok(never) => match never {},
        Err(error) => error,
    };
    say_loud(&format!("the board cannot start: {error}. It tries again"));
    loop {
        thread::sleep(READING_TIME);
        start::restart();
    }
}
