// SPDX-License-Identifier: AGPL-3.0-or-later
//! The few questions that the first texts are written from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who can join.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Joining {
    /// Whom a member invites.
    #[default]
    Invited,
    /// Whoever asks and is admitted.
    Asking,
    /// Nobody else at present.
    Closed,
}

/// What membership costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fee {
    /// Nothing.
    #[default]
    None,
    /// What each can give.
    Donations,
    /// Dues.
    Dues,
}

/// How members decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Voting {
    /// When nobody objects.
    #[default]
    Consent,
    /// By majority.
    Majority,
    /// The stewards decide.
    Stewards,
}

/// The answers. A text says nothing that is not here or true of every board.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Answers {
    /// What the cooperative is called.
    pub name: String,
    /// A mail address or `https://` address that somebody reads.
    pub contact: String,
    /// Country whose law applies, in words.
    pub country: String,
    /// Who can join.
    pub joining: Joining,
    /// What membership costs.
    pub fee: Fee,
    /// Dues in words, like `5 EUR a month`.
    pub dues: String,
    /// How members decide.
    pub voting: Voting,
    /// Days a message may wait for an answer.
    pub answer_days: u16,
    /// Days the services' logs are kept.
    pub log_days: u16,
    /// Days between telling of a change of these texts and its effect.
    pub notice_days: u16,
    /// Days between announcing the end and the end.
    pub end_days: u16,
    /// Whether copies of the data are kept at another place.
    pub copies: bool,
    /// Who speaks for the cooperative: people who agreed to be named.
    pub delegates: Vec<String>,
}

impl Answers {
    /// Per field, what is wrong with it.
    pub fn problems(&self) -> Vec<(&'static str, &'static str)> {
        let mut problems = Vec::new();
        let line = |text: &str| {
            (1..=120).contains(&text.trim().chars().count()) && !text.chars().any(char::is_control)
        };
        if !line(&self.name) {
            problems.push(("name", "must be one line of at most 120 characters"));
        }
        if !line(&self.contact) {
            problems.push((
                "contact",
                "must be a mail address or an address that starts with https://",
            ));
        }
        if !line(&self.country) {
            problems.push(("country", "must name a country"));
        }
        if self.fee == Fee::Dues && !line(&self.dues) {
            problems.push(("dues", "must say how much, like 5 EUR a month"));
        }
        for (key, days, most) in [
            ("answer_days", self.answer_days, 365),
            ("log_days", self.log_days, 365),
            ("notice_days", self.notice_days, 365),
            ("end_days", self.end_days, 730),
        ] {
            if !(1..=most).contains(&days) {
                problems.push((
                    key,
                    "must be a number of days, at least 1 and at most a year (the end: two years)",
                ));
            }
        }
        if self.delegates.len() > 20 || !self.delegates.iter().all(|name| line(name)) {
            problems.push(("delegates", "must be at most 20 names, one a line"));
        }
        problems
    }
}
