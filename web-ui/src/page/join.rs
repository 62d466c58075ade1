// SPDX-License-Identifier: AGPL-3.0-or-later
//! Joining by an invitation.

use crate::{
    field::{FieldError, TextField},
    layout::{Layout, page},
};

/// `GET /join/<code>`: somebody who was invited makes an account.
///
/// Form: `POST /join/<code>` with `display_name`, `name`, `password`, `password_again`. Success: session cookie and
/// 303 to `/welcome`. Errors: this page (422); used up, taken back or too old: [`AcceptPage::invitation`] is `None` (410).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptPage {
    /// What every page knows.
    pub layout: Layout,
    /// The invitation; `None` when it cannot be used any more.
    pub invitation: Option<Invited>,
    /// What people call them.
    pub display_name: TextField,
    /// Sign-in name.
    pub name: TextField,
    /// What is wrong with the password. Passwords are never filled in again.
    pub password_error: Option<FieldError>,
    /// What is wrong with its repetition.
    pub password_again_error: Option<FieldError>,
}

/// An invitation that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// The code, as in the address.
    pub code: String,
    /// Who invites.
    pub by: String,
}

impl AcceptPage {
    /// The empty form.
    pub fn new(layout: Layout, invitation: Option<Invited>) -> Self {
        Self {
            layout,
            invitation,
            display_name: TextField::default(),
            name: TextField::default(),
            password_error: None,
            password_again_error: None,
        }
    }

    /// Whether anything has to be corrected.
    pub(crate) fn wrong(&self) -> bool {
        let fields = [&self.display_name, &self.name];
        fields.iter().any(|field| field.error.is_some())
            || self.password_error.is_some()
            || self.password_again_error.is_some()
    }
}

page!(AcceptPage, "join.html");
