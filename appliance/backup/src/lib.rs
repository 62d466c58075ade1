// SPDX-License-Identifier: AGPL-3.0-or-later
//! What to copy, when, and what may be forgotten: pure decisions about local snapshots and backups elsewhere. This
//! crate runs nothing, reads no clock and knows no file; `host` acts, `supervisor` asks.

mod keep;
mod key;
mod outcome;
mod schedule;
mod trust;

pub use keep::{SNAPSHOT_DAYS, reserve, snapshots_to_drop};
pub use key::{KeyError, make_key, parse_key};
pub use outcome::{Backup, Problem, Progress, Summary, backups, ended, progress, summary};
pub use schedule::{CHECK_PARTS, Health, Schedule, due, health, part_to_check};
pub use trust::{Test, Trust, trust};
