// SPDX-License-Identifier: AGPL-3.0-or-later
//! Backups put in the place of live data, and tried: restored to a scratch place without network, checked by the
//! service's own means, and started. A backup counts as good once that has worked.

use super::{
    backups::Works,
    snapshots::take_over,
    work::{Trouble, restic},
};
use crate::{
    App,
    reconcile::probe_at,
    state::{BackupRecord, Job},
};
use std::time::Duration;
use types::{
    BackupId, RepositoryId, ServiceName, WorkId,
    backup::{Run, Subject},
    data::{Act, Trial, WorkState},
    host::{HostReply, HostRequest},
    manifest::Ready,
};

/// Puts a backup in the place of a service's data. What was there becomes a snapshot.
pub(super) async fn restore(
    app: &App,
    job: &Job,
    repository: &RepositoryId,
    backup: &BackupId,
    service: &ServiceName,
) -> Result<(), Trouble> {
    let work = Works::of(job).next()?;
    fetch(app, job, &work, repository, backup, service).await?;
    take_over(app, job, service, &work).await
}

pub(super) async fn fetch(
    app: &App,
    job: &Job,
    work: &WorkId,
    repository: &RepositoryId,
    backup: &BackupId,
    service: &ServiceName,
) -> Result<(), Trouble> {
    app.progress(job, "fetch", 5).await;
    let run = Run::Restore {
        subject: Subject::Service(service.clone()),
        backup: backup.clone(),
    };
    let progress = |at: backup::Progress| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 5 and 55, and a float's cast saturates"
        )]
        let done = (5.0 + 50.0 * at.percent_done.clamp(0.0, 1.0)) as u8;
        app.tell(job, "fetch", done);
    };
    restic(app, work, repository, run, progress).await.map(|_| ())
}

/// Tries the newest backup of a service, and writes down how that went.
pub(super) async fn test(
    app: &App,
    job: &Job,
    repository: &RepositoryId,
    service: &ServiceName,
) -> Result<(), Trouble> {
    let subject = Subject::Service(service.clone());
    let records = app.store.backup_records().await?;
    let found = records
        .into_iter()
        .find(|record| record.repository == *repository && record.subject == subject);
    let Some((backup, record)) = found.and_then(|record| Some((record.backup.clone()?, record))) else {
        let message = format!("There is no backup of {service} in this repository yet.");
        return Err(Trouble::refused("no_backup", message));
    };
    let mut works = Works::of(job);
    let restored = works.next()?;
    let outcome = attempt(app, job, &mut works, &restored, repository, &backup, service).await;
    let problem = match &outcome {
        Ok(()) => None,
        Err(Trouble::Backup(problem)) => Some(problem.to_string()),
        Err(Trouble::Refused { message, .. }) => Some(message.clone()),
        Err(Trouble::Later(_)) => return outcome,
    };
    let discard = HostRequest::EndWork {
        work: restored,
        keep: false,
    };
    app.host.ask(discard).await?;
    let tested = BackupRecord {
        tested: Some(backup),
        tested_at: Some(app.now()),
        test_problem: problem,
        ..record
    };
    app.store.set_backup_record(tested).await?;
    outcome
}

async fn attempt(
    app: &App,
    job: &Job,
    works: &mut Works<'_>,
    restored: &WorkId,
    repository: &RepositoryId,
    backup: &BackupId,
    service: &ServiceName,
) -> Result<(), Trouble> {
    let desired = app.store.desired().await?;
    let entry = desired.services.get(service).map(|desired| desired.entry.clone());
    let catalogs = app.catalogs.get();
    let entry = entry.and_then(|entry| catalogs.entry(service, &entry).cloned());
    let entry = entry.ok_or_else(|| {
        Trouble::refused(
            "not_enabled",
            format!("{service} is not enabled, so its backup cannot be tried."),
        )
    })?;
    fetch(app, job, restored, repository, backup, service).await?;
    if !entry.manifest.data.restore_check.is_empty() {
        app.progress(job, "check", 60).await;
        check(app, &works.next()?, restored, service).await?;
    }
    app.progress(job, "try", 80).await;
    let ready = entry.manifest.main().and_then(|main| main.ready.clone());
    let socket = ready
        .as_ref()
        .and_then(|ready| entry.manifest.listen.get(&ready.listen))
        .map(|listen| listen.socket.clone());
    let (Some(ready), Some(socket)) = (ready, socket) else {
        return Ok(());
    };
    let work = works.next()?;
    let served = serve(app, &work, restored, service, &ready, &socket).await;
    app.host.ask(HostRequest::EndWork { work, keep: false }).await?;
    served
}

fn act(service: &ServiceName, restored: &WorkId, trial: Trial) -> Act {
    Act::Try {
        service: service.clone(),
        restored: restored.clone(),
        trial,
    }
}

/// Runs the service's `restore_check` on what was restored.
async fn check(app: &App, work: &WorkId, restored: &WorkId, service: &ServiceName) -> Result<(), Trouble> {
    loop {
        let asked = HostRequest::Work { work: work.clone() };
        match app.host.ask(asked).await? {
            HostReply::Work(WorkState::Ended { status, err, .. }) => {
                let work = work.clone();
                app.host.ask(HostRequest::EndWork { work, keep: false }).await?;
                if status == 0 {
                    return Ok(());
                }
                let said: String = err
                    .lines()
                    .next_back()
                    .unwrap_or_default()
                    .chars()
                    .take(300)
                    .collect();
                let message = format!(
                    "What was restored did not pass the service’s own check (status {status}): {said}"
                );
                return Err(Trouble::refused("check_failed", message));
            }
            HostReply::Work(WorkState::Running { .. }) => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            _ => {
                let (work, act) = (work.clone(), act(service, restored, Trial::Check));
                app.host.ask(HostRequest::Begin { work, act }).await?;
            }
        }
    }
}

/// Starts the service on what was restored and waits for its first good answer.
async fn serve(
    app: &App,
    work: &WorkId,
    restored: &WorkId,
    service: &ServiceName,
    ready: &Ready,
    socket: &str,
) -> Result<(), Trouble> {
    let begin = HostRequest::Begin {
        work: work.clone(),
        act: act(service, restored, Trial::Serve),
    };
    app.host.ask(begin).await?;
    let socket = app.sockets.join(format!("trial-{service}")).join(socket);
    let mut why = String::new();
    for _ in 0..u64::from(ready.timeout_seconds) * 5 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        match probe_at(&socket, ready).await {
            Ok(()) => return Ok(()),
            Err(reason) => why = reason,
        }
    }
    let message = format!("The service does not start on what was restored: it {why}.");
    Err(Trouble::refused("not_ready", message))
}
