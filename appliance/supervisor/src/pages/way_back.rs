// SPDX-License-Identifier: AGPL-3.0-or-later
//! A steward's new password, for whoever holds the card.

use super::{
    claim::{code_error, pause},
    form::{Fields, message, password_error, required_or},
    shell::{INVALID, Visit, show, show_as},
    sign_in::signed_in,
};
use crate::{ApiError, access::Policy, api::Route, members, views::ResetSteward};
use axum::response::Response;
use http::{Method, StatusCode};
use web_ui::{FieldError, ResetPage, ResetState};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/reset",
            Policy::Public,
            "The form of a steward's way back.",
            form,
        ),
        Route::new(
            Method::POST,
            "/reset",
            Policy::Public,
            "Set a steward's password by the code from the card.",
            reset,
        ),
    ]
}

async fn state(visit: &Visit) -> Result<ResetState, ApiError> {
    let open = visit.app.store.reset_code(visit.app.now()).await?.is_some();
    Ok(if open {
        ResetState::Open
    } else {
        ResetState::Closed
    })
}

async fn form(visit: Visit) -> Result<Response, ApiError> {
    let state = state(&visit).await?;
    Ok(show(&ResetPage::new(visit.layout, state)))
}

async fn reset(mut visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    visit.at("/reset");
    if fields.get("password") != fields.get("password_again") {
        let state = state(&visit).await?;
        let mut page = filled(ResetPage::new(visit.layout, state), &fields);
        page.password_again_error = Some(FieldError::Different);
        return Ok(show_as(INVALID, &page));
    }
    let wanted = ResetSteward {
        code: fields.owned("code"),
        name: fields.owned("name"),
        password: fields.owned("password"),
    };
    match members::reset_steward(&visit.app, wanted, &visit.caller).await {
        Ok(opened) => Ok(signed_in(&opened, &visit.caller, "/home")),
        Err(error) => refused(visit, &fields, &error),
    }
}

fn refused(visit: Visit, fields: &Fields, error: &ApiError) -> Result<Response, ApiError> {
    let now = visit.layout.now;
    let (status, state) = match error.code.as_str() {
        "wrong_code" | "invalid" => (INVALID, ResetState::Open),
        "no_reset" => (StatusCode::CONFLICT, ResetState::Closed),
        "too_many_tries" => {
            let state = pause(error, now).map_or(ResetState::Exhausted, ResetState::Wait);
            (error.status, state)
        }
        _ => return Err(error.clone()),
    };
    let mut page = filled(ResetPage::new(visit.layout, state), fields);
    let wrong = |field: &str, kind: FieldError| message(error, field).map(|_| kind);
    page.code.error = wrong("code", code_error(error, fields));
    page.name.error = wrong("name", required_or(fields.get("name"), FieldError::NotASteward));
    page.password_error = message(error, "password").map(|why| password_error(fields.get("password"), why));
    Ok(show_as(status, &page))
}

fn filled(mut page: ResetPage, fields: &Fields) -> ResetPage {
    page.code = fields.text("code");
    page.name = fields.text("name");
    page
}
