// SPDX-License-Identifier: AGPL-3.0-or-later
//! The cooperative's front room: what waits for the member, and the way to everything else.

use super::TextKind;
use crate::layout::{Layout, page};
use types::{Language, Timestamp};

/// `GET /cooperative`: for every member. Forms: `POST /cooperative/texts/<kind>/<language>/<number>/read` without
/// fields marks a coming text as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubPage {
    /// What every page knows.
    pub layout: Layout,
    /// Name of the cooperative; the board's while it has none.
    pub name: String,
    /// Texts that will change and that the member has not marked as read.
    pub coming: Vec<ComingText>,
    /// Proposals that wait for the member's vote: id and title.
    pub votes: Vec<(String, String)>,
    /// Applications that wait for an answer (stewards).
    pub applications: usize,
    /// Whether the texts were never written (stewards are shown the questions first).
    pub no_texts: bool,
    /// What is missing before the profile is published (stewards).
    pub missing: usize,
    /// The last day, when the end is announced, and the text.
    pub end: Option<(String, String)>,
}

/// A text that will change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComingText {
    /// Which.
    pub kind: TextKind,
    /// In which language.
    pub language: Language,
    /// Its version.
    pub number: u32,
    /// From when on it holds.
    pub effective: Timestamp,
}

impl ComingText {
    pub(crate) fn path(&self) -> String {
        format!(
            "/cooperative/texts/{}/{}/{}",
            self.kind.code(),
            self.language.code(),
            self.number
        )
    }
}

page!(HubPage, "cooperative/hub.html");
