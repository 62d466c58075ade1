// SPDX-License-Identifier: AGPL-3.0-or-later
//! A member's own account: profile, password, sessions, tokens, app passwords.

use super::{Body, Route, address::Path, members::ChangeMember};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    members,
    state::{AppPassword, Member, Session, Token},
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Guest as SignedIn;
    vec![
        Route::new(Method::GET, "/api/v1/account", SignedIn, "Who is signed in.", get).gives::<Member>(),
        Route::new(
            Method::PATCH,
            "/api/v1/account",
            SignedIn,
            "Change your name or language.",
            change,
        )
        .takes::<ChangeMember>()
        .gives::<Member>(),
        Route::new(
            Method::PUT,
            "/api/v1/account/password",
            SignedIn,
            "Change your password.",
            change_password,
        )
        .takes::<ChangePassword>(),
        Route::new(
            Method::GET,
            "/api/v1/sessions",
            SignedIn,
            "Where you are signed in.",
            sessions,
        )
        .gives::<Vec<Session>>(),
        Route::new(
            Method::DELETE,
            "/api/v1/sessions/{id}",
            SignedIn,
            "Sign out elsewhere.",
            revoke_session,
        ),
        Route::new(Method::GET, "/api/v1/tokens", SignedIn, "Your tokens.", tokens).gives::<Vec<Token>>(),
        Route::new(
            Method::POST,
            "/api/v1/tokens",
            SignedIn,
            "Make a token for scripts; it is shown once.",
            add_token,
        )
        .takes::<NewToken>()
        .gives::<Made<Token>>(),
        Route::new(
            Method::DELETE,
            "/api/v1/tokens/{id}",
            SignedIn,
            "Take a token back.",
            revoke_token,
        ),
        Route::new(
            Method::GET,
            "/api/v1/app-passwords",
            SignedIn,
            "Your app passwords.",
            app_passwords,
        )
        .gives::<Vec<AppPassword>>(),
        Route::new(
            Method::POST,
            "/api/v1/app-passwords",
            SignedIn,
            "Make a password for one device and some services; it is shown once.",
            add_app_password,
        )
        .takes::<NewAppPassword>()
        .gives::<Made<AppPassword>>(),
        Route::new(
            Method::DELETE,
            "/api/v1/app-passwords/{id}",
            SignedIn,
            "Take an app password back.",
            revoke_app_password,
        ),
    ]
}

/// Something new with its secret, which is shown this once.
#[derive(Serialize, JsonSchema)]
struct Made<T> {
    /// The thing.
    #[serde(flatten)]
    made: T,
    /// The secret.
    secret: String,
}

async fn get(caller: Caller) -> Result<Json<Member>, ApiError> {
    caller.member().cloned().map(Json)
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    Body(change): Body<ChangeMember>,
) -> Result<Json<Member>, ApiError> {
    // Nobody makes a steward of themselves, or opens services to themselves.
    let change = members::Change {
        role: None,
        groups: None,
        ..change.into()
    };
    members::change(&app, caller.name()?.as_str(), change, caller.name()?)
        .await
        .map(Json)
}

/// Body of `PUT /account/password`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangePassword {
    /// The present password.
    present: String,
    /// The new one.
    new: String,
}

async fn change_password(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<ChangePassword>,
) -> Result<StatusCode, ApiError> {
    members::change_password(&app, &caller, body.present, body.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn sessions(State(app): State<App>, caller: Caller) -> Result<Json<Vec<Session>>, ApiError> {
    Ok(Json(app.store.sessions(caller.name()?.clone()).await?))
}

fn gone(found: bool) -> Result<StatusCode, ApiError> {
    let missing =
        || ApiError::not_found("There is nothing with this id; it may have been taken back already.");
    found.then_some(StatusCode::NO_CONTENT).ok_or_else(missing)
}

async fn revoke_session(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    gone(app.store.revoke_session(caller.name()?.clone(), id).await?)
}

async fn tokens(State(app): State<App>, caller: Caller) -> Result<Json<Vec<Token>>, ApiError> {
    Ok(Json(app.store.tokens(caller.name()?.clone()).await?))
}

/// Body of `POST /tokens`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewToken {
    /// What for.
    name: String,
}

async fn add_token(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<NewToken>,
) -> Result<(StatusCode, Json<Made<Token>>), ApiError> {
    let (made, secret) = members::add_token(&app, caller.name()?, &body.name).await?;
    Ok((StatusCode::CREATED, Json(Made { made, secret })))
}

async fn revoke_token(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    gone(app.store.revoke_token(caller.name()?.clone(), id).await?)
}

async fn app_passwords(State(app): State<App>, caller: Caller) -> Result<Json<Vec<AppPassword>>, ApiError> {
    Ok(Json(app.store.app_passwords(caller.name()?.clone()).await?))
}

/// Body of `POST /app-passwords`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewAppPassword {
    /// Which services it opens.
    #[serde(default)]
    services: Vec<String>,
    /// The same for one service.
    service: Option<String>,
    /// Where it is used.
    device: String,
}

async fn add_app_password(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<NewAppPassword>,
) -> Result<(StatusCode, Json<Made<AppPassword>>), ApiError> {
    let services: Vec<String> = body.services.into_iter().chain(body.service).collect();
    let (made, secret) = members::add_app_password(&app, caller.member()?, &services, &body.device).await?;
    Ok((StatusCode::CREATED, Json(Made { made, secret })))
}

async fn revoke_app_password(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    members::revoke_app_password(&app, caller.member()?, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
