// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a vote came to.

use super::{Ballot, Choice, Method, Proposal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use types::{MemberName, Timestamp};

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The deadline lies ahead.
    Open,
    /// It passed, or this option won.
    Passed {
        /// The option that won; 0 for a proposal without options.
        option: u8,
    },
    /// It did not get what it needs.
    Rejected,
    /// Too few took part.
    NoQuorum,
}

/// A reason against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Objection {
    /// Whose; not told when the vote is secret.
    #[schemars(with = "Option<String>")]
    pub member: Option<MemberName>,
    /// The reason.
    pub reason: String,
}

/// The sums.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// Where it stands.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// How many are entitled.
    pub entitled: usize,
    /// Who took part.
    #[schemars(with = "BTreeSet<String>")]
    pub voted: BTreeSet<MemberName>,
    /// Votes per option; for and against when there are none.
    pub counts: Vec<usize>,
    /// How many took part without choosing.
    pub abstained: usize,
    /// Reasons against.
    pub objections: Vec<Objection>,
}

/// The one vote of each member that counts.
pub(super) fn counted<'a>(
    proposal: &Proposal,
    ballots: impl IntoIterator<Item = &'a Ballot>,
) -> BTreeMap<&'a MemberName, &'a Ballot> {
    let mut latest: BTreeMap<&MemberName, &Ballot> = BTreeMap::new();
    for ballot in ballots
        .into_iter()
        .filter(|ballot| proposal.admits(ballot).is_ok())
    {
        let known = latest.entry(&ballot.member).or_insert(ballot);
        // The whole order of ballots decides, so that two with the same number are decided alike everywhere.
        *known = (*known).max(ballot);
    }
    latest
}

impl Tally {
    /// Counts.
    pub fn of<'a>(
        proposal: &Proposal,
        ballots: impl IntoIterator<Item = &'a Ballot>,
        now: Timestamp,
    ) -> Self {
        let counted = counted(proposal, ballots);
        let mut counts = vec![0; proposal.options.len().max(2)];
        let mut abstained = 0;
        let mut objections = Vec::new();
        for (member, ballot) in &counted {
            match &ballot.choice {
                Choice::For => counts[0] += 1,
                Choice::Against => counts[1] += 1,
                Choice::Option { option } => counts[usize::from(*option)] += 1,
                Choice::Abstain => abstained += 1,
                Choice::Object { reason } => {
                    counts[1] += 1;
                    objections.push(Objection {
                        member: (!proposal.secret).then(|| (*member).clone()),
                        reason: reason.trim().to_owned(),
                    });
                }
            }
        }
        // In a secret vote not even the order tells whose reason it is.
        objections.sort_by(|a, b| (&a.member, &a.reason).cmp(&(&b.member, &b.reason)));
        let entitled = proposal.electors.len();
        let outcome = if now < proposal.deadline {
            Outcome::Open
        } else if counted.len() * 100 < usize::from(proposal.quorum) * entitled {
            Outcome::NoQuorum
        } else {
            decide(proposal, &counts)
        };
        Self {
            outcome,
            entitled,
            voted: counted.into_keys().cloned().collect(),
            counts,
            abstained,
            objections,
        }
    }

    /// Whether it passed.
    pub fn passed(&self) -> bool {
        matches!(self.outcome, Outcome::Passed { .. })
    }
}

fn decide(proposal: &Proposal, counts: &[usize]) -> Outcome {
    let all: usize = counts.iter().sum();
    let enough = |count: usize| match proposal.method {
        Method::Majority => count * 2 > all,
        Method::TwoThirds => count > 0 && count * 3 >= all * 2,
        Method::Consent => count > 0 && count == all,
    };
    let winner = counts.iter().position(|count| enough(*count));
    match winner.and_then(|winner| u8::try_from(winner).ok()) {
        // With no options, the second count is of those against.
        Some(1) if proposal.options.is_empty() => Outcome::Rejected,
        Some(option) => Outcome::Passed { option },
        None => Outcome::Rejected,
    }
}
