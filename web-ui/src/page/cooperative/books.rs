// SPDX-License-Identifier: AGPL-3.0-or-later
//! The books.

use crate::{
    field::TextField,
    i18n::T,
    layout::{Layout, page},
};

/// `GET /cooperative/books`: the fund and the entries.
///
/// Forms:
/// - `POST /cooperative/books` with the fields of [`EntryForm`]
/// - `POST /cooperative/books/<id>/correct` with `memo` (stewards)
/// - `POST /cooperative/books/power` with `idle` and `busy` in watts (stewards)
///
/// Downloads: `/cooperative/books.csv`, `/cooperative/books.beancount`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BooksPage {
    /// What every page knows.
    pub layout: Layout,
    /// What the common fund holds, with its currency.
    pub fund: Vec<String>,
    /// The newest entries first.
    pub entries: Vec<EntryRow>,
    /// Years that have a report.
    pub years: Vec<i16>,
    /// A new entry.
    pub form: EntryForm,
    /// Sign-in names of all members.
    pub members: Vec<String>,
    /// What the board draws, in watts: idle and busy.
    pub power: (TextField, TextField),
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// Its id.
    pub id: String,
    /// Its day.
    pub date: String,
    /// What for.
    pub memo: String,
    /// Amounts and accounts.
    pub postings: Vec<(String, String)>,
    /// Whether it takes another one back.
    pub correction: bool,
    /// Whether it was taken back.
    pub corrected: bool,
}

/// A new entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryForm {
    /// `kind`: `hours`, `dues`, `donation`, `expense`, `advance`, `refund` or `energy`
    pub kind: TextField,
    /// `member`
    pub member: TextField,
    /// `amount`
    pub amount: TextField,
    /// `commodity`: a currency, for what is money
    pub commodity: TextField,
    /// `memo`
    pub memo: TextField,
    /// `date`
    pub date: TextField,
}

impl BooksPage {
    pub(crate) fn kinds(&self, t: T) -> Vec<(String, String)> {
        let all = [
            ("hours", t.books_kind_hours()),
            ("dues", t.books_kind_dues()),
            ("donation", t.books_kind_donation()),
            ("expense", t.books_kind_expense()),
            ("advance", t.books_kind_advance()),
            ("refund", t.books_kind_refund()),
            ("energy", t.books_kind_energy()),
        ];
        let allowed = if self.layout.steward() {
            &all[..]
        } else {
            &all[..1]
        };
        allowed
            .iter()
            .map(|(value, text)| ((*value).to_owned(), (*text).to_owned()))
            .collect()
    }

    pub(crate) fn people(&self) -> Vec<(String, String)> {
        self.members
            .iter()
            .map(|name| (name.clone(), name.clone()))
            .collect()
    }
}

/// `GET /cooperative/books/<year>`: a year on one page, made to be printed. No form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportPage {
    /// What every page knows.
    pub layout: Layout,
    /// Which year.
    pub year: i16,
    /// Name of the cooperative.
    pub cooperative: String,
    /// What the fund held before.
    pub before: Vec<String>,
    /// What it held at the end, or holds now.
    pub after: Vec<String>,
    /// Account and amount.
    pub income: Vec<(String, String)>,
    /// Account and amount.
    pub expenses: Vec<(String, String)>,
    /// Account and amount.
    pub contributions: Vec<(String, String)>,
    /// Account and amount.
    pub owed: Vec<(String, String)>,
}

/// Id, title, and lines of account and amount.
type Section<'a> = (&'static str, &'static str, &'a [(String, String)]);

impl ReportPage {
    pub(crate) fn sections(&self, t: T) -> Vec<Section<'_>> {
        vec![
            ("income", t.books_income(), &self.income[..]),
            ("expenses", t.books_expenses(), &self.expenses[..]),
            ("contributions", t.books_contributions(), &self.contributions[..]),
            ("owed", t.books_owed(), &self.owed[..]),
        ]
    }
}

mod all {
    use super::BooksPage;
    super::page!(BooksPage, "cooperative/books.html");
}
mod year {
    use super::ReportPage;
    super::page!(ReportPage, "cooperative/report.html");
}
