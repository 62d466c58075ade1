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
            let sql = "SELECT key, name, address, paired FROM peer ORDER BY name, key";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([], |row| {
                let texts: (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok((texts, Timestamp(row.get(3)?)))
            })?;
            let mut peers = Vec::new();
            for row in rows {
                let ((key, name, address), paired) = row?;
                peers.push(Peer {
                    key: stored(&key)?,
                    name: stored(&name)?,
                    address,
                    paired,
                });
            }
            Ok(peers)
        })
        .await
    }

    /// Adds a peer, or pairs with it anew; `by` confirmed the words.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_peer(&self, peer: Peer, by: String) -> Result<()> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql = "INSERT INTO peer (key, name, address, paired) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT (key) DO UPDATE SET name = ?2, address = ?3, paired = ?4";
            let (key, name) = (peer.key.to_string(), peer.name.as_str());
            change.execute(sql, params![key, name, peer.address, peer.paired.0])?;
            let subject = format!("{name} {}", peer.key.short());
            audit::append(&change, peer.paired, &by, "pair", &subject)?;
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// Removes a peer; `false` when there is none with this key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_peer(&self, peer: Peer, by: String, now: Timestamp) -> Result<bool> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let gone = change.execute("DELETE FROM peer WHERE key = ?1", [peer.key.to_string()])? > 0;
            if gone {
                let subject = format!("{} {}", peer.name, peer.key.short());
                audit::append(&change, now, &by, "unpair", &subject)?;
            }
            change.commit()?;
            Ok(gone)
        })
        .await
    }
}
