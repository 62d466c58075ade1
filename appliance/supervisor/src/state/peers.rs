// SPDX-License-Identifier: AGPL-3.0-or-later
//! Our own key, and the boards of other owners that were paired.

use super::{Result, StateError, Store, audit, board, stored};
use cluster::Identity;
use rusqlite::params;
use types::{BoardKey, Peer, Timestamp};

impl Store {
    /// Our own key pair, made when it is first asked for.
    ///
    /// # Errors
    /// When the database fails, or holds something else than a key.
    pub async fn identity(&self) -> Result<Identity> {
        self.run(|connection| {
            let bad = |_| StateError::Unexpected("the board's own key".into());
            // A seed is 32 bytes, as a public key is, and is written the same way.
            if let Some(text) = board::get(connection, "identity")? {
                let seed: BoardKey = stored(&text)?;
                return Identity::from_seed(seed.0).map_err(bad);
            }
            let identity = Identity::generate().map_err(bad)?;
            board::set(connection, "identity", &BoardKey(*identity.seed()).to_string())?;
            Ok(identity)
        })
        .await
    }

    /// Every peer, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn peers(&self) -> Result<Vec<Peer>> {
        self.run(|connection| {
            let sql = "SELECT key, name, address, paired, gone, silent FROM peer ORDER BY name, key";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([], |row| {
                let texts: (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                let times: (i64, Option<i64>, Option<i64>) = (row.get(3)?, row.get(4)?, row.get(5)?);
                Ok((texts, times))
            })?;
            let mut peers = Vec::new();
            for row in rows {
                let ((key, name, address), (paired, gone, silent)) = row?;
                peers.push(Peer {
                    key: stored(&key)?,
                    name: stored(&name)?,
                    address,
                    paired: Timestamp(paired),
                    gone: gone.map(Timestamp),
                    silent: silent.map(Timestamp),
                });
            }
            Ok(peers)
        })
        .await
    }

    /// Adds a peer, or pairs with it anew; `by` confirmed the words. Nothing is agreed then, whatever was before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_peer(&self, peer: Peer, by: String) -> Result<()> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql = "INSERT INTO peer (key, name, address, paired) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT (key) DO UPDATE SET name = ?2, address = ?3, paired = ?4, gone = NULL,
                           silent = NULL";
            let (key, name) = (peer.key.to_string(), peer.name.as_str());
            change.execute(sql, params![&key, name, peer.address, peer.paired.0])?;
            change.execute("DELETE FROM agreement WHERE peer = ?1", [&key])?;
            change.execute("DELETE FROM farewell WHERE key = ?1", [&key])?;
            let subject = format!("{name} {}", peer.key.short());
            audit::append(&change, peer.paired, &by, "pair", &subject)?;
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// Removes a peer, with all that was agreed; it will be told. `false` when there is none with this key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_peer(&self, peer: Peer, by: String, now: Timestamp) -> Result<bool> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let gone = change.execute("DELETE FROM peer WHERE key = ?1", [peer.key.to_string()])? > 0;
            if gone {
                // Who left by itself need not be told.
                if peer.gone.is_none() {
                    let sql = "INSERT OR REPLACE INTO farewell (key, address, since) VALUES (?1, ?2, ?3)";
                    change.execute(sql, params![peer.key.to_string(), peer.address, now.0])?;
                }
                let subject = format!("{} {}", peer.name, peer.key.short());
                audit::append(&change, now, &by, "unpair", &subject)?;
            }
            change.commit()?;
            Ok(gone)
        })
        .await
    }

    /// Where a peer was reached last, or a person says it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_peer_address(&self, key: BoardKey, address: String) -> Result<()> {
        self.run(move |connection| {
            let sql = "UPDATE peer SET address = ?2 WHERE key = ?1";
            connection.execute(sql, params![key.to_string(), address])?;
            Ok(())
        })
        .await
    }

    /// Since when a peer is silent that should not be; `None`: it was heard.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_peer_silent(&self, key: BoardKey, since: Option<Timestamp>) -> Result<()> {
        self.run(move |connection| {
            let sql = "UPDATE peer SET silent = ?2 WHERE key = ?1";
            connection.execute(sql, params![key.to_string(), since.map(|since| since.0)])?;
            Ok(())
        })
        .await
    }

    /// A peer said that it is paired no more: nothing holds. `false` when that was known.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn peer_left(&self, peer: Peer, now: Timestamp) -> Result<bool> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let key = peer.key.to_string();
            let sql = "UPDATE peer SET gone = ?2, silent = NULL WHERE key = ?1 AND gone IS NULL";
            let new = change.execute(sql, params![key, now.0])? > 0;
            if new {
                change.execute("DELETE FROM agreement WHERE peer = ?1", [&key])?;
                let subject = format!("{} {}", peer.name, peer.key.short());
                audit::append(&change, now, "board", "unpaired-by-peer", &subject)?;
            }
            change.commit()?;
            Ok(new)
        })
        .await
    }

    /// Boards that were unpaired and have not been told: their keys, addresses, and since when.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn farewells(&self) -> Result<Vec<(BoardKey, String, Timestamp)>> {
        self.run(|connection| {
            let mut statement = connection.prepare("SELECT key, address, since FROM farewell")?;
            let rows = statement.query_map([], |row| {
                let texts: (String, String) = (row.get(0)?, row.get(1)?);
                Ok((texts, Timestamp(row.get(2)?)))
            })?;
            rows.map(|row| {
                let ((key, address), since) = row?;
                Ok((stored(&key)?, address, since))
            })
            .collect()
        })
        .await
    }

    /// It was told, or waiting for it has no use any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_farewell(&self, key: BoardKey) -> Result<()> {
        self.run(move |connection| {
            connection.execute("DELETE FROM farewell WHERE key = ?1", [key.to_string()])?;
            Ok(())
        })
        .await
    }
}
