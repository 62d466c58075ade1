// SPDX-License-Identifier: AGPL-3.0-or-later
//! What needs two stewards.

use crate::{
    i18n::T,
    layout::{Layout, page},
};
use types::Timestamp;

/// `GET /members/acts`: what waits for another steward, and what has to.
///
/// Forms, answered with 303 to `/members/acts` (or to a job):
/// - `POST /members/acts/rule` with the ticked ones of `purge`, `unpair`, `stewards`, `restore`
/// - `POST /members/acts/<id>/approve`, `POST /members/acts/<id>/refuse`: no fields
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActsPage {
    /// What every page knows.
    pub layout: Layout,
    /// What waits, the newest first.
    pub waiting: Vec<ActRow>,
    /// Whether deleting archives needs two.
    pub purge: bool,
    /// Whether unpairing needs two.
    pub unpair: bool,
    /// Whether acts upon stewards need two.
    pub stewards: bool,
    /// Whether restoring over live data needs two.
    pub restore: bool,
}

/// What a waiting act is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActKind {
    /// Delete an archive.
    Purge,
    /// Forget a board.
    Unpair,
    /// Remove a steward.
    Remove,
    /// Make somebody a steward.
    MakeSteward,
    /// End that somebody is one.
    EndSteward,
    /// Turn a steward's second step off.
    SecondStep,
    /// Put earlier data in the place of those of now.
    Restore,
    /// Take kinds out of the rule.
    Loosen,
}

/// What waits for another steward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActRow {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: ActKind,
    /// What it is about.
    pub subject: String,
    /// Who asked.
    pub by: String,
    /// Whether the viewer did.
    pub own: bool,
    /// When it was asked.
    pub asked: Timestamp,
    /// Until when it waits.
    pub until: Timestamp,
}

impl ActRow {
    pub(crate) fn text(&self, t: T) -> String {
        let subject = &self.subject;
        match self.kind {
            ActKind::Purge => t.acts_purge(subject),
            ActKind::Unpair => t.acts_unpair(subject),
            ActKind::Remove => t.acts_remove(subject),
            ActKind::MakeSteward => t.acts_make_steward(subject),
            ActKind::EndSteward => t.acts_end_steward(subject),
            ActKind::SecondStep => t.acts_second_step(subject),
            ActKind::Restore => t.acts_restore(subject),
            ActKind::Loosen if subject.is_empty() => t.acts_loosen_all().into(),
            ActKind::Loosen => t.acts_loosen(subject),
        }
    }
}

page!(ActsPage, "acts.html");
