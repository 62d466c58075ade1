// SPDX-License-Identifier: AGPL-3.0-or-later
//! Getting a lost board back onto a new card.

use super::{DiskChoice, PlaceKind, disk_choices};
use crate::{
    field::TextField,
    job::StepKind,
    layout::{Layout, page},
};

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreState {
    /// Nothing goes on: the form is shown.
    Open,
    /// It goes on.
    Running {
        /// The step at hand.
        step: StepKind,
        /// Percent done.
        progress: u8,
    },
    /// Too many wrong codes.
    Wait,
    /// The board is claimed: it is back, or somebody has set it up.
    Claimed,
}

/// `GET /restore?kind=…`, on a board that nobody has claimed: everything of a lost board comes back from its backups.
///
/// Form: `POST /restore` with `code`, `words`, `kind`, and `disk`, or `url`, `user` and `secret`. Success: 303 to the
/// same page, which then says how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestorePage {
    /// What every page knows.
    pub layout: Layout,
    /// How far it is.
    pub state: RestoreState,
    /// Why the last attempt failed.
    pub failed: Option<String>,
    /// The code shown by the board.
    pub code: TextField,
    /// The twelve words.
    pub words: TextField,
    /// What kind of place the backups are at.
    pub kind: PlaceKind,
    /// Disks that are there.
    pub disks: Vec<DiskChoice>,
    /// The disk that is chosen.
    pub disk: TextField,
    /// The address.
    pub url: TextField,
    /// User name, or the id of a key.
    pub user: TextField,
    /// Password, or the secret of a key: never filled in.
    pub secret: TextField,
}

impl RestorePage {
    pub(crate) fn disk_choices(&self) -> Vec<(String, String)> {
        disk_choices(self.layout.t(), &self.disks)
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.state, RestoreState::Running { .. })
    }

    pub(crate) fn is_wrong(&self) -> bool {
        let fields = [&self.code, &self.words, &self.disk, &self.url, &self.secret];
        fields.iter().any(|field| field.error.is_some())
    }
}

page!(RestorePage, "restore.html");
