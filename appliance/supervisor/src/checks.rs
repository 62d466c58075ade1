// SPDX-License-Identifier: AGPL-3.0-or-later
//! What needs attention: each finding says what is wrong, what it means for members and what to do.
//!
//! A check is a file below `checks/` with one `CHECK` and a line in [`ALL`]. What it decides is a pure function from
//! facts to findings; its words are functions of `web_ui::finding`. Nothing else has to be touched: pages, the API,
//! the command line, silencing and the digest go by this table.

mod address;
mod audit;
mod backups;
mod catalog;
mod certificates;
mod clock;
mod digest;
mod disk;
mod dns;
mod finding;
mod hairpin;
mod host_process;
mod link;
mod memory;
mod peers;
mod ports;
mod power;
mod profile;
mod registration;
mod round;
mod services;
mod stewards;
mod storage;
mod temperature;
mod updates;

pub use digest::Digest;
pub use finding::{Finding, Severity};
pub use round::{Rounds, report, run_all, watch};

use crate::{ApiError, App};
use schemars::JsonSchema;
use serde::Serialize;
use std::pin::Pin;
use types::{Language, Timestamp};
use web_ui::Area;

/// Every check, in the order they are shown.
pub const ALL: &[Check] = &[
    link::CHECK,
    address::CHECK,
    ports::CHECK,
    hairpin::CHECK,
    dns::CHECK,
    registration::CHECK,
    certificates::CHECK,
    clock::CHECK,
    memory::CHECK,
    disk::CHECK,
    storage::CHECK,
    temperature::CHECK,
    power::CHECK,
    host_process::CHECK,
    services::CHECK,
    updates::CHECK,
    backups::CHECK,
    catalog::CHECK,
    stewards::CHECK,
    peers::CHECK,
    profile::CHECK,
    audit::CHECK,
];

/// One check.
pub struct Check {
    /// A word for programs; never changes.
    pub name: &'static str,
    /// What it is about.
    pub area: Area,
    /// What it is called, in a language.
    pub title: fn(Language) -> &'static str,
    /// When it runs.
    pub pace: Pace,
    /// Looks.
    pub look: for<'a> fn(&'a App) -> Looking<'a>,
}

/// A check at work.
pub type Looking<'a> = Pin<Box<dyn Future<Output = Result<Outcome, ApiError>> + Send + 'a>>;

/// When a check runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Whenever somebody looks: it only reads what the board knows anyway.
    Always,
    /// Twice a day, when something changed, and when a person asks: it takes time or asks others.
    Round,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This; nothing when all is well.
    Found(Vec<Finding>),
    /// This machine cannot tell, or nobody answered.
    Unknown,
}

impl From<Option<Finding>> for Outcome {
    fn from(found: Option<Finding>) -> Self {
        Self::Found(found.into_iter().collect())
    }
}

/// How one check stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckStatus {
    /// Its word for programs.
    pub name: String,
    /// What it is about: `network`, `names`, `machine`, …
    pub area: String,
    /// What it is called, in English.
    pub title: String,
    /// `good`, `unknown`, `waiting` (not run yet), or the severity of the worst it found.
    pub state: String,
    /// The same, and its title, as pages show them.
    #[serde(skip)]
    pub row: (Area, fn(Language) -> &'static str, web_ui::CheckState),
}

/// Everything that was found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Report {
    /// When all checks last ran (seconds since 1970).
    #[schemars(with = "Option<i64>")]
    pub ran: Option<Timestamp>,
    /// What needs attention, the most urgent first.
    pub findings: Vec<Finding>,
    /// What somebody silenced.
    pub silenced: Vec<Finding>,
    /// Every check.
    pub checks: Vec<CheckStatus>,
}

/// What needs attention, the most urgent first.
///
/// # Errors
/// When the database fails.
pub async fn findings(app: &App) -> Result<Vec<Finding>, ApiError> {
    Ok(report(app).await?.findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_of_checks_are_unique_and_can_stand_in_addresses() {
        let names: BTreeSet<_> = ALL.iter().map(|check| check.name).collect();
        assert_eq!(names.len(), ALL.len());
        for name in names {
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{name}"
            );
        }
    }
}
