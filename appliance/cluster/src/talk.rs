// SPDX-License-Identifier: AGPL-3.0-or-later
//! What paired boards say to each other: one message each way, over a [`crate::channel`].
//!
//! A message holds all that its writer has to say, so any one of them may be lost, and any may come twice. Parts that
//! a board does not know are passed over, so that boards of different age understand each other.

use crate::{
    agreement::{AgreementId, Book, Heard, Record, Refusal},
    pairing::Hex,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::net::IpAddr;
use types::{Domain, Timestamp};

/// Longest message, in bytes: every record of a full book, and room.
pub const LONGEST: usize = 96 * 1024;
/// Records in one message, at most.
const MOST: usize = crate::agreement::MOST;

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Message {
    /// How things stand.
    Talk(Box<Talk>),
    /// The other board is paired no more: nothing is known of it, and nothing holds.
    Unpaired {},
}

/// How things stand, for the board that writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Talk {
    /// Names this run of the board: whoever hears another one says everything again.
    pub run: Hex,
    /// The public name of its front door, if it has one.
    #[serde(default)]
    pub domain: Option<Domain>,
    /// What it says about agreements. Read one by one: see [`Talk::hear`].
    #[serde(default)]
    pub records: Vec<Value>,
    /// What it holds of what it was told.
    #[serde(default)]
    pub heard: Vec<Heard>,
    /// How it is; told only to boards that watch it.
    #[serde(default)]
    pub health: Option<Health>,
    /// How the other board's public face looks from here; told only to boards that it watches.
    #[serde(default)]
    pub face: Option<Face>,
    /// Where the other board came from when it came last; told only to boards that it watches.
    #[serde(default)]
    pub seen_at: Option<IpAddr>,
    /// What it keeps of the other board's backups.
    #[serde(default)]
    pub keeps: Option<Keeps>,
}

/// What a board keeps of another's backups, as it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keeps {
    /// Bytes, with what the other board deleted and is still kept.
    pub bytes: u64,
    /// Bytes of it that the other board deleted.
    pub aside: u64,
    /// Bytes that it would keep at most.
    pub room: u64,
}

/// How a board is, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Seconds since it started.
    pub up: u64,
    /// Services that run.
    pub running: u32,
    /// Services that should, and do not.
    pub failing: u32,
    /// Findings that its members notice.
    pub errors: u32,
    /// Findings to look at.
    pub warnings: u32,
}

/// How a board's front door looks from another house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Face {
    /// The name that was asked.
    pub domain: Domain,
    /// Whether a board answered there, with a certificate that browsers trust.
    pub answers: bool,
    /// Seconds since then.
    pub ago: u64,
    /// Ports of it at which a board answers, whatever its certificate.
    #[serde(default)]
    pub open: Vec<u16>,
    /// Ports at which something else answers.
    #[serde(default)]
    pub taken: Vec<u16>,
    /// Ports at which nothing answers.
    #[serde(default)]
    pub closed: Vec<u16>,
}

impl Talk {
    /// Takes the other board's records into our book, and gives what is answered to each.
    pub fn hear(&self, book: &mut Book, now: Timestamp) -> Vec<Heard> {
        self.records
            .iter()
            .take(MOST)
            .filter_map(|value| match Record::deserialize(value) {
                Ok(record) => Some(book.hear(&record, now)),
                Err(_) => not_understood(value),
            })
            .collect()
    }
}

/// A record of a kind that came after this release.
fn not_understood(value: &Value) -> Option<Heard> {
    Some(Heard {
        id: AgreementId::deserialize(value.get("id")?).ok()?,
        sent: value.get("generation")?.as_u64()?,
        generation: 0,
        act: None,
        refused: Some(Refusal::NotUnderstood),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::{Grant, Standing, Why};
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use types::BoardKey;

    fn talk(records: Vec<Value>) -> Talk {
        Talk {
            run: Hex(vec![1]),
            domain: None,
            records,
            heard: Vec::new(),
            health: None,
            face: None,
            seen_at: None,
            keeps: None,
        }
    }

    #[test]
    fn what_a_newer_board_proposes_is_refused_and_the_rest_is_heard() {
        let (oak, elm, now) = (BoardKey([1; 32]), BoardKey([2; 32]), Timestamp(1000));
        let mut ours = Book::new(oak, elm, BTreeMap::new());
        let (one, other) = (AgreementId::random().unwrap(), AgreementId::random().unwrap());
        for id in [one, other] {
            ours.propose(id, Grant::ShareBundles {}, true, None, now).unwrap();
        }
        let mut records: Vec<Value> = ours
            .records()
            .map(|record| serde_json::to_value(record).unwrap())
            .collect();
        let newer = records.iter_mut().find(|record| record["id"] == one.to_string());
        newer.unwrap()["terms"]["grant"] = serde_json::json!({ "kind": "sing_together", "songs": 3 });
        let mut theirs = Book::new(elm, oak, BTreeMap::new());
        for heard in talk(records).hear(&mut theirs, now) {
            ours.heard(&heard, now);
        }
        assert_eq!(theirs.entries().len(), 1);
        let refused = Standing::Over(Why::Refused(Refusal::NotUnderstood));
        assert_eq!(ours.standing(one, now), Some(refused));
        assert_eq!(
            ours.standing(other, now),
            Some(Standing::Proposed { by_us: true })
        );
    }

    #[test]
    fn parts_that_came_later_are_passed_over() {
        let mut value = serde_json::to_value(Message::Talk(Box::new(talk(Vec::new())))).unwrap();
        value["songs"] = serde_json::json!([1, 2]);
        assert!(serde_json::from_value::<Message>(value).is_ok());
    }

    proptest! {
        #[test]
        fn no_message_is_too_strange(text in "\\PC{0,200}") {
            let _ = serde_json::from_str::<Message>(&text);
            let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
            let mut book = Book::new(BoardKey([1; 32]), BoardKey([2; 32]), BTreeMap::new());
            talk(vec![value]).hear(&mut book, Timestamp(0));
            prop_assert!(book.entries().is_empty());
        }
    }
}
