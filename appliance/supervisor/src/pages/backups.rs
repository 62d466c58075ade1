// SPDX-License-Identifier: AGPL-3.0-or-later
//! Copies of services' data.

use super::{
    exports, facts,
    form::Fields,
    jobs, places,
    shell::{INVALID, Visit, show_as},
};
use crate::{ApiError, access::Policy, api::Route, data, services, state::JobKind};
use axum::response::{IntoResponse, Redirect, Response};
use http::{Method, StatusCode};
use std::ops::RangeInclusive;
use types::data::{Snapshot, SnapshotReason};
use web_ui::{BackupsPage, CopyReason, CopyRow, FieldError, Notice, TextField};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    let post = Method::POST;
    vec![
        Route::new(Method::GET, "/backups", Steward, "Copies of services' data.", get),
        Route::new(
            post.clone(),
            "/backups/run",
            Steward,
            "Back everything up now.",
            run,
        ),
        Route::new(
            post.clone(),
            "/backups/schedule",
            Steward,
            "Choose when backups are made.",
            schedule,
        ),
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
    page(visit, StatusCode::OK, |_| ()).await
}

async fn page(
    mut visit: Visit,
    status: StatusCode,
    mark: impl FnOnce(&mut BackupsPage),
) -> Result<Response, ApiError> {
    visit.at("/backups");
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
    let view = data::overview(app).await?;
    let working = app.store.running_jobs().await?;
    let working = working.iter().find(|job| job.kind == JobKind::Backup);
    let mut page = BackupsPage {
        key: view.key,
        trust: places::shown(view.overall(app.now())),
        places: view
            .repositories
            .iter()
            .map(|repository| places::row(&visit, &view, repository))
            .collect(),
        working: working.map(|job| jobs::row(app, job, language)),
        exports: exports::rows(app, language).await,
        scheduled: view.schedule.enabled,
        from_hour: TextField::new(view.schedule.from_hour.to_string()),
        hours: TextField::new(view.schedule.hours.to_string()),
        services: enabled.iter().map(named).collect(),
        copies,
        copy_days: u32::try_from(backup::SNAPSHOT_DAYS).unwrap_or(0),
        layout: visit.layout,
    };
    mark(&mut page);
    Ok(show_as(status, &page))
}

async fn run(visit: Visit) -> Result<Response, ApiError> {
    let asked = data::back_up(&visit.app, None, visit.caller.name()?).await;
    follow(&visit, "/backups", asked)
}

async fn schedule(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let number = |name: &str, range: RangeInclusive<u8>| {
        let number = fields.trimmed(name).parse::<u8>().ok();
        number.filter(|number| range.contains(number))
    };
    let (from_hour, hours) = (number("from_hour", 0..=23), number("hours", 1..=24));
    let enabled = fields.get("enabled") == "true";
    let (Some(from_hour), Some(hours)) = (from_hour, hours) else {
        return page(visit, INVALID, |page| {
            let wrong = |name, min, max| fields.text(name).with_error(FieldError::OutOfRange { min, max });
            page.scheduled = enabled;
            page.from_hour =
                from_hour.map_or_else(|| wrong("from_hour", 0, 23), |_| fields.text("from_hour"));
            page.hours = hours.map_or_else(|| wrong("hours", 1, 24), |_| fields.text("hours"));
        })
        .await;
    };
    let schedule = backup::Schedule {
        enabled,
        from_hour,
        hours,
    };
    data::set_schedule(&visit.app, schedule, visit.caller.name()?).await?;
    Ok(visit.redirect("/backups", Some(Notice::Saved)))
}

/// To the job, or back to `page` with the reason.
pub(super) fn follow(
    visit: &Visit,
    page: &str,
    asked: Result<String, ApiError>,
) -> Result<Response, ApiError> {
    match asked {
        Ok(job) => Ok(Redirect::to(&format!("/jobs/{job}")).into_response()),
        Err(error) if error.status == StatusCode::CONFLICT => {
            Ok(visit.redirect(page, Some(Notice::Error(error.message))))
        }
        Err(error) => Err(error),
    }
}

async fn make(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let service = services::parse_name(fields.get("service"))?;
    let asked = data::snapshot(&visit.app, &service, visit.caller.name()?).await;
    follow(&visit, "/backups", asked)
}

async fn revert(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let asked = data::revert(&visit.app, fields.get("snapshot"), visit.caller.name()?).await;
    follow(&visit, "/backups", asked)
}

async fn drop_snapshot(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let name = fields.owned("snapshot");
    data::drop_snapshot(&visit.app, &name, visit.caller.name()?).await?;
    Ok(visit.redirect("/backups", Some(Notice::SnapshotDropped(name))))
}
