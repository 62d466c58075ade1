// SPDX-License-Identifier: AGPL-3.0-or-later
//! The second step of somebody who signs in.

use crate::layout::{Layout, page};
use types::Timestamp;

/// `POST /sign-in` of a member with a second step: the form for the code (200), and `POST /sign-in/code` with
/// [`SignInCodePage::problem`] (401 or 429).
///
/// Form: `POST /sign-in/code` with `proof`, `to` and `code`. Success: session cookie and 303.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInCodePage {
    /// What every page knows.
    pub layout: Layout,
    /// Shows that the password was right.
    pub proof: String,
    /// Where to go afterwards; must have passed [`crate::local_path`].
    pub to: Option<String>,
    /// Why it did not work.
    pub problem: Option<CodeProblem>,
}

/// Why a code did not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeProblem {
    /// Wrong, or used already.
    Wrong,
    /// Too many tries; from this moment on it may be tried again.
    Wait(Timestamp),
}

page!(SignInCodePage, "sign_in_code.html");
