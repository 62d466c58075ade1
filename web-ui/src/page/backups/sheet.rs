// SPDX-License-Identifier: AGPL-3.0-or-later
//! The recovery sheet.

use super::places::PlaceKind;
use crate::layout::{Layout, page};
use std::fmt;

/// A place on the sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetPlace {
    /// What people call it.
    pub title: String,
    /// What it is.
    pub kind: PlaceKind,
    /// The disk, or the address.
    pub address: String,
}

/// The recovery sheet, to be printed. Answer with `Cache-Control: no-store`.
#[derive(Clone, PartialEq, Eq)]
pub struct SheetPage {
    /// What every page knows.
    pub layout: Layout,
    /// The twelve words with one blank between them.
    pub words: String,
    /// Where backups go.
    pub places: Vec<SheetPlace>,
}

impl fmt::Debug for SheetPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SheetPage")
            .field("places", &self.places)
            .finish_non_exhaustive()
    }
}

impl SheetPage {
    pub(crate) fn each_word(&self) -> impl Iterator<Item = &str> {
        self.words.split(' ')
    }

    pub(crate) fn qr(&self) -> String {
        crate::svg::qr(&self.words).unwrap_or_default()
    }
}

page!(SheetPage, "backups/sheet.html");
