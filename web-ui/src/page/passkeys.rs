// SPDX-License-Identifier: AGPL-3.0-or-later
//! A member's passkeys.

use crate::{
    field::{FieldError, TextField},
    layout::{Layout, page},
};
use types::Timestamp;

/// `GET /account/passkeys`: devices that sign the member in without a password.
///
/// Forms:
/// - `POST /account/passkeys` with `label`, `password`, and what `assets/passkey.js` adds; 303 to the same page, or this
///   page (422)
/// - `POST /account/passkeys/remove` with `id`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeysPage {
    /// What every page knows.
    pub layout: Layout,
    /// The passkeys.
    pub passkeys: Vec<PasskeyRow>,
    /// Name in the form.
    pub label: TextField,
    /// What is wrong with the password.
    pub password_error: Option<FieldError>,
    /// Whether the key itself could not be used.
    pub unfit: bool,
}

/// A passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyRow {
    /// Its id.
    pub id: String,
    /// What the member calls it.
    pub label: String,
    /// The board's name it works at.
    pub site: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
}

impl PasskeysPage {
    pub(crate) fn wrong(&self) -> bool {
        self.label.error.is_some() || self.password_error.is_some()
    }
}

page!(PasskeysPage, "passkeys.html");
