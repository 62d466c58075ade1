// SPDX-License-Identifier: AGPL-3.0-or-later
//! What jobs that copy data have to do. Recorded with the job, so that they go on after a power cut.

use super::{
    Result, Store,
    board::generation,
    jobs::{self, Job, JobKind},
    stored, stored_json, to_json,
};
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use types::{BackupId, RepositoryId, ServiceName, SnapshotName, Timestamp};

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Copy a service's data.
    Snapshot {
        /// Which.
        service: ServiceName,
    },
    /// Put a snapshot in the place of a service's data.
    Revert {
        /// The snapshot.
        snapshot: SnapshotName,
        /// Its service.
        service: ServiceName,
    },
    /// Open a repository, or make it.
    Connect {
        /// Which.
        repository: RepositoryId,
    },
    /// Back everything up.
    Backup {
        /// To this repository only.
        repository: Option<RepositoryId>,
    },
    /// Put a backup in the place of a service's data.
    Restore {
        /// Where it is.
        repository: RepositoryId,
        /// Which.
        backup: BackupId,
        /// Its service.
        service: ServiceName,
    },
    /// Pack data of a service into one archive.
    Export {
        /// Which service.
        service: ServiceName,
        /// Those of this backup; `None`: those of now.
        from: Option<(RepositoryId, BackupId)>,
    },
    /// On an unclaimed board: fetch a whole board from a repository, and become it.
    BecomeBoard {
        /// Where it is.
        repository: RepositoryId,
    },
    /// On a board that was restored: get the data of these services back before they start.
    RestoreServices {
        /// Where they are.
        repository: RepositoryId,
        /// Those that are still to come.
        services: Vec<ServiceName>,
    },
    /// Restore the newest backup of a service to a scratch place and try it.
    Test {
        /// Where it is.
        repository: RepositoryId,
        /// Which service.
        service: ServiceName,
    },
}

/// Whose name jobs have that are about the whole board.
const BOARD: &str = "board";

impl Task {
    /// The kind of its job.
    pub fn kind(&self) -> JobKind {
        match self {
            Self::Snapshot { .. } => JobKind::Snapshot,
            Self::Revert { .. } => JobKind::Revert,
            Self::Connect { .. } => JobKind::Connect,
            Self::Backup { .. } => JobKind::Backup,
            Self::Restore { .. } => JobKind::Restore,
            Self::BecomeBoard { .. } | Self::RestoreServices { .. } => JobKind::RestoreBoard,
            Self::Export { .. } => JobKind::Export,
            Self::Test { .. } => JobKind::Test,
        }
    }

    /// What it is about: a service, or `board`.
    pub fn subject(&self) -> &str {
        match self {
            Self::Snapshot { service }
            | Self::Revert { service, .. }
            | Self::Restore { service, .. }
            | Self::Export { service, .. }
            | Self::Test { service, .. } => service.as_str(),
            Self::Connect { .. }
            | Self::Backup { .. }
            | Self::BecomeBoard { .. }
            | Self::RestoreServices { .. } => BOARD,
        }
    }
}

impl Store {
    /// Records a task and its job. `None` when one for the same service has not ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_task(&self, task: Task, by: &str, now: Timestamp) -> Result<Option<String>> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql =
                "SELECT 1 FROM job JOIN task ON task.job = job.id WHERE service = ?1 AND state = 'running'";
            let busy: Option<i64> = change
                .query_row(sql, [task.subject()], |row| row.get(0))
                .optional()?;
            if busy.is_some() {
                return Ok(None);
            }
            let generation = generation(&change)?;
            let subject: ServiceName = stored(task.subject())?;
            let job = jobs::insert(&change, task.kind(), &subject, generation, &by, now)?;
            let sql = "INSERT INTO task (job, task) VALUES (?1, ?2)";
            change.execute(sql, params![job, to_json(&task)?])?;
            super::audit::append(&change, now, &by, task.kind().word(), task.subject())?;
            change.commit()?;
            Ok(Some(job))
        })
        .await
    }

    /// Writes down what of a task is still to be done.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_task(&self, job: &str, task: Task) -> Result<()> {
        let job = job.to_owned();
        self.run(move |connection| {
            let sql = "UPDATE task SET task = ?2 WHERE job = ?1";
            connection.execute(sql, params![job, to_json(&task)?])?;
            Ok(())
        })
        .await
    }

    /// Tasks whose jobs have not ended, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tasks(&self) -> Result<Vec<(Job, Task)>> {
        let jobs = self.running_jobs().await?;
        self.run(move |connection| {
            let mut tasks = Vec::new();
            for job in jobs {
                let sql = "SELECT task FROM task WHERE job = ?1";
                let text: Option<String> = connection
                    .query_row(sql, [&job.id], |row| row.get(0))
                    .optional()?;
                if let Some(text) = text {
                    tasks.push((job, stored_json(&text)?));
                }
            }
            tasks.sort_by_key(|(job, _)| job.created);
            Ok(tasks)
        })
        .await
    }
}
