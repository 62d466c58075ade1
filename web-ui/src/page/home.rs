// SPDX-License-Identifier: AGPL-3.0-or-later
//! The first page after signing in.

use crate::{
    finding::Finding,
    i18n::T,
    job::JobRow,
    layout::{Layout, page},
    service::ServiceState,
    svg, url,
};
use std::time::Duration;
use types::{ServiceName, Timestamp};

/// `GET /home`: how the board is doing, its services, what needs attention. No form.
#[derive(Clone, Debug, PartialEq)]
pub struct HomePage {
    /// What every page knows.
    pub layout: Layout,
    /// How the machine is doing.
    pub health: BoardHealth,
    /// The enabled services; for members only those they can use.
    pub services: Vec<ServiceRow>,
    /// What needs attention, the worst first; empty for members who cannot do anything about it.
    pub findings: Vec<Finding>,
    /// What everybody is told about the board's root certificate.
    pub root: Option<RootNews>,
    /// Acts of other stewards that wait for the viewer.
    pub acts: u32,
    /// People who forgot a password, and whom the viewer can help.
    pub forgotten: u32,
    /// Jobs that are not over, and those that just ended.
    pub jobs: Vec<JobRow>,
}

/// What members have to do about the board's root certificate, on each of their devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootNews {
    /// Another one follows then: install it.
    Next(Timestamp),
    /// Another one is in force since then: install it, and remove the one before.
    Changed(Timestamp),
}

impl RootNews {
    pub(crate) fn text(self, t: T) -> String {
        match self {
            Self::Next(at) => t.root_told_next(crate::format::date(at)),
            Self::Changed(at) => t.root_told_former(crate::format::date(at)),
        }
    }
}

/// How the machine is doing. What cannot be measured is `None`, never a guess.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BoardHealth {
    /// Processor time in use, 0 to 100, of all cores together.
    pub cpu_percent: Option<f32>,
    /// Memory.
    pub memory: Option<Filled>,
    /// Space on `/data`.
    pub disk: Option<Filled>,
    /// Of the processor, in degrees Celsius.
    pub temperature_celsius: Option<f32>,
    /// Since the last start.
    pub uptime: Option<Duration>,
}

/// How full something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filled {
    /// Bytes in use.
    pub used: u64,
    /// Bytes in all.
    pub total: u64,
}

impl Filled {
    /// 0 to 100.
    #[expect(clippy::cast_precision_loss, reason = "a percentage for people")]
    pub fn percent(self) -> f32 {
        if self.total == 0 {
            0.0
        } else {
            self.used as f32 / self.total as f32 * 100.0
        }
    }
}

/// An enabled service in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRow {
    /// Its name.
    pub name: ServiceName,
    /// What people call it.
    pub title: String,
    /// Its icon from the catalog, an SVG of plain shapes without ids and styles.
    pub icon: String,
    /// How it is doing.
    pub state: ServiceState,
    /// Where to open it; `None` when it has no page of its own.
    pub open_url: Option<String>,
}

impl ServiceRow {
    pub(crate) fn icon(&self) -> &str {
        svg::icon(&self.icon)
    }

    pub(crate) fn open(&self) -> Option<&str> {
        self.open_url.as_deref().map(url::href)
    }
}

impl HomePage {
    /// Style of the worst finding.
    pub(crate) fn worst(&self) -> &'static str {
        self.findings
            .iter()
            .map(|finding| finding.severity)
            .max()
            .map_or("good", crate::Severity::class)
    }
}

page!(HomePage, "home.html");
