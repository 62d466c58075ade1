// SPDX-License-Identifier: AGPL-3.0-or-later
//! Copies of services' data: snapshots on the board. What takes long is a job whose task is in the database, and a
//! piece of work of the host process; whichever of the two processes is restarted, it goes on.

mod ask;
mod ask_backups;
mod ask_board;
mod backups;
mod board;
mod export;
mod restore;
mod snapshots;
mod work;

pub(crate) use ask::revert_now;
pub use ask::{drop_snapshot, revert, snapshot, snapshots};
pub(crate) use ask_backups::restore_now;
pub use ask_backups::{
    BackupsView, NewRepository, add_repository, back_up, connect, listed, make_key, overview,
    remove_repository, restore, set_key, set_schedule, show_key, test,
};
pub use ask_board::{BoardRestore, Restoring, restore_board, restoring};
pub(crate) use board::{hold_pending, settle_in};

pub use export::{Export, drop_export, export, export_backup, export_file, exports};

use crate::{
    App,
    app::lock,
    reconcile::Ahead,
    state::{Job, JobState, Task},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
    time::Duration,
};
use tokio::sync::Notify;
use types::{Digest, ServiceName};
use work::Trouble;

/// What is being done with services' data.
#[derive(Default)]
pub struct Data {
    held: Mutex<BTreeSet<ServiceName>>,
    refused: Mutex<BTreeMap<ServiceName, (Digest, String)>>,
    wake: Notify,
}

/// As long as it lives, the reconcile loop leaves the service alone.
pub(crate) struct Hold(App, ServiceName);

impl Drop for Hold {
    fn drop(&mut self) {
        lock(&self.0.data.held).remove(&self.1);
        self.0.wake.now();
    }
}

impl Data {
    /// Services that the reconcile loop leaves alone.
    pub fn held(&self) -> BTreeSet<ServiceName> {
        lock(&self.held).clone()
    }

    /// Why the snapshot ahead of `version` could not be made, if it was tried.
    pub fn no_snapshot(&self, service: &ServiceName, version: &Digest) -> Option<String> {
        let refused = lock(&self.refused);
        let (known, why) = refused.get(service)?;
        (known == version).then(|| why.clone())
    }

    /// Somebody asked again: a snapshot that failed is tried again.
    pub fn try_again(&self, service: &ServiceName) {
        lock(&self.refused).remove(service);
    }

    /// There is a new task.
    pub fn now(&self) {
        self.wake.notify_one();
    }
}

/// Takes a service away from the reconcile loop; `None` when somebody has it already.
fn hold(app: &App, service: &ServiceName) -> Option<Hold> {
    lock(&app.data.held)
        .insert(service.clone())
        .then(|| Hold(app.clone(), service.clone()))
}

/// When the host process does not answer.
const LATER: Duration = Duration::from_secs(1);
/// Old snapshots, and whether a backup is due, are looked for this often.
const TIDY: Duration = Duration::from_mins(10);

/// Carries tasks out, one after another: a board has little memory and one disk.
pub(crate) async fn run(app: App) {
    loop {
        let tasks = match app.store.tasks().await {
            Ok(tasks) => tasks,
            Err(error) => {
                log::warn!("tasks could not be read: {}", host::chain(&error));
                tokio::time::sleep(LATER).await;
                continue;
            }
        };
        let Some((job, task)) = tasks.into_iter().next() else {
            if tokio::time::timeout(TIDY, app.data.wake.notified())
                .await
                .is_err()
            {
                snapshots::tidy(&app).await;
                export::tidy(&app).await;
                backups::when_due(&app).await;
            }
            continue;
        };
        if let Err(error) = one(&app, &job, &task).await {
            log::warn!("a task could not be ended: {}", host::chain(&error));
            tokio::time::sleep(LATER).await;
        }
    }
}

async fn one(app: &App, job: &Job, task: &Task) -> crate::state::Result<()> {
    let outcome = match task {
        Task::Snapshot { service } => snapshots::make(app, job, service).await,
        Task::Revert { snapshot, service } => snapshots::revert(app, job, service, snapshot).await,
        Task::Connect { repository } => backups::connect(app, job, repository).await,
        Task::Backup { repository } => backups::back_up(app, job, repository.as_ref()).await,
        Task::Restore {
            repository,
            backup,
            service,
        } => restore::restore(app, job, repository, backup, service).await,
        Task::Test { repository, service } => restore::test(app, job, repository, service).await,
        Task::Export { service, from } => export::pack(app, job, service, from.as_ref()).await,
        Task::BecomeBoard { repository } => board::become_board(app, job, repository).await,
        Task::RestoreServices { repository, services } => {
            board::restore_services(app, job, repository, services).await
        }
    };
    match outcome {
        Ok(()) => app.end_job(job, JobState::Done, String::new()).await,
        Err(Trouble::Refused { message, .. }) => app.end_job(job, JobState::Failed, message).await,
        Err(Trouble::Backup(problem)) => app.end_job(job, JobState::Failed, problem.to_string()).await,
        Err(Trouble::Later(why)) => {
            log::warn!("{why}");
            tokio::time::sleep(LATER).await;
            Ok(())
        }
    }
}

/// Copies the data of a service that the plan has stopped, ahead of another version. Returns at once.
pub(crate) fn snapshot_ahead(app: &App, service: &ServiceName, ahead: &Ahead) {
    if let Some(hold) = hold(app, service) {
        let (app, ahead) = (app.clone(), ahead.clone());
        tokio::spawn(async move {
            let service = hold.1.clone();
            if let Err(Trouble::Refused { code, message }) = snapshots::ahead(&app, &service, &ahead).await
                && code != "busy"
            {
                log::warn!(service = service.as_str(); "{service}: no snapshot: {message}");
                lock(&app.data.refused).insert(service, (ahead.version, message));
            }
            drop(hold);
        });
    }
}
