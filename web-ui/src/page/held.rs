// SPDX-License-Identifier: AGPL-3.0-or-later
//! What this board keeps of another's backups.

use crate::{
    layout::{Layout, page},
    secret::NewSecret,
};
use std::time::Duration;
use types::Timestamp;

/// `GET /peers/<key>/held`: what this board keeps of another's backups, also of one that is paired no more.
///
/// Forms, without fields:
/// - `POST /peers/<key>/held/code`: this page, with a code
/// - `POST /peers/<key>/held/uncode`, `POST /peers/<key>/held/bring-back`: 303 to this page
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldPage {
    /// What every page knows.
    pub layout: Layout,
    /// The other board's key.
    pub key: String,
    /// What it was called last.
    pub name: String,
    /// Whether it is paired.
    pub paired: bool,
    /// Bytes that are kept.
    pub bytes: u64,
    /// Bytes of it that the other board deleted.
    pub deleted: u64,
    /// Bytes that were agreed.
    pub room: u64,
    /// How long deleted data, and all after the end, are kept.
    pub notice: Duration,
    /// How long until all of it is deleted, if nothing is agreed any more.
    pub left: Option<Duration>,
    /// Until when a code is good.
    pub code_until: Option<Timestamp>,
    /// A code that was just made.
    pub code: Option<NewSecret>,
    /// This board's addresses, to be typed at the other one.
    pub addresses: Vec<String>,
}

page!(HeldPage, "held.html");
