// SPDX-License-Identifier: AGPL-3.0-or-later
//! What was measured: how services were, what the board used.

use super::{Result, Store, board, stored, stored_json, to_json};
use crate::cooperative::PowerModel;
use ::cooperative::uptime::{DAYS, Day};
use rusqlite::params;
use std::collections::BTreeMap;
use types::ServiceName;

impl Store {
    /// Days of every service from this one on, by their number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn uptime(&self, first: i64) -> Result<BTreeMap<ServiceName, Vec<(i64, Day)>>> {
        self.run(move |connection| {
            let sql = "SELECT service, day, up, down, planned FROM uptime WHERE day >= ?1 ORDER BY day";
            let mut query = connection.prepare_cached(sql)?;
            let rows = query.query_map([first], |row| {
                let day = Day {
                    up: row.get(2)?,
                    down: row.get(3)?,
                    planned: row.get(4)?,
                };
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, day))
            })?;
            let mut all: BTreeMap<ServiceName, Vec<(i64, Day)>> = BTreeMap::new();
            for row in rows {
                let (service, number, day) = row?;
                all.entry(stored(&service)?).or_default().push((number, day));
            }
            Ok(all)
        })
        .await
    }

    /// Adds what was measured, and forgets days that are no longer shown.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_measured(
        &self,
        uptime: BTreeMap<(ServiceName, i64), Day>,
        used: BTreeMap<(String, &'static str), i64>,
    ) -> Result<()> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            for ((service, number), day) in &uptime {
                let sql = "INSERT INTO uptime (service, day, up, down, planned) VALUES (?1, ?2, ?3, ?4, ?5)
                           ON CONFLICT (service, day) DO UPDATE
                           SET up = up + ?3, down = down + ?4, planned = planned + ?5";
                change.execute(
                    sql,
                    params![service.as_str(), number, day.up, day.down, day.planned],
                )?;
            }
            if let Some(newest) = uptime.keys().map(|(_, number)| *number).max() {
                let kept = i64::try_from(DAYS).unwrap_or(90) + 1;
                change.execute("DELETE FROM uptime WHERE day < ?1", [newest - kept])?;
            }
            for ((month, what), amount) in &used {
                let sql = "INSERT INTO meter (month, what, amount) VALUES (?1, ?2, ?3)
                           ON CONFLICT (month, what) DO UPDATE SET amount = amount + ?3";
                change.execute(sql, params![month, what, amount])?;
            }
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// Month, what and how much, for everything that is not booked yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn metered(&self) -> Result<Vec<(String, String, i64)>> {
        self.run(|connection| {
            let mut query =
                connection.prepare("SELECT month, what, amount FROM meter ORDER BY month, what")?;
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Forgets what was used in the months before this one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_metered(&self, before: String) -> Result<()> {
        self.run(move |connection| {
            connection.execute("DELETE FROM meter WHERE month < ?1", [before])?;
            Ok(())
        })
        .await
    }

    /// What the board draws.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn power_model(&self) -> Result<PowerModel> {
        self.run(|connection| {
            board::get(connection, "power_model")?
                .map_or(Ok(PowerModel::default()), |text| stored_json(&text))
        })
        .await
    }

    /// Sets what the board draws.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_power_model(&self, model: PowerModel) -> Result<()> {
        self.run(move |connection| board::set(connection, "power_model", &to_json(&model)?))
            .await
    }
}
