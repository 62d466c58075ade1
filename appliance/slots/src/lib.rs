// SPDX-License-Identifier: AGPL-3.0-or-later
//! Which of a card's two slots starts: the record of it, the file the firmware reads, and every decision about them.
//!
//! A card has two slots, each a complete system. One is *committed*: it starts at every power-on. The other is idle:
//! an update is written there, tried once, and committed only when it has proved itself healthy.
//!
//! # What is true, and what follows
//!
//! The [`BootState`] record is what is true; the file the firmware reads ([`Selector`]) follows it. A commit is the
//! moment one sector with the newer record is on the card. If the power fails before the firmware's file is
//! rewritten, the next start sees that they differ, rewrites the file and starts again ([`at_start`]).
//!
//! # What this crate refuses to do
//!
//! It decides and encodes. It opens no device, reads no clock, spawns nothing and depends on nothing but the standard
//! library: the same code runs in the initramfs, in the root process of a board, and against a simulated card that
//! loses, reorders and tears writes. It never yields a decision that writes to the slot that runs.

mod autoboot;
mod card;
mod crc;
mod decide;
mod disk;
pub mod fat;
mod record;
mod slot;
mod stage;
mod store;

pub use autoboot::{SELECTOR_BYTES, Selector, firmware_partition};
pub use card::{Card, CardError, Places, Span};
pub use crc::crc32c;
pub use decide::{ATTEMPTS, Decision, REDIRECTS, Seen, Then, at_start};
pub use disk::{Disk, FileDisk, SECTOR, Window};
pub use record::{
    BootState, Cause, DETAIL_BYTES, Mode, Note, Refusal, SlotState, Stage, Status, TRIES, Trial,
};
pub use slot::{Slot, Version};
pub use stage::{Source, stage};
pub use store::{RECORD_SECTORS, load, save};
