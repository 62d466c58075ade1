// SPDX-License-Identifier: AGPL-3.0-or-later
//! How backups went.

use super::{
    Result, StateError, Store,
    board::{get, set},
    stored, stored_json, to_json,
};
use backup::{Problem, Schedule, Test, Trust};
use rusqlite::{Row, params};
use types::{BackupId, RepositoryId, Timestamp, backup::Subject};

/// One subject in one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupRecord {
    /// Where.
    pub repository: RepositoryId,
    /// Of what.
    pub subject: Subject,
    /// The newest good backup.
    pub backup: Option<BackupId>,
    /// When it was made.
    pub ok_at: Option<Timestamp>,
    /// Bytes of its files.
    pub bytes: u64,
    /// Bytes that were new in it.
    pub added: u64,
    /// Seconds it took.
    pub seconds: u64,
    /// When a backup was last tried.
    pub tried_at: Timestamp,
    /// Why the last try failed.
    pub problem: Option<Problem>,
    /// The backup that was last restored as a test.
    pub tested: Option<BackupId>,
    /// When.
    pub tested_at: Option<Timestamp>,
    /// Why that failed; `None` when it worked.
    pub test_problem: Option<String>,
}

impl BackupRecord {
    /// Nothing has been tried before `at`.
    pub fn new(repository: RepositoryId, subject: Subject, at: Timestamp) -> Self {
        Self {
            repository,
            subject,
            backup: None,
            ok_at: None,
            bytes: 0,
            added: 0,
            seconds: 0,
            tried_at: at,
            problem: None,
            tested: None,
            tested_at: None,
            test_problem: None,
        }
    }
}

impl BackupRecord {
    /// How far one can rely on it.
    pub fn trust(&self, now: Timestamp) -> Trust {
        let test = match (&self.subject, self.tested_at, &self.test_problem) {
            (Subject::Board, ..) => Test::NotPossible,
            (_, None, _) => Test::Never,
            (_, Some(_), Some(_)) => Test::Failed,
            (_, Some(at), None) => Test::Passed(at),
        };
        backup::trust(self.ok_at, self.problem.is_some(), test, now)
    }
}

/// What the last look at a repository found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryCheck {
    /// Which repository.
    pub repository: RepositoryId,
    /// When.
    pub at: Timestamp,
    /// Which part of its data was read, from 1 to [`backup::CHECK_PARTS`].
    pub part: u8,
    /// What was wrong.
    pub problem: Option<Problem>,
}

const COLUMNS: &str = "repository, subject, backup, ok_at, bytes, added, seconds, tried_at, problem, tested, tested_at, test_problem";

fn parse(row: &Row<'_>) -> rusqlite::Result<Result<BackupRecord>> {
    let text = |column| row.get::<_, Option<String>>(column);
    let time = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp));
    let subject: String = row.get(1)?;
    let (backup, problem, tested) = (text(2)?, text(8)?, text(9)?);
    let id = |id: Option<String>| id.as_deref().map(stored).transpose();
    let (ok_at, tested_at, test_problem) = (time(3)?, time(10)?, text(11)?);
    let (repository, tried_at): (String, i64) = (row.get(0)?, row.get(7)?);
    let (bytes, added, seconds) = (row.get(4)?, row.get(5)?, row.get(6)?);
    Ok((|| {
        Ok(BackupRecord {
            repository: stored(&repository)?,
            subject: Subject::from_word(&subject).ok_or(StateError::Unexpected(subject))?,
            backup: id(backup)?,
            ok_at,
            bytes,
            added,
            seconds,
            tried_at: Timestamp(tried_at),
            problem: problem.as_deref().map(stored_json).transpose()?,
            tested: id(tested)?,
            tested_at,
            test_problem,
        })
    })())
}

impl Store {
    /// Every record.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn backup_records(&self) -> Result<Vec<BackupRecord>> {
        self.run(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM backup ORDER BY repository, subject");
            connection
                .prepare(&sql)?
                .query_map([], parse)?
                .collect::<rusqlite::Result<Result<_>>>()?
        })
        .await
    }

    /// Writes a record.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_backup_record(&self, record: BackupRecord) -> Result<()> {
        self.run(move |connection| {
            let sql = format!(
                "INSERT OR REPLACE INTO backup ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
            );
            let problem = record.problem.as_ref().map(to_json).transpose()?;
            let values = params![
                record.repository.as_str(),
                record.subject.word(),
                record.backup.as_ref().map(BackupId::as_str),
                record.ok_at.map(|at| at.0),
                record.bytes,
                record.added,
                record.seconds,
                record.tried_at.0,
                problem,
                record.tested.as_ref().map(BackupId::as_str),
                record.tested_at.map(|at| at.0),
                record.test_problem,
            ];
            connection.execute(&sql, values)?;
            Ok(())
        })
        .await
    }

    /// Forgets the records of a repository.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_repository(&self, repository: RepositoryId) -> Result<()> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            for table in ["backup", "repository_check"] {
                let sql = format!("DELETE FROM {table} WHERE repository = ?1");
                change.execute(&sql, [repository.as_str()])?;
            }
            Ok(change.commit()?)
        })
        .await
    }

    /// What the last look at each repository found.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn repository_checks(&self) -> Result<Vec<RepositoryCheck>> {
        self.run(|connection| {
            let row = |row: &Row<'_>| {
                let repository: String = row.get(0)?;
                let problem: Option<String> = row.get(3)?;
                let (at, part) = (Timestamp(row.get(1)?), row.get(2)?);
                Ok((|| {
                    Ok(RepositoryCheck {
                        repository: stored(&repository)?,
                        at,
                        part,
                        problem: problem.as_deref().map(stored_json).transpose()?,
                    })
                })())
            };
            connection
                .prepare("SELECT repository, at, part, problem FROM repository_check")?
                .query_map([], row)?
                .collect::<rusqlite::Result<Result<_>>>()?
        })
        .await
    }

    /// Writes down what a look at a repository found.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_repository_check(&self, check: RepositoryCheck) -> Result<()> {
        self.run(move |connection| {
            let problem = check.problem.as_ref().map(to_json).transpose()?;
            let values = params![check.repository.as_str(), check.at.0, check.part, problem];
            let sql = "INSERT OR REPLACE INTO repository_check (repository, at, part, problem) VALUES (?1, ?2, ?3, ?4)";
            connection.execute(sql, values)?;
            Ok(())
        })
        .await
    }

    /// When backups are made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn backup_schedule(&self) -> Result<Schedule> {
        self.run(|connection| {
            get(connection, "backup_schedule")?
                .map_or_else(|| Ok(Schedule::default()), |text| stored_json(&text))
        })
        .await
    }

    /// Chooses when backups are made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_backup_schedule(&self, schedule: Schedule) -> Result<()> {
        self.run(move |connection| set(connection, "backup_schedule", &to_json(&schedule)?))
            .await
    }

    /// Keeps a copy of the database as it is before the board restarts with another system.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn copy_before_update(&self) -> Result<()> {
        let copy = self.folder().join("state.before-update");
        self.run(move |connection| {
            let unfinished = copy.with_extension("new");
            let _ = std::fs::remove_file(&unfinished);
            connection.execute("VACUUM INTO ?1", [unfinished.to_string_lossy()])?;
            std::fs::rename(&unfinished, &copy).map_err(|source| StateError::File { path: copy, source })
        })
        .await
    }

    /// Puts a copy of the database where backups take it from.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn copy_for_backup(&self) -> Result<()> {
        let folder = self.folder().join("backup");
        self.run(move |connection| {
            let file = |source| StateError::File {
                path: folder.clone(),
                source,
            };
            std::fs::create_dir_all(&folder).map_err(file)?;
            let unfinished = folder.join("state.new");
            let _ = std::fs::remove_file(&unfinished);
            connection.execute("VACUUM INTO ?1", [unfinished.to_string_lossy()])?;
            std::fs::rename(&unfinished, folder.join("state.db")).map_err(file)
        })
        .await
    }
}
