// SPDX-License-Identifier: AGPL-3.0-or-later
//! Getting a lost board back onto this one, which nobody has claimed.

use super::{
    claim::code_error,
    form::{Fields, message, required_or},
    places::{disk_choice, kind_of},
    recovery::words,
    shell::{INVALID, Visit, show, show_as},
};
use crate::{
    ApiError,
    access::Policy,
    api::Route,
    data::{self, BoardRestore, NewRepository, Restoring},
};
use axum::{extract::Query, response::Response};
use http::{Method, StatusCode};
use std::collections::BTreeMap;
use web_ui::{FieldError, PlaceKind, RestorePage, RestoreState, StepKind, TextField};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Public;
    vec![
        Route::new(
            Method::GET,
            "/restore",
            Public,
            "Get a lost board back onto this one.",
            get,
        ),
        Route::new(
            Method::POST,
            "/restore",
            Public,
            "Get a lost board back onto this one.",
            post,
        ),
    ]
}

async fn get(visit: Visit, Query(query): Query<BTreeMap<String, String>>) -> Result<Response, ApiError> {
    let kind = query
        .get("kind")
        .and_then(|kind| kind_of(kind))
        .unwrap_or_default();
    let how_far = data::restoring(&visit.app).await?;
    let state = state(&how_far, visit.app.store.is_claimed().await?);
    let mut page = page(visit, state, kind, &Fields::default()).await?;
    page.failed = Some(how_far.message).filter(|message| !message.is_empty());
    Ok(show(&page))
}

fn state(how_far: &Restoring, claimed: bool) -> RestoreState {
    match how_far.state.as_str() {
        _ if claimed => RestoreState::Claimed,
        "running" => RestoreState::Running {
            step: match StepKind::from_code(&how_far.step) {
                // It was asked for, and is about to begin.
                StepKind::Other(_) => StepKind::Open,
                step => step,
            },
            progress: how_far.progress,
        },
        _ => RestoreState::Open,
    }
}

async fn page(
    mut visit: Visit,
    state: RestoreState,
    kind: PlaceKind,
    fields: &Fields,
) -> Result<RestorePage, ApiError> {
    visit.at("/restore");
    // Who has claimed the board sees its disks on other pages.
    let disks = if state == RestoreState::Open {
        data::overview(&visit.app).await?.disks
    } else {
        Vec::new()
    };
    Ok(RestorePage {
        layout: visit.layout,
        state,
        failed: None,
        code: fields.text("code"),
        words: fields.text("words"),
        kind,
        disks: disks.iter().map(disk_choice).collect(),
        disk: fields.text("disk"),
        url: fields.text("url"),
        user: fields.text("user"),
        secret: TextField::default(),
    })
}

async fn post(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let kind = kind_of(fields.get("kind")).unwrap_or_default();
    let asked = BoardRestore {
        code: fields.owned("code"),
        words: fields.owned("words"),
        place: NewRepository {
            kind: kind.code().into(),
            disk: fields.owned("disk"),
            url: fields.owned("url"),
            user: fields.owned("user"),
            secret: fields.owned("secret"),
            ..NewRepository::default()
        },
    };
    let error = match data::restore_board(&visit.app, asked).await {
        Ok(()) => return Ok(visit.redirect("/restore", None)),
        Err(error) => error,
    };
    match error.code.as_str() {
        "claimed" | "busy" => Ok(visit.redirect("/restore", None)),
        "too_many_tries" => {
            let page = page(visit, RestoreState::Wait, kind, &fields).await?;
            Ok(show_as(StatusCode::TOO_MANY_REQUESTS, &page))
        }
        "no_keeper" => {
            let mut page = page(visit, RestoreState::Open, kind, &fields).await?;
            page.words = words(&fields);
            page.failed = Some(error.message);
            Ok(show_as(StatusCode::CONFLICT, &page))
        }
        "wrong_code" | "invalid" => {
            let mut page = page(visit, RestoreState::Open, kind, &fields).await?;
            mark(&mut page, &fields, &error);
            Ok(show_as(INVALID, &page))
        }
        _ => Err(error),
    }
}

fn mark(page: &mut RestorePage, fields: &Fields, error: &ApiError) {
    page.words = words(fields);
    let code = code_error(error, fields);
    let wrong = |name: &str, kind| message(error, name).map(|_| required_or(fields.get(name), kind));
    page.code.error = message(error, "code").map(|_| code);
    if page.kind == PlaceKind::Peer {
        page.url.error = wrong("url", FieldError::NotABoardAddress);
        page.secret.error = wrong("secret", FieldError::NotAFetchCode);
    } else {
        page.url.error = wrong("url", FieldError::NotAnAddress);
    }
    page.disk.error = wrong("disk", FieldError::NotAChoice);
}
