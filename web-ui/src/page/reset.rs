// SPDX-License-Identifier: AGPL-3.0-or-later
//! A steward's way back in.

use crate::{
    field::{FieldError, TextField},
    layout::{Layout, page},
};
use types::Timestamp;

/// `GET /reset`: how whoever holds the board's memory card sets a steward's password, and the form once that was asked for.
///
/// Form: `POST /reset` with `code`, `name` (sign-in name), `password`, `password_again`. Success: session cookie and 303
/// to `/home`. Errors: this page with [`TextField::error`] set (422), or another [`ResetState`] (409, 429).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetPage {
    /// What every page knows.
    pub layout: Layout,
    /// Whether it can be done now.
    pub state: ResetState,
    /// The code from the card.
    pub code: TextField,
    /// Sign-in name of the steward.
    pub name: TextField,
    /// What is wrong with the password. Passwords are never filled in again.
    pub password_error: Option<FieldError>,
    /// What is wrong with its repetition.
    pub password_again_error: Option<FieldError>,
}

/// Whether a steward's password can be set now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResetState {
    /// Nobody put `RESET-STEWARD` on the card: the page says how.
    Closed,
    /// Yes: the form is shown.
    Open,
    /// Too many wrong codes; from this moment on it may be tried again.
    Wait(Timestamp),
    /// So many wrong codes that only a restart of the board allows more.
    Exhausted,
}

impl ResetPage {
    /// The empty form.
    pub fn new(layout: Layout, state: ResetState) -> Self {
        Self {
            layout,
            state,
            code: TextField::default(),
            name: TextField::default(),
            password_error: None,
            password_again_error: None,
        }
    }

    /// Whether anything has to be corrected.
    pub(crate) fn wrong(&self) -> bool {
        self.code.error.is_some()
            || self.name.error.is_some()
            || self.password_error.is_some()
            || self.password_again_error.is_some()
    }
}

page!(ResetPage, "reset.html");
