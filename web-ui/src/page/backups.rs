// SPDX-License-Identifier: AGPL-3.0-or-later
//! Copies of services' data, here and elsewhere.

mod list;
mod new_place;
mod place;
mod places;
mod recovery;
mod sheet;

pub use list::{BackupRow, PlaceBackupsPage};
pub(crate) use new_place::disk_choices;
pub use new_place::{DiskChoice, NewPlacePage};
pub use place::PlacePage;
pub use places::{PlaceKind, PlaceProblem, PlaceRow, SubjectRow, Trust};
pub use recovery::KeyPage;
pub use sheet::{SheetPage, SheetPlace};

use crate::{
    field::TextField,
    i18n::T,
    job::JobRow,
    layout::{Layout, page},
};
use types::{ServiceName, Timestamp};

/// `GET /backups`: where backups go and how they went, and copies on the board.
///
/// Forms: `POST /backups/run`: 303 to the job. `POST /backups/schedule` with `enabled`, `from_hour`, `hours`.
/// `POST /backups/exports` with `service`, `POST /backups/exports/drop` with `export`, `GET /backups/exports/{name}`.
/// `POST /backups/snapshots` with `service`; `POST /backups/snapshots/revert` and
/// `POST /backups/snapshots/drop` with `snapshot`. Success: 303 to the job, or to `/backups`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupsPage {
    /// What every page knows.
    pub layout: Layout,
    /// Whether there is a recovery key.
    pub key: bool,
    /// How far one can rely on the backups of everything, taken together, in the best of the places.
    pub trust: Trust,
    /// Where backups go.
    pub places: Vec<PlaceRow>,
    /// A backup that is being made or put back.
    pub working: Option<JobRow>,
    /// Whether backups are made by themselves.
    pub scheduled: bool,
    /// First hour of the window, UTC.
    pub from_hour: TextField,
    /// Hours it lasts.
    pub hours: TextField,
    /// Enabled services and their titles, to be copied now.
    pub services: Vec<(ServiceName, String)>,
    /// The copies on the board, newest first.
    pub copies: Vec<CopyRow>,
    /// Archives that wait to be fetched.
    pub exports: Vec<ExportRow>,
    /// Days that copies are kept.
    pub copy_days: u32,
}

/// An archive that waits to be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportRow {
    /// `<service>-<time>`.
    pub name: String,
    /// Title of the service.
    pub title: String,
    /// When it was asked for.
    pub at: Timestamp,
    /// Its length in bytes.
    pub bytes: u64,
}

impl ExportRow {
    pub(crate) fn segment(&self) -> String {
        crate::url::segment(&self.name)
    }
}

/// Why a copy was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyReason {
    /// Ahead of an update.
    Update,
    /// Ahead of a change of settings.
    Settings,
    /// Ahead of a restore.
    Restore,
    /// Somebody asked.
    Manual,
    /// A backup was made from it.
    Backup,
}

impl CopyReason {
    pub(crate) fn text(self, t: T) -> &'static str {
        match self {
            Self::Update => t.backups_reason_update(),
            Self::Settings => t.backups_reason_settings(),
            Self::Restore => t.backups_reason_restore(),
            Self::Manual => t.backups_reason_manual(),
            Self::Backup => t.backups_reason_backup(),
        }
    }
}

/// A copy on the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyRow {
    /// `<service>-<time>`.
    pub name: String,
    /// Title of the service.
    pub title: String,
    /// When it was made.
    pub at: Timestamp,
    /// Why.
    pub reason: CopyReason,
    /// Version of the software that had used the data; empty when no catalog has it any more.
    pub version: String,
    /// Files.
    pub files: u64,
    /// Bytes of its files.
    pub bytes: u64,
    /// Bytes it shares with no other copy.
    pub own_bytes: u64,
    /// Whether its service is enabled, so that one can go back to it.
    pub enabled: bool,
}

page!(BackupsPage, "backups/overview.html");
