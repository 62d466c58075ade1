// SPDX-License-Identifier: AGPL-3.0-or-later
//! Accounts: names with colons, below one of the five roots that plain-text bookkeeping knows.

use serde::{Deserialize, Serialize};
use std::{
    fmt::{self, Write as _},
    str::FromStr,
};

/// What the members have in common.
pub const FUND: &str = "Assets:Fund";

const ROOTS: [&str; 5] = ["Assets", "Liabilities", "Equity", "Income", "Expenses"];

/// An account, like `Income:Dues:ada`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Account(String);

/// Why a text names no account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an account starts with Assets, Liabilities, Equity, Income or Expenses, and has at most 5 further parts of \
     letters, digits, dots, hyphens and underscores, with colons between"
)]
pub struct AccountError;

impl Account {
    /// The account as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As Beancount accepts it: parts start with a capital or digit and hold letters, digits and hyphens. Two accounts
    /// never become the same: what is not allowed is written as `-x` and its number in hexadecimal.
    pub fn beancount(&self) -> String {
        let part = |part: &str| {
            let mut text = String::new();
            let mut chars = part.chars().peekable();
            while let Some(c) = chars.next() {
                match c {
                    c if text.is_empty() => text.push(c.to_ascii_uppercase()),
                    '-' if chars.peek() != Some(&'x') => text.push(c),
                    c if c.is_ascii_alphanumeric() => text.push(c),
                    c => {
                        let _ = write!(text, "-x{:02x}", u32::from(c));
                    }
                }
            }
            text
        };
        self.0.split(':').map(part).collect::<Vec<_>>().join(":")
    }
}

impl FromStr for Account {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let parts: Vec<&str> = text.split(':').collect();
        let good = |part: &str| {
            part.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
                && part.len() <= 40
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        let fits = (2..=6).contains(&parts.len())
            && ROOTS.contains(&parts[0])
            && parts.iter().all(|part| good(part));
        fits.then(|| Self(text.to_owned())).ok_or(AccountError)
    }
}

impl TryFrom<String> for Account {
    type Error = AccountError;

    fn try_from(text: String) -> Result<Self, AccountError> {
        text.parse()
    }
}

impl From<Account> for String {
    fn from(account: Account) -> Self {
        account.0
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
