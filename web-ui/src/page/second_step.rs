// SPDX-License-Identifier: AGPL-3.0-or-later
//! The second step of signing in: a code of an app on the member's phone.

use crate::{
    field::{FieldError, TextField},
    layout::{Layout, page},
    svg,
};
use types::Timestamp;

/// `GET /account/second-step`: how it stands, and how it is turned on.
///
/// Forms:
/// - `POST /account/second-step` with `secret`, `code` and `password`; answer 200 with this page and
///   [`SecondStepPage::codes`]; errors: this page (422) with the same secret
/// - `POST /account/second-step/codes` with `password`; the same answers
/// - `POST /account/second-step/off` with `password`; 303 to `/account`, or this page (422)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondStepPage {
    /// What every page knows.
    pub layout: Layout,
    /// How it is.
    pub step: Step,
    /// Recovery codes that were just made, shown once.
    pub codes: Vec<String>,
    /// What is wrong with the password.
    pub password_error: Option<FieldError>,
}

/// How a member's second step is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Off, with a secret that an app can be given.
    Off {
        /// In base 32, to be typed.
        secret: String,
        /// The same for a QR code (`otpauth://`).
        uri: String,
        /// The code in the form.
        code: TextField,
    },
    /// On.
    On {
        /// Since when.
        since: Timestamp,
        /// Recovery codes that are left.
        codes_left: u32,
    },
}

impl SecondStepPage {
    pub(crate) fn qr(&self) -> String {
        match &self.step {
            Step::Off { uri, .. } => svg::qr(uri).unwrap_or_default(),
            Step::On { .. } => String::new(),
        }
    }
}

/// In groups of four, as people type it.
pub(crate) fn spaced(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

page!(SecondStepPage, "second_step.html");

#[cfg(test)]
mod tests {
    use super::spaced;

    #[test]
    fn secrets_are_shown_in_groups() {
        assert_eq!(spaced("GEZDGNBVGY3TQOJQ"), "GEZD GNBV GY3T QOJQ");
        assert_eq!(spaced("GEZDG"), "GEZD G");
    }
}
