// SPDX-License-Identifier: AGPL-3.0-or-later
//! Copies of services' data.

use super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    data, services,
    views::JobAccepted,
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use types::data::{Snapshot, SnapshotReason};

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
