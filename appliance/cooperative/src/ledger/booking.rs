// SPDX-License-Identifier: AGPL-3.0-or-later
//! What people say happened, and how it is booked.

use super::{Account, Amount, Posting, account::FUND};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use types::{BoardName, MemberName};

/// Something that happened, in the words of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Booking {
    /// A member paid dues into the fund.
    Dues {
        /// Who.
        #[schemars(with = "String")]
        member: MemberName,
        /// How much money.
        amount: Amount,
    },
    /// Somebody gave to the fund.
    Donation {
        /// How much money.
        amount: Amount,
    },
    /// The fund paid for something.
    Expense {
        /// How much money.
        amount: Amount,
    },
    /// A member paid for something out of their own pocket (a domain, a disk): the cooperative owes it.
    Advance {
        /// Who.
        #[schemars(with = "String")]
        member: MemberName,
        /// How much money.
        amount: Amount,
    },
    /// The fund paid a member back.
    Refund {
        /// Who.
        #[schemars(with = "String")]
        member: MemberName,
        /// How much money.
        amount: Amount,
    },
    /// A member worked.
    Hours {
        /// Who.
        #[schemars(with = "String")]
        member: MemberName,
        /// `HOUR`
        amount: Amount,
    },
    /// A board used energy, kept data or carried traffic at its keeper's cost.
    Board {
        /// Which.
        #[schemars(with = "String")]
        board: BoardName,
        /// `KWH`, `GBM` or `GB`
        amount: Amount,
    },
}

impl Booking {
    /// How much.
    pub fn amount(&self) -> &Amount {
        match self {
            Self::Dues { amount, .. }
            | Self::Donation { amount }
            | Self::Expense { amount }
            | Self::Advance { amount, .. }
            | Self::Refund { amount, .. }
            | Self::Hours { amount, .. }
            | Self::Board { amount, .. } => amount,
        }
    }

    /// Its two sides, or what is wrong with the amount.
    ///
    /// # Errors
    /// When the amount is not positive or of the wrong kind.
    pub fn postings(&self) -> Result<Vec<Posting>, &'static str> {
        let amount = self.amount();
        if amount.units <= 0 {
            return Err("must be more than nothing");
        }
        let word = amount.commodity.as_str();
        let fits = match self {
            Self::Hours { .. } => word == "HOUR",
            Self::Board { .. } => matches!(word, "KWH" | "GBM" | "GB"),
            _ => amount.commodity.is_money(),
        };
        if !fits {
            return Err(
                "counts something else: dues and expenses are money, work is HOUR, a board's share is KWH, GBM or GB",
            );
        }
        let (to, from) = match self {
            Self::Dues { member, .. } => (FUND.to_owned(), format!("Income:Dues:{member}")),
            Self::Donation { .. } => (FUND.to_owned(), "Income:Donations".to_owned()),
            Self::Expense { .. } => ("Expenses:Costs".to_owned(), FUND.to_owned()),
            Self::Advance { member, .. } => (
                "Expenses:Costs".to_owned(),
                format!("Liabilities:Advances:{member}"),
            ),
            Self::Refund { member, .. } => (format!("Liabilities:Advances:{member}"), FUND.to_owned()),
            Self::Hours { member, .. } => ("Expenses:Work".to_owned(), format!("Equity:Members:{member}")),
            Self::Board { board, .. } => ("Expenses:Boards".to_owned(), format!("Equity:Boards:{board}")),
        };
        let side = |account: String, units| -> Result<Posting, &'static str> {
            let account: Account = account.parse().map_err(|_| "names nobody who can be booked")?;
            Ok(Posting {
                account,
                amount: Amount {
                    units,
                    commodity: amount.commodity.clone(),
                },
            })
        };
        Ok(vec![side(to, amount.units)?, side(from, -amount.units)?])
    }
}
