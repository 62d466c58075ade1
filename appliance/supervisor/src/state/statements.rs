// SPDX-License-Identifier: AGPL-3.0-or-later
//! Statements of the cooperative: written once, never changed. What holds now is computed from them by the crate
//! `cooperative`.

use super::{Result, Store, audit, stored_json, to_json};
use ::cooperative::{
    Entry, Proposal, Version,
    commitment::Declaration,
    decision::{Decision, Seal},
    news::News,
    reader::Hoster,
    register::{Application, Line},
    text::Answers,
    winding::Winding,
};
use rusqlite::{Connection, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use types::Timestamp;

/// A kind of statement.
pub trait Statement: Clone + Serialize + DeserializeOwned + Send + 'static {
    /// Its word in the database.
    const KIND: &'static str;

    /// What it is about. Of several statements about the same the last one holds, for kinds that can be changed.
    fn key(&self) -> String;
}

macro_rules! statement {
    ($($kind:ty, $word:literal, |$this:ident| $key:expr;)*) => {
        $(impl Statement for $kind {
            const KIND: &'static str = $word;

            fn key(&self) -> String {
                let $this = self;
                $key
            }
        })*
    };
}

/// A proposal was counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counted {
    /// What was decided.
    pub decision: Decision,
    /// Signed by this board.
    pub seal: Seal,
}

/// A proposal was taken back before its deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// Its id.
    pub proposal: String,
}

/// What became of a proposal's act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Performed {
    /// Id of the proposal.
    pub proposal: String,
    /// Whether it could be done.
    pub done: bool,
    /// Why not, or what it became (a job, an entry, a version).
    pub detail: String,
}

/// A hoster that somebody added by its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KnownHoster {
    /// The address that was given.
    pub address: String,
    /// Where its file was found.
    pub url: String,
    /// What it says.
    pub hoster: Hoster,
    /// When it was last read (seconds since 1970).
    #[schemars(with = "i64")]
    pub read: Timestamp,
    /// Whether the cooperative vouches for it.
    pub vouched: bool,
    /// It was taken off the list.
    pub removed: bool,
}

/// Answers that the texts were written from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered(pub Answers);

statement! {
    Version, "text", |it| format!("{}/{}/{}", it.kind.word(), it.language.code(), it.number);
    Answered, "answers", |_it| String::new();
    Entry, "entry", |it| it.id.clone();
    Proposal, "proposal", |it| it.id.clone();
    Withdrawn, "withdrawn", |it| it.proposal.clone();
    Counted, "result", |it| it.decision.proposal.clone();
    Performed, "act", |it| it.proposal.clone();
    News, "news", |it| it.id.clone();
    Declaration, "declaration", |it| it.item.word().to_owned();
    Line, "register", |it| it.name.clone();
    Application, "application", |it| it.id.clone();
    KnownHoster, "hoster", |it| it.address.clone();
    Winding, "winding", |_it| String::new();
}

/// The last statement about each thing.
pub fn latest<T: Statement>(all: Vec<T>) -> Vec<T> {
    let by_key: BTreeMap<String, T> = all.into_iter().map(|one| (one.key(), one)).collect();
    by_key.into_values().collect()
}

pub(super) fn load<T: Statement>(connection: &Connection) -> Result<Vec<T>> {
    let mut query =
        connection.prepare_cached("SELECT body FROM statement WHERE kind = ?1 ORDER BY sequence")?;
    let rows = query.query_map([T::KIND], |row| row.get::<_, String>(0))?;
    rows.map(|body| stored_json(&body?)).collect()
}

pub(super) fn insert<T: Statement>(connection: &Connection, by: &str, now: Timestamp, new: &T) -> Result<()> {
    let sql = "INSERT INTO statement (kind, key, at, member, body) VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.execute(sql, params![T::KIND, new.key(), now.0, by, to_json(new)?])?;
    Ok(())
}

impl Store {
    /// All statements of a kind, in the order they were made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn statements<T: Statement>(&self) -> Result<Vec<T>> {
        self.run(|connection| load(connection)).await
    }

    /// Makes statements, if `decide` allows it in sight of all that were made before: nothing comes in between. `act`
    /// is the word in the audit log, with what the first statement is about.
    ///
    /// # Errors
    /// When the database fails; the inner result is what `decide` says.
    pub async fn state<T, R, E>(
        &self,
        (by, now, act): (&str, Timestamp, &'static str),
        decide: impl FnOnce(&[T]) -> std::result::Result<(Vec<T>, R), E> + Send + 'static,
    ) -> Result<std::result::Result<R, E>>
    where
        T: Statement,
        R: Send + 'static,
        E: Send + 'static,
    {
        let by = by.to_owned();
        self.run(move |connection| {
            let change = connection.transaction()?;
            let (new, answer) = match decide(&load(&change)?) {
                Ok(decided) => decided,
                Err(error) => return Ok(Err(error)),
            };
            for one in &new {
                insert(&change, &by, now, one)?;
            }
            if let Some(first) = new.first() {
                let key = first.key();
                let subject = if key.is_empty() { T::KIND } else { &key };
                audit::append(&change, now, &by, act, subject)?;
            }
            change.commit()?;
            Ok(Ok(answer))
        })
        .await
    }
}
