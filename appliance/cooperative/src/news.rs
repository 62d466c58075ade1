// SPDX-License-Identifier: AGPL-3.0-or-later
//! Incidents and planned downtime, as a steward writes them, and the feed and calendar made of them.

mod feed;

pub use feed::{atom, calendar};

use crate::date::DAY;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use types::{ServiceName, Timestamp};

/// Longest title, in characters.
pub const LONGEST_TITLE: usize = 120;
/// Longest text, in characters.
pub const LONGEST_TEXT: usize = 4_000;
/// What has ended stays on the public page for so long, in seconds.
pub const SHOWN: i64 = 14 * DAY;

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NewsKind {
    /// Something broke.
    Incident,
    /// It will be off on purpose.
    Planned,
}

/// One incident or one planned downtime, as it stands after its last change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct News {
    /// Unique.
    pub id: String,
    /// What it is.
    pub kind: NewsKind,
    /// In one line.
    pub title: String,
    /// What members should know; empty lines separate paragraphs.
    pub text: String,
    /// Which services; empty: all of them.
    #[schemars(with = "BTreeSet<String>")]
    pub services: BTreeSet<ServiceName>,
    /// When it begins or began (seconds since 1970).
    #[schemars(with = "i64")]
    pub begins: Timestamp,
    /// When it ends or ended; an incident that goes on has none.
    #[schemars(with = "Option<i64>")]
    pub ends: Option<Timestamp>,
    /// When it was first written.
    #[schemars(with = "i64")]
    pub written: Timestamp,
    /// When it was last changed.
    #[schemars(with = "i64")]
    pub changed: Timestamp,
    /// Counts its changes from 0, as calendars want it (`SEQUENCE`).
    pub sequence: u32,
    /// It will not happen after all.
    pub cancelled: bool,
}

/// A field, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {message}")]
pub struct NewsError {
    /// Which.
    pub field: &'static str,
    /// What is wrong with it.
    pub message: &'static str,
}

/// Where it is in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Has not begun.
    Ahead,
    /// Goes on.
    Now,
    /// Is over.
    Over,
    /// Will not happen.
    Cancelled,
}

impl News {
    /// Checks what a steward wrote.
    ///
    /// # Errors
    /// The first field that does not fit.
    pub fn check(&self) -> Result<(), NewsError> {
        let wrong = |field, message| Err(NewsError { field, message });
        let title = self.title.trim().chars().count();
        if title == 0 || title > LONGEST_TITLE || self.title.chars().any(char::is_control) {
            return wrong("title", "must be one line of at most 120 characters");
        }
        if self.text.chars().count() > LONGEST_TEXT || self.text.chars().any(|c| c.is_control() && c != '\n')
        {
            return wrong("text", "may be at most 4000 characters long");
        }
        match (self.kind, self.ends) {
            (NewsKind::Planned, None) => wrong("ends", "must say when it will be over"),
            (_, Some(ends)) if ends < self.begins => wrong("ends", "must not be before it begins"),
            (_, Some(ends)) if ends.0 - self.begins.0 > 90 * DAY => {
                wrong("ends", "must be within 90 days of the begin")
            }
            _ => Ok(()),
        }
    }

    /// Where it is in time.
    pub fn phase(&self, now: Timestamp) -> Phase {
        if self.cancelled {
            Phase::Cancelled
        } else if now < self.begins {
            Phase::Ahead
        } else if self.ends.is_some_and(|ends| ends <= now) {
            Phase::Over
        } else {
            Phase::Now
        }
    }

    /// Whether it is still told on the public page.
    pub fn is_shown(&self, now: Timestamp) -> bool {
        let last = match self.phase(now) {
            Phase::Ahead | Phase::Now => return true,
            Phase::Over => self.ends.unwrap_or(self.changed),
            Phase::Cancelled => self.changed,
        };
        now.0 - last.0 < SHOWN
    }

    /// Whether it is about this service.
    pub fn concerns(&self, service: &ServiceName) -> bool {
        self.services.is_empty() || self.services.contains(service)
    }
}

/// Whether a service is off on purpose now, as announced before it began.
pub fn is_planned(news: &[News], service: &ServiceName, now: Timestamp) -> bool {
    news.iter().any(|one| {
        one.kind == NewsKind::Planned
            && one.written <= one.begins
            && one.phase(now) == Phase::Now
            && one.concerns(service)
    })
}

#[cfg(test)]
mod tests;
