// SPDX-License-Identifier: AGPL-3.0-or-later
//! What can be asked of backups elsewhere: refused here with the reason, or recorded.

use super::{
    ask::{enabled, record},
    backups::setup,
    work::{Trouble, restic},
};
use crate::{
    ApiError, App,
    access::{Caller, secret},
    members, peers,
    state::{BackupRecord, RepositoryCheck, Task},
    two_person::{self, Act},
};
use backup::{Backup, Schedule, Trust};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use types::{
    BackupId, BackupKey, BoardKey, MemberName, RepositoryId, ServiceName, Timestamp,
    backup::{Credentials, Disk, Place, Repository, Run, Subject},
    host::{HostReply, HostRequest},
};

/// Everything about backups.
pub struct BackupsView {
    /// Whether there is a key.
    pub key: bool,
    /// Where backups go.
    pub repositories: Vec<Repository>,
    /// Disks that could be used.
    pub disks: Vec<Disk>,
    /// How they went.
    pub records: Vec<BackupRecord>,
    /// What the last look at each repository found.
    pub checks: Vec<RepositoryCheck>,
    /// When they are made.
    pub schedule: Schedule,
    /// Boards that are places, in words.
    pub boards: BTreeMap<BoardKey, String>,
}

impl BackupsView {
    /// How far one can rely on the worst backup at a place.
    pub fn trust(&self, place: &RepositoryId, now: Timestamp) -> Trust {
        let mine = self.records.iter().filter(|record| record.repository == *place);
        mine.map(|record| record.trust(now)).min().unwrap_or(Trust::None)
    }

    /// How far one can rely on the best of the places.
    pub fn overall(&self, now: Timestamp) -> Trust {
        let places = self.repositories.iter();
        let places = places.map(|repository| self.trust(&repository.id, now));
        places.max().unwrap_or(Trust::None)
    }

    /// When the last of all these services was restored as a test; `None` while one was not, or could not be.
    pub fn restored<'a>(&self, mut services: impl Iterator<Item = &'a ServiceName>) -> Option<Timestamp> {
        services
            .try_fold(Timestamp(i64::MAX), |oldest, service| {
                let subject = Subject::Service(service.clone());
                let mine = self.records.iter().filter(|record| record.subject == subject);
                let passed = mine.filter(|record| record.test_problem.is_none());
                let newest = passed.filter_map(|record| record.tested_at).max()?;
                Some(oldest.min(newest))
            })
            .filter(|at| at.0 != i64::MAX)
    }
}

/// Everything about backups.
///
/// # Errors
/// When the host process does not answer.
pub async fn overview(app: &App) -> Result<BackupsView, ApiError> {
    let setup = setup(app).await?;
    Ok(BackupsView {
        key: setup.key,
        repositories: setup.repositories,
        disks: setup.disks,
        records: app.store.backup_records().await?,
        checks: app.store.repository_checks().await?,
        schedule: app.store.backup_schedule().await?,
        boards: boards(app).await?,
    })
}

async fn boards(app: &App) -> Result<BTreeMap<BoardKey, String>, ApiError> {
    let peers = app.store.peers().await?.into_iter();
    let described = |peer: types::Peer| {
        let address = (!peer.address.is_empty()).then(|| format!(" ({})", peer.address));
        (peer.key, format!("{}{}", peer.name, address.unwrap_or_default()))
    };
    Ok(peers.map(described).collect())
}

/// Makes the key of all backups. It is shown once and kept by the host process alone.
///
/// # Errors
/// When there is one already.
pub async fn make_key(app: &App, by: &MemberName) -> Result<BackupKey, ApiError> {
    let key = backup::make_key(&secret::random()).map_err(|error| ApiError::internal(&error))?;
    keep(app, key, "make-backup-key", by).await
}

/// Uses the key of an earlier board: its words.
///
/// # Errors
/// When the words are not a key, or there is another one.
pub async fn set_key(app: &App, words: &str, by: &MemberName) -> Result<BackupKey, ApiError> {
    let key = backup::parse_key(words).map_err(|error| ApiError::field("words", error.to_string()))?;
    keep(app, key, "set-backup-key", by).await
}

/// The key again, for a steward who gives their password.
///
/// # Errors
/// 422 for a wrong password, 404 when there is no key, 429 after too many tries.
pub async fn show_key(app: &App, caller: &Caller, password: String) -> Result<BackupKey, ApiError> {
    let by = caller.name()?;
    members::prove(app, caller, password).await?;
    match app.host.ask(HostRequest::BackupKey).await? {
        HostReply::BackupKey { key: Some(key) } => {
            app.store
                .record(app.now(), by.as_str(), "show-backup-key", "")
                .await?;
            Ok(key)
        }
        _ => Err(ApiError::not_found(
            "There is no recovery key yet. Make one first.",
        )),
    }
}

async fn keep(app: &App, key: BackupKey, act: &'static str, by: &MemberName) -> Result<BackupKey, ApiError> {
    app.host
        .ask(HostRequest::SetBackupKey { key: key.clone() })
        .await?;
    app.store.record(app.now(), by.as_str(), act, "").await?;
    Ok(key)
}

/// A place for backups, as it is asked for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewRepository {
    /// What people call it.
    pub title: String,
    /// `disk`, `s3`, `rest` or `peer`.
    pub kind: String,
    /// For `disk`: its identifier, as `GET /backups` lists it.
    pub disk: String,
    /// For `peer`: the key or the name of a paired board that agreed to keep this board's backups.
    pub peer: String,
    /// For `s3`: server and bucket; for `rest`: the address of the rest-server; for `peer`, where a lost board is
    /// restored: the address of the board that keeps its backups.
    pub url: String,
    /// User name, or the id of an S3 key.
    pub user: String,
    /// Password, or the secret of an S3 key; for `peer`, where a lost board is restored: the code of that board.
    pub secret: String,
    /// Whether this board can delete nothing there (rest-server with append-only).
    pub append_only: bool,
    /// Upload at most this many KiB a second; 0 is no limit.
    pub upload_kib: u32,
}

/// Adds a place for backups; returns the job that opens it, or makes the repository there.
///
/// # Errors
/// When the values do not fit, or there is no key yet.
pub async fn add_repository(app: &App, new: NewRepository, by: &MemberName) -> Result<String, ApiError> {
    if !setup(app).await?.key {
        let message = "Make the recovery key first, print its sheet, and keep it away from the board.";
        return Err(ApiError::conflict("no_key", message));
    }
    let (repository, credentials) = match new.kind.as_str() {
        "peer" => {
            let board = keeper(app, &new.peer).await?;
            (parse_at(&new, Place::Peer { board })?, Credentials::default())
        }
        _ => parse(&new)?,
    };
    let id = repository.id.clone();
    let request = HostRequest::SetRepository {
        repository,
        credentials: Some(credentials),
    };
    app.host.ask(request).await?;
    record(app, Task::Connect { repository: id }, by).await
}

/// The peer that keeps our backups, as was agreed.
async fn keeper(app: &App, peer: &str) -> Result<BoardKey, ApiError> {
    let missing = |_| ApiError::field("peer", "must be a paired board, by its key or its name");
    let peer = peers::get(app, peer.trim()).await.map_err(missing)?;
    let board = peer.key;
    if peers::peer_view(app, peer).await?.kept.is_none() {
        let message =
            "That board has not agreed to keep backups of this one. Propose it on that board's page first.";
        return Err(ApiError::conflict("not_agreed", message));
    }
    let twice = |known: &Repository| known.place == Place::Peer { board };
    if setup(app).await?.repositories.iter().any(twice) {
        let message = "Backups go to that board already.";
        return Err(ApiError::conflict("place_known", message));
    }
    Ok(board)
}

/// A place as it was asked for, with an id of its own.
pub(super) fn parse(new: &NewRepository) -> Result<(Repository, Credentials), ApiError> {
    let url = || {
        new.url
            .trim()
            .parse()
            .map_err(|error: types::NameError| ApiError::field("url", error.to_string()))
    };
    let place = match new.kind.as_str() {
        "disk" => Place::Disk {
            disk: new
                .disk
                .parse()
                .map_err(|error: types::NameError| ApiError::field("disk", error.to_string()))?,
        },
        "s3" => Place::S3 { url: url()? },
        "rest" => Place::Rest { url: url()? },
        _ => return Err(ApiError::field("kind", "must be disk, s3, rest or peer")),
    };
    let credentials = Credentials {
        user: new.user.trim().to_owned(),
        secret: new.secret.trim().to_owned(),
    };
    Ok((parse_at(new, place)?, credentials))
}

/// This place, with what else was asked for.
pub(super) fn parse_at(new: &NewRepository, place: Place) -> Result<Repository, ApiError> {
    let title = new.title.trim();
    if title.is_empty() || title.chars().count() > 60 || title.chars().any(char::is_control) {
        return Err(ApiError::field("title", "must be 1 to 60 characters"));
    }
    let id: RepositoryId = secret::identifier()
        .parse()
        .map_err(|error: types::NameError| ApiError::internal(&error))?;
    Ok(Repository {
        id,
        title: title.to_owned(),
        place,
        append_only: new.append_only,
        upload_kib: new.upload_kib,
    })
}

/// Sees whether a place can be reached and its repository opened; returns the job.
///
/// # Errors
/// When it is not known.
pub async fn connect(app: &App, id: &str, by: &MemberName) -> Result<String, ApiError> {
    let repository = known(app, id).await?.id;
    record(app, Task::Connect { repository }, by).await
}

/// Forgets a place for backups. What is there stays there.
///
/// # Errors
/// When the host process does not answer, or it is not known.
pub async fn remove_repository(app: &App, id: &str, by: &MemberName) -> Result<(), ApiError> {
    let repository = known(app, id).await?.id;
    let request = HostRequest::RemoveRepository {
        repository: repository.clone(),
    };
    app.host.ask(request).await?;
    app.store.forget_repository(repository).await?;
    app.store
        .record(app.now(), by.as_str(), "remove-repository", id)
        .await?;
    Ok(())
}

async fn known(app: &App, id: &str) -> Result<Repository, ApiError> {
    let all = setup(app).await?.repositories;
    all.into_iter()
        .find(|repository| repository.id.as_str() == id)
        .ok_or_else(|| ApiError::not_found("There is no such place for backups."))
}

/// Backs everything up now, to one place or to all; returns the job.
///
/// # Errors
/// When there is no place for backups.
pub async fn back_up(app: &App, repository: Option<&str>, by: &MemberName) -> Result<String, ApiError> {
    let repository = match repository {
        Some(id) => Some(known(app, id).await?.id),
        None if setup(app).await?.repositories.is_empty() => {
            let message = "Choose first where backups go: another disk, an S3 store or a rest-server.";
            return Err(ApiError::conflict("no_repository", message));
        }
        None => None,
    };
    record(app, Task::Backup { repository }, by).await
}

/// Chooses when backups are made.
///
/// # Errors
/// When the hours do not fit a day.
pub async fn set_schedule(app: &App, schedule: Schedule, by: &MemberName) -> Result<(), ApiError> {
    if schedule.from_hour > 23 {
        return Err(ApiError::field("from_hour", "must be 0 to 23"));
    }
    if !(1..=24).contains(&schedule.hours) {
        return Err(ApiError::field("hours", "must be 1 to 24"));
    }
    app.store.set_backup_schedule(schedule).await?;
    app.store
        .record(app.now(), by.as_str(), "set-backup-schedule", "")
        .await?;
    Ok(())
}

/// The backups in a repository, newest first.
///
/// # Errors
/// When it cannot be read, with the reason.
pub async fn listed(app: &App, id: &str) -> Result<(Repository, Vec<Backup>), ApiError> {
    let repository = known(app, id).await?;
    let work = super::snapshots::work_id(&format!("l{}", secret::identifier()));
    let listing = async {
        let out = restic(app, &work?, &repository.id, Run::List, |_| {}).await?;
        Ok::<_, Trouble>(backup::backups(&out))
    };
    match listing.await {
        Ok(backups) => Ok((repository, backups)),
        Err(Trouble::Backup(problem)) => Err(ApiError::conflict(problem.code(), problem.to_string())),
        Err(Trouble::Refused { code, message }) => Err(ApiError::conflict(&code, message)),
        Err(Trouble::Later(why)) => {
            log::error!("{why}");
            let message =
                "The board’s host process does not answer. It restarts by itself; try again in a moment.";
            Err(ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "host_unreachable",
                message,
            ))
        }
    }
}

/// Puts a backup in the place of a service's data; returns the job.
///
/// # Errors
/// When there is no such backup of a service, or the service is not enabled; 202 when another steward has to approve it.
pub async fn restore(app: &App, id: &str, backup: &str, by: &MemberName) -> Result<String, ApiError> {
    let task = restore_task(app, id, backup).await?;
    let act = Act::Restore {
        repository: id.to_owned(),
        backup: backup.to_owned(),
    };
    two_person::pass(app, by, act).await?;
    record(app, task, by).await
}

/// The same, once nobody else has to approve it.
pub(crate) async fn restore_now(
    app: &App,
    id: &str,
    backup: &str,
    by: &MemberName,
) -> Result<String, ApiError> {
    let task = restore_task(app, id, backup).await?;
    record(app, task, by).await
}

async fn restore_task(app: &App, id: &str, backup: &str) -> Result<Task, ApiError> {
    let (repository, backups) = listed(app, id).await?;
    let wanted: Option<BackupId> = backup.parse().ok();
    let found = backups
        .into_iter()
        .find(|backup| Some(&backup.id) == wanted.as_ref());
    let service = match found.map(|backup| backup.subject) {
        Some(Subject::Service(service)) => service,
        Some(Subject::Board) => {
            let message = "The board itself is restored onto a new card, not over a board that runs.";
            return Err(ApiError::conflict("board_runs", message));
        }
        None => return Err(ApiError::not_found("There is no such backup in this repository.")),
    };
    enabled(app, &service).await?;
    Ok(Task::Restore {
        repository: repository.id,
        backup: wanted.ok_or_else(|| ApiError::not_found("There is no such backup."))?,
        service,
    })
}

/// Restores the newest backup of a service to a scratch place and tries it; returns the job.
///
/// # Errors
/// When the service is not enabled or the repository not known.
pub async fn test(app: &App, id: &str, service: &ServiceName, by: &MemberName) -> Result<String, ApiError> {
    let repository = known(app, id).await?.id;
    enabled(app, service).await?;
    let service = service.clone();
    record(app, Task::Test { repository, service }, by).await
}
