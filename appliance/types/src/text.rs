// SPDX-License-Identifier: AGPL-3.0-or-later
//! Texts in the languages a board speaks.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A language of the user interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English, the fall-back.
    #[default]
    En,
    /// French.
    Fr,
}

impl Language {
    /// Every language, in the order they are offered.
    pub const ALL: [Self; 2] = [Self::En, Self::Fr];

    /// The ISO 639-1 code, in lower case.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    /// The language with this ISO 639-1 code (`fr`, or with a region: `fr-CA`), if the board speaks it.
    pub fn from_code(code: &str) -> Option<Self> {
        let primary = code.split(['-', '_']).next().unwrap_or(code);
        Self::ALL
            .into_iter()
            .find(|language| language.code().eq_ignore_ascii_case(primary))
    }
}

/// A text per language. English must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(BTreeMap<Language, String>);

impl Text {
    /// A text in English only.
    pub fn english(text: impl Into<String>) -> Self {
        Self(BTreeMap::from([(Language::En, text.into())]))
    }

    /// The text in `language`, else in English, else empty.
    pub fn get(&self, language: Language) -> &str {
        self.0
            .get(&language)
            .or_else(|| self.0.get(&Language::En))
            .map_or("", String::as_str)
    }

    /// Whether a text in this very language is there and not blank.
    pub fn has(&self, language: Language) -> bool {
        self.0.get(&language).is_some_and(|text| !text.trim().is_empty())
    }
}
