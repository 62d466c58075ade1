// SPDX-License-Identifier: AGPL-3.0-or-later
//! The schema, one step after another. A step is closed once released; a new need is a new step.

use super::{Result, StateError};
use rusqlite::{Connection, OptionalExtension as _};
use std::path::Path;

const STEPS: &[&str] = &[
    include_str!("migrations/1-board.sql"),
    include_str!("migrations/2-checks.sql"),
    include_str!("migrations/3-data.sql"),
    include_str!("migrations/4-app-passwords.sql"),
    include_str!("migrations/5-cooperative.sql"),
    include_str!("migrations/6-invitations.sql"),
    include_str!("migrations/7-domains.sql"),
    include_str!("migrations/8-peers.sql"),
    include_str!("migrations/9-backups.sql"),
    include_str!("migrations/10-agreements.sql"),
    include_str!("migrations/11-second-step.sql"),
    include_str!("migrations/12-openid.sql"),
    include_str!("migrations/13-held.sql"),
    include_str!("migrations/14-members.sql"),
];

/// Steps that the release before cannot work with, by number: they take away or rename what it reads. Every other step
/// only adds, which a test verifies; a board that went back to the release before opens the newer schema as it is.
const BREAKING: &[u32] = &[4];

/// Whether a newer release made a database that this one cannot read.
pub(super) fn is_too_new(path: &Path) -> Result<bool> {
    let connection = Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(found > known && oldest_reader(&connection)?.unwrap_or(found) > known)
}

/// Brings the database to the newest schema. Before a change of an existing schema a copy is kept beside it, so that
/// a release that cannot read the newer schema still finds its own data. One that can read it opens it unchanged.
pub(super) fn run(connection: &Connection, path: &Path) -> Result<()> {
    bring_to(connection, path, STEPS)
}

fn bring_to(connection: &Connection, path: &Path, steps: &[&str]) -> Result<()> {
    let known = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        let oldest = oldest_reader(connection)?.unwrap_or(found);
        if oldest > known {
            return Err(StateError::TooNew { found, known });
        }
        log::warn!("the database has schema {found} of a newer release; this one reads it as schema {known}");
        return Ok(());
    }
    if found > 0 && found < known {
        let copy = path.with_extension(format!("schema-{found}"));
        let _ = std::fs::remove_file(&copy);
        connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    }
    for (step, version) in steps.iter().zip(1..).skip(found as usize) {
        let oldest = BREAKING
            .iter()
            .rfind(|&&breaking| breaking <= version)
            .unwrap_or(&1);
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE; {step} PRAGMA user_version = {version};
             CREATE TABLE IF NOT EXISTS schema_reader (oldest INTEGER NOT NULL) STRICT;
             DELETE FROM schema_reader; INSERT INTO schema_reader VALUES ({oldest}); COMMIT;"
        ))?;
    }
    Ok(())
}

/// The oldest schema whose release can work with this database, if it says.
fn oldest_reader(connection: &Connection) -> Result<Option<u32>> {
    let says = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_reader'",
        [],
        |row| row.get::<_, u32>(0),
    )?;
    if says == 0 {
        return Ok(None);
    }
    Ok(connection
        .query_row("SELECT oldest FROM schema_reader", [], |row| row.get(0))
        .optional()?)
}

#[cfg(test)]
mod tests;
