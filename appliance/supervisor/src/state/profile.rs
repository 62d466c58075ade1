// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the cooperative says of itself: key and value, checked in `publish`.

use super::{Result, Store};
use rusqlite::params;
use std::collections::BTreeMap;

impl Store {
    /// All values.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn profile(&self) -> Result<BTreeMap<String, String>> {
        self.run(|connection| {
            let mut statement = connection.prepare("SELECT key, value FROM profile")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Sets values; all or none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_profile(&self, values: BTreeMap<String, String>) -> Result<()> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            for (key, value) in &values {
                let sql = "INSERT INTO profile (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2";
                change.execute(sql, params![key, value])?;
            }
            change.commit()?;
            Ok(())
        })
        .await
    }
}
