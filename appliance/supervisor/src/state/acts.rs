// SPDX-License-Identifier: AGPL-3.0-or-later
//! The two-person rule, and what waits for another steward.

use super::{Result, Store, audit, board, stored, stored_json, to_json};
use crate::two_person::{Act, Kind, is_over};
use rusqlite::params;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;
use types::{MemberName, Timestamp};

/// An act that waits for another steward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WaitingAct {
    /// Its id.
    pub id: String,
    /// Who asked.
    #[schemars(with = "String")]
    pub by: MemberName,
    /// When (seconds since 1970).
    #[schemars(with = "i64")]
    pub asked: Timestamp,
    /// What.
    #[serde(flatten)]
    pub act: Act,
}

const KEY: &str = "two_person_rule";

impl Store {
    /// Which kinds of acts are under the rule.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn two_person_rule(&self) -> Result<BTreeSet<Kind>> {
        self.run(|connection| {
            let stored = board::get(connection, KEY)?;
            stored.map_or_else(|| Ok(BTreeSet::new()), |text| stored_json(&text))
        })
        .await
    }

    /// Chooses what is under the rule.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_two_person_rule(
        &self,
        kinds: BTreeSet<Kind>,
        by: &MemberName,
        now: Timestamp,
    ) -> Result<()> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            board::set(&change, KEY, &to_json(&kinds)?)?;
            let words: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
            audit::append(&change, now, &by, "two-person-rule", &words.join(" "))?;
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// What waits, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting_acts(&self, now: Timestamp) -> Result<Vec<WaitingAct>> {
        self.run(move |connection| {
            let mut query =
                connection.prepare("SELECT id, act, by, asked FROM waiting_act ORDER BY asked DESC, id")?;
            let rows = query.query_map([], |row| {
                let (id, act): (String, String) = (row.get(0)?, row.get(1)?);
                Ok((id, act, row.get::<_, String>(2)?, Timestamp(row.get(3)?)))
            })?;
            let mut all = Vec::new();
            for row in rows {
                let (id, act, by, asked) = row?;
                if !is_over(asked, now) {
                    all.push(WaitingAct {
                        id,
                        act: stored_json(&act)?,
                        by: stored(&by)?,
                        asked,
                    });
                }
            }
            Ok(all)
        })
        .await
    }

    /// Writes down what waits; `subject` is for the audit log.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_waiting_act(&self, waiting: WaitingAct, subject: String) -> Result<()> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let (by, asked) = (waiting.by.as_str(), waiting.asked);
            let mut old = change.prepare("SELECT id, asked FROM waiting_act")?;
            let rows = old.query_map([], |row| Ok((row.get::<_, String>(0)?, Timestamp(row.get(1)?))))?;
            let rows: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
            drop(old);
            for (id, _) in rows.iter().filter(|(_, at)| is_over(*at, asked)) {
                change.execute("DELETE FROM waiting_act WHERE id = ?1", [id])?;
            }
            let sql = "INSERT INTO waiting_act (id, act, by, asked) VALUES (?1, ?2, ?3, ?4)";
            change.execute(sql, params![waiting.id, to_json(&waiting.act)?, by, asked.0])?;
            audit::append(&change, asked, by, "ask-act", &subject)?;
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// Takes an act out of those that wait, because it was answered. Returns whether it was there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_waiting_act(
        &self,
        id: String,
        by: &MemberName,
        word: &'static str,
        subject: String,
        now: Timestamp,
    ) -> Result<bool> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            let taken = change.execute("DELETE FROM waiting_act WHERE id = ?1", [id])? > 0;
            if taken {
                audit::append(&change, now, &by, word, &subject)?;
            }
            change.commit()?;
            Ok(taken)
        })
        .await
    }
}
