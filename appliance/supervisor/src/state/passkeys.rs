// SPDX-License-Identifier: AGPL-3.0-or-later
//! Members' passkeys: public keys of their devices.

use super::{Result, Store, audit, stored};
use crate::access::webauthn::{Kind, PublicKey, decode, encode};
use rusqlite::{OptionalExtension, Row, params};
use schemars::JsonSchema;
use serde::Serialize;
use types::{MemberName, Timestamp};

/// A passkey, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Passkey {
    /// Its id (base64url), as its device knows it.
    pub id: String,
    /// What the member calls it.
    pub label: String,
    /// The board's name it works at.
    pub site: String,
    /// When it was made (seconds since 1970).
    #[schemars(with = "i64")]
    pub created: Timestamp,
    /// When it was last used.
    #[schemars(with = "Option<i64>")]
    pub last_used: Option<Timestamp>,
}

/// What a sign-in by a passkey is checked against.
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// Whose.
    pub member: MemberName,
    /// The board's name it works at.
    pub site: String,
    /// The key.
    pub key: PublicKey,
    /// How often it signed.
    pub counter: u32,
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Es256 => "es256",
        Kind::Ed25519 => "ed25519",
        Kind::Rs256 => "rs256",
    }
}

fn passkey(row: &Row<'_>) -> rusqlite::Result<Passkey> {
    Ok(Passkey {
        id: row.get(0)?,
        label: row.get(1)?,
        site: row.get(2)?,
        created: Timestamp(row.get(3)?),
        last_used: row.get::<_, Option<i64>>(4)?.map(Timestamp),
    })
}

impl Store {
    /// A member's passkeys, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn passkeys(&self, member: MemberName) -> Result<Vec<Passkey>> {
        self.run(move |connection| {
            let sql = "SELECT id, label, site, created, last_used FROM passkey WHERE member = ?1
                       ORDER BY created DESC, id";
            let mut query = connection.prepare(sql)?;
            let rows = query.query_map([member.as_str()], passkey)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Adds a passkey. Returns whether no other has its id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_passkey(&self, new: Passkey, stored: StoredKey) -> Result<bool> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql = "INSERT INTO passkey (id, member, label, site, kind, point, counter, created)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
            let (name, point) = (stored.member.as_str(), encode(&stored.key.point));
            let kind = word(stored.key.kind);
            let values = params![
                new.id,
                name,
                new.label,
                new.site,
                kind,
                point,
                stored.counter,
                new.created.0
            ];
            let added = change.execute(sql, values)? > 0;
            if added {
                audit::append(&change, new.created, name, "add-passkey", name)?;
            }
            change.commit()?;
            Ok(added)
        })
        .await
    }

    /// The key with an id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn passkey(&self, id: String) -> Result<Option<StoredKey>> {
        self.run(move |connection| {
            let sql = "SELECT member, site, kind, point, counter FROM passkey WHERE id = ?1";
            let found = connection.query_row(sql, [id], |row| {
                let (member, site): (String, String) = (row.get(0)?, row.get(1)?);
                let (kind, point): (String, String) = (row.get(2)?, row.get(3)?);
                Ok((member, site, kind, point, row.get::<_, u32>(4)?))
            });
            let Some((member, site, kind, point, counter)) = found.optional()? else {
                return Ok(None);
            };
            let kind = [Kind::Ed25519, Kind::Rs256]
                .into_iter()
                .find(|known| word(*known) == kind)
                .unwrap_or(Kind::Es256);
            let point = decode(&point).unwrap_or_default();
            Ok(Some(StoredKey {
                member: stored(&member)?,
                site,
                key: PublicKey { kind, point },
                counter,
            }))
        })
        .await
    }

    /// Writes down that a key signed. Returns whether it is there and counted further than before, if it counts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn use_passkey(&self, id: String, counter: u32, now: Timestamp) -> Result<bool> {
        self.run(move |connection| {
            let sql = "UPDATE passkey SET counter = ?2, last_used = ?3
                       WHERE id = ?1 AND (counter < ?2 OR (counter = 0 AND ?2 = 0))";
            Ok(connection.execute(sql, params![id, counter, now.0])? > 0)
        })
        .await
    }

    /// Takes one of a member's passkeys back. Returns whether it was there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_passkey(&self, member: MemberName, id: String, now: Timestamp) -> Result<bool> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql = "DELETE FROM passkey WHERE member = ?1 AND id = ?2";
            let removed = change.execute(sql, [member.as_str(), &id])? > 0;
            if removed {
                audit::append(&change, now, member.as_str(), "remove-passkey", member.as_str())?;
            }
            change.commit()?;
            Ok(removed)
        })
        .await
    }
}
