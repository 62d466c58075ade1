// SPDX-License-Identifier: AGPL-3.0-or-later
//! The schema, one step after another. A step is closed once released; a new need is a new step.

use super::{Result, StateError};
use rusqlite::Connection;
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
];

/// Brings the database to the newest schema. Before a change of an existing schema a copy is kept beside it, so that
/// going back to the release before finds its own data.
pub(super) fn run(connection: &Connection, path: &Path) -> Result<()> {
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(StateError::TooNew { found, known });
    }
    if found > 0 && found < known {
        let copy = path.with_extension(format!("schema-{found}"));
        let _ = std::fs::remove_file(&copy);
        connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    }
    for (step, version) in STEPS.iter().zip(1..).skip(found as usize) {
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE; {step} PRAGMA user_version = {version}; COMMIT;"
        ))?;
    }
    Ok(())
}
