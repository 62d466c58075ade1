// SPDX-License-Identifier: AGPL-3.0-or-later
//! The texts a cooperative owes: terms, privacy, economic model, code of conduct, contact. Each is written per
//! language, in versions that are never changed; a version says from when it is in force.

mod answers;
mod diff;
mod first;

pub use answers::{Answers, Fee, Joining, Voting};
pub use diff::{Change, diff};
pub use first::first_text;

use crate::date::DAY;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use types::{Language, Timestamp};

/// Longest text, in characters.
pub const LONGEST_TEXT: usize = 20_000;
/// Days between telling of a change and its taking effect, unless another number was promised.
pub const NOTICE_DAYS: u16 = 14;

/// Which text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TextKind {
    /// Terms of service.
    Terms,
    /// Privacy policy.
    Privacy,
    /// Economic model.
    Economy,
    /// Code of conduct.
    Conduct,
    /// How to reach the cooperative, and who speaks for it.
    Contact,
}

impl TextKind {
    /// Every kind, in the order they are shown.
    pub const ALL: [Self; 5] = [
        Self::Terms,
        Self::Privacy,
        Self::Economy,
        Self::Conduct,
        Self::Contact,
    ];

    /// Its word: in addresses (`/terms`), forms and the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Terms => "terms",
            Self::Privacy => "privacy",
            Self::Economy => "economy",
            Self::Conduct => "conduct",
            Self::Contact => "contact",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether members are told before a new version takes effect. A contact that has changed is right at once.
    pub fn needs_notice(self) -> bool {
        self != Self::Contact
    }
}

/// One version of a text in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Version {
    /// Which text.
    pub kind: TextKind,
    /// Its language.
    #[schemars(with = "String")]
    pub language: Language,
    /// Counts from 1 for each kind and language.
    pub number: u32,
    /// When it was written (seconds since 1970).
    #[schemars(with = "i64")]
    pub written: Timestamp,
    /// From when on it holds (seconds since 1970).
    #[schemars(with = "i64")]
    pub effective: Timestamp,
    /// Who wrote it, or `decision` and the id of the proposal.
    pub by: String,
    /// The text; empty lines separate paragraphs.
    pub text: String,
}

/// The versions of one kind in one language that matter at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing<'a> {
    /// What holds now.
    pub current: Option<&'a Version>,
    /// What was told and will hold: the next one.
    pub coming: Option<&'a Version>,
}

/// What stands at `now`. A later version supersedes the ones before it from its own moment on, even when an earlier
/// one was to take effect later still.
pub fn standing(versions: &[Version], kind: TextKind, language: Language, now: Timestamp) -> Standing<'_> {
    let mut all: Vec<&Version> = versions
        .iter()
        .filter(|version| version.kind == kind && version.language == language)
        .collect();
    all.sort_by_key(|version| version.number);
    let current = all.iter().rev().find(|version| version.effective <= now).copied();
    let coming = all
        .iter()
        .filter(|version| {
            version.effective > now && current.is_none_or(|current| version.number > current.number)
        })
        .min_by_key(|version| (version.effective, version.number))
        .copied();
    Standing { current, coming }
}

/// The text in force in `language`, else in any other.
pub fn in_force(
    versions: &[Version],
    kind: TextKind,
    language: Language,
    now: Timestamp,
) -> Option<&Version> {
    let others = Language::ALL.into_iter().filter(|other| *other != language);
    [language]
        .into_iter()
        .chain(others)
        .find_map(|language| standing(versions, kind, language, now).current)
}

/// Why a text cannot be published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing, or too much.
    #[error("must be a text of at most {LONGEST_TEXT} characters")]
    Length,
    /// Control characters.
    #[error("must not hold control characters")]
    Control,
    /// Placeholders of ours or of a template.
    #[error("still holds a placeholder: {0}")]
    Placeholder(String),
    /// Nothing changed.
    #[error("is the same as the version before")]
    Same,
    /// Too soon.
    #[error("takes effect {0} days after members are told, at the earliest")]
    TooSoon(u16),
}

/// The next version, ready to be stored.
///
/// The first version of a text holds at once: until then there was none. A further one holds after `notice_days` at
/// the earliest, so that members can be told, compare and leave.
///
/// # Errors
/// Why the text cannot be published.
pub fn next_version(
    versions: &[Version],
    (kind, language): (TextKind, Language),
    text: &str,
    effective: Option<Timestamp>,
    (by, now, notice_days): (&str, Timestamp, u16),
) -> Result<Version, TextError> {
    let text = text.replace("\r\n", "\n").trim().to_owned();
    if text.is_empty() || text.chars().count() > LONGEST_TEXT {
        return Err(TextError::Length);
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(TextError::Control);
    }
    if let Some(found) = placeholder(&text) {
        return Err(TextError::Placeholder(found));
    }
    let last = versions
        .iter()
        .filter(|version| version.kind == kind && version.language == language)
        .max_by_key(|version| version.number);
    if last.is_some_and(|last| last.text == text) {
        return Err(TextError::Same);
    }
    let notice = if last.is_some() && kind.needs_notice() {
        notice_days
    } else {
        0
    };
    let earliest = Timestamp(now.0 + i64::from(notice) * DAY);
    let effective = effective.unwrap_or(earliest);
    // A day's date is its midnight: the day itself is meant.
    if effective.0 + DAY <= earliest.0 {
        return Err(TextError::TooSoon(notice));
    }
    Ok(Version {
        kind,
        language,
        number: last.map_or(1, |last| last.number + 1),
        written: now,
        effective: effective.max(now),
        by: by.to_owned(),
        text,
    })
}

/// What templates leave for people to fill in.
fn placeholder(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    ["{{", "[your", "<your", "lorem ipsum", "todo:", "example.com"]
        .into_iter()
        .find(|mark| lower.contains(mark))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests;
