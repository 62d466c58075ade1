// SPDX-License-Identifier: AGPL-3.0-or-later
//! A whole board from its backups. First an unclaimed board fetches the database and the certificates of the lost one
//! and becomes it; then, before any service starts, their data are fetched one after another. Both are tasks that go
//! on after a power failure.

use super::{
    Data,
    backups::Works,
    work::{Trouble, restic},
};
use crate::{
    App,
    app::lock,
    peers,
    state::{Job, JobState, Task},
};
use backup::{Backup, Problem};
use types::{
    MemberName, RepositoryId, Running, ServiceName, WorkId,
    backup::{Run, Subject},
    host::HostRequest,
};

/// Fetches a board, and becomes it: the supervisor is restarted. When nothing comes of it, the place and the key are
/// forgotten, so that others can be tried.
pub(super) async fn become_board(app: &App, job: &Job, repository: &RepositoryId) -> Result<(), Trouble> {
    let mut works = Works::of(job);
    let outcome = match fetch_board(app, job, &mut works, repository).await {
        Ok(work) => {
            app.progress(job, "adopt", 95).await;
            // The database is replaced at the next start: nothing can be written down afterwards.
            app.end_job(job, JobState::Done, String::new()).await?;
            let (work, repository) = (work, repository.clone());
            let adopt = HostRequest::AdoptBoard { work, repository };
            app.host.ask(adopt).await.map(|_| ()).map_err(Trouble::from)
        }
        Err(trouble) => Err(trouble),
    };
    if let Err(Trouble::Backup(_) | Trouble::Refused { .. }) = &outcome {
        forget_place(app).await?;
    }
    outcome
}

/// Forgets every place and the key of a board that nobody has claimed.
pub(super) async fn forget_place(app: &App) -> Result<(), host::HostError> {
    for known in super::backups::setup(app).await?.repositories {
        let repository = known.id;
        app.host.ask(HostRequest::RemoveRepository { repository }).await?;
    }
    app.host.ask(HostRequest::ForgetBackupKey).await?;
    if let Err(error) = peers::forget_fetch(app) {
        log::warn!("a code cannot be forgotten: {error}");
    }
    Ok(())
}

async fn fetch_board(
    app: &App,
    job: &Job,
    works: &mut Works<'_>,
    repository: &RepositoryId,
) -> Result<WorkId, Trouble> {
    app.progress(job, "open", 10).await;
    let backups = list(app, &works.next()?, repository).await?;
    let newest = backups
        .into_iter()
        .find(|backup| backup.subject == Subject::Board);
    let newest = newest.ok_or_else(|| {
        let message = "There is no backup of a whole board at this place. Look whether the address is the one on \
                       the recovery sheet.";
        Trouble::refused("no_board", message)
    })?;
    app.progress(job, "fetch", 40).await;
    let work = works.next()?;
    let run = Run::Restore {
        subject: Subject::Board,
        backup: newest.id,
    };
    restic(app, &work, repository, run, |_| {}).await?;
    Ok(work)
}

async fn list(app: &App, work: &WorkId, repository: &RepositoryId) -> Result<Vec<Backup>, Trouble> {
    let out = restic(app, work, repository, Run::List, |_| {}).await?;
    Ok(backup::backups(&out))
}

impl Data {
    /// The reconcile loop leaves these services alone until their data are there.
    pub(crate) fn hold_all(&self, services: &[ServiceName]) {
        lock(&self.held).extend(services.iter().cloned());
    }

    fn release(&self, service: &ServiceName) {
        lock(&self.held).remove(service);
    }
}

/// Makes a restored database that of this board. A service whose software is not in this board's catalogs, since it was
/// another release or another kind of machine, has what the catalog offers now.
///
/// # Errors
/// When the database fails.
pub(crate) async fn settle_in(app: &App, repository: RepositoryId) -> crate::state::Result<()> {
    peers::settle_in(app).await?;
    let catalogs = app.catalogs.get();
    let desired = app.store.desired().await?;
    let replaced = desired.services.into_iter().filter_map(|(name, service)| {
        let known = catalogs.entry(&name, &service.entry).is_some();
        let offered = catalogs.current().get(&name).filter(|_| !known)?;
        Some((name, offered.digest.clone()))
    });
    app.store
        .settle_in(repository, replaced.collect(), app.now())
        .await
        .map(|_| ())
}

/// Holds the services whose data are still to come. Called before the reconcile loop runs.
///
/// # Errors
/// When the database fails.
pub(crate) async fn hold_pending(app: &App) -> crate::state::Result<()> {
    for (_, task) in app.store.tasks().await? {
        if let Task::RestoreServices { services, .. } = task {
            app.data.hold_all(&services);
        }
    }
    Ok(())
}

/// Gets the data of services back, one after another. One that fails does not start on nothing: it is stopped, and the
/// others go on.
pub(super) async fn restore_services(
    app: &App,
    job: &Job,
    repository: &RepositoryId,
    services: &[ServiceName],
) -> Result<(), Trouble> {
    app.progress(job, "open", 2).await;
    let backups = list(app, &Works::of(job).next()?, repository).await?;
    let all = app.store.desired().await?.services.len().max(1);
    let mut problems = Vec::new();
    let mut left = services.to_vec();
    for service in services {
        let at = u8::try_from(5 + 90 * (all.saturating_sub(left.len())) / all).unwrap_or(95);
        app.progress(
            job,
            &format!("restore {}", Subject::Service(service.clone()).word()),
            at,
        )
        .await;
        let subject = Subject::Service(service.clone());
        let newest = backups.iter().find(|backup| backup.subject == subject);
        // What was never backed up begins anew.
        if let Some(newest) = newest {
            match bring_back(app, repository, service, newest).await {
                Ok(()) => {}
                Err(Trouble::Backup(problem)) => problems.push(failed(app, service, &problem).await?),
                Err(Trouble::Refused { message, .. }) => {
                    problems.push(failed(app, service, &Problem::Other(message)).await?);
                }
                Err(later) => return Err(later),
            }
        }
        left.retain(|other| other != service);
        let task = Task::RestoreServices {
            repository: repository.clone(),
            services: left.clone(),
        };
        app.store.set_task(&job.id, task).await?;
        app.data.release(service);
        app.wake.now();
    }
    if problems.is_empty() {
        // From now on the board comes as itself to whoever keeps its backups.
        if let Err(error) = peers::forget_fetch(app) {
            log::warn!("a code cannot be forgotten: {error}");
        }
        return Ok(());
    }
    Err(Trouble::refused("restore_failed", problems.join(" ")))
}

async fn bring_back(
    app: &App,
    repository: &RepositoryId,
    service: &ServiceName,
    newest: &Backup,
) -> Result<(), Trouble> {
    let work = super::snapshots::work_id(&format!("b{}", crate::access::secret::identifier()))?;
    let run = Run::Restore {
        subject: newest.subject.clone(),
        backup: newest.id.clone(),
    };
    restic(app, &work, repository, run, |_| {}).await?;
    let request = HostRequest::TakeOver {
        service: service.clone(),
        work,
        at: app.now(),
    };
    app.host.ask(request).await?;
    Ok(())
}

/// A service without its data is not started; returns what is said about it.
async fn failed(app: &App, service: &ServiceName, problem: &Problem) -> Result<String, Trouble> {
    let by: MemberName = "board"
        .parse()
        .map_err(|error: types::NameError| Trouble::refused("bad_name", error.to_string()))?;
    let now = app.now();
    app.store
        .set_running(service.clone(), Running::Stopped, &by, now)
        .await?;
    Ok(format!(
        "{service} was not restored and is stopped; get its data back on the page of backups, then start it. {problem}"
    ))
}
