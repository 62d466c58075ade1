// SPDX-License-Identifier: AGPL-3.0-or-later
//! Asking an unclaimed board to become one that was lost: its recovery key, and a place its backups are at.

use super::{
    ask_backups::{NewRepository, parse, parse_at},
    board::forget_place,
};
use crate::{
    ApiError, App, members, peers,
    state::{Job, JobKind, JobState, Task},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use types::{
    backup::{Credentials, Place},
    host::HostRequest,
};

/// What it takes to restore a board.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BoardRestore {
    /// The code that this board shows.
    pub code: String,
    /// The twelve words of the recovery sheet.
    pub words: String,
    /// Where the backups are.
    pub place: NewRepository,
}

/// How far a restore is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Restoring {
    /// `none`, `running`, `failed`, or `done`: the board is claimed, and the data of its services follow as a job.
    pub state: String,
    /// The step at hand: `open`, `fetch`, `adopt`.
    pub step: String,
    /// 0 to 100.
    pub progress: u8,
    /// Why it failed; else empty.
    pub message: String,
}

/// Restores a board onto this one, which nobody has claimed.
///
/// # Errors
/// 403 for a wrong code, 409 when the board is claimed, a restore goes on or no board takes the code for it, 422 for values that do not fit, 429 after
/// too many tries.
pub async fn restore_board(app: &App, mut asked: BoardRestore) -> Result<(), ApiError> {
    members::must_be_unclaimed(app).await?;
    // A typing mistake costs no try.
    let key = backup::parse_key(&asked.words).map_err(|error| ApiError::field("words", error.to_string()))?;
    if asked.place.title.trim().is_empty() {
        asked.place.title = match asked.place.kind.as_str() {
            "disk" => asked.place.disk.chars().take(60).collect(),
            // A board's name, which is known only later.
            "peer" => asked
                .place
                .url
                .trim()
                .split('.')
                .next()
                .unwrap_or_default()
                .chars()
                .take(60)
                .collect(),
            _ => asked.place.url.chars().take(60).collect(),
        };
    }
    let known = if asked.place.kind == "peer" {
        peers::is_fetch(&asked.place.url, &asked.place.secret)?;
        None
    } else {
        Some(parse(&asked.place)?)
    };
    members::check_claim_code(app, &asked.code).await?;
    if app
        .store
        .running_jobs()
        .await?
        .iter()
        .any(|job| job.kind == JobKind::RestoreBoard)
    {
        return Err(ApiError::conflict(
            "busy",
            "This board is being restored already.",
        ));
    }
    // What an earlier attempt left.
    forget_place(app).await?;
    let (repository, credentials) = if let Some(known) = known {
        known
    } else {
        let board = peers::fetch_from(app, &asked.place.url, &asked.place.secret).await?;
        (
            parse_at(&asked.place, Place::Peer { board })?,
            Credentials::default(),
        )
    };
    app.host.ask(HostRequest::SetBackupKey { key }).await?;
    let id = repository.id.clone();
    let request = HostRequest::SetRepository {
        repository,
        credentials: Some(credentials),
    };
    app.host.ask(request).await?;
    let task = Task::BecomeBoard { repository: id };
    app.store.add_task(task, "board", app.now()).await?;
    app.data.now();
    Ok(())
}

/// How far a restore is.
///
/// # Errors
/// When the database fails.
pub async fn restoring(app: &App) -> Result<Restoring, ApiError> {
    let claimed = app.store.is_claimed().await?;
    let job = app.store.newest_job(JobKind::RestoreBoard).await?;
    Ok(how_far(claimed, job))
}

fn how_far(claimed: bool, job: Option<Job>) -> Restoring {
    let restoring = |state: &str, step, progress, message| Restoring {
        state: state.into(),
        step,
        progress,
        message,
    };
    match job {
        Some(_) if claimed => restoring("done", "done".into(), 100, String::new()),
        None => restoring("none", String::new(), 0, String::new()),
        Some(job) if job.state == JobState::Failed => {
            restoring("failed", job.step, job.progress, job.message)
        }
        // The supervisor is about to start as the other board.
        Some(job) if job.state == JobState::Done => restoring("running", "adopt".into(), 99, String::new()),
        Some(job) => restoring("running", job.step, job.progress, String::new()),
    }
}
