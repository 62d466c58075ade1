// SPDX-License-Identifier: AGPL-3.0-or-later
//! A year in one page: what came in, what went out, who contributed what.

use super::{Account, Amount, Commodity, Ledger, account::FUND, balances};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One line of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReportLine {
    /// Which account.
    #[schemars(with = "String")]
    pub account: Account,
    /// How much, as a reader expects it: income and contributions are positive.
    #[serde(flatten)]
    pub amount: Amount,
}

/// A year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Report {
    /// Which.
    pub year: i16,
    /// What the fund held before it began.
    pub fund_before: Vec<Amount>,
    /// What it held when the year ended, or holds now.
    pub fund_after: Vec<Amount>,
    /// Dues and donations.
    pub income: Vec<ReportLine>,
    /// What was paid and used.
    pub expenses: Vec<ReportLine>,
    /// What members and boards put in without being paid: work, energy, disk.
    pub contributions: Vec<ReportLine>,
    /// What members paid in advance and the fund still owes them at the end.
    pub owed: Vec<ReportLine>,
    /// Number of entries.
    pub entries: usize,
}

impl Ledger {
    /// The years that have entries, the newest first.
    pub fn years(&self) -> Vec<i16> {
        let years: BTreeSet<i16> = self.entries().iter().map(super::Entry::year).collect();
        years.into_iter().rev().collect()
    }

    /// The report of a year.
    pub fn report(&self, year: i16) -> Report {
        let of =
            |keep: &dyn Fn(i16) -> bool| balances(self.entries().iter().filter(|entry| keep(entry.year())));
        let within = of(&|other| other == year);
        let until = of(&|other| other <= year);
        Report {
            year,
            fund_before: fund(&of(&|other| other < year)),
            fund_after: fund(&until),
            income: lines(&within, "Income:", -1),
            expenses: lines(&within, "Expenses:", 1),
            contributions: lines(&within, "Equity:", -1),
            owed: lines(&until, "Liabilities:", -1),
            entries: self.entries().iter().filter(|entry| entry.year() == year).count(),
        }
    }
}

type Balances = BTreeMap<(Account, Commodity), i64>;

fn fund(balances: &Balances) -> Vec<Amount> {
    let lines = lines(balances, FUND, 1);
    lines.into_iter().map(|line| line.amount).collect()
}

fn lines(balances: &Balances, prefix: &str, sign: i64) -> Vec<ReportLine> {
    let of = balances
        .iter()
        .filter(|((account, _), _)| account.as_str().starts_with(prefix));
    of.map(|((account, commodity), units)| ReportLine {
        account: account.clone(),
        amount: Amount {
            units: units.saturating_mul(sign),
            commodity: commodity.clone(),
        },
    })
    .collect()
}
