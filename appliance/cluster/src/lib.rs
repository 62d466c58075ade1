// SPDX-License-Identifier: AGPL-3.0-or-later
//! Boards of different owners that look after each other: pairing, and what follows from it. Pure decisions.
//!
//! Nothing here opens a socket, reads a clock or writes a file: a protocol takes a message and the time and gives a
//! message and its new state; whoever drives it sends and saves. Randomness comes from the kernel.
//!
//! A peer is another owner, not a replica of us. It sees what was shared on purpose, and it may leave, lie or vanish
//! without harming us: every message from one is parsed, bounded and checked before it changes anything.

pub mod agreement;
pub mod channel;
pub mod code;
pub mod fetch;
pub mod holding;
pub mod identity;
pub mod offers;
pub mod pairing;
pub mod talk;
pub mod watch;
pub mod words;

pub use code::{Code, Ticket};
pub use identity::{Identity, verify};
pub use offers::{Offers, Paused};
