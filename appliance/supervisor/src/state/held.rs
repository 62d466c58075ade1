// SPDX-License-Identifier: AGPL-3.0-or-later
//! Backups that are kept for boards of other owners, and the codes by which a lost one gets them back.

use super::{Result, StateError, Store, audit, stored};
use cluster::{Identity, holding::Holding};
use rusqlite::{Connection, Row, params};
use types::{BoardKey, BoardName, Timestamp};

/// What is kept for one board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Whose it is.
    pub owner: BoardKey,
    /// What that board was called last.
    pub name: BoardName,
    /// Until when, and how much.
    pub holding: Holding,
}

impl Held {
    /// The board, as the audit log names it.
    pub fn subject(&self) -> String {
        format!("{} {}", self.name, self.owner.short())
    }
}

/// A code, without what a person has to type.
pub struct StoredFetch {
    /// Whose backups it opens.
    pub owner: BoardKey,
    /// What is asked for in the handshake.
    pub server_name: String,
    /// The key that this board shows.
    pub keeper: Identity,
    /// The key that is let in.
    pub fetcher: BoardKey,
    /// The last moment it is good for.
    pub until: Timestamp,
}

const COLUMNS: &str = "owner, name, room, notice, age, looked, ended";

fn parse(row: &Row<'_>) -> rusqlite::Result<Result<Held>> {
    let (owner, name): (String, String) = (row.get(0)?, row.get(1)?);
    let holding = Holding {
        room: row.get(2)?,
        notice: row.get(3)?,
        age: row.get(4)?,
        looked: Timestamp(row.get(5)?),
        ended: row.get(6)?,
    };
    Ok((|| {
        Ok(Held {
            owner: stored(&owner)?,
            name: stored(&name)?,
            holding,
        })
    })())
}

fn set(connection: &Connection, held: &Held) -> Result<()> {
    let Holding {
        room,
        notice,
        age,
        looked,
        ended,
    } = held.holding;
    let sql = "INSERT INTO held (owner, name, room, notice, age, looked, ended) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT (owner) DO UPDATE SET name = ?2, room = ?3, notice = ?4, age = ?5, looked = ?6, ended = ?7";
    let (owner, name) = (held.owner.to_string(), held.name.as_str());
    connection.execute(sql, params![owner, name, room, notice, age, looked.0, ended])?;
    Ok(())
}

impl Store {
    /// Whatever is kept for others.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all_held(&self) -> Result<Vec<Held>> {
        self.run(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM held ORDER BY name, owner");
            connection
                .prepare(&sql)?
                .query_map([], parse)?
                .collect::<rusqlite::Result<Result<_>>>()?
        })
        .await
    }

    /// What is kept for this board.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn held(&self, owner: BoardKey) -> Result<Option<Held>> {
        let all = self.all_held().await?;
        Ok(all.into_iter().find(|held| held.owner == owner))
    }

    /// Writes it down.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_held(&self, held: Held) -> Result<()> {
        self.run(move |connection| set(connection, &held)).await
    }

    /// It was deleted: its time was up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_held(&self, held: Held, now: Timestamp) -> Result<()> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            change.execute("DELETE FROM held WHERE owner = ?1", [held.owner.to_string()])?;
            audit::append(&change, now, "board", "delete-held-backups", &held.subject())?;
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// Keeps a code, in the place of an earlier one for the same board.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_fetch_code(&self, fetch: StoredFetch) -> Result<()> {
        self.run(move |connection| {
            let sql = "INSERT OR REPLACE INTO fetch_code (owner, server_name, keeper, fetcher, until)
                       VALUES (?1, ?2, ?3, ?4, ?5)";
            let (owner, fetcher) = (fetch.owner.to_string(), fetch.fetcher.to_string());
            // A seed is 32 bytes, as a public key is, and is written the same way.
            let keeper = BoardKey(*fetch.keeper.seed()).to_string();
            let values = params![owner, fetch.server_name, keeper, fetcher, fetch.until.0];
            connection.execute(sql, values)?;
            Ok(())
        })
        .await
    }

    /// Takes a code back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_fetch_code(&self, owner: BoardKey) -> Result<()> {
        self.run(move |connection| {
            connection.execute("DELETE FROM fetch_code WHERE owner = ?1", [owner.to_string()])?;
            Ok(())
        })
        .await
    }

    /// Every code.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fetch_codes(&self) -> Result<Vec<StoredFetch>> {
        self.run(|connection| {
            let sql = "SELECT owner, server_name, keeper, fetcher, until FROM fetch_code";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([], |row| {
                let texts: [String; 4] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
                Ok((texts, Timestamp(row.get(4)?)))
            })?;
            rows.map(|row| {
                let ([owner, server_name, keeper, fetcher], until) = row?;
                let seed: BoardKey = stored(&keeper)?;
                let bad = |_| StateError::Unexpected("the key of a code".into());
                Ok(StoredFetch {
                    owner: stored(&owner)?,
                    server_name,
                    keeper: Identity::from_seed(seed.0).map_err(bad)?,
                    fetcher: stored(&fetcher)?,
                    until,
                })
            })
            .collect()
        })
        .await
    }
}
