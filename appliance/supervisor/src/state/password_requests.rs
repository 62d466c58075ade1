// SPDX-License-Identifier: AGPL-3.0-or-later
//! New passwords that were asked for at the sign-in page, and whom members chose to help them back in.

use super::{Result, Store, audit, stored};
use rusqlite::{Connection, OptionalExtension, Row, params};
use schemars::JsonSchema;
use serde::Serialize;
use types::{MemberName, Timestamp};

/// Somebody forgot a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PasswordRequest {
    /// Its id.
    pub id: String,
    /// Whose password.
    #[schemars(with = "String")]
    pub member: MemberName,
    /// Shown where it was asked, so that both know they mean the same one.
    pub number: String,
    /// When (seconds since 1970).
    #[schemars(with = "i64")]
    pub asked: Timestamp,
    /// What the browser calls itself.
    pub agent: String,
    /// Who made a code for it.
    pub by: Option<String>,
}

/// What came of a try to redeem a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// The password is set; sessions and tokens of before are ended.
    Done,
    /// The code is wrong, or there is none.
    Wrong,
}

/// Seconds a request is good for: one day.
const REQUEST_LIFE: i64 = 86_400;
/// Wrong codes after which a request is worth nothing.
const TRIES: i64 = 5;
/// Requests that are kept for one name, and for all.
const MOST_FOR_NAME: i64 = 10;
const MOST: i64 = 300;

const COLUMNS: &str = "r.id, r.name, r.number, r.asked, r.agent, r.by";

fn request(row: &Row<'_>) -> rusqlite::Result<Result<PasswordRequest>> {
    let name: String = row.get(1)?;
    let (id, number, asked) = (row.get(0)?, row.get(2)?, Timestamp(row.get(3)?));
    let (agent, by) = (row.get(4)?, row.get(5)?);
    Ok(stored(&name).map(|member| PasswordRequest {
        id,
        member,
        number,
        asked,
        agent,
        by,
    }))
}

/// Of a clock that went back nobody gets more than the lifetime.
fn drop_old(connection: &Connection, now: Timestamp) -> Result<()> {
    let sql = "DELETE FROM password_request WHERE asked <= ?1 OR asked > ?2 OR tries >= ?3";
    connection.execute(sql, params![now.0 - REQUEST_LIFE, now.0, TRIES])?;
    Ok(())
}

impl Store {
    /// Writes a request down, whether there is such a member or not. With too many there already nothing is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ask_for_password(
        &self,
        id: String,
        token: String,
        name: String,
        number: String,
        agent: String,
        now: Timestamp,
    ) -> Result<()> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            drop_old(&change, now)?;
            let sql = "INSERT INTO password_request (id, token, name, number, asked, agent)
                       SELECT ?1, ?2, ?3, ?4, ?5, ?6
                       WHERE (SELECT count(*) FROM password_request WHERE name = ?3) < ?7
                         AND (SELECT count(*) FROM password_request) < ?8";
            change.execute(
                sql,
                params![id, token, name, number, now.0, agent, MOST_FOR_NAME, MOST],
            )?;
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// Requests for people who are members, the newest first; `of` are those of one member, and `contact` those that
    /// this member was chosen for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn password_requests(
        &self,
        of: Option<MemberName>,
        contact: Option<MemberName>,
        now: Timestamp,
    ) -> Result<Vec<PasswordRequest>> {
        self.run(move |connection| {
            drop_old(connection, now)?;
            let sql = format!(
                "SELECT {COLUMNS} FROM password_request r JOIN member m ON m.name = r.name
                 WHERE (?1 IS NULL OR r.name = ?1) AND (?2 IS NULL OR EXISTS
                     (SELECT 1 FROM recovery_contact c WHERE c.member = r.name AND c.contact = ?2))
                 ORDER BY r.asked DESC, r.id"
            );
            let (of, contact) = (
                of.map(|name| name.to_string()),
                contact.map(|name| name.to_string()),
            );
            let mut query = connection.prepare(&sql)?;
            query
                .query_map(params![of, contact], request)?
                .collect::<rusqlite::Result<Result<_>>>()?
        })
        .await
    }

    /// The number that is shown where a request was made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn password_request_number(&self, token: String, now: Timestamp) -> Result<Option<String>> {
        self.run(move |connection| {
            let sql = "SELECT number FROM password_request WHERE token = ?1 AND asked > ?2 AND tries < ?3";
            let values = params![token, now.0 - REQUEST_LIFE, TRIES];
            Ok(connection.query_row(sql, values, |row| row.get(0)).optional()?)
        })
        .await
    }

    /// Makes `code` (its hash) good for a request; one from before is not any more. Returns whether it is there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn approve_password_request(
        &self,
        id: String,
        code: String,
        by: &MemberName,
        now: Timestamp,
    ) -> Result<bool> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            drop_old(&change, now)?;
            let sql = "UPDATE password_request SET code = ?2, by = ?3 WHERE id = ?1 RETURNING name";
            let name = change.query_row(sql, [&id, &code, &by], |row| row.get::<_, String>(0));
            let Some(name) = name.optional()? else {
                return Ok(false);
            };
            audit::append(&change, now, &by, "approve-password", &name)?;
            change.commit()?;
            Ok(true)
        })
        .await
    }

    /// Drops a request. Returns whether it was there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_password_request(&self, id: String) -> Result<bool> {
        self.run(move |connection| {
            let sql = "DELETE FROM password_request WHERE id = ?1";
            Ok(connection.execute(sql, [id])? > 0)
        })
        .await
    }

    /// The member whose request the token and the code (their hashes) belong to; a wrong code is counted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn password_request_of(
        &self,
        token: String,
        code: String,
        now: Timestamp,
    ) -> Result<Option<MemberName>> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            drop_old(&change, now)?;
            let sql = "SELECT m.name FROM password_request r JOIN member m ON m.name = r.name
                       WHERE r.token = ?1 AND r.code = ?2";
            let found = change.query_row(sql, [&token, &code], |row| row.get::<_, String>(0));
            let found = found.optional()?;
            if found.is_none() {
                let sql = "UPDATE password_request SET tries = tries + 1 WHERE token = ?1";
                change.execute(sql, [&token])?;
            }
            change.commit()?;
            found.map(|name| stored(&name)).transpose()
        })
        .await
    }

    /// Sets the password that a request was for, and ends what the old one had opened: sessions and tokens. All
    /// requests of the member are done with.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn redeem_password_request(
        &self,
        token: String,
        code: String,
        password: String,
        now: Timestamp,
    ) -> Result<Redeemed> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            drop_old(&change, now)?;
            let sql = "SELECT name FROM password_request WHERE token = ?1 AND code = ?2";
            let name = change.query_row(sql, [&token, &code], |row| row.get::<_, String>(0));
            let Some(name) = name.optional()? else {
                return Ok(Redeemed::Wrong);
            };
            let sql = "UPDATE member SET password = ?2 WHERE name = ?1";
            if change.execute(sql, [&name, &password])? == 0 {
                return Ok(Redeemed::Wrong);
            }
            for sql in [
                "DELETE FROM session WHERE member = ?1",
                "DELETE FROM token WHERE member = ?1",
                "DELETE FROM passkey WHERE member = ?1",
                "DELETE FROM password_request WHERE name = ?1",
            ] {
                change.execute(sql, [&name])?;
            }
            audit::append(&change, now, &name, "set-password", &name)?;
            change.commit()?;
            Ok(Redeemed::Done)
        })
        .await
    }

    /// Whom a member chose.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recovery_contacts(&self, member: MemberName) -> Result<Vec<MemberName>> {
        self.run(move |connection| {
            let sql = "SELECT contact FROM recovery_contact WHERE member = ?1 ORDER BY contact";
            let mut query = connection.prepare(sql)?;
            let names = query.query_map([member.as_str()], |row| row.get::<_, String>(0))?;
            names.map(|name| stored(&name?)).collect()
        })
        .await
    }

    /// Chooses exactly these.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_recovery_contacts(
        &self,
        member: MemberName,
        contacts: Vec<MemberName>,
        now: Timestamp,
    ) -> Result<()> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            change.execute(
                "DELETE FROM recovery_contact WHERE member = ?1",
                [member.as_str()],
            )?;
            for contact in contacts {
                let sql = "INSERT OR IGNORE INTO recovery_contact (member, contact) VALUES (?1, ?2)";
                change.execute(sql, [member.as_str(), contact.as_str()])?;
            }
            audit::append(&change, now, member.as_str(), "choose-contacts", member.as_str())?;
            change.commit()?;
            Ok(())
        })
        .await
    }
}
