// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board's own system and its updates.

use super::{
    form::{Fields, message},
    shell::{INVALID, Visit, show_as},
};
use crate::{
    ApiError,
    access::Policy,
    api::Route,
    system::{self, Choice, Progress, ReleasesView},
};
use axum::response::Response;
use http::{Method, StatusCode};
use types::{
    host::{HostReply, HostRequest},
    release::Channel,
};
use web_ui::{
    BlockedRelease, FieldError, LastUpdate, Notice, OfferedRelease, SlotRow, SlotTrust, SystemPage,
    SystemProgress, SystemUpdates, TextField, UpdatesForm,
};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(Method::GET, "/system", Steward, "The board's own system.", get),
        Route::new(Method::POST, "/system/look", Steward, "Look for releases.", look),
        Route::new(Method::POST, "/system/install", Steward, "Update now.", install),
        Route::new(Method::POST, "/system/defer", Steward, "Put it off.", defer),
        Route::new(Method::POST, "/system/back", Steward, "Go back.", back),
        Route::new(
            Method::POST,
            "/system/settings",
            Steward,
            "Choose how updates come.",
            settings,
        ),
        Route::new(
            Method::POST,
            "/system/reboot",
            Steward,
            "Restart the board.",
            reboot,
        ),
    ]
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    page(visit, |_| false).await
}

async fn page(mut visit: Visit, mark: impl FnOnce(&mut UpdatesForm) -> bool) -> Result<Response, ApiError> {
    visit.at("/system");
    let view = system::releases(&visit.app).await?;
    let slots = system::slots(&visit.app).await?;
    let version = view.running.image.clone();
    let language = visit.language().code();
    let disks = match visit.app.host.ask(HostRequest::BackupSetup).await? {
        HostReply::BackupSetup(setup) => setup
            .disks
            .iter()
            .map(|disk| format!("disk:{}", disk.id))
            .collect(),
        _ => Vec::new(),
    };
    let mut updates = view
        .updates_itself
        .then(|| updates(&view, &slots, disks, language));
    let wrong = updates.as_mut().is_some_and(|updates| mark(&mut updates.form));
    let page = SystemPage {
        version: version.unwrap_or(view.running.version),
        updates,
        layout: visit.layout,
    };
    Ok(show_as(if wrong { INVALID } else { StatusCode::OK }, &page))
}

fn updates(
    view: &ReleasesView,
    slots: &system::SlotsView,
    disks: Vec<String>,
    language: &str,
) -> SystemUpdates {
    SystemUpdates {
        progress: match view.progress {
            Progress::Idle => SystemProgress::Idle,
            Progress::Downloading => SystemProgress::Downloading(view.downloaded.unwrap_or(0)),
            Progress::Writing => SystemProgress::Writing,
            Progress::Ready => SystemProgress::Ready,
            Progress::Restarting => SystemProgress::Restarting,
            Progress::Trying => SystemProgress::Trying,
        },
        problem: view.problem.clone(),
        offered: view.offered.as_ref().map(|offered| OfferedRelease {
            version: offered.version.clone(),
            size: offered.size,
            changes: offered
                .changes
                .get(language)
                .or_else(|| offered.changes.get("en"))
                .cloned()
                .unwrap_or_default(),
            urgent: offered.urgent,
            skipped: offered.skipped,
            blocked: offered.why_blocked.map(|why| match why {
                release::system::Blocked::Bootloader => BlockedRelease::Bootloader,
                release::system::Blocked::Schema => BlockedRelease::Schema,
            }),
        }),
        restarts: view.restarts,
        deferred_until: view.deferred_until,
        looked: view.looked,
        source_known: !view.source.is_empty(),
        last: view.last.as_ref().map(|last| LastUpdate {
            version: last.version.clone(),
            at: last.at,
            failure: (!last.kept).then(|| system::failure(&last.cause)),
            detail: last.detail.clone(),
        }),
        back: view.back.clone(),
        slots: slots
            .slots
            .iter()
            .map(|slot| SlotRow {
                letter: slot.slot.to_ascii_uppercase(),
                version: slot.version.clone(),
                runs: slots.running == Some(slot.slot),
                trust: match slot.status.as_str() {
                    "ready" => SlotTrust::Ready,
                    "good" => SlotTrust::Good,
                    "bad" => SlotTrust::Bad,
                    _ => SlotTrust::Empty,
                },
            })
            .collect(),
        disks,
        form: UpdatesForm {
            automatic: view.choice.automatic,
            channel: TextField::new(view.choice.channel.as_str()),
            hour: TextField::new(view.choice.hour.to_string()),
            source: TextField::new(&view.choice.source),
        },
    }
}

async fn look(visit: Visit) -> Result<Response, ApiError> {
    system::look_now(&visit.app).await?;
    Ok(visit.redirect("/system", Some(Notice::Looking)))
}

async fn install(visit: Visit) -> Result<Response, ApiError> {
    let version = system::take_now(&visit.app, visit.caller.name()?).await?;
    Ok(visit.redirect("/system", Some(Notice::Updating(version))))
}

async fn defer(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let days = fields.get("days").parse().unwrap_or(0);
    system::defer(&visit.app, days, visit.caller.name()?).await?;
    Ok(visit.redirect("/system", Some(Notice::Saved)))
}

async fn back(visit: Visit) -> Result<Response, ApiError> {
    let version = system::go_back(&visit.app, visit.caller.name()?).await?;
    Ok(visit.redirect("/system", Some(Notice::Updating(version))))
}

async fn settings(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let choice = Choice {
        automatic: fields.get("automatic") == "true",
        channel: if fields.get("channel") == "candidate" {
            Channel::Candidate
        } else {
            Channel::Stable
        },
        // What is no number is no hour either.
        hour: fields.get("hour").trim().parse().unwrap_or(u8::MAX),
        source: fields.get("source").trim().to_owned(),
    };
    match system::choose(&visit.app, &choice, visit.caller.name()?).await {
        Err(error) if !error.fields.is_empty() => {
            page(visit, |form| {
                form.automatic = choice.automatic;
                form.channel = TextField::new(choice.channel.as_str());
                let field = |name: &str, wrong: FieldError| {
                    let shown = fields.text(name);
                    if message(&error, name).is_some() {
                        shown.with_error(wrong)
                    } else {
                        shown
                    }
                };
                form.hour = field("hour", FieldError::OutOfRange { min: 0, max: 23 });
                form.source = field("source", FieldError::NotAnAddress);
                true
            })
            .await
        }
        result => {
            result?;
            Ok(visit.redirect("/system", Some(Notice::Saved)))
        }
    }
}

async fn reboot(visit: Visit) -> Result<Response, ApiError> {
    let (app, name) = (&visit.app, visit.caller.name()?);
    app.store
        .record(app.now(), name.as_str(), "reboot", "board")
        .await?;
    app.host.ask(HostRequest::Reboot).await?;
    Ok(visit.redirect("/system", Some(Notice::Restarting)))
}
