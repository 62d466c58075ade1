// SPDX-License-Identifier: AGPL-3.0-or-later
//! Progress of requests that take a while. A job ends when the machine matches what was asked, or says why it does not.

use super::{Result, Store, stored};
use rusqlite::{Connection, OptionalExtension, Row, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use types::{ServiceName, Timestamp};

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JobKind {
    /// Enable a service.
    Enable,
    /// Change its settings.
    Settings,
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Restart it.
    Restart,
    /// Go to a newer version.
    Update,
    /// Go back to the version before.
    Rollback,
    /// Remove it, archiving its data.
    Remove,
    /// Copy its data.
    Snapshot,
    /// Put a snapshot in the place of its data.
    Revert,
    /// Make a place for backups ready.
    Connect,
    /// Back everything up.
    Backup,
    /// Put a backup in the place of its data.
    Restore,
    /// Try whether a backup can be restored.
    Test,
    /// Restore a whole board.
    RestoreBoard,
    /// Pack its data into one archive.
    Export,
}

impl JobKind {
    const ALL: [Self; 16] = [
        Self::Enable,
        Self::Settings,
        Self::Start,
        Self::Stop,
        Self::Restart,
        Self::Update,
        Self::Rollback,
        Self::Remove,
        Self::Snapshot,
        Self::Revert,
        Self::Connect,
        Self::Backup,
        Self::Restore,
        Self::Test,
        Self::RestoreBoard,
        Self::Export,
    ];

    /// The word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enable => "enable",
            Self::Settings => "settings",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Update => "update",
            Self::Rollback => "rollback",
            Self::Remove => "remove",
            Self::Snapshot => "snapshot",
            Self::Revert => "revert",
            Self::Connect => "connect",
            Self::Backup => "backup",
            Self::Restore => "restore",
            Self::Test => "restore-test",
            Self::RestoreBoard => "restore-board",
            Self::Export => "export",
        }
    }

    /// Whether [`crate::data`] carries it out, and not the reconcile loop.
    pub fn is_data(self) -> bool {
        matches!(
            self,
            Self::Snapshot
                | Self::Revert
                | Self::Connect
                | Self::Backup
                | Self::Restore
                | Self::Test
                | Self::RestoreBoard
                | Self::Export
        )
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Being carried out.
    Running,
    /// Done.
    Done,
    /// Not done; the message says why. What was asked for stays asked for, unless somebody changes it.
    Failed,
}

/// Progress of one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Job {
    /// Opaque.
    pub id: String,
    /// What was asked.
    pub kind: JobKind,
    /// Of which service.
    #[schemars(with = "String")]
    pub service: ServiceName,
    /// Generation of the desired state it waits for.
    pub generation: u64,
    /// How far it is.
    pub state: JobState,
    /// The step at hand: `mount`, `render`, `start`, `ready`, `stop`, `archive`, `done`.
    pub step: String,
    /// 0 to 100.
    pub progress: u8,
    /// Why it failed; else empty.
    pub message: String,
    /// Who asked.
    pub member: String,
    /// When it was asked (seconds since 1970).
    #[schemars(with = "i64")]
    pub created: Timestamp,
    /// When it ended.
    #[schemars(with = "Option<i64>")]
    pub ended: Option<Timestamp>,
}

const COLUMNS: &str = "id, kind, service, generation, state, step, progress, message, member, created, ended";

/// Jobs that are kept once ended.
const KEPT: u32 = 200;

fn state_word(state: JobState) -> &'static str {
    match state {
        JobState::Running => "running",
        JobState::Done => "done",
        JobState::Failed => "failed",
    }
}

fn parse(row: &Row<'_>) -> rusqlite::Result<Result<Job>> {
    let kind: String = row.get(1)?;
    let service: String = row.get(2)?;
    let state: String = row.get(4)?;
    let job = Job {
        id: row.get(0)?,
        kind: JobKind::ALL
            .into_iter()
            .find(|known| known.word() == kind)
            .unwrap_or(JobKind::Settings),
        service: match stored(&service) {
            Ok(service) => service,
            Err(error) => return Ok(Err(error)),
        },
        generation: row.get(3)?,
        state: match state.as_str() {
            "done" => JobState::Done,
            "failed" => JobState::Failed,
            _ => JobState::Running,
        },
        step: row.get(5)?,
        progress: row.get(6)?,
        message: row.get(7)?,
        member: row.get(8)?,
        created: Timestamp(row.get(9)?),
        ended: row.get::<_, Option<i64>>(10)?.map(Timestamp),
    };
    Ok(Ok(job))
}

pub(super) fn insert(
    connection: &Connection,
    kind: JobKind,
    service: &ServiceName,
    generation: u64,
    by: &str,
    now: Timestamp,
) -> Result<String> {
    let id = crate::access::secret::identifier();
    let sql =
        "INSERT INTO job (id, kind, service, generation, state, step, progress, message, member, created)
               VALUES (?1, ?2, ?3, ?4, 'running', 'queued', 0, '', ?5, ?6)";
    connection.execute(
        sql,
        params![id, kind.word(), service.as_str(), generation, by, now.0],
    )?;
    if !kind.is_data() {
        // A newer request for the same service takes over from one that has not ended.
        let sql = "UPDATE job SET state = 'done', step = 'superseded', progress = 100, ended = ?3
                   WHERE service = ?1 AND state = 'running' AND id <> ?2 AND id NOT IN (SELECT job FROM task)";
        connection.execute(sql, params![service.as_str(), id, now.0])?;
    }
    let sql = "DELETE FROM job WHERE state <> 'running' AND id NOT IN (SELECT id FROM job ORDER BY created DESC LIMIT ?1)";
    connection.execute(sql, [KEPT])?;
    Ok(id)
}

impl Store {
    /// One job.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job(&self, id: String) -> Result<Option<Job>> {
        self.run(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM job WHERE id = ?1");
            connection.query_row(&sql, [id], parse).optional()?.transpose()
        })
        .await
    }

    /// The newest jobs first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn jobs(&self, limit: u32) -> Result<Vec<Job>> {
        self.run(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM job ORDER BY created DESC, generation DESC LIMIT ?1");
            connection
                .prepare(&sql)?
                .query_map([limit], parse)?
                .collect::<rusqlite::Result<Result<_>>>()?
        })
        .await
    }

    /// The newest job of a kind.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_job(&self, kind: JobKind) -> Result<Option<Job>> {
        self.run(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM job WHERE kind = ?1 ORDER BY created DESC, rowid DESC LIMIT 1"
            );
            connection
                .query_row(&sql, [kind.word()], parse)
                .optional()?
                .transpose()
        })
        .await
    }

    /// Jobs that have not ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn running_jobs(&self) -> Result<Vec<Job>> {
        self.run(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM job WHERE state = 'running' ORDER BY generation");
            connection
                .prepare(&sql)?
                .query_map([], parse)?
                .collect::<rusqlite::Result<Result<_>>>()?
        })
        .await
    }

    /// Writes down how far a job is. A job that has ended stays as it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_job(&self, job: Job) -> Result<()> {
        self.run(move |connection| {
            let sql = "UPDATE job SET state = ?2, step = ?3, progress = ?4, message = ?5, ended = ?6
                       WHERE id = ?1 AND state = 'running'";
            let ended = job.ended.map(|at| at.0);
            connection.execute(
                sql,
                params![
                    job.id,
                    state_word(job.state),
                    job.step,
                    job.progress,
                    job.message,
                    ended
                ],
            )?;
            Ok(())
        })
        .await
    }
}
