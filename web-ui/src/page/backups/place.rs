// SPDX-License-Identifier: AGPL-3.0-or-later
//! One place, and how the backups there went.

use super::places::{PlaceProblem, PlaceRow, SubjectRow};
use crate::layout::{Layout, page};
use types::Timestamp;

/// `GET /backups/places/{id}`: a place, how the backups there went, and what can be done with it.
///
/// Forms: `POST /backups/places/{id}/run`, `…/check`, `…/test` with `service`: 303 to the job.
/// `POST /backups/places/{id}/remove`: 303 to `/backups`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacePage {
    /// What every page knows.
    pub layout: Layout,
    /// The place.
    pub place: PlaceRow,
    /// Whether this board can delete nothing there.
    pub append_only: bool,
    /// Upload at most this many KiB a second; 0 is no limit.
    pub upload_kib: u32,
    /// How the backups of each subject went.
    pub subjects: Vec<SubjectRow>,
    /// When it was last looked over.
    pub checked: Option<Timestamp>,
    /// What was wrong.
    pub check_problem: Option<PlaceProblem>,
}

impl PlacePage {
    pub(crate) fn of(&self, row: &SubjectRow) -> String {
        let service = row.service.as_deref().unwrap_or_default();
        format!("{}/{}", self.place.path(), crate::url::segment(service))
    }

    pub(crate) fn name<'a>(&self, row: &'a SubjectRow) -> &'a str {
        match row.service {
            Some(_) => &row.title,
            None => self.layout.t().place_board(),
        }
    }
}

page!(PlacePage, "backups/place.html");
