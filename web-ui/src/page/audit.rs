// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who did what.

use crate::layout::{Layout, page};
use types::Timestamp;

/// `GET /audit?before=<number>`: the audit log, newest first. No form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPage {
    /// What every page knows.
    pub layout: Layout,
    /// The entries.
    pub rows: Vec<AuditRow>,
    /// Whether the chain of hashes holds: nobody changed or removed an entry.
    pub intact: bool,
    /// Number for `before` of the next older entries, if there are any.
    pub older: Option<u64>,
}

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who: a member's sign-in name; `None` is the board itself.
    pub who: Option<String>,
    /// What: a word like `service.enable`.
    pub action: String,
    /// To whom or what.
    pub subject: String,
    /// More about it.
    pub detail: String,
}

page!(AuditPage, "audit.html");
