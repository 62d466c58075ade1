// SPDX-License-Identifier: AGPL-3.0-or-later
//! A forgotten password: the page where it is asked for and set.

use crate::{
    field::{FieldError, TextField},
    layout::{Layout, page},
};

/// `GET /forgotten`: somebody forgot a password.
///
/// Forms:
/// - `POST /forgotten` with `name`; 303 to the same page with [`ForgottenState::Asked`], whoever it is for
/// - `POST /forgotten/set` with `code`, `password`, `password_again`; 303 to `/sign-in`, or this page (422)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgottenPage {
    /// What every page knows.
    pub layout: Layout,
    /// How far it is.
    pub state: ForgottenState,
    /// Sign-in name in the form.
    pub name: TextField,
    /// Code in the form.
    pub code: TextField,
    /// What is wrong with the password. Passwords are never filled in again.
    pub password_error: Option<FieldError>,
    /// What is wrong with its repetition.
    pub password_again_error: Option<FieldError>,
}

/// How far a forgotten password is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForgottenState {
    /// Nobody was asked yet.
    Ask,
    /// This browser asked; the number is to be told to whoever helps.
    Asked(String),
}

impl ForgottenPage {
    /// The empty form.
    pub fn new(layout: Layout, state: ForgottenState) -> Self {
        Self {
            layout,
            state,
            name: TextField::default(),
            code: TextField::default(),
            password_error: None,
            password_again_error: None,
        }
    }

    pub(crate) fn wrong(&self) -> bool {
        self.name.error.is_some()
            || self.code.error.is_some()
            || self.password_error.is_some()
            || self.password_again_error.is_some()
    }
}

page!(ForgottenPage, "forgotten.html");
