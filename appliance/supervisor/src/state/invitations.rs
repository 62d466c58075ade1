// SPDX-License-Identifier: AGPL-3.0-or-later
//! Links by which people join. Only the hash of a link's code is stored.

use super::{
    Result, Store, audit,
    members::{Member, Role, insert_member},
    stored, stored_json, to_json,
};
use rusqlite::{OptionalExtension, Row, params};
use schemars::JsonSchema;
use serde::Serialize;
use types::{GroupName, MemberName, Timestamp};

/// A link by which people join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Invitation {
    /// Names it without opening it.
    pub id: String,
    /// Whom it is for, in the words of the one who made it.
    pub note: String,
    /// What those who join by it may do.
    pub role: Role,
    /// Groups they join.
    #[schemars(with = "Vec<String>")]
    pub groups: Vec<GroupName>,
    /// How many people may join by it.
    pub uses: u32,
    /// How many have.
    pub used: u32,
    /// Who made it.
    #[schemars(with = "String")]
    pub by: MemberName,
    /// When it was made (seconds since 1970).
    #[schemars(with = "i64")]
    pub created: Timestamp,
    /// Until when it works (seconds since 1970).
    #[schemars(with = "i64")]
    pub expires: Timestamp,
}

/// What became of a wish to join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// The account is made.
    Done(Member),
    /// Somebody else has the name; the invitation is as good as before.
    NameTaken,
    /// The invitation is used up, taken back or too old.
    Gone,
}

const INVITATION: &str = "SELECT id, note, role, groups, uses, used, by, created, expires FROM invitation WHERE used < uses AND expires > ?1";

fn invitation(row: &Row<'_>) -> rusqlite::Result<Result<Invitation>> {
    let (role, groups, by): (String, String, String) = (row.get(2)?, row.get(3)?, row.get(6)?);
    let (id, note, uses, joined) = (row.get(0)?, row.get(1)?, row.get(4)?, row.get(5)?);
    let (created, expires) = (Timestamp(row.get(7)?), Timestamp(row.get(8)?));
    let read = || {
        Ok(Invitation {
            id,
            note,
            role: Role::from_word(&role),
            groups: stored_json(&groups)?,
            uses,
            used: joined,
            by: stored(&by)?,
            created,
            expires,
        })
    };
    Ok(read())
}

impl Store {
    /// Adds an invitation, and forgets those that ended a month ago.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_invitation(&self, invitation: Invitation, hash: String) -> Result<()> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let stale = invitation.created.0 - 30 * 86_400;
            change.execute("DELETE FROM invitation WHERE expires < ?1", [stale])?;
            let sql =
                "INSERT INTO invitation (id, hash, note, role, groups, uses, used, by, created, expires)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9)";
            change.execute(
                sql,
                params![
                    invitation.id,
                    hash,
                    invitation.note,
                    invitation.role.word(),
                    to_json(&invitation.groups)?,
                    invitation.uses,
                    invitation.by.as_str(),
                    invitation.created.0,
                    invitation.expires.0
                ],
            )?;
            let (by, note) = (invitation.by.as_str(), invitation.note.as_str());
            audit::append(&change, invitation.created, by, "invite", note)?;
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// Invitations that can still be used, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invitations(&self, now: Timestamp) -> Result<Vec<Invitation>> {
        self.run(move |connection| {
            connection
                .prepare(&format!("{INVITATION} ORDER BY created DESC, id"))?
                .query_map([now.0], invitation)?
                .collect::<rusqlite::Result<Result<_>>>()?
        })
        .await
    }

    /// The invitation whose code has this hash, if it can still be used.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invitation(&self, hash: String, now: Timestamp) -> Result<Option<Invitation>> {
        self.run(move |connection| {
            let sql = format!("{INVITATION} AND hash = ?2");
            let found = connection.query_row(&sql, params![now.0, hash], invitation);
            found.optional()?.transpose()
        })
        .await
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_invitation(&self, id: String, by: &MemberName, now: Timestamp) -> Result<bool> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql = "DELETE FROM invitation WHERE id = ?1 RETURNING note";
            let note: Option<String> = change.query_row(sql, [id], |row| row.get(0)).optional()?;
            if let Some(note) = &note {
                audit::append(&change, now, &by, "revoke-invitation", note)?;
            }
            change.commit()?;
            Ok(note.is_some())
        })
        .await
    }

    /// Makes the account of somebody who joins, and counts the use: both or neither.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn join(&self, hash: String, newcomer: Member, password: String) -> Result<Joined> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql = format!("{INVITATION} AND hash = ?2");
            let found = change.query_row(&sql, params![newcomer.created.0, hash], invitation);
            let Some(invitation) = found.optional()?.transpose()? else {
                return Ok(Joined::Gone);
            };
            let newcomer = Member {
                role: invitation.role,
                groups: invitation.groups,
                ..newcomer
            };
            if !insert_member(&change, &newcomer, &password)? {
                return Ok(Joined::NameTaken);
            }
            change.execute(
                "UPDATE invitation SET used = used + 1 WHERE id = ?1",
                [&invitation.id],
            )?;
            let (name, by) = (newcomer.name.as_str(), invitation.by.as_str());
            audit::append(&change, newcomer.created, name, "join", by)?;
            change.commit()?;
            Ok(Joined::Done(newcomer))
        })
        .await
    }
}
