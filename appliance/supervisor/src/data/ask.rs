// SPDX-License-Identifier: AGPL-3.0-or-later
//! What can be asked of services' data: refused here with the reason, or recorded.

use crate::{
    ApiError, App,
    state::Task,
    two_person::{self, Act},
};
use types::{MemberName, ServiceName, SnapshotName, data::Snapshot, host::HostRequest};

/// All snapshots, newest first.
///
/// # Errors
/// When the host process does not answer.
pub async fn snapshots(app: &App) -> Result<Vec<Snapshot>, ApiError> {
    Ok(super::snapshots::list(app).await?)
}

/// Copies the data of a service; returns the job.
///
/// # Errors
/// When it is not enabled, or its data are being worked on.
pub async fn snapshot(app: &App, service: &ServiceName, by: &MemberName) -> Result<String, ApiError> {
    enabled(app, service).await?;
    let service = service.clone();
    record(app, Task::Snapshot { service }, by).await
}

/// Puts a snapshot in the place of its service's data; returns the job.
///
/// # Errors
/// When there is no such snapshot, its service is not enabled, or its data are being worked on; 202 when another steward
/// has to approve it.
pub async fn revert(app: &App, name: &str, by: &MemberName) -> Result<String, ApiError> {
    let found = find(app, name).await?;
    enabled(app, &found.service).await?;
    let act = Act::Revert {
        snapshot: found.name.to_string(),
    };
    two_person::pass(app, by, act).await?;
    revert_now(app, name, by).await
}

/// The same, once nobody else has to approve it.
pub(crate) async fn revert_now(app: &App, name: &str, by: &MemberName) -> Result<String, ApiError> {
    let found = find(app, name).await?;
    enabled(app, &found.service).await?;
    let task = Task::Revert {
        snapshot: found.name,
        service: found.service,
    };
    record(app, task, by).await
}

/// Deletes a snapshot.
///
/// # Errors
/// When there is no such snapshot.
pub async fn drop_snapshot(app: &App, name: &str, by: &MemberName) -> Result<(), ApiError> {
    let snapshot = find(app, name).await?.name;
    let request = HostRequest::DropSnapshot {
        snapshot: snapshot.clone(),
    };
    app.host.ask(request).await?;
    let now = app.now();
    app.store
        .record(now, by.as_str(), "drop-snapshot", snapshot.as_str())
        .await?;
    Ok(())
}

async fn find(app: &App, name: &str) -> Result<Snapshot, ApiError> {
    let name: Option<SnapshotName> = name.parse().ok();
    let all = snapshots(app).await?;
    all.into_iter()
        .find(|snapshot| Some(&snapshot.name) == name.as_ref())
        .ok_or_else(|| {
            ApiError::not_found("There is no such snapshot; it may have been too old and is gone.")
        })
}

pub(super) async fn enabled(app: &App, service: &ServiceName) -> Result<(), ApiError> {
    if app.store.desired().await?.services.contains_key(service) {
        return Ok(());
    }
    Err(ApiError::not_found(format!(
        "{service} is not enabled on this board. Enable it from the catalog first."
    )))
}

pub(super) async fn record(app: &App, task: Task, by: &MemberName) -> Result<String, ApiError> {
    let subject = task.subject().to_owned();
    let job = app.store.add_task(task, by.as_str(), app.now()).await?;
    let job = job.ok_or_else(|| {
        let message = if subject == "board" {
            "A backup is being made already. Try again when that has ended.".to_owned()
        } else {
            format!("The data of {subject} are being worked on. Try again when that has ended.")
        };
        ApiError::conflict("busy", message)
    })?;
    app.data.now();
    Ok(job)
}
