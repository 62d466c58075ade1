// SPDX-License-Identifier: AGPL-3.0-or-later
//! The books as files: CSV (RFC 4180) for spreadsheets, Beancount for bookkeepers.

use super::{Ledger, Source};
use std::{collections::BTreeMap, fmt::Write as _};

/// One line a posting.
pub fn csv(ledger: &Ledger) -> String {
    let mut text = String::from("date,entry,memo,account,amount,commodity,corrects,source\r\n");
    for entry in ledger.entries() {
        for posting in &entry.postings {
            let source = source(entry.source);
            let cells = [
                entry.date.as_str(),
                &entry.id,
                &entry.memo,
                posting.account.as_str(),
                &posting.amount.number(),
                posting.amount.commodity.as_str(),
                entry.corrects.as_deref().unwrap_or_default(),
                source,
            ];
            text.push_str(&cells.map(cell).join(","));
            text.push_str("\r\n");
        }
    }
    text
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Declared => "declared",
        Source::Estimated => "estimated",
        Source::Metered => "metered",
        Source::Decided => "decided",
    }
}

/// A cell that no spreadsheet takes for a formula: text that starts like one gets an apostrophe before it.
pub(crate) fn cell(text: &str) -> String {
    let number = text.parse::<f64>().is_ok();
    let formula = !number && text.starts_with(['=', '+', '-', '@', '\t']);
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// A whole Beancount file: accounts opened on their first day, then every entry.
pub fn beancount(ledger: &Ledger, title: &str) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "option \"title\" \"{}\"\n", quoted(title));
    let mut opened: BTreeMap<String, &str> = BTreeMap::new();
    for entry in ledger.entries() {
        for posting in &entry.postings {
            opened.entry(posting.account.beancount()).or_insert(&entry.date);
        }
    }
    for (account, date) in &opened {
        let _ = writeln!(text, "{date} open {account}");
    }
    for entry in ledger.entries() {
        let _ = writeln!(text, "\n{} * \"{}\"", entry.date, quoted(&entry.memo));
        let _ = writeln!(text, "  id: \"{}\"", quoted(&entry.id));
        let _ = writeln!(text, "  source: \"{}\"", source(entry.source));
        if let Some(id) = &entry.corrects {
            let _ = writeln!(text, "  corrects: \"{}\"", quoted(id));
        }
        for posting in &entry.postings {
            let _ = writeln!(text, "  {}  {}", posting.account.beancount(), posting.amount);
        }
    }
    text
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace(['\n', '\r'], " ")
}
