// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who did what: append-only, each record carrying the hash of all before it.

use super::{Result, Store};
use rusqlite::{Connection, OptionalExtension, params};
use schemars::JsonSchema;
use serde::Serialize;
use types::Timestamp;

/// One act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditRecord {
    /// Counts from 1 without a gap.
    pub sequence: i64,
    /// When (seconds since 1970).
    #[schemars(with = "i64")]
    pub at: Timestamp,
    /// Who.
    pub member: String,
    /// What: `enable`, `add-member`, …
    pub act: String,
    /// To what.
    pub subject: String,
    /// SHA-256 over the hash before and this record.
    pub hash: String,
}

impl AuditRecord {
    fn hash_after(previous: &str, at: Timestamp, member: &str, act: &str, subject: &str) -> String {
        let fields = serde_json::json!([previous, at, member, act, subject]).to_string();
        crate::access::secret::hash(&fields)
    }
}

pub(super) fn append(
    connection: &Connection,
    at: Timestamp,
    member: &str,
    act: &str,
    subject: &str,
) -> Result<()> {
    let sql = "SELECT hash FROM audit ORDER BY sequence DESC LIMIT 1";
    let previous: Option<String> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    let hash = AuditRecord::hash_after(&previous.unwrap_or_default(), at, member, act, subject);
    let sql = "INSERT INTO audit (at, member, act, subject, hash) VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.execute(sql, params![at.0, member, act, subject, hash])?;
    Ok(())
}

impl Store {
    /// Writes an act down.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record(&self, at: Timestamp, member: &str, act: &'static str, subject: &str) -> Result<()> {
        let (member, subject) = (member.to_owned(), subject.to_owned());
        self.run(move |connection| {
            let change = connection.transaction()?;
            append(&change, at, &member, act, &subject)?;
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// The newest acts first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(&self, limit: u32) -> Result<Vec<AuditRecord>> {
        self.audit_before(i64::MAX, limit).await
    }

    /// The newest acts before one, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_before(&self, sequence: i64, limit: u32) -> Result<Vec<AuditRecord>> {
        self.run(move |connection| {
            let sql = "SELECT sequence, at, member, act, subject, hash FROM audit
                       WHERE sequence < ?1 ORDER BY sequence DESC LIMIT ?2";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map(params![sequence, limit], |row| {
                Ok(AuditRecord {
                    sequence: row.get(0)?,
                    at: Timestamp(row.get(1)?),
                    member: row.get(2)?,
                    act: row.get(3)?,
                    subject: row.get(4)?,
                    hash: row.get(5)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Whether no record was changed, added in between or taken out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_is_whole(&self) -> Result<bool> {
        let mut records = self.audit(u32::MAX).await?;
        records.reverse();
        let mut previous = String::new();
        for (record, expected) in records.iter().zip(1..) {
            let hash =
                AuditRecord::hash_after(&previous, record.at, &record.member, &record.act, &record.subject);
            if record.sequence != expected || record.hash != hash {
                return Ok(false);
            }
            previous = hash;
        }
        Ok(true)
    }
}
