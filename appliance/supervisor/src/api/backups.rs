// SPDX-License-Identifier: AGPL-3.0-or-later
//! Copies of services' data.

use super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    data::{self, NewRepository},
    services,
    state::BackupRecord,
    views::JobAccepted,
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use types::{
    Timestamp,
    backup::{Place, Subject},
    data::{Snapshot, SnapshotReason},
};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(
            Method::GET,
            "/api/v1/backups/snapshots",
            Steward,
            "Copies of services' data on this board.",
            snapshots,
        )
        .gives::<Vec<SnapshotView>>(),
        Route::new(
            Method::POST,
            "/api/v1/backups/snapshots",
            Steward,
            "Copy the data of a service on this board.",
            make,
        )
        .takes::<OfService>()
        .gives::<JobAccepted>(),
        Route::new(
            Method::POST,
            "/api/v1/backups/snapshots/{snapshot}/restore",
            Steward,
            "Put a copy in the place of its service's data; what was there becomes a copy.",
            restore,
        )
        .gives::<JobAccepted>(),
        Route::new(
            Method::DELETE,
            "/api/v1/backups/snapshots/{snapshot}",
            Steward,
            "Delete a copy.",
            drop_snapshot,
        ),
        Route::new(
            Method::GET,
            "/api/v1/backups",
            Steward,
            "Where backups go, when, and how they went.",
            overview,
        )
        .gives::<Overview>(),
        Route::new(
            Method::POST,
            "/api/v1/backups/key",
            Steward,
            "Make the recovery key, which is shown once; or use the one of an earlier board: its words.",
            key,
        )
        .takes::<Words>()
        .gives::<Words>(),
        Route::new(
            Method::POST,
            "/api/v1/backups/key/show",
            Steward,
            "The recovery key again, for a steward who gives their password.",
            show_key,
        )
        .takes::<Proof>()
        .gives::<Words>(),
        Route::new(
            Method::POST,
            "/api/v1/backups/repositories",
            Steward,
            "Add a place for backups: it is opened, or a repository is made there.",
            add_repository,
        )
        .takes::<NewRepository>()
        .gives::<JobAccepted>(),
        Route::new(
            Method::POST,
            "/api/v1/backups/repositories/{repository}/check",
            Steward,
            "See whether a place can be reached and its repository opened.",
            check,
        )
        .gives::<JobAccepted>(),
        Route::new(
            Method::DELETE,
            "/api/v1/backups/repositories/{repository}",
            Steward,
            "Forget a place for backups. What is there stays there.",
            remove_repository,
        ),
        Route::new(
            Method::GET,
            "/api/v1/backups/repositories/{repository}/backups",
            Steward,
            "The backups in a repository, newest first.",
            listed,
        )
        .gives::<Vec<BackupView>>(),
        Route::new(
            Method::POST,
            "/api/v1/backups/repositories/{repository}/backups/{backup}/restore",
            Steward,
            "Put a backup in the place of its service's data; what was there becomes a copy on the board.",
            restore_backup,
        )
        .gives::<JobAccepted>(),
        Route::new(
            Method::POST,
            "/api/v1/backups/repositories/{repository}/test",
            Steward,
            "Restore the newest backup of a service to a scratch place, check and start it there.",
            test,
        )
        .takes::<OfService>()
        .gives::<JobAccepted>(),
        Route::new(
            Method::POST,
            "/api/v1/backups/run",
            Steward,
            "Back everything up now.",
            run,
        )
        .takes::<ToRepository>()
        .gives::<JobAccepted>(),
        Route::new(
            Method::PUT,
            "/api/v1/backups/schedule",
            Steward,
            "Choose when backups are made.",
            set_schedule,
        )
        .takes::<ScheduleView>(),
    ]
}

/// A copy of a service's data on this board.
#[derive(Serialize, JsonSchema)]
struct SnapshotView {
    /// Its name.
    name: String,
    /// Of which service.
    service: String,
    /// When it was made (seconds since 1970).
    at: i64,
    /// Why: `update`, `settings`, `restore` (made ahead of one), or `manual`.
    reason: String,
    /// Digest of the catalog entry that had used the data until then.
    entry: Option<String>,
    /// Files.
    files: u64,
    /// Bytes of its files.
    bytes: u64,
    /// Bytes it shares with no earlier copy.
    own_bytes: u64,
}

impl From<Snapshot> for SnapshotView {
    fn from(snapshot: Snapshot) -> Self {
        let reason = match snapshot.reason {
            SnapshotReason::Update => "update",
            SnapshotReason::Settings => "settings",
            SnapshotReason::Restore => "restore",
            SnapshotReason::Manual => "manual",
            SnapshotReason::Backup => "backup",
        };
        Self {
            name: snapshot.name.to_string(),
            service: snapshot.service.to_string(),
            at: snapshot.at.0,
            reason: reason.into(),
            entry: snapshot.from.map(|from| from.entry.to_string()),
            files: snapshot.files,
            bytes: snapshot.bytes,
            own_bytes: snapshot.own_bytes,
        }
    }
}

/// Which service.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OfService {
    /// Its name.
    service: String,
}

type Accepted = Result<(StatusCode, Json<JobAccepted>), ApiError>;

#[expect(clippy::unnecessary_wraps, reason = "reads as the end of a handler")]
fn accepted(job: String) -> Accepted {
    Ok((StatusCode::ACCEPTED, Json(JobAccepted { job })))
}

async fn snapshots(State(app): State<App>) -> Result<Json<Vec<SnapshotView>>, ApiError> {
    let all = data::snapshots(&app).await?;
    Ok(Json(all.into_iter().map(SnapshotView::from).collect()))
}

async fn make(State(app): State<App>, caller: Caller, Body(of): Body<OfService>) -> Accepted {
    let service = services::parse_name(&of.service)?;
    accepted(data::snapshot(&app, &service, caller.name()?).await?)
}

async fn restore(State(app): State<App>, Path(snapshot): Path<String>, caller: Caller) -> Accepted {
    accepted(data::revert(&app, &snapshot, caller.name()?).await?)
}

async fn drop_snapshot(
    State(app): State<App>,
    Path(snapshot): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    data::drop_snapshot(&app, &snapshot, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Everything about backups.
#[derive(Serialize, JsonSchema)]
struct Overview {
    /// Whether there is a recovery key.
    key: bool,
    /// Where backups go.
    repositories: Vec<RepositoryView>,
    /// Disks that could be used.
    disks: Vec<DiskView>,
    /// When backups are made.
    schedule: ScheduleView,
}

/// A place for backups.
#[derive(Serialize, JsonSchema)]
struct RepositoryView {
    /// Its id.
    id: String,
    /// What people call it.
    title: String,
    /// `disk`, `s3`, `rest` or `peer`.
    kind: String,
    /// The disk's identifier, the address, or the other board's key.
    place: String,
    /// Whether this board can delete nothing there.
    append_only: bool,
    /// Upload at most this many KiB a second; 0 is no limit.
    upload_kib: u32,
    /// When it was last checked and a thirtieth of its data read (seconds since 1970).
    checked_at: Option<i64>,
    /// What was wrong then, for people; absent when nothing was.
    check_problem: Option<String>,
    /// How the backups of each subject went.
    subjects: Vec<SubjectView>,
}

/// How the backups of a subject went.
#[derive(Serialize, JsonSchema)]
struct SubjectView {
    /// A service, or `board`.
    subject: String,
    /// Id of the newest good backup.
    backup: Option<String>,
    /// When it was made (seconds since 1970).
    at: Option<i64>,
    /// Bytes of its files.
    bytes: u64,
    /// Bytes that were new in it.
    added_bytes: u64,
    /// Seconds it took.
    seconds: u64,
    /// Why the last try failed: a word for programs; else absent.
    problem: Option<String>,
    /// The same for people.
    problem_text: Option<String>,
    /// When a backup was last restored as a test.
    tested_at: Option<i64>,
    /// Why that failed; absent when it worked.
    test_problem: Option<String>,
    /// Whether the newest backup was restored, checked and started.
    proven: bool,
    /// How far one can rely on it: `proven`, `untried`, `failing`, `old`, `none` or `broken`.
    trust: String,
}

impl SubjectView {
    fn new(record: BackupRecord, now: Timestamp) -> Self {
        Self {
            trust: record.trust(now).code().to_owned(),
            subject: match &record.subject {
                Subject::Board => "board".into(),
                Subject::Service(service) => service.to_string(),
            },
            proven: record.tested.is_some()
                && record.tested == record.backup
                && record.test_problem.is_none(),
            backup: record.backup.map(|backup| backup.to_string()),
            at: record.ok_at.map(|at| at.0),
            bytes: record.bytes,
            added_bytes: record.added,
            seconds: record.seconds,
            problem: record.problem.as_ref().map(|problem| problem.code().to_owned()),
            problem_text: record.problem.as_ref().map(ToString::to_string),
            tested_at: record.tested_at.map(|at| at.0),
            test_problem: record.test_problem,
        }
    }
}

/// A disk beside the board's own.
#[derive(Serialize, JsonSchema)]
struct DiskView {
    /// Its identifier.
    id: String,
    /// Bytes in all, if known.
    total: Option<u64>,
    /// Bytes that are free, if known.
    free: Option<u64>,
}

/// When backups are made: once a day, at a moment of a window.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ScheduleView {
    /// Whether they are made by themselves.
    enabled: bool,
    /// First hour of the window, UTC, 0 to 23.
    from_hour: u8,
    /// Hours it lasts, 1 to 24.
    hours: u8,
}

/// The words of a recovery key.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Words {
    /// Twelve words; empty in a request: make a new key.
    words: String,
}

/// A steward's own password.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Proof {
    /// It.
    password: String,
}

/// Where to.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct ToRepository {
    /// To this place only; absent: to all.
    repository: Option<String>,
}

/// A backup in a repository.
#[derive(Serialize, JsonSchema)]
struct BackupView {
    /// Its id, as restic shows it too.
    id: String,
    /// A service, or `board`.
    subject: String,
    /// When it was made (seconds since 1970).
    at: i64,
    /// Bytes of its files.
    bytes: u64,
}

async fn overview(State(app): State<App>) -> Result<Json<Overview>, ApiError> {
    let view = data::overview(&app).await?;
    let (records, checks) = (view.records, view.checks);
    let repository = |repository: types::backup::Repository| {
        let (kind, place) = match &repository.place {
            Place::Disk { disk } => ("disk", disk.to_string()),
            Place::S3 { url } => ("s3", url.to_string()),
            Place::Rest { url } => ("rest", url.to_string()),
            Place::Peer { board } => ("peer", board.to_string()),
        };
        let mine = records.iter().filter(|record| record.repository == repository.id);
        let check = checks.iter().find(|check| check.repository == repository.id);
        let problem = check.and_then(|check| check.problem.as_ref());
        RepositoryView {
            checked_at: check.map(|check| check.at.0),
            check_problem: problem.map(ToString::to_string),
            kind: kind.into(),
            place,
            subjects: mine
                .cloned()
                .map(|record| SubjectView::new(record, app.now()))
                .collect(),
            id: repository.id.to_string(),
            title: repository.title,
            append_only: repository.append_only,
            upload_kib: repository.upload_kib,
        }
    };
    let disk = |disk: types::backup::Disk| DiskView {
        id: disk.id.to_string(),
        total: disk.total,
        free: disk.free,
    };
    Ok(Json(Overview {
        key: view.key,
        repositories: view.repositories.into_iter().map(repository).collect(),
        disks: view.disks.into_iter().map(disk).collect(),
        schedule: ScheduleView {
            enabled: view.schedule.enabled,
            from_hour: view.schedule.from_hour,
            hours: view.schedule.hours,
        },
    }))
}

async fn key(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<Words>,
) -> Result<(StatusCode, Json<Words>), ApiError> {
    let by = caller.name()?;
    let key = if body.words.trim().is_empty() {
        data::make_key(&app, by).await?
    } else {
        data::set_key(&app, &body.words, by).await?
    };
    let words = key.to_string();
    Ok((StatusCode::CREATED, Json(Words { words })))
}

async fn show_key(
    State(app): State<App>,
    caller: Caller,
    Body(proof): Body<Proof>,
) -> Result<Json<Words>, ApiError> {
    let key = data::show_key(&app, &caller, proof.password).await?;
    let words = key.to_string();
    Ok(Json(Words { words }))
}

async fn check(State(app): State<App>, Path(repository): Path<String>, caller: Caller) -> Accepted {
    accepted(data::connect(&app, &repository, caller.name()?).await?)
}

async fn add_repository(State(app): State<App>, caller: Caller, Body(new): Body<NewRepository>) -> Accepted {
    accepted(data::add_repository(&app, new, caller.name()?).await?)
}

async fn remove_repository(
    State(app): State<App>,
    Path(repository): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    data::remove_repository(&app, &repository, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn listed(
    State(app): State<App>,
    Path(repository): Path<String>,
) -> Result<Json<Vec<BackupView>>, ApiError> {
    let (_, backups) = data::listed(&app, &repository).await?;
    let view = |backup: backup::Backup| BackupView {
        id: backup.id.to_string(),
        subject: match backup.subject {
            Subject::Board => "board".into(),
            Subject::Service(service) => service.to_string(),
        },
        at: backup.at.0,
        bytes: backup.bytes,
    };
    Ok(Json(backups.into_iter().map(view).collect()))
}

async fn restore_backup(
    State(app): State<App>,
    Path((repository, backup)): Path<(String, String)>,
    caller: Caller,
) -> Accepted {
    accepted(data::restore(&app, &repository, &backup, caller.name()?).await?)
}

async fn test(
    State(app): State<App>,
    Path(repository): Path<String>,
    caller: Caller,
    Body(of): Body<OfService>,
) -> Accepted {
    let service = services::parse_name(&of.service)?;
    accepted(data::test(&app, &repository, &service, caller.name()?).await?)
}

async fn run(State(app): State<App>, caller: Caller, Body(to): Body<ToRepository>) -> Accepted {
    accepted(data::back_up(&app, to.repository.as_deref(), caller.name()?).await?)
}

async fn set_schedule(
    State(app): State<App>,
    caller: Caller,
    Body(view): Body<ScheduleView>,
) -> Result<StatusCode, ApiError> {
    let schedule = backup::Schedule {
        enabled: view.enabled,
        from_hour: view.from_hour,
        hours: view.hours,
    };
    data::set_schedule(&app, schedule, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
