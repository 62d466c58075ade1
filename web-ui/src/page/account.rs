// SPDX-License-Identifier: AGPL-3.0-or-later
//! A member's own account.

use crate::{
    field::{FieldError, TextField},
    layout::{Layout, page},
    secret::NewSecret,
};
use types::Timestamp;

/// `GET /account`: own name, language, password, sessions, app passwords and API tokens.
///
/// Forms, answered with 303 to `/account` or this page with errors (422):
/// - `POST /account` with `display_name` and `language` (`en`, `fr`)
/// - `POST /account/password` with `current_password`, `new_password`, `new_password_again`
/// - `POST /account/sessions/revoke` with `id`
/// - `POST /account/app-passwords/revoke` with `id`
/// - `POST /account/consents/withdraw` with `client`
/// - `POST /account/tokens` with `label`; answer 200 with [`AccountPage::new_token`]
/// - `POST /account/tokens/revoke` with `id`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPage {
    /// What every page knows.
    pub layout: Layout,
    /// What people call them.
    pub display_name: TextField,
    /// What is wrong with the current password.
    pub current_password_error: Option<FieldError>,
    /// What is wrong with the new password.
    pub new_password_error: Option<FieldError>,
    /// What is wrong with its repetition.
    pub new_password_again_error: Option<FieldError>,
    /// Since when they sign in with a second step; `None`: without.
    pub second_step: Option<Timestamp>,
    /// Where they are signed in.
    pub sessions: Vec<SessionRow>,
    /// What their apps sign in with, in all services.
    pub app_passwords: Vec<DeviceRow>,
    /// Software elsewhere that they agreed to be known to.
    pub consents: Vec<ConsentRow>,
    /// Their API tokens.
    pub tokens: Vec<TokenRow>,
    /// Label of the token in the form.
    pub token_label: TextField,
    /// The token that was just made, shown once.
    pub new_token: Option<NewSecret>,
}

/// A place where a member is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id, for ending it (not the secret).
    pub id: String,
    /// Browser and system, as it told them: `Firefox, Linux`.
    pub device: String,
    /// When it began.
    pub created: Timestamp,
    /// When it was last used.
    pub last_used: Timestamp,
    /// Whether it is the one that looks at the page.
    pub current: bool,
}

/// An app password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// Its id, for taking it back.
    pub id: String,
    /// Name of the device.
    pub device: String,
    /// What the services it opens are called.
    pub services: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
}

/// Software elsewhere that a member agreed to be known to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentRow {
    /// Its `client_id`.
    pub client: String,
    /// What it is called.
    pub name: String,
    /// Since when.
    pub given: Timestamp,
}

/// An API token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Its id, for revoking.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
}

page!(AccountPage, "account.html");
