// SPDX-License-Identifier: AGPL-3.0-or-later
//! Helping others back in who forgot their password.

use crate::{
    field::TextField,
    layout::{Layout, page},
    secret::NewSecret,
};
use types::Timestamp;

/// `GET /help-back-in`: who forgot a password, and who can help the viewer.
///
/// Forms:
/// - `POST /help-back-in/<id>/approve`: no fields; answer 200 with this page and [`HelpPage::code`]
/// - `POST /help-back-in/<id>/refuse`: no fields
/// - `POST /help-back-in/contacts` with `contacts` (separated by blanks or commas); errors: this page (422)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpPage {
    /// What every page knows.
    pub layout: Layout,
    /// Requests of others that the viewer may approve.
    pub others: Vec<HelpRow>,
    /// Requests for the viewer's own password.
    pub own: Vec<HelpRow>,
    /// Whom the viewer chose.
    pub contacts: TextField,
    /// A code that was just made, shown once; `label` is whose it is.
    pub code: Option<NewSecret>,
}

/// A request for a new password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpRow {
    /// Its id.
    pub id: String,
    /// Whose password.
    pub member: String,
    /// What the browser that asked shows.
    pub number: String,
    /// What that browser is.
    pub device: String,
    /// When it was asked.
    pub asked: Timestamp,
    /// Who made a code for it already.
    pub by: Option<String>,
}

page!(HelpPage, "help_back_in.html");
