// SPDX-License-Identifier: AGPL-3.0-or-later
//! A board without hardware, for tests of updates: a card that behaves as badly as cards do, the firmware's rules
//! for choosing a partition, and systems that work or fail in known ways.
//!
//! Everything between them is the code of a board: `slots`.

#![expect(
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    reason = "only tests use it"
)]

mod board;
mod card;
mod chance;
mod firmware;
mod system;

pub use board::{Board, Life};
pub use card::{Cache, EvilCard};
pub use chance::Chance;
pub use firmware::{Bootloader, Firmware, Screen};
pub use system::{Flaw, System};
