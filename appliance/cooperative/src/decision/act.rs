// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a proposal can make the board do.

use super::{ProposalError, field};
use crate::{
    ledger::{Amount, LONGEST_MEMO},
    text::{LONGEST_TEXT, TextKind},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use types::{Language, ServiceName};

/// An act. It runs exactly once, and only when the proposal has passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Enable a service.
    EnableService {
        /// Which.
        #[schemars(with = "String")]
        service: ServiceName,
        /// Settings; what is absent has its default.
        #[serde(default)]
        settings: BTreeMap<String, serde_json::Value>,
    },
    /// Remove a service; its data goes to the archive.
    RemoveService {
        /// Which.
        #[schemars(with = "String")]
        service: ServiceName,
    },
    /// Put a text in force.
    ChangeText {
        /// Which.
        kind: TextKind,
        /// In which language.
        #[schemars(with = "String")]
        language: Language,
        /// The whole new text.
        text: String,
        /// Days between the decision and the moment it takes effect.
        notice_days: u16,
    },
    /// Spend from the fund: an entry in the books.
    Spend {
        /// How much.
        amount: Amount,
        /// For what.
        memo: String,
    },
}

impl Act {
    pub(super) fn check(&self) -> Result<(), ProposalError> {
        match self {
            Self::Spend { amount, memo } => {
                if amount.units <= 0 || !amount.commodity.is_money() {
                    return Err(field("amount", "must be money, and more than nothing"));
                }
                let length = memo.trim().chars().count();
                if length == 0 || length > LONGEST_MEMO || memo.chars().any(char::is_control) {
                    return Err(field(
                        "memo",
                        format!("must say what for, in one line of at most {LONGEST_MEMO} characters"),
                    ));
                }
                Ok(())
            }
            Self::ChangeText {
                text, notice_days, ..
            } => {
                let length = text.trim().chars().count();
                if length == 0 || length > LONGEST_TEXT {
                    return Err(field(
                        "act_text",
                        format!("must be the whole new text, of at most {LONGEST_TEXT} characters"),
                    ));
                }
                if *notice_days > 365 {
                    return Err(field("notice_days", "must be at most 365"));
                }
                Ok(())
            }
            Self::EnableService { .. } | Self::RemoveService { .. } => Ok(()),
        }
    }
}
