// SPDX-License-Identifier: AGPL-3.0-or-later
//! Where members are signed in. Only the hash of a session's secret is stored.

use super::{
    Result, Store,
    members::{COLUMNS, Member, member},
};
use rusqlite::{OptionalExtension, params};
use schemars::JsonSchema;
use serde::Serialize;
use types::{MemberName, Timestamp};

/// A place where a member is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Session {
    /// Names the session without opening it.
    pub id: String,
    /// Who.
    #[schemars(with = "String")]
    pub member: MemberName,
    /// The service's host it is for; `None` is the board's own pages.
    pub host: Option<String>,
    /// What the browser calls itself.
    pub agent: String,
    /// When it was opened.
    #[schemars(with = "i64")]
    pub created: Timestamp,
    /// When it was last used (to the hour).
    #[schemars(with = "i64")]
    pub last_used: Timestamp,
}

/// How long an unused session lives, in seconds: 30 days.
const SESSION_IDLE: i64 = 30 * 86_400;

impl Store {
    /// Opens a session; `hash` is the hash of its secret, `parent` the board session it came from.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_session(&self, hash: String, session: Session, parent: Option<String>) -> Result<()> {
        self.run(move |connection| {
            let stale = session.created.0 - SESSION_IDLE;
            connection.execute("DELETE FROM session WHERE last_used < ?1", [stale])?;
            let sql = "INSERT INTO session (hash, member, parent, host, agent, created, last_used)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)";
            let (host, agent) = (session.host, session.agent);
            connection.execute(
                sql,
                params![
                    hash,
                    session.member.as_str(),
                    parent,
                    host,
                    agent,
                    session.created.0
                ],
            )?;
            Ok(())
        })
        .await
    }

    /// The member signed in with the secret of this hash, on the board's pages (`host` is `None`) or on a service's
    /// host.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_member(
        &self,
        hash: String,
        host: Option<String>,
        now: Timestamp,
    ) -> Result<Option<Member>> {
        self.run(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS}, s.last_used FROM session s JOIN member m ON m.name = s.member
                 WHERE s.hash = ?1 AND s.host IS ?2 AND s.last_used > ?3"
            );
            let found = connection
                .query_row(&sql, params![hash, host, now.0 - SESSION_IDLE], |row| {
                    Ok((member(row)?, row.get::<_, i64>(6)?))
                })
                .optional()?;
            let Some((member, last_used)) = found else {
                return Ok(None);
            };
            if now.0 - last_used > super::LAST_USED_STEP {
                connection.execute(
                    "UPDATE session SET last_used = ?2 WHERE hash = ?1",
                    params![hash, now.0],
                )?;
            }
            member.map(Some)
        })
        .await
    }

    /// When a session was opened.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_opened(&self, hash: String) -> Result<Option<Timestamp>> {
        self.run(move |connection| {
            let sql = "SELECT created FROM session WHERE hash = ?1";
            let created = connection.query_row(sql, [hash], |row| row.get(0)).optional()?;
            Ok(created.map(Timestamp))
        })
        .await
    }

    /// Ends a session and those that came from it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close_session(&self, hash: String) -> Result<()> {
        self.run(move |connection| {
            connection.execute("DELETE FROM session WHERE hash = ?1", [hash])?;
            Ok(())
        })
        .await
    }

    /// A member's sessions on the board's pages, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sessions(&self, name: MemberName) -> Result<Vec<Session>> {
        self.run(move |connection| {
            let sql = "SELECT hash, host, agent, created, last_used FROM session
                       WHERE member = ?1 AND host IS NULL ORDER BY last_used DESC";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([name.as_str()], |row| {
                let hash: String = row.get(0)?;
                Ok(Session {
                    id: hash.chars().take(16).collect(),
                    member: name.clone(),
                    host: row.get(1)?,
                    agent: row.get(2)?,
                    created: Timestamp(row.get(3)?),
                    last_used: Timestamp(row.get(4)?),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Ends one of a member's own sessions by its id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_session(&self, name: MemberName, id: String) -> Result<bool> {
        self.run(move |connection| {
            let sql = "DELETE FROM session WHERE member = ?1 AND substr(hash, 1, 16) = ?2";
            Ok(connection.execute(sql, [name.as_str(), &id])? > 0)
        })
        .await
    }
}
