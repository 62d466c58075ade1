// SPDX-License-Identifier: AGPL-3.0-or-later
//! What checks found and since when, and what somebody does not want to see.

use super::{
    Result, Store,
    board::{get, set},
    stored_json, to_json,
};
use crate::checks::Digest;
use rusqlite::params;
use std::collections::{BTreeMap, BTreeSet};
use types::{MemberName, Timestamp};

/// A finding that is or was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Names the finding.
    pub key: String,
    /// What is wrong: a text per language code.
    pub what: BTreeMap<String, String>,
    /// When it was first seen.
    pub since: Timestamp,
    /// When it was no longer seen.
    pub ended: Option<Timestamp>,
}

/// Findings that are over are kept this long, in seconds: for the digest, and no longer.
const KEPT: i64 = 3 * 86_400;

impl Store {
    /// Writes down which findings are there now: new ones begin, absent ones end. Nothing is written when nothing
    /// changed: a card wears.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn see(&self, present: Vec<Sighting>, now: Timestamp) -> Result<()> {
        let before = self.sightings().await?;
        let open: BTreeSet<&str> = before
            .iter()
            .filter(|sighting| sighting.ended.is_none())
            .map(|sighting| sighting.key.as_str())
            .collect();
        let here: BTreeSet<&str> = present.iter().map(|sighting| sighting.key.as_str()).collect();
        let stale = |sighting: &Sighting| sighting.ended.is_some_and(|ended| ended.0 < now.0 - KEPT);
        if open == here && !before.iter().any(stale) {
            return Ok(());
        }
        let over: Vec<String> = open.difference(&here).map(|key| (*key).to_owned()).collect();
        let new: Vec<Sighting> = present
            .iter()
            .filter(|sighting| !open.contains(sighting.key.as_str()))
            .cloned()
            .collect();
        self.run(move |connection| {
            let change = connection.transaction()?;
            for key in over {
                change.execute(
                    "UPDATE finding SET ended = ?2 WHERE key = ?1",
                    params![key, now.0],
                )?;
            }
            for sighting in new {
                let sql = "INSERT INTO finding (key, what, since) VALUES (?1, ?2, ?3)
                           ON CONFLICT (key) DO UPDATE SET what = ?2, since = ?3, ended = NULL";
                change.execute(
                    sql,
                    params![sighting.key, to_json(&sighting.what)?, sighting.since.0],
                )?;
            }
            change.execute("DELETE FROM finding WHERE ended < ?1", [now.0 - KEPT])?;
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// Findings that are there, and those that ended lately.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sightings(&self) -> Result<Vec<Sighting>> {
        self.run(|connection| {
            let sql = "SELECT key, what, since, ended FROM finding ORDER BY since, key";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| {
                Ok((
                    row.get(0)?,
                    row.get::<_, String>(1)?,
                    row.get(2)?,
                    row.get::<_, Option<i64>>(3)?,
                ))
            })?;
            rows.map(|row| {
                let (key, what, since, ended) = row?;
                Ok(Sighting {
                    key,
                    what: stored_json(&what)?,
                    since: Timestamp(since),
                    ended: ended.map(Timestamp),
                })
            })
            .collect()
        })
        .await
    }

    /// What is not to be shown, and until when.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn silences(&self) -> Result<BTreeMap<String, Timestamp>> {
        self.run(|connection| {
            let mut statement = connection.prepare_cached("SELECT key, until FROM silence")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, Timestamp(row.get(1)?))))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Does not show a finding until then; `None` shows it again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn silence(
        &self,
        key: String,
        until: Option<Timestamp>,
        by: &MemberName,
        now: Timestamp,
    ) -> Result<()> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            change.execute(
                "DELETE FROM silence WHERE key = ?1 OR until < ?2",
                params![key, now.0],
            )?;
            let act = if let Some(until) = until {
                let sql = "INSERT INTO silence (key, until) VALUES (?1, ?2)";
                change.execute(sql, params![key, until.0])?;
                "silence-finding"
            } else {
                "show-finding"
            };
            super::audit::append(&change, now, &by, act, &key)?;
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// The last digest.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn digest(&self) -> Result<Option<Digest>> {
        self.run(|connection| {
            get(connection, "checks_digest")?
                .map(|text| stored_json(&text))
                .transpose()
        })
        .await
    }

    /// Keeps a digest in place of the last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_digest(&self, digest: &Digest) -> Result<()> {
        let text = to_json(digest)?;
        self.run(move |connection| set(connection, "checks_digest", &text))
            .await
    }
}
