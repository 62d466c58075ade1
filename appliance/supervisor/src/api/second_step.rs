// SPDX-License-Identifier: AGPL-3.0-or-later
//! The second step of a member's sign-in.

use super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    members::{self, Enrolment, RecoveryCodes},
    state::SecondStep,
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const PATH: &str = "/api/v1/account/second-step";

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Guest as SignedIn, Steward};
    vec![
        Route::new(Method::GET, PATH, SignedIn, "Your second step.", get).gives::<Shown>(),
        Route::new(
            Method::POST,
            PATH,
            SignedIn,
            "A new secret for an authenticator app; nothing is stored yet.",
            begin,
        )
        .gives::<Enrolment>(),
        Route::new(
            Method::PUT,
            PATH,
            SignedIn,
            "Turn the second step on, with a code that the app shows; gives recovery codes, once.",
            set,
        )
        .takes::<Set>()
        .gives::<RecoveryCodes>(),
        Route::new(
            Method::DELETE,
            PATH,
            SignedIn,
            "Turn the second step off.",
            remove,
        )
        .takes::<Password>(),
        Route::new(
            Method::POST,
            "/api/v1/account/second-step/recovery-codes",
            SignedIn,
            "Make new recovery codes; those before are worth nothing any more.",
            renew,
        )
        .takes::<Password>()
        .gives::<RecoveryCodes>(),
        Route::new(
            Method::DELETE,
            "/api/v1/members/{name}/second-step",
            Steward,
            "Turn the second step of a member off whose phone is lost.",
            take,
        ),
    ]
}

/// Whether there is one.
#[derive(Serialize, JsonSchema)]
struct Shown {
    /// Whether a code is asked for.
    on: bool,
    /// Since when, and how many recovery codes are left.
    #[serde(flatten)]
    step: Option<SecondStep>,
}

async fn get(State(app): State<App>, caller: Caller) -> Result<Json<Shown>, ApiError> {
    let step = members::second_step(&app, &caller).await?;
    let on = step.is_some();
    Ok(Json(Shown { on, step }))
}

async fn begin(State(app): State<App>, caller: Caller) -> Result<Json<Enrolment>, ApiError> {
    members::enrolment(&app, &caller, None).await.map(Json)
}

/// Body of `PUT /account/second-step`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Set {
    /// Your password.
    password: String,
    /// The secret that `POST` gave.
    secret: String,
    /// What the app shows now.
    code: String,
}

async fn set(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<Set>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    let codes = members::set_second_step(&app, &caller, body.password, &body.secret, &body.code);
    codes.await.map(Json)
}

/// Your password, so that an open session alone changes nothing.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Password {
    /// Your password.
    password: String,
}

async fn remove(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<Password>,
) -> Result<StatusCode, ApiError> {
    members::remove_second_step(&app, &caller, body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn renew(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<Password>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    members::renew_recovery_codes(&app, &caller, body.password)
        .await
        .map(Json)
}

async fn take(
    State(app): State<App>,
    Path(name): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    members::take_second_step_from(&app, &name, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
