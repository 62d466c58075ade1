// SPDX-License-Identifier: AGPL-3.0-or-later
//! What was agreed with peers.

use super::{Result, Store, audit, stored, stored_json, to_json};
use cluster::agreement::Book;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use types::{BoardKey, Timestamp};

/// What the audit log says of a change.
pub struct Signature {
    /// Who.
    pub by: String,
    /// What: `propose-agreement`, …
    pub act: &'static str,
    /// To what.
    pub subject: String,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// All agreements between us and a peer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn book(&self, us: BoardKey, them: BoardKey) -> Result<Book> {
        self.run(move |connection| read(connection, us, them)).await
    }

    /// Changes agreements with a peer and writes down what changed, all or nothing. `change` gives its answer, and what
    /// the audit log says if it changed something; when it fails, nothing is written.
    ///
    /// # Errors
    /// The outer one when the database fails or the peer is none any more, the inner one what `change` gave.
    pub async fn change_book<T, E>(
        &self,
        us: BoardKey,
        them: BoardKey,
        change: impl FnOnce(&mut Book) -> std::result::Result<(T, Option<Signature>), E> + Send + 'static,
    ) -> Result<std::result::Result<T, E>>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            let before = read(&transaction, us, them)?;
            let mut book = before.clone();
            let (answer, signature) = match change(&mut book) {
                Ok(changed) => changed,
                Err(error) => return Ok(Err(error)),
            };
            let key = them.to_string();
            for id in before
                .entries()
                .keys()
                .filter(|id| !book.entries().contains_key(id))
            {
                let sql = "DELETE FROM agreement WHERE peer = ?1 AND id = ?2";
                transaction.execute(sql, params![key, id.to_string()])?;
            }
            for (id, entry) in book.entries() {
                if before.entries().get(id) != Some(entry) {
                    let sql = "INSERT OR REPLACE INTO agreement (peer, id, entry) VALUES (?1, ?2, ?3)";
                    transaction.execute(sql, params![key, id.to_string(), to_json(entry)?])?;
                }
            }
            if let Some(Signature { by, act, subject, at }) = signature.filter(|_| book != before) {
                audit::append(&transaction, at, &by, act, &subject)?;
            }
            transaction.commit()?;
            Ok(Ok(answer))
        })
        .await
    }
}

fn read(connection: &Connection, us: BoardKey, them: BoardKey) -> Result<Book> {
    let mut statement = connection.prepare_cached("SELECT id, entry FROM agreement WHERE peer = ?1")?;
    let rows = statement.query_map([them.to_string()], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    let mut entries = BTreeMap::new();
    for row in rows {
        let (id, entry) = row?;
        entries.insert(stored(&id)?, stored_json(&entry)?);
    }
    Ok(Book::new(us, them, entries))
}
