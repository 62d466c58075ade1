// SPDX-License-Identifier: AGPL-3.0-or-later
//! The backups of one service at one place.

use crate::layout::{Layout, page};
use types::Timestamp;

/// A backup in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupRow {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub at: Timestamp,
    /// Bytes of its files.
    pub bytes: u64,
    /// Whether this one was restored, checked and started.
    pub proven: bool,
}

/// `GET /backups/places/{id}/{service}`: the backups of one service there, to be put back.
///
/// Forms: `POST /backups/places/{id}/restore` and `…/export` with `backup`: 303 to the job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceBackupsPage {
    /// What every page knows.
    pub layout: Layout,
    /// Id of the place.
    pub id: String,
    /// What people call it.
    pub place: String,
    /// Title of the service.
    pub title: String,
    /// The backups, newest first.
    pub backups: Vec<BackupRow>,
    /// Whether the service is enabled, so that its data can be put back.
    pub enabled: bool,
    /// Why the place could not be read.
    pub problem: Option<String>,
}

page!(PlaceBackupsPage, "backups/list.html");
