// SPDX-License-Identifier: AGPL-3.0-or-later
//! Everything that is checked, and what was found.

use crate::{
    check::Area,
    finding::{Finding, Severity},
    i18n::T,
    layout::{Layout, page},
};
use types::Timestamp;

/// `GET /checks`: every check and what it found.
///
/// Forms, answered with 303 to `/checks`:
/// - `POST /checks/run` without fields: run all of them now
/// - `POST /checks/silence` with `key` and `days` (1, 7, 30 or 365): do not show a finding until then
/// - `POST /checks/listen` with `key`: show it again
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChecksPage {
    /// What every page knows.
    pub layout: Layout,
    /// When all checks last ran.
    pub ran: Option<Timestamp>,
    /// What needs attention, the worst first.
    pub findings: Vec<FindingRow>,
    /// What was silenced.
    pub silenced: Vec<FindingRow>,
    /// Every check.
    pub checks: Vec<CheckRow>,
    /// What was new and what was over when it was last summed up.
    pub digest: Option<DigestView>,
}

/// A finding, and what can be done with it here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingRow {
    /// Names it.
    pub key: String,
    /// It.
    pub finding: Finding,
    /// Since when it is there, as far as the board saw.
    pub since: Option<Timestamp>,
    /// Not shown until then.
    pub silenced_until: Option<Timestamp>,
}

/// A check, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRow {
    /// What it is about.
    pub area: Area,
    /// What it is called.
    pub title: String,
    /// How it stands.
    pub state: CheckState,
}

/// How a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckState {
    /// All is well.
    Good,
    /// The worst that it found.
    Found(Severity),
    /// The machine, or somebody who was asked, cannot tell.
    Unknown,
    /// It has not run yet.
    Waiting,
}

/// What changed between two times of summing up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestView {
    /// When it was summed up.
    pub at: Timestamp,
    /// What came up.
    pub new: Vec<String>,
    /// What is over.
    pub over: Vec<String>,
    /// How many findings stayed.
    pub still: u32,
}

impl CheckState {
    pub(crate) fn text(self, t: T) -> &'static str {
        match self {
            Self::Good => t.checks_good(),
            Self::Found(severity) => severity.label(t),
            Self::Unknown => t.checks_unknown(),
            Self::Waiting => t.checks_waiting(),
        }
    }

    /// The word for styles, shared with services.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Good => "running",
            Self::Found(Severity::Problem) => "failing",
            Self::Found(Severity::Warning) => "starting",
            Self::Found(Severity::Info) | Self::Unknown | Self::Waiting => "stopped",
        }
    }
}

impl ChecksPage {
    /// Areas that have a check, with their checks.
    pub(crate) fn areas(&self) -> Vec<(Area, Vec<&CheckRow>)> {
        let of = |area| {
            self.checks
                .iter()
                .filter(|row| row.area == area)
                .collect::<Vec<_>>()
        };
        let all = Area::ALL.into_iter().map(|area| (area, of(area)));
        all.filter(|(_, rows)| !rows.is_empty()).collect()
    }
}

page!(ChecksPage, "checks.html");
