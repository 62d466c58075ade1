// SPDX-License-Identifier: AGPL-3.0-or-later
//! Forgotten passwords, and who helps.

use super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    members::{self, Forgotten},
    state::PasswordRequest,
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use types::MemberName;

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Guest, Member, Public};
    vec![
        Route::new(
            Method::POST,
            "/api/v1/password-requests",
            Public,
            "Ask for a new password; the answer is the same for every name.",
            ask,
        )
        .takes::<Ask>()
        .gives::<Forgotten>(),
        Route::new(
            Method::POST,
            "/api/v1/password-requests/redeem",
            Public,
            "Set the new password, with the code that somebody passed on.",
            redeem,
        )
        .takes::<Redeem>(),
        Route::new(
            Method::GET,
            "/api/v1/password-requests",
            Member,
            "Requests that you may approve.",
            list,
        )
        .gives::<Vec<PasswordRequest>>(),
        Route::new(
            Method::POST,
            "/api/v1/password-requests/{id}/approve",
            Member,
            "Approve one; the code is shown once.",
            approve,
        )
        .gives::<Code>(),
        Route::new(
            Method::DELETE,
            "/api/v1/password-requests/{id}",
            Guest,
            "Refuse one, or one for yourself that you did not make.",
            refuse,
        ),
        Route::new(
            Method::GET,
            "/api/v1/account/recovery-contacts",
            Guest,
            "Who can help you back in, besides stewards.",
            contacts,
        )
        .gives::<Contacts>(),
        Route::new(
            Method::PUT,
            "/api/v1/account/recovery-contacts",
            Guest,
            "Choose who can help you back in.",
            set_contacts,
        )
        .takes::<Contacts>()
        .gives::<Contacts>(),
    ]
}

/// Body of `POST /password-requests`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// Sign-in name.
    name: String,
}

/// Body of `POST /password-requests/redeem`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Redeem {
    /// What the request gave.
    token: String,
    /// What somebody passed on.
    code: String,
    /// The new password.
    password: String,
}

/// A code to pass on.
#[derive(Serialize, JsonSchema)]
struct Code {
    /// Eight letters and digits.
    code: String,
}

/// People a member chose.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Contacts {
    /// Sign-in names, three at most.
    contacts: Vec<String>,
}

fn shown(names: &[MemberName]) -> Json<Contacts> {
    let contacts = names.iter().map(ToString::to_string).collect();
    Json(Contacts { contacts })
}

async fn ask(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<Ask>,
) -> Result<(StatusCode, Json<Forgotten>), ApiError> {
    let forgotten = members::ask_for_password(&app, &body.name, &caller).await?;
    Ok((StatusCode::ACCEPTED, Json(forgotten)))
}

async fn redeem(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<Redeem>,
) -> Result<StatusCode, ApiError> {
    members::redeem_password(&app, &body.token, &body.code, body.password, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Vec<PasswordRequest>>, ApiError> {
    members::to_approve(&app, caller.member()?).await.map(Json)
}

async fn approve(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Code>, ApiError> {
    let code = members::approve_password(&app, &id, caller.member()?).await?;
    Ok(Json(Code { code: code.grouped() }))
}

async fn refuse(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    members::refuse_password(&app, &id, caller.member()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn contacts(State(app): State<App>, caller: Caller) -> Result<Json<Contacts>, ApiError> {
    Ok(shown(&app.store.recovery_contacts(caller.name()?.clone()).await?))
}

async fn set_contacts(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<Contacts>,
) -> Result<Json<Contacts>, ApiError> {
    let chosen = members::set_recovery_contacts(&app, caller.name()?, &body.contacts).await?;
    Ok(shown(&chosen))
}
