// SPDX-License-Identifier: AGPL-3.0-or-later
//! Snapshots on the board: made ahead of changes and when asked for, taken back, and forgotten in time.

use super::{
    Hold, hold,
    work::{Trouble, follow},
};
use crate::{App, reconcile::Ahead, state::Job, views::ServiceState};
use std::time::Duration;
use types::{
    Digest, ServiceName, SnapshotName, WorkId,
    data::{Act, Snapshot, SnapshotReason},
    host::{HostReply, HostRequest},
    manifest::Backup,
};

/// A service that was given other data may take this long to answer.
const READY: Duration = Duration::from_mins(3);

/// Copies ahead of another version. The service is stopped and held.
pub(super) async fn ahead(app: &App, service: &ServiceName, ahead: &Ahead) -> Result<(), Trouble> {
    tidy(app).await;
    let id = format!("v{}", crate::access::secret::identifier());
    let before = Some(ahead.version.clone());
    copy(app, &work_id(&id)?, service, ahead.reason, before, |_| {}).await
}

/// Copies because somebody asked.
pub(super) async fn make(app: &App, job: &Job, service: &ServiceName) -> Result<(), Trouble> {
    tidy(app).await;
    let held = if is_hot(app, service).await? {
        None
    } else {
        app.progress(job, "stop", 10).await;
        let held = wait_for(app, service).await;
        let service = service.clone();
        app.host.ask(HostRequest::Stop { service }).await?;
        Some(held)
    };
    app.progress(job, "snapshot", 30).await;
    let progress = |_| {};
    copy(
        app,
        &work_id(&job.id)?,
        service,
        SnapshotReason::Manual,
        None,
        progress,
    )
    .await?;
    drop(held);
    tidy(app).await;
    Ok(())
}

/// Puts a snapshot in the place of a service's data. What was there becomes a snapshot itself.
pub(super) async fn revert(
    app: &App,
    job: &Job,
    service: &ServiceName,
    snapshot: &SnapshotName,
) -> Result<(), Trouble> {
    let work = work_id(&job.id)?;
    app.progress(job, "copy", 10).await;
    let act = Act::Ready {
        snapshot: snapshot.clone(),
        reserve: reserve(app),
    };
    follow(app, &work, &act, |_| {}).await?;
    take_over(app, job, service, &work).await
}

/// Exchanges a service's data for what stands ready, and waits until the service answers.
pub(super) async fn take_over(
    app: &App,
    job: &Job,
    service: &ServiceName,
    work: &WorkId,
) -> Result<(), Trouble> {
    let held = wait_for(app, service).await;
    app.progress(job, "stop", 60).await;
    let request = HostRequest::Stop {
        service: service.clone(),
    };
    app.host.ask(request).await?;
    seen_stopped(app, service).await;
    app.progress(job, "exchange", 70).await;
    let request = HostRequest::TakeOver {
        service: service.clone(),
        work: work.clone(),
        at: app.now(),
    };
    app.host.ask(request).await?;
    drop(held);
    app.progress(job, "ready", 80).await;
    ready(app, service).await
}

/// Waits until the loop has seen that a service is stopped: what it says later is news.
async fn seen_stopped(app: &App, service: &ServiceName) {
    for _ in 0..100 {
        if app.service_state(service).0 != ServiceState::Running {
            return;
        }
        app.wake.now();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until a service answers again, or is meant to be stopped.
async fn ready(app: &App, service: &ServiceName) -> Result<(), Trouble> {
    let waiting = async {
        let mut reason = String::new();
        for _ in 0..READY.as_millis() / 50 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            match app.service_state(service) {
                (ServiceState::Running | ServiceState::Stopped, _) if !app.data.held().contains(service) => {
                    return Ok(());
                }
                (_, why) => reason = why,
            }
        }
        Err(reason)
    };
    waiting.await.map_err(|why| {
        let message = format!(
            "The data are in their place, but the service does not start on them. {why} \
             What was there before is kept as the newest snapshot."
        );
        Trouble::refused("not_ready", message)
    })
}

pub(super) async fn copy(
    app: &App,
    work: &WorkId,
    service: &ServiceName,
    reason: SnapshotReason,
    before: Option<Digest>,
    progress: impl FnMut(u64) + Send,
) -> Result<(), Trouble> {
    let act = Act::Snapshot {
        service: service.clone(),
        at: app.now(),
        reason,
        before,
        reserve: reserve(app),
    };
    follow(app, work, &act, progress).await
}

/// Waits until nobody else has the service, and holds it.
pub(super) async fn wait_for(app: &App, service: &ServiceName) -> Hold {
    loop {
        if let Some(held) = hold(app, service) {
            return held;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether a service may be copied while it runs.
pub(super) async fn is_hot(app: &App, service: &ServiceName) -> Result<bool, Trouble> {
    let desired = app.store.desired().await?;
    let catalogs = app.catalogs.get();
    let entry = desired
        .services
        .get(service)
        .and_then(|desired| catalogs.entry(service, &desired.entry).cloned());
    Ok(entry.is_some_and(|entry| entry.manifest.data.backup == Backup::Hot))
}

pub(super) fn reserve(app: &App) -> u64 {
    backup::reserve(app.readings().disk_total.unwrap_or(0))
}

pub(super) fn work_id(text: &str) -> Result<WorkId, Trouble> {
    text.parse()
        .map_err(|error: types::NameError| Trouble::refused("bad_work", error.to_string()))
}

/// All snapshots, newest first.
pub(super) async fn list(app: &App) -> Result<Vec<Snapshot>, host::HostError> {
    match app.host.ask(HostRequest::Snapshots).await? {
        HostReply::Snapshots { snapshots } => Ok(snapshots),
        _ => Ok(Vec::new()),
    }
}

/// Deletes what is too old or takes too much room.
pub(super) async fn tidy(app: &App) {
    let Ok(snapshots) = list(app).await else { return };
    let readings = app.readings();
    let (Some(total), Some(free)) = (readings.disk_total, readings.disk_available) else {
        return;
    };
    let now = Some(app.now()).filter(|now| host::clock::is_plausible(*now));
    for snapshot in backup::snapshots_to_drop(&snapshots, now, total, free) {
        log::info!("the snapshot {snapshot} is no longer kept");
        let request = HostRequest::DropSnapshot { snapshot };
        if let Err(error) = app.host.ask(request).await {
            log::warn!("a snapshot could not be deleted: {}", host::chain(&error));
        }
    }
}
