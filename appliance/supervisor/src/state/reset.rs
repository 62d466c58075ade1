// SPDX-License-Identifier: AGPL-3.0-or-later
//! The way back in for whoever holds the card: a code that sets a steward's password, once and for a day.

use super::{Result, Store, audit, board, stored, stored_json, to_json};
use crate::state::Role;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use types::{ClaimCode, MemberName, Timestamp};

const KEY: &str = "reset";
/// How long a code is good for.
const LIFETIME: Duration = Duration::from_hours(24);

#[derive(Serialize, Deserialize)]
struct Open {
    code: String,
    until: i64,
}

/// What came of a try to set a steward's password by the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// It is set, and everything the old one had opened is closed.
    Done,
    /// There is no steward of this name. The code is still good.
    NotASteward,
    /// The code is not good any more.
    Closed,
}

fn open(connection: &Connection, now: Timestamp) -> Result<Option<ClaimCode>> {
    let Some(text) = board::get(connection, KEY)? else {
        return Ok(None);
    };
    let open: Open = stored_json(&text)?;
    // Of a clock that went back nobody gets more than the lifetime.
    let good = now.0 < open.until && open.until <= now.plus(LIFETIME).0;
    if good {
        stored(&open.code).map(Some)
    } else {
        Ok(None)
    }
}

impl Store {
    /// The code that sets a steward's password now, if somebody asked for one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reset_code(&self, now: Timestamp) -> Result<Option<ClaimCode>> {
        self.run(move |connection| open(connection, now)).await
    }

    /// Makes `code` good for a day. One that is good already stays, so that a start that was cut off goes on with it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_reset(&self, code: ClaimCode, now: Timestamp) -> Result<()> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            if open(&change, now)?.is_none() {
                let until = now.plus(LIFETIME).0;
                let code = code.as_str().to_owned();
                board::set(&change, KEY, &to_json(&Open { code, until })?)?;
                audit::append(&change, now, "board", "open-reset", "RESET-STEWARD")?;
            }
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// Sets a steward's password, ends their sessions, API tokens and passkeys, turns their second step off, and closes the way in.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reset_steward(
        &self,
        name: MemberName,
        password: String,
        code: ClaimCode,
        now: Timestamp,
    ) -> Result<Reset> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            if open(&change, now)?.is_none_or(|good| good != code) {
                return Ok(Reset::Closed);
            }
            let sql = "SELECT role FROM member WHERE name = ?1";
            let role: Option<String> = change
                .query_row(sql, [name.as_str()], |row| row.get(0))
                .optional()?;
            if role.as_deref() != Some(Role::Steward.word()) {
                return Ok(Reset::NotASteward);
            }
            let sql = "UPDATE member SET password = ?2 WHERE name = ?1";
            change.execute(sql, params![name.as_str(), password])?;
            for table in ["session", "token", "second_step", "passkey"] {
                let sql = format!("DELETE FROM {table} WHERE member = ?1");
                change.execute(&sql, [name.as_str()])?;
            }
            change.execute("DELETE FROM board WHERE key = ?1", [KEY])?;
            audit::append(&change, now, "board", "reset-steward", name.as_str())?;
            change.commit()?;
            Ok(Reset::Done)
        })
        .await
    }
}
