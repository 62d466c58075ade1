// SPDX-License-Identifier: AGPL-3.0-or-later
//! A service's data to take along: those of now, or those of a backup, as one archive that waits a day to be fetched.

use super::{backups::Works, restore::fetch, snapshots, work::Trouble};
use crate::{
    ApiError, App,
    state::{Job, Task},
};
use std::{fs, path::PathBuf, time::Duration};
use types::{
    BackupId, MemberName, RepositoryId, ServiceName, SnapshotName, Timestamp, WorkId,
    backup::Subject,
    data::{Act, Packed, WorkState},
    host::{HostReply, HostRequest},
};

/// An archive waits for so long, in seconds.
const KEPT: i64 = 86_400;

/// An archive that waits to be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Of which service, and when: `radicale-1795600000`.
    pub name: SnapshotName,
    /// Of which service.
    pub service: ServiceName,
    /// When it was asked for.
    pub at: Timestamp,
    /// Its length in bytes.
    pub bytes: u64,
}

fn folder(app: &App) -> PathBuf {
    app.store.folder().join("exports")
}

/// Packs the data of a service as they are now; returns the job.
///
/// # Errors
/// When it is not enabled, or its data are being worked on.
pub async fn export(app: &App, service: &ServiceName, by: &MemberName) -> Result<String, ApiError> {
    super::ask::enabled(app, service).await?;
    let (service, from) = (service.clone(), None);
    super::ask::record(app, Task::Export { service, from }, by).await
}

/// Packs a backup, to look at it or to take single files out of it; returns the job.
///
/// # Errors
/// When there is no such backup of a service.
pub async fn export_backup(app: &App, id: &str, backup: &str, by: &MemberName) -> Result<String, ApiError> {
    let (repository, backups) = super::listed(app, id).await?;
    let found = backups.into_iter().find(|known| known.id.as_str() == backup);
    let Some((Subject::Service(service), backup)) = found.map(|found| (found.subject, found.id)) else {
        return Err(ApiError::not_found(
            "There is no such backup of a service in this repository.",
        ));
    };
    let from = Some((repository.id, backup));
    super::ask::record(app, Task::Export { service, from }, by).await
}

/// Archives that wait, newest first.
pub async fn exports(app: &App) -> Vec<Export> {
    let folder = folder(app);
    let read = move || {
        let one = |entry: fs::DirEntry| {
            let file = entry.file_name();
            let name: SnapshotName = file.to_str()?.strip_suffix(".tar.gz")?.parse().ok()?;
            let (service, at) = name.parts()?;
            let bytes = entry.metadata().ok()?.len();
            Some(Export {
                name,
                service,
                at,
                bytes,
            })
        };
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut all: Vec<Export> = entries.filter_map(one).collect();
        all.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.name.cmp(&b.name)));
        all
    };
    tokio::task::spawn_blocking(read).await.unwrap_or_default()
}

/// The file of an archive.
///
/// # Errors
/// When there is none of this name.
pub async fn export_file(app: &App, name: &str) -> Result<(SnapshotName, tokio::fs::File), ApiError> {
    let gone = || ApiError::not_found("There is no such archive; it waits for one day. Make a new one.");
    let name: SnapshotName = name.parse().map_err(|_| gone())?;
    let path = folder(app).join(format!("{name}.tar.gz"));
    let file = tokio::fs::File::open(path).await.map_err(|_| gone())?;
    Ok((name, file))
}

/// Deletes an archive.
///
/// # Errors
/// When there is none of this name.
pub async fn drop_export(app: &App, name: &str, by: &MemberName) -> Result<(), ApiError> {
    let (name, _) = export_file(app, name).await?;
    remove(app, &name).await;
    app.store
        .record(app.now(), by.as_str(), "drop-export", name.as_str())
        .await?;
    Ok(())
}

async fn remove(app: &App, name: &SnapshotName) {
    let path = folder(app).join(format!("{name}.tar.gz"));
    if let Err(error) = tokio::fs::remove_file(&path).await {
        log::warn!("{} could not be deleted: {error}", path.display());
    }
}

/// Deletes archives that have waited long enough.
pub(super) async fn tidy(app: &App) {
    let now = app.now();
    for export in exports(app).await {
        if export.at.0 > now.0 || now.0 - export.at.0 > KEPT {
            remove(app, &export.name).await;
        }
    }
}

/// Packs.
pub(super) async fn pack(
    app: &App,
    job: &Job,
    service: &ServiceName,
    from: Option<&(RepositoryId, BackupId)>,
) -> Result<(), Trouble> {
    let mut works = Works::of(job);
    let (packed, restored) = match from {
        None => {
            snapshots::make(app, job, service).await?;
            let newest = snapshots::list(app).await?;
            let newest = newest.into_iter().find(|snapshot| snapshot.service == *service);
            let newest =
                newest.ok_or_else(|| Trouble::refused("no_snapshot", "The copy to pack is gone."))?;
            // It hardly becomes larger when it is packed.
            let free = app.readings().disk_available.unwrap_or(u64::MAX);
            if free < newest.bytes.saturating_add(snapshots::reserve(app)) {
                let message = "There is not enough room on the board’s disk to pack these data. Delete archives or \
                               copies first.";
                return Err(Trouble::refused("no_room", message));
            }
            (Packed::Snapshot(newest.name), None)
        }
        Some((repository, backup)) => {
            let work = works.next()?;
            fetch(app, job, &work, repository, backup, service).await?;
            (Packed::Restored(work.clone()), Some(work))
        }
    };
    app.progress(job, "pack", 60).await;
    let work = works.next()?;
    let outcome = run(
        app,
        &work,
        service,
        packed,
        &SnapshotName::new(service, job.created),
    )
    .await;
    app.host.ask(HostRequest::EndWork { work, keep: false }).await?;
    if let Some(work) = restored {
        app.host.ask(HostRequest::EndWork { work, keep: false }).await?;
    }
    outcome
}

async fn run(
    app: &App,
    work: &WorkId,
    service: &ServiceName,
    from: Packed,
    name: &SnapshotName,
) -> Result<(), Trouble> {
    let act = Act::Pack {
        service: service.clone(),
        from,
    };
    loop {
        let asked = HostRequest::Work { work: work.clone() };
        match app.host.ask(asked).await? {
            HostReply::Work(WorkState::Ended { status: 0, .. }) => {
                let (work, name) = (work.clone(), name.clone());
                app.host.ask(HostRequest::HandOver { work, name }).await?;
                return Ok(());
            }
            HostReply::Work(WorkState::Ended { err, .. }) => {
                let said: String = err
                    .lines()
                    .next_back()
                    .unwrap_or_default()
                    .chars()
                    .take(300)
                    .collect();
                return Err(Trouble::refused(
                    "pack_failed",
                    format!("The data could not be packed: {said}."),
                ));
            }
            HostReply::Work(WorkState::Running { .. }) => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            _ => {
                let (work, act) = (work.clone(), act.clone());
                app.host.ask(HostRequest::Begin { work, act }).await?;
            }
        }
    }
}
