// SPDX-License-Identifier: AGPL-3.0-or-later
//! The schema, one step after another. A step is closed once released; a new need is a new step.

use super::{Result, StateError};
use rusqlite::Connection;
use std::path::Path;

const STEPS: &[&str] = &["
CREATE TABLE board (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE service (
    name TEXT PRIMARY KEY, entry TEXT NOT NULL, previous_entry TEXT, running TEXT NOT NULL,
    settings TEXT NOT NULL, restarts INTEGER NOT NULL
) STRICT;
CREATE TABLE domain (
    name TEXT PRIMARY KEY, service TEXT, added INTEGER NOT NULL
) STRICT;
CREATE TABLE member (
    name TEXT PRIMARY KEY, display_name TEXT NOT NULL, role TEXT NOT NULL, language TEXT,
    password TEXT NOT NULL, created INTEGER NOT NULL
) STRICT;
CREATE TABLE session (
    hash TEXT PRIMARY KEY, member TEXT NOT NULL REFERENCES member ON DELETE CASCADE,
    parent TEXT REFERENCES session ON DELETE CASCADE, host TEXT, agent TEXT NOT NULL,
    created INTEGER NOT NULL, last_used INTEGER NOT NULL
) STRICT;
CREATE TABLE token (
    id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, member TEXT NOT NULL REFERENCES member ON DELETE CASCADE,
    name TEXT NOT NULL, created INTEGER NOT NULL, last_used INTEGER
) STRICT;
CREATE TABLE app_password (
    id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, member TEXT NOT NULL REFERENCES member ON DELETE CASCADE,
    service TEXT NOT NULL, device TEXT NOT NULL, created INTEGER NOT NULL, last_used INTEGER
) STRICT;
CREATE TABLE job (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, service TEXT NOT NULL, generation INTEGER NOT NULL,
    state TEXT NOT NULL, step TEXT NOT NULL, progress INTEGER NOT NULL, message TEXT NOT NULL,
    member TEXT NOT NULL, created INTEGER NOT NULL, ended INTEGER
) STRICT;
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, member TEXT NOT NULL, act TEXT NOT NULL,
    subject TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TABLE profile (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE INDEX session_member ON session (member);
CREATE INDEX job_created ON job (created);
"];

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
