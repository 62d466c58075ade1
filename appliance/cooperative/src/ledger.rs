// SPDX-License-Identifier: AGPL-3.0-or-later
//! The books: double entry, append-only. An entry is never changed; a mistake is answered by a counter-entry.
//!
//! Amounts are whole numbers of the smallest unit of their commodity, so that every sum is exact. What is not money
//! (hours, kilowatt hours, months of a gigabyte) is booked like money and balances in itself; it is never converted.

mod account;
mod amount;
mod booking;
mod export;
mod report;

pub use account::{Account, AccountError, FUND};
pub use amount::{Amount, AmountError, Commodity};
pub use booking::Booking;
pub(crate) use export::cell as csv_cell;
pub use export::{beancount, csv};
pub use report::{Report, ReportLine};

use crate::date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Longest memo, in characters.
pub const LONGEST_MEMO: usize = 200;

/// One side of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Posting {
    /// Which account.
    #[schemars(with = "String")]
    pub account: Account,
    /// How much is added; negative takes away.
    #[serde(flatten)]
    pub amount: Amount,
}

/// Where an amount comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A person said so.
    #[default]
    Declared,
    /// Computed from what the board measured and a model.
    Estimated,
    /// Read from a meter.
    Metered,
    /// A proposal that passed.
    Decided,
}

/// One entry. It balances, or it is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Unique.
    pub id: String,
    /// Day it belongs to, `YYYY-MM-DD`.
    pub date: String,
    /// What for.
    pub memo: String,
    /// Its sides.
    pub postings: Vec<Posting>,
    /// The entry that this one takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<String>,
    /// Where the amount comes from.
    #[serde(default)]
    pub source: Source,
}

/// Why an entry is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Its sides do not sum to nothing.
    #[error("the entry does not balance: {commodity} is off by {off} of its smallest unit")]
    Unbalanced {
        /// In this commodity.
        commodity: Commodity,
        /// By this much.
        off: i128,
    },
    /// Fewer than two sides, or a side of nothing.
    #[error("an entry needs at least two postings, none of them of nothing")]
    Empty,
    /// No day.
    #[error("the date must be written YYYY-MM-DD")]
    Date,
    /// Too long, or several lines.
    #[error("say what it is for in one line of at most {LONGEST_MEMO} characters")]
    Memo,
    /// The same id again.
    #[error("there is an entry {0} already")]
    Twice(String),
    /// Nothing to correct.
    #[error("there is no entry {0} to correct")]
    Unknown(String),
    /// Corrected before.
    #[error("entry {0} was corrected already; make a new entry instead")]
    Corrected(String),
    /// A correction that is not the exact counter-entry.
    #[error("a correction takes back exactly what {0} booked")]
    NotCounter(String),
    /// More than a book of this kind can hold.
    #[error("the amounts are too large to be summed")]
    TooLarge,
}

impl Entry {
    /// Checks an entry by itself.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), LedgerError> {
        if date::parse_day(&self.date).is_none() {
            return Err(LedgerError::Date);
        }
        let length = self.memo.trim().chars().count();
        if length == 0 || length > LONGEST_MEMO || self.memo.chars().any(char::is_control) {
            return Err(LedgerError::Memo);
        }
        if self.postings.len() < 2 || self.postings.iter().any(|posting| posting.amount.units == 0) {
            return Err(LedgerError::Empty);
        }
        let mut sums: BTreeMap<&Commodity, i128> = BTreeMap::new();
        for posting in &self.postings {
            *sums.entry(&posting.amount.commodity).or_default() += i128::from(posting.amount.units);
        }
        match sums.into_iter().find(|(_, sum)| *sum != 0) {
            Some((commodity, off)) => Err(LedgerError::Unbalanced {
                commodity: commodity.clone(),
                off,
            }),
            None => Ok(()),
        }
    }

    /// The year it belongs to.
    pub fn year(&self) -> i16 {
        self.date.get(..4).and_then(|year| year.parse().ok()).unwrap_or(0)
    }
}

/// All entries that hold, in the order of their days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    entries: Vec<Entry>,
    by_id: BTreeMap<String, usize>,
    corrected: BTreeSet<String>,
}

impl Ledger {
    /// The books of these entries, whatever order they come in and however often. What is no entry, a second one with
    /// the same id, and a second correction of the same entry are left out: with every order the same ones.
    pub fn of(entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut all: Vec<Entry> = entries.into_iter().collect();
        let key = |entry: &Entry| {
            (
                entry.date.clone(),
                entry.id.clone(),
                serde_json::to_string(entry).ok(),
            )
        };
        all.sort_by_cached_key(key);
        let (corrections, plain): (Vec<Entry>, Vec<Entry>) =
            all.into_iter().partition(|entry| entry.corrects.is_some());
        let mut ledger = Self::default();
        for entry in plain {
            let _ = ledger.add(entry);
        }
        // A correction may itself be corrected, so those that wait are tried until none fits any more.
        let mut waiting = corrections;
        loop {
            let before = waiting.len();
            waiting.retain(|entry| matches!(ledger.add(entry.clone()), Err(LedgerError::Unknown(_))));
            if waiting.len() == before {
                break;
            }
        }
        ledger
            .entries
            .sort_by(|a, b| (&a.date, &a.id).cmp(&(&b.date, &b.id)));
        ledger.by_id = (0..)
            .zip(&ledger.entries)
            .map(|(at, entry)| (entry.id.clone(), at))
            .collect();
        ledger
    }

    /// Whether an entry can be added now.
    ///
    /// # Errors
    /// Why not.
    pub fn admits(&self, entry: &Entry) -> Result<(), LedgerError> {
        entry.check()?;
        if self.by_id.contains_key(&entry.id) {
            return Err(LedgerError::Twice(entry.id.clone()));
        }
        if let Some(id) = &entry.corrects {
            let corrected = self.get(id).ok_or_else(|| LedgerError::Unknown(id.clone()))?;
            if self.corrected.contains(id) {
                return Err(LedgerError::Corrected(id.clone()));
            }
            if negated(&corrected.postings)? != entry.postings {
                return Err(LedgerError::NotCounter(id.clone()));
            }
        }
        let mut total: BTreeMap<(&Account, &Commodity), i128> = BTreeMap::new();
        for posting in self
            .entries
            .iter()
            .chain([entry])
            .flat_map(|entry| &entry.postings)
        {
            *total
                .entry((&posting.account, &posting.amount.commodity))
                .or_default() += i128::from(posting.amount.units);
        }
        if total.values().any(|sum| i64::try_from(*sum).is_err()) {
            return Err(LedgerError::TooLarge);
        }
        Ok(())
    }

    fn add(&mut self, entry: Entry) -> Result<(), LedgerError> {
        self.admits(&entry)?;
        self.by_id.insert(entry.id.clone(), self.entries.len());
        self.corrected.extend(entry.corrects.clone());
        self.entries.push(entry);
        Ok(())
    }

    /// The entry that takes another one back.
    ///
    /// # Errors
    /// When there is none with this id, or it was taken back before.
    pub fn counter(
        &self,
        id: &str,
        new_id: String,
        date: String,
        memo: String,
    ) -> Result<Entry, LedgerError> {
        let entry = self.get(id).ok_or_else(|| LedgerError::Unknown(id.to_owned()))?;
        let counter = Entry {
            id: new_id,
            date,
            memo,
            postings: negated(&entry.postings)?,
            corrects: Some(id.to_owned()),
            source: Source::Declared,
        };
        self.admits(&counter)?;
        Ok(counter)
    }

    /// One entry.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.get(*self.by_id.get(id)?)
    }

    /// Every entry, by day.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether an entry was taken back.
    pub fn is_corrected(&self, id: &str) -> bool {
        self.corrected.contains(id)
    }

    /// What every account holds; accounts that hold nothing are left out.
    pub fn balances(&self) -> BTreeMap<(Account, Commodity), i64> {
        balances(self.entries.iter())
    }

    /// What the common fund holds, per commodity.
    pub fn fund(&self) -> Vec<Amount> {
        let all = self.balances();
        all.into_iter()
            .filter(|((account, _), _)| account.as_str() == FUND)
            .map(|((_, commodity), units)| Amount { units, commodity })
            .collect()
    }
}

fn balances<'a>(entries: impl Iterator<Item = &'a Entry>) -> BTreeMap<(Account, Commodity), i64> {
    let mut sums: BTreeMap<(Account, Commodity), i128> = BTreeMap::new();
    for posting in entries.flat_map(|entry| &entry.postings) {
        let key = (posting.account.clone(), posting.amount.commodity.clone());
        *sums.entry(key).or_default() += i128::from(posting.amount.units);
    }
    // `admits` keeps every sum within an i64.
    sums.into_iter()
        .filter(|(_, sum)| *sum != 0)
        .map(|(key, sum)| (key, i64::try_from(sum).unwrap_or(i64::MAX)))
        .collect()
}

fn negated(postings: &[Posting]) -> Result<Vec<Posting>, LedgerError> {
    let one = |posting: &Posting| {
        let units = posting.amount.units.checked_neg().ok_or(LedgerError::TooLarge)?;
        Ok(Posting {
            account: posting.account.clone(),
            amount: Amount {
                units,
                commodity: posting.amount.commodity.clone(),
            },
        })
    };
    postings.iter().map(one).collect()
}

#[cfg(test)]
mod tests;
