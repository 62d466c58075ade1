// SPDX-License-Identifier: AGPL-3.0-or-later
//! Copies of services' data.

use super::{
    facts,
    form::Fields,
    shell::{Visit, show},
};
use crate::{ApiError, access::Policy, api::Route, data, services};
use axum::response::{IntoResponse, Redirect, Response};
use http::{Method, StatusCode};
use types::data::{Snapshot, SnapshotReason};
use web_ui::{BackupsPage, CopyReason, CopyRow, Notice};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    let post = Method::POST;
    vec![
        Route::new(Method::GET, "/backups", Steward, "Copies of services' data.", get),
        Route::new(
            post.clone(),
            "/backups/snapshots",
            Steward,
            "Copy the data of a service.",
            make,
        ),
        Route::new(
            post.clone(),
            "/backups/snapshots/revert",
            Steward,
            "Go back to a copy.",
            revert,
        ),
        Route::new(
            post,
            "/backups/snapshots/drop",
            Steward,
            "Delete a copy.",
            drop_snapshot,
        ),
    ]
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    let (app, language) = (&visit.app, visit.language());
    let enabled = facts::enabled(app).await?;
    let catalogs = app.catalogs.get();
    let row = |snapshot: Snapshot| CopyRow {
        title: facts::title(app, &snapshot.service, language),
        enabled: enabled.iter().any(|service| service.name == snapshot.service),
        version: snapshot
            .from
            .and_then(|from| catalogs.entry(&snapshot.service, &from.entry).cloned())
            .map(|entry| entry.manifest.service.version.clone())
            .unwrap_or_default(),
        name: snapshot.name.to_string(),
        at: snapshot.at,
        reason: match snapshot.reason {
            SnapshotReason::Update => CopyReason::Update,
            SnapshotReason::Settings => CopyReason::Settings,
            SnapshotReason::Restore => CopyReason::Restore,
            SnapshotReason::Manual => CopyReason::Manual,
            SnapshotReason::Backup => CopyReason::Backup,
        },
        files: snapshot.files,
        bytes: snapshot.bytes,
        own_bytes: snapshot.own_bytes,
    };
    let copies = data::snapshots(app).await?.into_iter().map(row).collect();
    let named = |service: &facts::Enabled| (service.name.clone(), service.title(language));
    let page = BackupsPage {
        services: enabled.iter().map(named).collect(),
        copies,
        copy_days: u32::try_from(backup::SNAPSHOT_DAYS).unwrap_or(0),
        layout: visit.layout,
    };
    Ok(show(&page))
}

/// To the job, or back to the page with the reason.
fn follow(visit: &Visit, asked: Result<String, ApiError>) -> Result<Response, ApiError> {
    match asked {
        Ok(job) => Ok(Redirect::to(&format!("/jobs/{job}")).into_response()),
        Err(error) if error.status == StatusCode::CONFLICT => {
            Ok(visit.redirect("/backups", Some(Notice::Error(error.message))))
        }
        Err(error) => Err(error),
    }
}

async fn make(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let service = services::parse_name(fields.get("service"))?;
    let asked = data::snapshot(&visit.app, &service, visit.caller.name()?).await;
    follow(&visit, asked)
}

async fn revert(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let asked = data::revert(&visit.app, fields.get("snapshot"), visit.caller.name()?).await;
    follow(&visit, asked)
}

async fn drop_snapshot(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let name = fields.owned("snapshot");
    data::drop_snapshot(&visit.app, &name, visit.caller.name()?).await?;
    Ok(visit.redirect("/backups", Some(Notice::SnapshotDropped(name))))
}
