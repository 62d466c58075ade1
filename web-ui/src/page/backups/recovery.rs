// SPDX-License-Identifier: AGPL-3.0-or-later
//! The recovery key.

use crate::{
    field::{FieldError, TextField},
    layout::{Layout, page},
};
/// `GET /backups/key`: without a key, forms to make one or to type one in; with one, a form that shows the sheet again.
///
/// Forms: `POST /backups/key` with `words` (empty: a new key is made); `POST /backups/key/sheet` with `password`.
/// Success: the sheet ([`SheetPage`](super::SheetPage), 200).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPage {
    /// What every page knows.
    pub layout: Layout,
    /// Whether there is a key.
    pub exists: bool,
    /// Words of an earlier key, as they were typed.
    pub words: TextField,
    /// What is wrong with the password.
    pub password_error: Option<FieldError>,
}

page!(KeyPage, "backups/key.html");
