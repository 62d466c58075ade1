// SPDX-License-Identifier: AGPL-3.0-or-later
//! Claiming a board.

use crate::{
    field::{FieldError, TextField},
    layout::{Layout, page},
};
use types::Timestamp;

/// `GET /claim`: makes the person who holds the board its first steward.
///
/// Form: `POST /claim` with `code`, `board_name`, `name` (sign-in name), `display_name`, `password`,
/// `password_again`. Success: session cookie and 303 to `/home`. Errors: this page with [`TextField::error`] set
/// (422), or another [`ClaimState`] (409 already claimed, 429 too many tries).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimPage {
    /// What every page knows.
    pub layout: Layout,
    /// Whether it can be claimed now.
    pub state: ClaimState,
    /// The code shown by the board.
    pub code: TextField,
    /// The board's name; fill in the one it has.
    pub board_name: TextField,
    /// Sign-in name of the first steward.
    pub name: TextField,
    /// What people call them.
    pub display_name: TextField,
    /// What is wrong with the password. Passwords are never filled in again.
    pub password_error: Option<FieldError>,
    /// What is wrong with its repetition.
    pub password_again_error: Option<FieldError>,
}

/// Whether the board can be claimed now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimState {
    /// Yes: the form is shown.
    Open,
    /// Somebody has claimed it.
    Claimed,
    /// Too many wrong codes; from this moment on it may be tried again.
    Wait(Timestamp),
    /// So many wrong codes that only a restart of the board allows more.
    Exhausted,
}

impl ClaimPage {
    /// The empty form.
    pub fn new(layout: Layout, state: ClaimState) -> Self {
        let board_name = TextField::new(layout.board.clone());
        Self {
            layout,
            state,
            board_name,
            code: TextField::default(),
            name: TextField::default(),
            display_name: TextField::default(),
            password_error: None,
            password_again_error: None,
        }
    }
}

impl ClaimPage {
    /// Whether anything has to be corrected.
    pub(crate) fn wrong(&self) -> bool {
        let fields = [&self.code, &self.board_name, &self.name, &self.display_name];
        fields.iter().any(|field| field.error.is_some())
            || self.password_error.is_some()
            || self.password_again_error.is_some()
    }
}

page!(ClaimPage, "claim.html");
