// SPDX-License-Identifier: AGPL-3.0-or-later
//! The second step of signing in, for members who want one.

use super::{Result, Store, audit, stored};
use crate::access::totp::Secret;
use rusqlite::{Connection, OptionalExtension, params};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;
use types::{MemberName, Timestamp};

/// A member's second step, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SecondStep {
    /// Since when (seconds since 1970).
    #[schemars(with = "i64")]
    pub since: Timestamp,
    /// Recovery codes that were not used yet.
    pub recovery_codes: u32,
}

/// What a code is checked against.
#[derive(Debug)]
pub struct Expected {
    /// Shared with the member's app.
    pub secret: Secret,
    /// Codes of this step (see [`Secret::accepts`]) and of those before it were used or are too old.
    pub last_step: i64,
}

fn put_codes(connection: &Connection, member: &MemberName, hashes: &[String]) -> Result<()> {
    connection.execute("DELETE FROM recovery_code WHERE member = ?1", [member.as_str()])?;
    for hash in hashes {
        let sql = "INSERT INTO recovery_code (hash, member) VALUES (?1, ?2)";
        connection.execute(sql, [hash, member.as_str()])?;
    }
    Ok(())
}

impl Store {
    /// A member's second step.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn second_step(&self, member: MemberName) -> Result<Option<SecondStep>> {
        self.run(move |connection| {
            let sql = "SELECT since, (SELECT count(*) FROM recovery_code c WHERE c.member = s.member)
                       FROM second_step s WHERE s.member = ?1";
            let read = |row: &rusqlite::Row<'_>| {
                Ok(SecondStep {
                    since: Timestamp(row.get(0)?),
                    recovery_codes: row.get(1)?,
                })
            };
            Ok(connection.query_row(sql, [member.as_str()], read).optional()?)
        })
        .await
    }

    /// The members who have a second step.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn with_second_step(&self) -> Result<BTreeSet<MemberName>> {
        self.run(|connection| {
            let mut query = connection.prepare("SELECT member FROM second_step")?;
            let names = query.query_map([], |row| row.get::<_, String>(0))?;
            names.map(|name| stored(&name?)).collect()
        })
        .await
    }

    /// What a member's codes are checked against, when there is a second step.
    ///
    /// # Errors
    /// When the database fails, or holds what nobody wrote.
    pub async fn expected_code(&self, member: MemberName) -> Result<Option<Expected>> {
        self.run(move |connection| {
            let sql = "SELECT secret, last_step FROM second_step WHERE member = ?1";
            let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?));
            let found = connection.query_row(sql, [member.as_str()], read).optional()?;
            let Some((secret, last_step)) = found else {
                return Ok(None);
            };
            let secret = Secret::parse(&secret)
                .ok_or_else(|| super::StateError::Unexpected("the secret of a second step".into()))?;
            Ok(Some(Expected { secret, last_step }))
        })
        .await
    }

    /// Turns the second step on, or changes to another app. `step` is that of the code that proved it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_second_step(
        &self,
        member: MemberName,
        secret: Secret,
        step: i64,
        recovery: Vec<String>,
        now: Timestamp,
    ) -> Result<()> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql = "INSERT INTO second_step (member, secret, last_step, since) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT (member) DO UPDATE SET secret = ?2, last_step = ?3, since = ?4";
            change.execute(sql, params![member.as_str(), secret.to_string(), step, now.0])?;
            put_codes(&change, &member, &recovery)?;
            audit::append(&change, now, member.as_str(), "set-second-step", member.as_str())?;
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// Replaces the recovery codes. Returns `false` when there is no second step.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replace_recovery_codes(
        &self,
        member: MemberName,
        recovery: Vec<String>,
        now: Timestamp,
    ) -> Result<bool> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql = "SELECT EXISTS (SELECT 1 FROM second_step WHERE member = ?1)";
            if !change.query_row(sql, [member.as_str()], |row| row.get(0))? {
                return Ok(false);
            }
            put_codes(&change, &member, &recovery)?;
            audit::append(
                &change,
                now,
                member.as_str(),
                "replace-recovery-codes",
                member.as_str(),
            )?;
            change.commit()?;
            Ok(true)
        })
        .await
    }

    /// Uses up the codes of `step` and of all before it. Returns `false` when they were used already: of many
    /// sign-ins with one code at the same time exactly one succeeds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn use_step(&self, member: MemberName, step: i64) -> Result<bool> {
        self.run(move |connection| {
            let sql = "UPDATE second_step SET last_step = ?2 WHERE member = ?1 AND last_step < ?2";
            Ok(connection.execute(sql, params![member.as_str(), step])? > 0)
        })
        .await
    }

    /// Uses up a recovery code. Returns `false` when there is none with this hash.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn use_recovery_code(&self, member: MemberName, hash: String, now: Timestamp) -> Result<bool> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql = "DELETE FROM recovery_code WHERE member = ?1 AND hash = ?2";
            if change.execute(sql, [member.as_str(), &hash])? == 0 {
                return Ok(false);
            }
            audit::append(
                &change,
                now,
                member.as_str(),
                "use-recovery-code",
                member.as_str(),
            )?;
            change.commit()?;
            Ok(true)
        })
        .await
    }

    /// Turns the second step off. Returns `false` when there was none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_second_step(
        &self,
        member: MemberName,
        by: &MemberName,
        now: Timestamp,
    ) -> Result<bool> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql = "DELETE FROM second_step WHERE member = ?1";
            if change.execute(sql, [member.as_str()])? == 0 {
                return Ok(false);
            }
            audit::append(&change, now, &by, "remove-second-step", member.as_str())?;
            change.commit()?;
            Ok(true)
        })
        .await
    }
}
