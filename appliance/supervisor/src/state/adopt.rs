// SPDX-License-Identifier: AGPL-3.0-or-later
//! A board that was restored takes the place of the unclaimed one, before the database is opened. Every step can be cut
//! by a power failure: what is still in the folder is taken in at the next start.

use super::{
    Result, StateError, Store, board::next_generation, jobs, jobs::JobKind, migrations, stored, tasks::Task,
    to_json,
};
use rusqlite::params;
use std::{collections::BTreeMap, fs, io::ErrorKind, path::Path};
use types::{Digest, RepositoryId, ServiceName, Timestamp, backup::Adopted};

/// What was found at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adoption {
    /// No restored board.
    None,
    /// One that came from there; it is in place.
    From(RepositoryId),
    /// One that a newer release made: it was put away.
    TooNew,
}

/// Takes in what the host process laid below `folder`. The folder stays until [`Store::settle_in`] has been followed by
/// [`settled`].
///
/// # Errors
/// When a file cannot be moved.
pub fn adopt(folder: &Path) -> Result<Adoption> {
    let restored = folder.join(Adopted::FOLDER);
    let file = |path: &Path| {
        let path = path.to_owned();
        move |source| StateError::File { path, source }
    };
    let repository = match fs::read_to_string(restored.join(Adopted::REPOSITORY)) {
        Ok(text) => stored(text.trim())?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Adoption::None),
        Err(error) => return Err(file(&restored)(error)),
    };
    let database = restored.join(Adopted::DATABASE);
    if database.exists() && migrations::is_too_new(&database)? {
        settled(folder)?;
        return Ok(Adoption::TooNew);
    }
    if database.exists() {
        log::info!("a restored board takes the place of this one");
        for rest in ["state.db-wal", "state.db-shm"] {
            let _ = fs::remove_file(folder.join(rest));
        }
        let target = folder.join("state.db");
        fs::rename(&database, &target).map_err(file(&target))?;
    }
    let certificates = restored.join(Adopted::CERTIFICATES);
    if certificates.exists() {
        let target = folder.join("certificates");
        if target.exists() {
            fs::remove_dir_all(&target).map_err(file(&target))?;
        }
        fs::rename(&certificates, &target).map_err(file(&target))?;
    }
    Ok(Adoption::From(repository))
}

/// All of it is taken in.
///
/// # Errors
/// When the folder cannot be removed.
pub fn settled(folder: &Path) -> Result<()> {
    let path = folder.join(Adopted::FOLDER);
    fs::remove_dir_all(&path).map_err(|source| StateError::File { path, source })
}

/// What jobs say that were going on when the backup was made.
const CUT: &str = "The board was restored from a backup that was made while this was going on.";

impl Store {
    /// Makes a restored database that of this board: what was going on then has ended, services have the software that
    /// this board has, and a job gets their data back from `repository`, before any of them starts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle_in(
        &self,
        repository: RepositoryId,
        entries: BTreeMap<ServiceName, Digest>,
        now: Timestamp,
    ) -> Result<String> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql = "UPDATE job SET state = 'failed', message = ?1, ended = ?2 WHERE state = 'running'";
            change.execute(sql, params![CUT, now.0])?;
            for (name, entry) in &entries {
                let sql = "UPDATE service SET entry = ?2, previous_entry = NULL WHERE name = ?1";
                change.execute(sql, [name.as_str(), entry.as_str()])?;
            }
            // Places were known by other ids.
            change.execute_batch("DELETE FROM backup; DELETE FROM repository_check;")?;
            let names: Vec<String> = change
                .prepare("SELECT name FROM service ORDER BY name")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let services = names.iter().map(|name| stored(name)).collect::<Result<_>>()?;
            let task = Task::RestoreServices { repository, services };
            let subject: ServiceName = stored(task.subject())?;
            let generation = next_generation(&change)?;
            let job = jobs::insert(&change, JobKind::RestoreBoard, &subject, generation, "board", now)?;
            change.execute(
                "INSERT INTO task (job, task) VALUES (?1, ?2)",
                params![job, to_json(&task)?],
            )?;
            super::audit::append(&change, now, "board", JobKind::RestoreBoard.word(), "")?;
            change.commit()?;
            Ok(job)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(path: &Path, version: u32) {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.pragma_update(None, "user_version", version).unwrap();
    }

    #[test]
    fn a_board_of_a_newer_release_is_put_away() {
        let folder = tempfile::tempdir().unwrap();
        let restored = folder.path().join(Adopted::FOLDER);
        fs::create_dir_all(&restored).unwrap();
        fs::write(restored.join("repository"), "away").unwrap();
        database(&restored.join("state.db"), 10_000);
        fs::write(folder.path().join("state.db"), "old").unwrap();
        assert_eq!(adopt(folder.path()).unwrap(), Adoption::TooNew);
        assert_eq!(adopt(folder.path()).unwrap(), Adoption::None);
        assert_eq!(fs::read_to_string(folder.path().join("state.db")).unwrap(), "old");
    }

    #[test]
    fn a_restored_board_is_taken_in_wherever_the_power_fails() {
        for cut in 0..3 {
            let folder = tempfile::tempdir().unwrap();
            let (home, restored) = (folder.path(), folder.path().join(Adopted::FOLDER));
            assert_eq!(adopt(home).unwrap(), Adoption::None);
            for (path, text) in [
                ("state.db", "old"),
                ("state.db-wal", "old"),
                ("certificates/ca.pem", "old"),
                ("restored/certificates/ca.pem", "new"),
                ("restored/repository", "away"),
            ] {
                let path = home.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            database(&restored.join("state.db"), 3);
            // The power failed after that many steps.
            if cut > 0 {
                fs::remove_file(home.join("state.db-wal")).unwrap();
                fs::rename(restored.join("state.db"), home.join("state.db")).unwrap();
            }
            if cut > 1 {
                fs::remove_dir_all(home.join("certificates")).unwrap();
            }
            assert_eq!(adopt(home).unwrap(), Adoption::From("away".parse().unwrap()));
            let new = rusqlite::Connection::open(home.join("state.db")).unwrap();
            let version: u32 = new
                .query_row("PRAGMA user_version", [], |row| row.get(0))
                .unwrap();
            assert_eq!(version, 3);
            assert_eq!(
                fs::read_to_string(home.join("certificates/ca.pem")).unwrap(),
                "new"
            );
            assert!(!home.join("state.db-wal").exists());
            settled(home).unwrap();
            assert_eq!(adopt(home).unwrap(), Adoption::None);
        }
    }
}
