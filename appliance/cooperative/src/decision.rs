// SPDX-License-Identifier: AGPL-3.0-or-later
//! Decisions: one member, one vote, changeable until the deadline. What a vote came to is a pure function of the
//! proposal and of all ballots, whatever their order and however often each of them comes.

mod act;
mod result;
mod tally;

pub use act::Act;
pub use result::{Decision, Seal, SealError, public_key};
pub use tally::{Objection, Outcome, Tally};

use crate::date::DAY;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use types::{MemberName, Timestamp};

/// Longest title, in characters.
pub const LONGEST_TITLE: usize = 120;
/// Longest text, in characters.
pub const LONGEST_TEXT: usize = 10_000;
/// Shortest time to vote, in seconds: one hour.
pub const SHORTEST: i64 = 3_600;
/// Longest time to vote: 180 days.
pub const LONGEST: i64 = 180 * DAY;

/// How it is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// An option wins with more than half of the votes that name one.
    Majority,
    /// An option wins with two thirds of the votes that name one.
    TwoThirds,
    /// It passes when somebody agrees and nobody objects.
    Consent,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proposal {
    /// Unique.
    pub id: String,
    /// In one line.
    pub title: String,
    /// In full.
    pub text: String,
    /// What can be chosen; empty for a proposal that one is for or against.
    pub options: Vec<String>,
    /// How it is decided.
    pub method: Method,
    /// Share of those entitled who must vote, in percent; abstaining is voting.
    pub quorum: u8,
    /// Whether only the sums are shown, and who voted, but never who voted how.
    pub secret: bool,
    /// From when on (seconds since 1970).
    #[schemars(with = "i64")]
    pub opens: Timestamp,
    /// A vote counts before this moment.
    #[schemars(with = "i64")]
    pub deadline: Timestamp,
    /// Who is entitled: the members when it was opened.
    #[schemars(with = "BTreeSet<String>")]
    pub electors: BTreeSet<MemberName>,
    /// Who proposed it.
    #[schemars(with = "String")]
    pub by: MemberName,
    /// What the board does when it has passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
}

/// What somebody chose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "choice", rename_all = "snake_case", deny_unknown_fields)]
pub enum Choice {
    /// For it; with consent: agrees.
    For,
    /// Against it.
    Against,
    /// One of the options, counted from 0.
    Option {
        /// Which.
        option: u8,
    },
    /// Takes part without choosing.
    Abstain,
    /// A reason why it must not pass as it is (consent only).
    Object {
        /// The reason.
        #[serde(default)]
        reason: String,
    },
}

/// A vote. Of several by one member the one with the highest number counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Ballot {
    /// Rises with every change of mind.
    pub number: u64,
    /// When (seconds since 1970), by the clock of the board it was cast on.
    #[schemars(with = "i64")]
    pub at: Timestamp,
    /// Whose.
    #[schemars(with = "String")]
    pub member: MemberName,
    /// What.
    #[serde(flatten)]
    pub choice: Choice,
}

/// Why something cannot be proposed or voted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProposalError {
    /// A field, and what is wrong with it.
    #[error("{field} {message}")]
    Field {
        /// Which.
        field: &'static str,
        /// What is wrong.
        message: String,
    },
    /// Before it opens, or after.
    #[error("voting on this ended at the deadline")]
    Closed,
    /// Not among those entitled.
    #[error("only those who were members when this was proposed can vote on it")]
    NotEntitled,
    /// A choice it does not offer.
    #[error("this proposal does not offer that choice")]
    NoChoice,
}

fn field(field: &'static str, message: impl Into<String>) -> ProposalError {
    ProposalError::Field {
        field,
        message: message.into(),
    }
}

impl Proposal {
    /// Checks a new proposal.
    ///
    /// # Errors
    /// The first field that does not fit.
    pub fn check(&self) -> Result<(), ProposalError> {
        let line = |text: &str, most: usize| {
            let length = text.trim().chars().count();
            (1..=most).contains(&length) && !text.chars().any(char::is_control)
        };
        if !line(&self.title, LONGEST_TITLE) {
            return Err(field(
                "title",
                format!("must be one line of at most {LONGEST_TITLE} characters"),
            ));
        }
        let length = self.text.trim().chars().count();
        if length == 0 || length > LONGEST_TEXT {
            return Err(field(
                "text",
                format!("must say what is proposed, in at most {LONGEST_TEXT} characters"),
            ));
        }
        let different: BTreeSet<String> = self
            .options
            .iter()
            .map(|option| option.trim().to_lowercase())
            .collect();
        let several = self.options.is_empty() || (2..=10).contains(&self.options.len());
        if !several
            || different.len() != self.options.len()
            || !self.options.iter().all(|option| line(option, 120))
        {
            return Err(field(
                "options",
                "must be 2 to 10 different lines, or none for a vote for or against",
            ));
        }
        if self.method == Method::Consent && !self.options.is_empty() {
            return Err(field(
                "options",
                "cannot be chosen by consent; propose one thing, or take a majority",
            ));
        }
        if self.act.is_some() && !self.options.is_empty() {
            return Err(field(
                "options",
                "must be none when the board is to act: one is for the act or against it",
            ));
        }
        if self.quorum > 100 {
            return Err(field("quorum", "is a share in percent, from 0 to 100"));
        }
        let time = self.deadline.0.saturating_sub(self.opens.0);
        if !(SHORTEST..=LONGEST).contains(&time) {
            return Err(field(
                "deadline",
                "must leave at least an hour and at most 180 days to vote",
            ));
        }
        if self.electors.is_empty() {
            return Err(field("electors", "must not be empty"));
        }
        self.act.as_ref().map_or(Ok(()), Act::check)
    }

    /// Whether this vote counts: by somebody entitled, in time, for something that is offered.
    ///
    /// # Errors
    /// Why it does not.
    pub fn admits(&self, ballot: &Ballot) -> Result<(), ProposalError> {
        if ballot.at < self.opens || ballot.at >= self.deadline {
            return Err(ProposalError::Closed);
        }
        if !self.electors.contains(&ballot.member) {
            return Err(ProposalError::NotEntitled);
        }
        let offered = match &ballot.choice {
            Choice::Abstain => true,
            Choice::For => self.options.is_empty(),
            Choice::Against => self.options.is_empty() && self.method != Method::Consent,
            Choice::Option { option } => usize::from(*option) < self.options.len(),
            Choice::Object { reason } => {
                let length = reason.trim().chars().count();
                if self.method == Method::Consent && !(1..=1_000).contains(&length) {
                    return Err(field(
                        "reason",
                        "must say in at most 1000 characters why it must not pass",
                    ));
                }
                self.method == Method::Consent
            }
        };
        offered.then_some(()).ok_or(ProposalError::NoChoice)
    }
}

#[cfg(test)]
mod tests;
