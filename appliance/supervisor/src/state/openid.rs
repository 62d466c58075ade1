// SPDX-License-Identifier: AGPL-3.0-or-later
//! Software elsewhere that signs members in by this board, what members agreed to, and the keys the board signs with.

use super::{Result, Store, audit, stored_json, to_json};
use crate::openid::Key;
use rusqlite::{Connection, OptionalExtension, Row, params};
use schemars::JsonSchema;
use serde::Serialize;
use types::{MemberName, Timestamp};

/// A client that a steward registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OpenIdClientRecord {
    /// Its `client_id`.
    pub id: String,
    /// What members are told it is.
    pub name: String,
    /// Where it may send a browser back to; compared letter by letter.
    pub redirects: Vec<String>,
    /// Whether it has a secret; one without proves itself by PKCE alone.
    pub confidential: bool,
    /// Who registered it.
    pub by: String,
    /// When (seconds since 1970).
    #[schemars(with = "i64")]
    pub created: Timestamp,
    /// Hash of its secret.
    #[serde(skip)]
    pub secret: Option<String>,
}

/// What a member agreed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Consent {
    /// The client's `client_id`.
    pub client: String,
    /// What it is called.
    pub name: String,
    /// What it may learn, separated by blanks.
    pub scopes: String,
    /// Since when (seconds since 1970).
    #[schemars(with = "i64")]
    pub given: Timestamp,
}

const COLUMNS: &str = "id, name, redirects, by, created, secret";

fn client(row: &Row<'_>) -> rusqlite::Result<Result<OpenIdClientRecord>> {
    let redirects: String = row.get(2)?;
    let secret: Option<String> = row.get(5)?;
    let (id, name, by) = (row.get(0)?, row.get(1)?, row.get(3)?);
    let created = Timestamp(row.get(4)?);
    Ok(stored_json(&redirects).map(|redirects| OpenIdClientRecord {
        id,
        name,
        redirects,
        confidential: secret.is_some(),
        by,
        created,
        secret,
    }))
}

fn keys(connection: &Connection) -> Result<Vec<Key>> {
    let mut query = connection.prepare("SELECT id, made, private FROM openid_key ORDER BY number")?;
    let rows = query.query_map([], |row| {
        Ok(Key {
            id: row.get(0)?,
            made: Timestamp(row.get(1)?),
            private: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn insert_key(connection: &Connection, key: &Key) -> Result<()> {
    let sql = "INSERT INTO openid_key (id, made, private) VALUES (?1, ?2, ?3)";
    connection.execute(sql, params![key.id, key.made.0, key.private])?;
    Ok(())
}

impl Store {
    /// Registered clients, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn openid_clients(&self) -> Result<Vec<OpenIdClientRecord>> {
        self.run(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM openid_client ORDER BY name, id");
            let mut query = connection.prepare(&sql)?;
            query
                .query_map([], client)?
                .collect::<rusqlite::Result<Result<_>>>()?
        })
        .await
    }

    /// A registered client.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn openid_client(&self, id: String) -> Result<Option<OpenIdClientRecord>> {
        self.run(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM openid_client WHERE id = ?1");
            connection.query_row(&sql, [id], client).optional()?.transpose()
        })
        .await
    }

    /// Registers a client.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_openid_client(&self, client: OpenIdClientRecord) -> Result<()> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql = "INSERT INTO openid_client (id, name, secret, redirects, by, created)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let redirects = to_json(&client.redirects)?;
            let (by, created) = (&client.by, client.created);
            change.execute(
                sql,
                params![client.id, client.name, client.secret, redirects, by, created.0],
            )?;
            audit::append(&change, created, by, "add-openid-client", &client.name)?;
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// Removes a client, with what members agreed to. Returns whether it was there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_openid_client(&self, id: String, by: &MemberName, now: Timestamp) -> Result<bool> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql = "DELETE FROM openid_client WHERE id = ?1 RETURNING name";
            let name: Option<String> = change.query_row(sql, [&id], |row| row.get(0)).optional()?;
            let Some(name) = name else { return Ok(false) };
            audit::append(&change, now, &by, "remove-openid-client", &name)?;
            change.commit()?;
            Ok(true)
        })
        .await
    }

    /// What a member agreed to, by the clients' names.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn consents(&self, member: MemberName) -> Result<Vec<Consent>> {
        self.run(move |connection| {
            let sql = "SELECT c.client, o.name, c.scopes, c.given FROM openid_consent c
                       JOIN openid_client o ON o.id = c.client WHERE c.member = ?1 ORDER BY o.name, o.id";
            let mut query = connection.prepare(sql)?;
            let rows = query.query_map([member.as_str()], |row| {
                Ok(Consent {
                    client: row.get(0)?,
                    name: row.get(1)?,
                    scopes: row.get(2)?,
                    given: Timestamp(row.get(3)?),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Writes down that a member agreed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_consent(
        &self,
        member: MemberName,
        client: String,
        scopes: String,
        now: Timestamp,
    ) -> Result<()> {
        self.run(move |connection| {
            let sql = "INSERT INTO openid_consent (member, client, scopes, given) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT (member, client) DO UPDATE SET scopes = ?3, given = ?4";
            connection.execute(sql, params![member.as_str(), client, scopes, now.0])?;
            Ok(())
        })
        .await
    }

    /// Takes a member's consent back. Returns whether there was one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn withdraw_consent(&self, member: MemberName, client: String) -> Result<bool> {
        self.run(move |connection| {
            let sql = "DELETE FROM openid_consent WHERE member = ?1 AND client = ?2";
            Ok(connection.execute(sql, [member.as_str(), &client])? > 0)
        })
        .await
    }

    /// Every signing key, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn openid_keys(&self) -> Result<Vec<Key>> {
        self.run(|connection| keys(connection)).await
    }

    /// Adds `new`, unless another call was faster (`newest` is not the newest any more), and drops `old`; all that are
    /// there then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn turn_openid_keys(
        &self,
        new: Option<Key>,
        newest: Option<String>,
        old: Vec<String>,
    ) -> Result<Vec<Key>> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let found = keys(&change)?.pop().map(|key| key.id);
            if let Some(new) = new.filter(|_| found == newest) {
                insert_key(&change, &new)?;
            }
            for id in old {
                change.execute("DELETE FROM openid_key WHERE id = ?1", [id])?;
            }
            let all = keys(&change)?;
            change.commit()?;
            Ok(all)
        })
        .await
    }

    /// Drops every key for a new one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replace_openid_keys(&self, key: Key, by: &MemberName, now: Timestamp) -> Result<()> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            change.execute("DELETE FROM openid_key", [])?;
            insert_key(&change, &key)?;
            audit::append(&change, now, &by, "rotate-openid-key", &key.id)?;
            change.commit()?;
            Ok(())
        })
        .await
    }
}
