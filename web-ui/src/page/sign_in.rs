// SPDX-License-Identifier: AGPL-3.0-or-later
//! Signing in.

use crate::layout::{Layout, page};
use types::Timestamp;

/// `GET /sign-in?to=/path`: the sign-in form.
///
/// Form: `POST /sign-in` with `name`, `password`, `to` (may be empty; verify it with [`crate::local_path`]).
/// Success: session cookie and 303 to `to` or `/home`. Failure: this page with [`SignInPage::problem`]
/// (401 or 429), the same for a wrong name and a wrong password.
/// Signing out: `POST /sign-out` without fields, 303 to `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInPage {
    /// What every page knows.
    pub layout: Layout,
    /// Where to go afterwards; must have passed [`crate::local_path`].
    pub to: Option<String>,
    /// The sign-in name that was typed.
    pub name: String,
    /// Why it did not work, or why they are here.
    pub problem: Option<SignInProblem>,
}

/// What is told above the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInProblem {
    /// Name or password is wrong.
    Wrong,
    /// The second step took too long.
    TooSlow,
    /// The passkey does not open here.
    Passkey,
    /// None: a new password was just set.
    NewPassword,
    /// Too many tries; from this moment on it may be tried again.
    Wait(Timestamp),
}

page!(SignInPage, "sign_in.html");
