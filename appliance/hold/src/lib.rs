// SPDX-License-Identifier: AGPL-3.0-or-later
//! What this board keeps for boards of other owners: restic's files in a folder, under restic's own names, answered as
//! restic's "REST backend" asks for them (<https://restic.readthedocs.io/en/v0.18.0/100_references.html#rest-backend>).
//!
//! It is no store of its own: a file is written once, whole, and only when its bytes have the hash it is named by; it
//! is never changed. What its owner deletes is put aside, and is gone only after as many days as were agreed: whoever
//! robs the owner's board cannot destroy its backups. A stranger's bytes cost no more than the room that was agreed,
//! in bytes, in files and in memory.
//!
//! The crate knows nothing of boards, keys and agreements: who asks, what they may do and what day it is comes with
//! each call.

mod answer;
mod list;
mod name;
mod shelf;
#[cfg(test)]
mod tests;
mod write;

pub use answer::{Body, NO_ROOM, answer};
pub use shelf::{Room, Shelf, Used};

/// What whoever asks may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Add, and put aside.
    pub write: bool,
    /// How much may be kept in all.
    pub room: Room,
    /// The day, by the count of whoever keeps: what is put aside remembers it.
    pub day: u64,
}
