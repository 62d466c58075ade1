// SPDX-License-Identifier: AGPL-3.0-or-later
//! Backups elsewhere: every subject to every repository, one after another.

use super::{
    snapshots::{copy, is_hot, list, tidy, wait_for, work_id},
    work::{Trouble, restic},
};
use crate::{
    App,
    state::{BackupRecord, Job, RepositoryCheck, Task},
};
use backup::Problem;
use std::collections::BTreeMap;
use types::{
    RepositoryId, SnapshotName, WorkId,
    backup::{BackupSetup, Repository, Run, Subject},
    data::SnapshotReason,
    host::{HostReply, HostRequest},
};

/// What the host knows of backups.
pub(super) async fn setup(app: &App) -> Result<BackupSetup, host::HostError> {
    match app.host.ask(HostRequest::BackupSetup).await? {
        HostReply::BackupSetup(setup) => Ok(setup),
        _ => Ok(BackupSetup::default()),
    }
}

/// Pieces of work that one part of a job can have.
const PART: u32 = 8;

/// Ids of the pieces of work of one job, in order: the same again when the job goes on after a restart.
pub(super) struct Works<'a> {
    job: &'a Job,
    count: u32,
}

impl<'a> Works<'a> {
    pub(super) fn of(job: &'a Job) -> Self {
        Self { job, count: 0 }
    }

    /// Those of one part of a job: the same ids whether or not the parts before it are skipped.
    fn of_part(job: &'a Job, part: usize) -> Self {
        let count = u32::try_from(part).unwrap_or(0) * PART;
        Self { job, count }
    }

    pub(super) fn next(&mut self) -> Result<WorkId, Trouble> {
        self.count += 1;
        work_id(&format!("{}r{}", self.job.id, self.count))
    }
}

/// Opens a repository, or makes it. A key that does not fit is known before anything else is tried.
pub(super) async fn connect(app: &App, job: &Job, repository: &RepositoryId) -> Result<(), Trouble> {
    let mut works = Works::of(job);
    app.progress(job, "open", 20).await;
    match restic(app, &works.next()?, repository, Run::Open, |_| {}).await {
        Err(Trouble::Backup(Problem::NoRepository)) => {
            app.progress(job, "init", 60).await;
            restic(app, &works.next()?, repository, Run::Init, |_| {}).await?;
            Ok(())
        }
        other => other.map(|_| ()),
    }
}

/// Backs everything up. One subject that fails does not keep the others from being backed up.
pub(super) async fn back_up(app: &App, job: &Job, only: Option<&RepositoryId>) -> Result<(), Trouble> {
    if !host::clock::is_plausible(app.now()) {
        let message = "The board does not know the time yet, and backups are kept by their age. Connect it to the \
                       internet, or set the time.";
        return Err(Trouble::refused("clock_wrong", message));
    }
    let setup = setup(app).await?;
    let mut repositories = setup.repositories;
    repositories.retain(|repository| only.is_none_or(|only| *only == repository.id));
    let desired = app.store.desired().await?;
    let mut subjects = vec![Subject::Board];
    subjects.extend(desired.services.into_keys().map(Subject::Service));
    let known = records(app).await?;
    let total = (repositories.len() * subjects.len()).max(1);
    let mut done = 0;
    let mut problems = Vec::new();
    for repository in &repositories {
        for subject in &subjects {
            let span = (percent(done, total), percent(done + 1, total));
            done += 1;
            let key = (repository.id.clone(), subject.clone());
            let record = known.get(&key).cloned();
            let record = record
                .unwrap_or_else(|| BackupRecord::new(repository.id.clone(), subject.clone(), app.now()));
            // Done already, before the board was restarted.
            if record
                .ok_at
                .is_some_and(|at| at >= job.created && record.problem.is_none())
            {
                continue;
            }
            match one(app, job, Works::of_part(job, done), repository, record, span).await {
                Err(Trouble::Backup(problem)) => problems.push(format!("{}: {problem}", repository.title)),
                Err(Trouble::Refused { message, .. }) => {
                    problems.push(format!("{} ({}): {message}", repository.title, subject.word()));
                }
                other => other?,
            }
        }
        if !repository.append_only {
            forget(app, job, repository, &subjects).await?;
        }
        if let Err(problem) = look_over(app, job, repository).await? {
            problems.push(format!("{}: {problem}", repository.title));
        }
    }
    problems.dedup();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Trouble::refused("backup_failed", problems.join(" ")))
}

fn percent(done: usize, total: usize) -> u8 {
    u8::try_from(5 + 90 * done / total).unwrap_or(95)
}

async fn records(app: &App) -> Result<BTreeMap<(RepositoryId, Subject), BackupRecord>, Trouble> {
    let records = app.store.backup_records().await?;
    let keyed = |record: BackupRecord| ((record.repository.clone(), record.subject.clone()), record);
    Ok(records.into_iter().map(keyed).collect())
}

/// One subject to one repository; how it went is written down.
async fn one(
    app: &App,
    job: &Job,
    mut works: Works<'_>,
    repository: &Repository,
    mut record: BackupRecord,
    span: (u8, u8),
) -> Result<(), Trouble> {
    app.progress(job, &format!("backup {}", record.subject.word()), span.0)
        .await;
    let subject = record.subject.clone();
    let outcome = run(app, job, &mut works, repository, &subject, span).await;
    record.tried_at = app.now();
    match &outcome {
        Ok(summary) => {
            record.backup = Some(summary.backup.clone());
            record.ok_at = Some(app.now());
            record.bytes = summary.bytes;
            record.added = summary.added;
            record.seconds = summary.took.as_secs();
            record.problem = None;
        }
        Err(Trouble::Backup(problem)) => record.problem = Some(problem.clone()),
        Err(Trouble::Refused { message, .. }) => record.problem = Some(Problem::Other(message.clone())),
        // Nothing is known: the whole task is done again.
        Err(Trouble::Later(_)) => return outcome.map(|_| ()),
    }
    app.store.set_backup_record(record).await?;
    outcome.map(|_| ())
}

async fn run(
    app: &App,
    job: &Job,
    works: &mut Works<'_>,
    repository: &Repository,
    subject: &Subject,
    span: (u8, u8),
) -> Result<backup::Summary, Trouble> {
    let snapshot = match subject {
        Subject::Board => {
            app.store.copy_for_backup().await?;
            None
        }
        Subject::Service(service) if is_hot(app, service).await? => None,
        Subject::Service(service) => Some(still(app, works, service).await?),
    };
    let run = Run::Backup {
        subject: subject.clone(),
        snapshot: snapshot.clone(),
    };
    let step = format!("backup {}", subject.word());
    let progress = |at: backup::Progress| {
        let width = f32::from(span.1 - span.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 100, and a float's cast saturates"
        )]
        let done = (f32::from(span.0) + width * at.percent_done.clamp(0.0, 1.0)) as u8;
        app.tell(job, &step, done);
    };
    let out = restic(app, &works.next()?, &repository.id, run, progress).await;
    if let Some(snapshot) = snapshot {
        forget_earlier(app, &snapshot).await;
    }
    let summed = backup::summary(&out?);
    summed.ok_or_else(|| Trouble::Backup(Problem::Other("it did not say what it backed up".into())))
}

/// A copy of a service that has to stand still, for the seconds that the copy takes.
async fn still(
    app: &App,
    works: &mut Works<'_>,
    service: &types::ServiceName,
) -> Result<SnapshotName, Trouble> {
    let held = wait_for(app, service).await;
    let request = HostRequest::Stop {
        service: service.clone(),
    };
    app.host.ask(request).await?;
    let work = works.next()?;
    copy(app, &work, service, SnapshotReason::Backup, None, |_| {}).await?;
    drop(held);
    let snapshots = list(app).await?;
    let newest = snapshots
        .into_iter()
        .find(|snapshot| snapshot.service == *service && snapshot.reason == SnapshotReason::Backup);
    newest
        .map(|snapshot| snapshot.name)
        .ok_or_else(|| Trouble::refused("no_snapshot", "the copy to back up from is gone"))
}

/// Of the copies that backups were made from only the newest stays: the next shares its files.
async fn forget_earlier(app: &App, newest: &SnapshotName) {
    let Some((service, _)) = newest.parts() else {
        return;
    };
    for snapshot in list(app).await.unwrap_or_default() {
        let mine = snapshot.service == service && snapshot.reason == SnapshotReason::Backup;
        if mine && snapshot.name != *newest {
            let snapshot = snapshot.name;
            let _ = app.host.ask(HostRequest::DropSnapshot { snapshot }).await;
        }
    }
    tidy(app).await;
}

/// Forgets what is too old; once a week the room it took is freed.
async fn forget(app: &App, job: &Job, repository: &Repository, subjects: &[Subject]) -> Result<(), Trouble> {
    app.progress(job, "forget", 95).await;
    let sunday = (app.now().0.div_euclid(86_400) + 4).rem_euclid(7) == 0;
    for (index, subject) in subjects.iter().enumerate() {
        let run = Run::Forget {
            subject: subject.clone(),
            prune: sunday && index + 1 == subjects.len(),
        };
        match alone(app, repository, run).await {
            // It is tried again tomorrow, and the backup itself is there.
            Err(Trouble::Backup(problem)) => log::warn!("old backups are not forgotten: {problem}"),
            other => other?,
        }
    }
    Ok(())
}

/// Once a day the repository is checked, and a part of its data is read: in a month, all of them.
async fn look_over(app: &App, job: &Job, repository: &Repository) -> Result<Result<(), Problem>, Trouble> {
    let checks = app.store.repository_checks().await?;
    let before = checks.into_iter().find(|check| check.repository == repository.id);
    let Some(part) = backup::part_to_check(before.as_ref().map(|check| (check.at, check.part)), app.now())
    else {
        return Ok(Ok(()));
    };
    app.progress(job, "look_over", 97).await;
    let run = Run::Check {
        part,
        of: backup::CHECK_PARTS,
    };
    let problem = match alone(app, repository, run).await {
        Ok(()) => None,
        // Somebody works on it, or it is gone for now: nothing is known of its data.
        Err(Trouble::Backup(Problem::Locked | Problem::Unreachable(_))) => return Ok(Ok(())),
        Err(Trouble::Backup(problem)) => Some(problem),
        Err(Trouble::Refused { message, .. }) => return Ok(Err(Problem::Other(message))),
        Err(later) => return Err(later),
    };
    let check = RepositoryCheck {
        repository: repository.id.clone(),
        at: app.now(),
        part,
        problem: problem.clone(),
    };
    app.store.set_repository_check(check).await?;
    Ok(problem.map_or(Ok(()), Err))
}

/// Runs what nobody else may work beside; a lock that a run left when it was cut short is taken away.
async fn alone(app: &App, repository: &Repository, run: Run) -> Result<(), Trouble> {
    let work = || work_id(&format!("a{}", crate::access::secret::identifier()));
    match restic(app, &work()?, &repository.id, run.clone(), |_| {}).await {
        Err(Trouble::Backup(Problem::Locked)) => {
            restic(app, &work()?, &repository.id, Run::Unlock, |_| {}).await?;
            restic(app, &work()?, &repository.id, run, |_| {}).await?;
            Ok(())
        }
        other => other.map(|_| ()),
    }
}

/// Records a backup when one is due.
pub(super) async fn when_due(app: &App) {
    if let Err(error) = plan(app).await {
        log::warn!("whether a backup is due is not known: {error:?}");
    }
}

async fn plan(app: &App) -> Result<(), Trouble> {
    let now = app.now();
    // A board that is to become another one must not add itself to that one's backups.
    if !app.store.is_claimed().await? {
        return Ok(());
    }
    if !host::clock::is_plausible(now) || setup(app).await?.repositories.is_empty() {
        return Ok(());
    }
    let schedule = app.store.backup_schedule().await?;
    let records = app.store.backup_records().await?;
    // The subject that has waited longest decides.
    let good = records.iter().map(|record| record.ok_at).min().flatten();
    let tried = records.iter().map(|record| record.tried_at).max();
    let name = app.store.board_name().await?;
    let jitter = name.as_str().bytes().fold(17u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    if backup::due(&schedule, good, tried, now, jitter) {
        app.store
            .add_task(Task::Backup { repository: None }, "board", now)
            .await?;
        app.data.now();
    } else if let Some((repository, service)) = untested(&records, now) {
        let task = Task::Test { repository, service };
        app.store.add_task(task, "board", now).await?;
        app.data.now();
    }
    Ok(())
}

/// A week between two tests of one backup, in seconds.
const TEST_EVERY: i64 = 7 * 86_400;

/// The service whose newest backup was not tried for longest, if that is more than a week.
fn untested(records: &[BackupRecord], now: types::Timestamp) -> Option<(RepositoryId, types::ServiceName)> {
    let due = |record: &&BackupRecord| {
        record.backup.is_some()
            && record
                .tested_at
                .is_none_or(|at| now.0 - at.0 >= TEST_EVERY || at > now)
    };
    let oldest = records
        .iter()
        .filter(due)
        .filter_map(|record| match &record.subject {
            Subject::Service(service) => Some((record.tested_at, record.repository.clone(), service.clone())),
            Subject::Board => None,
        });
    oldest
        .min_by_key(|(at, ..)| *at)
        .map(|(_, repository, service)| (repository, service))
}
