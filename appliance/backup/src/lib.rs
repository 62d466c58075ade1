// SPDX-License-Identifier: AGPL-3.0-or-later
//! What to copy, when, and what may be forgotten: pure decisions about local snapshots and backups elsewhere. This
//! crate runs nothing, reads no clock and knows no file; `host` acts, `supervisor` asks.

mod keep;

pub use keep::{SNAPSHOT_DAYS, reserve, snapshots_to_drop};
