// SPDX-License-Identifier: AGPL-3.0-or-later
//! Which announced texts a member has read.

use super::{Result, Store};
use ::cooperative::Version;
use rusqlite::params;
use std::collections::BTreeSet;
use types::{MemberName, Timestamp};

impl Store {
    /// Word, language and number of every version a member has read.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn texts_seen(&self, member: MemberName) -> Result<BTreeSet<(String, String, u32)>> {
        self.run(move |connection| {
            let sql = "SELECT kind, language, number FROM text_seen WHERE member = ?1";
            let mut query = connection.prepare(sql)?;
            let rows = query.query_map([member.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// A member has read a version.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn see_text(&self, member: MemberName, version: &Version, now: Timestamp) -> Result<()> {
        let (kind, language, number) = (version.kind.word(), version.language.code(), version.number);
        self.run(move |connection| {
            let sql = "INSERT INTO text_seen (member, kind, language, number, at) VALUES (?1, ?2, ?3, ?4, ?5)
                       ON CONFLICT DO NOTHING";
            connection.execute(sql, params![member.as_str(), kind, language, number, now.0])?;
            Ok(())
        })
        .await
    }
}
