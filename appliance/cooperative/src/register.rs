// SPDX-License-Identifier: AGPL-3.0-or-later
//! The register of members and boards: who joined, who left, what they agreed to be told. Lines are only added.

use crate::{date, ledger::csv_cell};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use types::{MemberName, Timestamp};

/// Who or what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A person.
    Member,
    /// A board.
    Board,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "lowercase", deny_unknown_fields)]
pub enum Event {
    /// Joined.
    Joined,
    /// Left.
    Left,
    /// Agreed to speak for the cooperative, and to be published under this name.
    Delegate {
        /// The name to be published.
        published: String,
    },
    /// Does not speak for it any more, or does not want to be published.
    NoDelegate,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// When (seconds since 1970).
    #[schemars(with = "i64")]
    pub at: Timestamp,
    /// Who or what.
    pub kind: Kind,
    /// Its name: a sign-in name or a board's.
    pub name: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// One member or board, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// Who or what.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Day it last joined, `YYYY-MM-DD`.
    pub joined: String,
    /// Day it left; empty while it is there.
    pub left: String,
    /// Published as a delegate under this name.
    pub delegate: Option<String>,
    /// Day of the consent to that.
    pub consent: String,
}

/// The register, whatever order its lines come in and however often.
pub fn rows(lines: &[Line]) -> Vec<Row> {
    let mut sorted: Vec<&Line> = lines.iter().collect();
    sorted.sort();
    let mut rows: BTreeMap<(Kind, &str), Row> = BTreeMap::new();
    for line in sorted {
        let row = rows.entry((line.kind, &line.name)).or_insert_with(|| Row {
            kind: line.kind,
            name: line.name.clone(),
            joined: String::new(),
            left: String::new(),
            delegate: None,
            consent: String::new(),
        });
        let day = date::day(line.at);
        match &line.event {
            Event::Joined => {
                if row.joined.is_empty() || !row.left.is_empty() {
                    row.joined = day;
                }
                row.left.clear();
            }
            Event::Left => {
                row.left = day;
                row.delegate = None;
                row.consent.clear();
            }
            // Leaving and consenting within one second: whoever has left is not named.
            Event::Delegate { .. } if !row.left.is_empty() => {}
            Event::Delegate { published } => (row.delegate, row.consent) = (Some(published.clone()), day),
            Event::NoDelegate => {
                row.delegate = None;
                row.consent.clear();
            }
        }
    }
    rows.into_values().collect()
}

/// The lines that bring the register to who is there now: those who are not in it join on their day, those who are
/// gone leave now.
pub fn catch_up(
    lines: &[Line],
    kind: Kind,
    present: &BTreeMap<String, Timestamp>,
    now: Timestamp,
) -> Vec<Line> {
    let rows = rows(lines);
    let listed = |name: &str| {
        rows.iter()
            .find(|row| row.kind == kind && row.name == name && row.left.is_empty())
    };
    let known = |name: &str| rows.iter().any(|row| row.kind == kind && row.name == name);
    let joined = present
        .iter()
        .filter(|(name, _)| listed(name).is_none())
        .map(|(name, joined)| Line {
            // Who comes back does so after having left, whatever the account says.
            at: if known(name) { now } else { *joined },
            kind,
            name: name.clone(),
            event: Event::Joined,
        });
    let gone = rows
        .iter()
        .filter(|row| row.kind == kind && row.left.is_empty() && !present.contains_key(&row.name))
        .map(|row| Line {
            at: now,
            kind,
            name: row.name.clone(),
            event: Event::Left,
        });
    joined.chain(gone).collect()
}

/// The register as CSV (RFC 4180).
pub fn csv(rows: &[Row]) -> String {
    let mut text = String::from("kind,name,joined,left,delegate,consent\r\n");
    for row in rows {
        let kind = match row.kind {
            Kind::Member => "member",
            Kind::Board => "board",
        };
        let delegate = row.delegate.as_deref().unwrap_or_default();
        let cells = [kind, &row.name, &row.joined, &row.left, delegate, &row.consent];
        text.push_str(&cells.map(csv_cell).join(","));
        text.push_str("\r\n");
    }
    text
}

/// Somebody asks to become a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Application {
    /// Unique.
    pub id: String,
    /// The name they give.
    pub name: String,
    /// How to reach them.
    pub contact: String,
    /// What they write.
    pub text: String,
    /// When (seconds since 1970).
    #[schemars(with = "i64")]
    pub at: Timestamp,
    /// What became of it.
    pub answer: Answer,
    /// The account that was made, once admitted.
    #[schemars(with = "Option<String>")]
    pub member: Option<MemberName>,
}

/// What became of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Waits.
    Waiting,
    /// Admitted.
    Admitted,
    /// Declined.
    Declined,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(at: i64, name: &str, event: Event) -> Line {
        Line {
            at: Timestamp(at * date::DAY),
            kind: Kind::Member,
            name: name.into(),
            event,
        }
    }

    #[test]
    fn who_leaves_is_no_delegate_any_more_and_can_come_back() {
        let delegate = Event::Delegate {
            published: "A. Member".into(),
        };
        let mut lines = vec![line(1, "ada", Event::Joined), line(2, "ada", delegate)];
        assert_eq!(rows(&lines)[0].delegate.as_deref(), Some("A. Member"));
        assert_eq!(rows(&lines)[0].consent, "1970-01-03");
        lines.push(line(5, "ada", Event::Left));
        let row = rows(&lines).remove(0);
        assert_eq!(
            (row.delegate, row.left.as_str(), row.joined.as_str()),
            (None, "1970-01-06", "1970-01-02")
        );
        lines.push(line(9, "ada", Event::Joined));
        let row = rows(&lines).remove(0);
        assert_eq!((row.left.as_str(), row.joined.as_str()), ("", "1970-01-10"));
        assert_eq!(
            csv(&[row]),
            "kind,name,joined,left,delegate,consent\r\nmember,ada,1970-01-10,,,\r\n"
        );
    }

    proptest! {
        #[test]
        fn the_register_catches_up_with_who_is_there(
            days in proptest::collection::vec(proptest::collection::btree_set(0_u8..6, 0..6), 1..12),
            turn in any::<prop::sample::Index>(),
        ) {
            let mut lines: Vec<Line> = Vec::new();
            for (day, present) in (1_i64..).zip(&days) {
                let now = Timestamp(day * date::DAY);
                let present: BTreeMap<String, Timestamp> = present.iter().map(|name| (format!("m{name}"), now)).collect();
                lines.extend(catch_up(&lines, Kind::Member, &present, now));
                let there = rows(&lines).into_iter().filter(|row| row.left.is_empty()).map(|row| row.name);
                prop_assert_eq!(there.collect::<Vec<_>>(), present.keys().cloned().collect::<Vec<_>>());
                prop_assert!(catch_up(&lines, Kind::Member, &present, now).is_empty());
            }
            let straight = rows(&lines);
            if !lines.is_empty() {
                let by = turn.index(lines.len());
                lines.rotate_left(by);
                lines.push(lines[0].clone());
            }
            prop_assert_eq!(rows(&lines), straight);
        }
    }
}
