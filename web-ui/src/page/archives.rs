// SPDX-License-Identifier: AGPL-3.0-or-later
//! Data of removed services.

use crate::{
    field::TextField,
    layout::{Layout, page},
};
use types::Timestamp;

/// `GET /archives`: data that removed services left behind.
///
/// Form: `POST /archives/purge` with `archive` (its name) and `typed_name` (the same name, typed by the person).
/// Success: 303 to `/archives`. The names differ: this page with [`ArchiveRow::typed`] set (422).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivesPage {
    /// What every page knows.
    pub layout: Layout,
    /// The archives, newest first.
    pub archives: Vec<ArchiveRow>,
}

/// An archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveRow {
    /// `<service>-<time>`.
    pub name: String,
    /// Title of the service it came from.
    pub title: String,
    /// When it was made.
    pub at: Timestamp,
    /// Bytes on disk.
    pub bytes: u64,
    /// What was typed, with its error.
    pub typed: TextField,
}

page!(ArchivesPage, "archives.html");
