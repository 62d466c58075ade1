// SPDX-License-Identifier: AGPL-3.0-or-later
//! What needs attention: what is wrong, what it means, what to do.
//!
//! Every finding is one function in the module of its area, from facts to [`Words`] in every language. A new one needs
//! its texts in `locales/*/<section>.toml` and such a function, and nothing else here.

pub mod backups;
pub mod cooperative;
pub mod machine;
pub mod names;
pub mod network;
pub mod peers;
pub mod ports;
pub mod services;
pub mod system;

use crate::i18n::T;
use types::Language;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Soon a problem.
    Warning,
    /// A problem now.
    Problem,
}

impl Severity {
    pub(crate) fn label(self, t: T) -> &'static str {
        match self {
            Self::Info => t.severity_info(),
            Self::Warning => t.severity_warning(),
            Self::Problem => t.severity_problem(),
        }
    }

    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warn",
            Self::Problem => "bad",
        }
    }
}

/// Something that needs attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What it is.
    pub words: Words,
}

/// A finding in words, in every language: for pages, the API and the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    by_language: [Text; Language::ALL.len()],
    link: Option<String>,
}

/// A finding in the words of one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What is wrong, in a few words.
    pub what: String,
    /// What it means for the people who use the board.
    pub meaning: String,
    /// What to do about it.
    pub remedy: String,
}

impl Text {
    pub(crate) fn new(
        what: impl Into<String>,
        meaning: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            what: what.into(),
            meaning: meaning.into(),
            remedy: remedy.into(),
        }
    }
}

impl Words {
    pub(crate) fn new(text: impl Fn(T) -> Text) -> Self {
        Self {
            by_language: Language::ALL.map(|language| text(T(language))),
            link: None,
        }
    }

    /// With the path of the page where it is put right.
    pub(crate) fn at(self, path: impl Into<String>) -> Self {
        let link = Some(path.into());
        Self { link, ..self }
    }

    /// Words that somebody else chose, the same in every language: a service's, a peer's.
    pub fn verbatim(what: &str, meaning: &str, remedy: &str) -> Self {
        Self::new(|_| Text::new(what, meaning, remedy))
    }

    /// In one language.
    pub fn text(&self, language: Language) -> &Text {
        let place = Language::ALL.iter().position(|other| *other == language);
        &self.by_language[place.unwrap_or(0)]
    }

    /// The page where it is put right, if there is one: a path on this board.
    pub fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }
}
