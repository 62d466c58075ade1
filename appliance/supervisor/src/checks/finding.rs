// SPDX-License-Identifier: AGPL-3.0-or-later
//! One finding, for programs and for people.

use schemars::JsonSchema;
use serde::Serialize;
use types::{Language, Timestamp};
use web_ui::Words;

/// How urgent a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Members notice, or will soon.
    Error,
    /// Should be looked at.
    Warning,
    /// Good to know.
    Info,
}

impl Severity {
    /// The word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }

    /// As pages show it.
    pub fn shown(self) -> web_ui::Severity {
        match self {
            Self::Error => web_ui::Severity::Problem,
            Self::Warning => web_ui::Severity::Warning,
            Self::Info => web_ui::Severity::Info,
        }
    }
}

/// Something that needs attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// A word for programs: `memory-low`, `service-failing`, …
    pub code: String,
    /// How urgent it is.
    pub severity: Severity,
    /// What it is about: a service, a name, or empty for the board.
    pub subject: String,
    /// Details in words (a reason, a number); may be empty.
    pub detail: String,
    /// What is wrong, in English.
    pub what: String,
    /// What it means for the people who use the board.
    pub meaning: String,
    /// What to do about it.
    pub remedy: String,
    /// The path of the page where it is put right, if there is one.
    pub link: Option<String>,
    /// Names it when silencing: its code, and its subject if it has one.
    pub key: String,
    /// Since when it is there, as far as the board saw (seconds since 1970).
    #[schemars(with = "Option<i64>")]
    pub since: Option<Timestamp>,
    /// Somebody does not want to see it until then (seconds since 1970).
    #[schemars(with = "Option<i64>")]
    pub silenced_until: Option<Timestamp>,
    /// The same as pages show it, in every language.
    #[serde(skip)]
    pub words: Words,
}

impl Finding {
    /// A finding about the board.
    pub fn new(code: &str, severity: Severity, words: Words) -> Self {
        let text = words.text(Language::En).clone();
        Self {
            code: code.into(),
            severity,
            subject: String::new(),
            detail: String::new(),
            what: text.what,
            meaning: text.meaning,
            remedy: text.remedy,
            link: words.link().map(str::to_owned),
            key: code.into(),
            since: None,
            silenced_until: None,
            words,
        }
    }

    /// Members notice, or will soon.
    pub fn error(code: &str, words: Words) -> Self {
        Self::new(code, Severity::Error, words)
    }

    /// Should be looked at.
    pub fn warning(code: &str, words: Words) -> Self {
        Self::new(code, Severity::Warning, words)
    }

    /// Good to know.
    pub fn info(code: &str, words: Words) -> Self {
        Self::new(code, Severity::Info, words)
    }

    /// It is about this service or name.
    #[must_use]
    pub fn about(self, subject: impl Into<String>) -> Self {
        let subject = subject.into();
        let key = format!("{}:{subject}", self.code);
        Self { subject, key, ..self }
    }

    /// With a number or somebody's own words.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { detail, ..self }
    }

    /// As pages show it.
    pub fn shown(&self) -> web_ui::Finding {
        web_ui::Finding {
            severity: self.severity.shown(),
            words: self.words.clone(),
        }
    }
}
