// SPDX-License-Identifier: AGPL-3.0-or-later
//! Everything that must survive: one `SQLite` database, one writer, every change durable before it is acted on.

mod acts;
mod adopt;
mod agreements;
mod audit;
mod backups;
mod ballots;
mod board;
mod desired;
mod domains;
mod findings;
mod groups;
mod held;
mod invitations;
mod jobs;
mod measured;
mod members;
mod migrations;
mod openid;
mod passkeys;
mod password_requests;
mod peers;
mod profile;
mod reset;
mod second_step;
mod secrets;
mod sessions;
mod statements;
mod tasks;
mod texts;

pub use acts::WaitingAct;
pub use adopt::{Adoption, adopt, settled};
pub use agreements::Signature;
pub use audit::AuditRecord;
pub use backups::{BackupRecord, RepositoryCheck};
pub use ballots::Effect;
pub use board::AcmeChoice;
pub use domains::{DomainRecord, PublicName, public_names};
pub use findings::Sighting;
pub use groups::ServiceGroups;
pub use held::{Held, StoredFetch};
pub use invitations::{Invitation, Joined};
pub use jobs::{Job, JobKind, JobState};
pub use members::{Member, Role};
pub use openid::{Consent, OpenIdClientRecord};
pub use passkeys::{Passkey, StoredKey};
pub use password_requests::{PasswordRequest, Redeemed};
pub use reset::Reset;
pub use second_step::SecondStep;
pub use secrets::{AppPassword, Token};
pub use sessions::Session;
pub use statements::{Answered, Counted, KnownHoster, Performed, Statement, Withdrawn, latest};
pub use tasks::Task;

use rusqlite::{Connection, OpenFlags};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use types::Timestamp;

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// `SQLite` said no.
    #[error("the board's database failed")]
    Sqlite(#[from] rusqlite::Error),
    /// A file beside the database could not be handled.
    #[error("the database at {} could not be opened", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The database was made by a newer release.
    #[error("the database has schema {found}, this release knows {known}; start the newer release again")]
    TooNew {
        /// The schema's version in the file.
        found: u32,
        /// The newest this release knows.
        known: u32,
    },
    /// Damaged, and no daily copy is sound.
    #[error("the database at {} is damaged and no daily copy is sound", .0.display())]
    Damaged(PathBuf),
    /// A stored value is not what this release writes.
    #[error("the database holds something unexpected: {0}")]
    Unexpected(String),
    /// The task was cancelled.
    #[error("the board is shutting down")]
    Cancelled,
}

/// Result of a database call.
pub type Result<T> = std::result::Result<T, StateError>;

/// The store. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Store {
    connection: Arc<Mutex<Connection>>,
    path: PathBuf,
}

/// Last use of a session or a secret is written at most this often, in seconds: a card wears.
const LAST_USED_STEP: i64 = 3600;

/// Daily copies that are kept.
const COPIES: usize = 3;

impl Store {
    /// Opens the database, checks its integrity and migrates it. A damaged one is set aside and the newest sound
    /// daily copy takes its place.
    ///
    /// # Errors
    /// When neither the database nor a copy can be used, or a newer release wrote it.
    pub fn open(path: &Path) -> Result<Self> {
        let connection = match connect(path) {
            Ok(connection) => connection,
            Err(StateError::Sqlite(error)) => {
                log::error!("the database is damaged ({error}); a daily copy takes its place");
                restore(path)?
            }
            Err(error) => return Err(error),
        };
        migrations::run(&connection, path)?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
            path: path.to_owned(),
        })
    }

    /// The folder the database is in.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Runs `work` on the database, off the async threads.
    ///
    /// # Errors
    /// Whatever `work` returns.
    pub async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    {
        let connection = Arc::clone(&self.connection);
        let work = move || work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner));
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| StateError::Cancelled)?
    }

    /// Makes today's copy beside the database, unless it is there, and drops old ones.
    ///
    /// # Errors
    /// When the copy cannot be written.
    pub async fn copy_daily(&self, now: Timestamp) -> Result<()> {
        let path = self.path.clone();
        self.run(move |connection| {
            let copy = copy_path(&path, now.0.div_euclid(86_400));
            if !copy.exists() {
                let unfinished = copy.with_extension("new");
                let _ = std::fs::remove_file(&unfinished);
                connection.execute("VACUUM INTO ?1", [unfinished.to_string_lossy()])?;
                std::fs::rename(&unfinished, &copy)
                    .map_err(|source| StateError::File { path: copy, source })?;
            }
            for old in copies(&path).into_iter().skip(COPIES) {
                let _ = std::fs::remove_file(old);
            }
            Ok(())
        })
        .await
    }
}

fn connect(path: &Path) -> Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 256; PRAGMA busy_timeout = 5000; PRAGMA cache_size = -512;",
    )?;
    let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        Ok(connection)
    } else {
        Err(rusqlite::Error::InvalidQuery.into())
    }
}

/// Puts the newest sound copy in the damaged database's place, which is kept beside it.
fn restore(path: &Path) -> Result<Connection> {
    let aside = path.with_extension("db.damaged");
    for suffix in ["", "-wal", "-shm"] {
        let from = PathBuf::from(format!("{}{suffix}", path.display()));
        let to = PathBuf::from(format!("{}{suffix}", aside.display()));
        let _ = std::fs::rename(from, to);
    }
    for copy in copies(path) {
        if std::fs::copy(&copy, path).is_ok()
            && let Ok(connection) = connect(path)
        {
            log::warn!("the database was restored from {}", copy.display());
            return Ok(connection);
        }
        let _ = std::fs::remove_file(path);
    }
    Err(StateError::Damaged(path.to_owned()))
}

fn copy_path(path: &Path, day: i64) -> PathBuf {
    path.with_extension(format!("day-{day}"))
}

/// The daily copies, newest first.
fn copies(path: &Path) -> Vec<PathBuf> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut days: Vec<i64> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.rsplit_once(".day-")?.1.parse().ok())
        .collect();
    days.sort_unstable_by(|a, b| b.cmp(a));
    days.into_iter().map(|day| copy_path(path, day)).collect()
}

/// Parses a stored text, or says which one is unexpected.
fn stored<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.parse()
        .map_err(|_| StateError::Unexpected(text.chars().take(80).collect()))
}

fn stored_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StateError::Unexpected(error.to_string()))
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StateError::Unexpected(error.to_string()))
}

#[cfg(test)]
mod tests;
