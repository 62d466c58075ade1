// SPDX-License-Identifier: AGPL-3.0-or-later
//! What one board says about an agreement, and what the other answers.

use super::{AgreementId, Terms};
use serde::{Deserialize, Serialize};

/// The last thing a board said about an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// It proposes it.
    Proposed,
    /// It accepts the other board's proposal.
    Accepted,
    /// It does not.
    Declined,
    /// It takes its proposal back.
    Withdrawn,
    /// It ends it.
    Ended,
}

impl Act {
    /// Whether nothing follows it.
    pub fn closes(self) -> bool {
        matches!(self, Self::Declined | Self::Withdrawn | Self::Ended)
    }

    /// Whether a board may say this after that. Who only hears the last word may have missed those before.
    pub(super) fn may_follow(self, before: Option<Self>, proposer: bool) -> bool {
        match (before, self) {
            (None, Self::Proposed | Self::Withdrawn)
            | (Some(Self::Proposed), Self::Withdrawn | Self::Ended) => proposer,
            // A board that forgot that it accepted may decline.
            (None, Self::Accepted | Self::Declined)
            | (Some(Self::Accepted), Self::Ended | Self::Declined) => !proposer,
            (None, Self::Ended) => true,
            _ => false,
        }
    }
}

/// What a board says about an agreement. It alone writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Which agreement.
    pub id: AgreementId,
    /// Grows with everything the board says about it. No clock orders records.
    pub generation: u64,
    /// What is agreed; the same in both boards' records.
    pub terms: Terms,
    /// What it says.
    pub act: Act,
}

/// Why a record was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Its terms are not between these two boards, are other than before, or make no sense.
    Invalid,
    /// It answers a proposal that this board does not know.
    Unknown,
    /// It takes back what cannot be taken back.
    TooLate,
    /// There are too many agreements between the two boards.
    Full,
    /// This board is older, and knows nothing of the kind.
    #[serde(other)]
    NotUnderstood,
}

/// What a board holds of a record that it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heard {
    /// Which agreement.
    pub id: AgreementId,
    /// The generation that was sent.
    pub sent: u64,
    /// The generation that it holds now; 0: none.
    pub generation: u64,
    /// What that says.
    pub act: Option<Act>,
    /// Why what was sent was not taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
}
