// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board: health, claim, session, readings, audit, jobs.

use super::{
    Body, Route,
    address::{Path, Query},
};
use crate::{
    ApiError, App,
    access::{Caller, Policy, caller::set_cookie},
    members::{self, Opened, ShownPasskey, SignIn},
    state::{AuditRecord, Job},
    views::{BoardView, Claim, Health, ResetSteward, SignInRequest, SignedIn},
};
use axum::{
    Json,
    extract::State,
    response::{AppendHeaders, IntoResponse},
};
use http::{Method, StatusCode, header::SET_COOKIE};
use schemars::JsonSchema;
use serde::Deserialize;
use types::{BoardName, host::HostRequest};

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Guest, Member, Public, Steward};
    vec![
        Route::new(
            Method::GET,
            "/api/v1/health",
            Public,
            "Whether the board answers.",
            health,
        )
        .gives::<Health>(),
        Route::new(
            Method::POST,
            "/api/v1/claim",
            Public,
            "Become the first steward, with the code the board shows.",
            claim,
        )
        .takes::<Claim>()
        .gives::<SignedIn>(),
        Route::new(
            Method::POST,
            "/api/v1/reset",
            Public,
            "Set a steward's password, with the code the board shows after a start with RESET-STEWARD on its card.",
            reset,
        )
        .takes::<ResetSteward>()
        .gives::<SignedIn>(),
        Route::new(Method::POST, "/api/v1/session", Public, "Sign in.", sign_in)
            .takes::<SignInRequest>()
            .gives::<SignedIn>(),
        Route::new(
            Method::POST,
            "/api/v1/session/passkey",
            Public,
            "Sign in by a passkey.",
            sign_in_by_passkey,
        )
        .takes::<ShownPasskey>()
        .gives::<SignedIn>(),
        Route::new(Method::DELETE, "/api/v1/session", Guest, "Sign out.", sign_out),
        Route::new(
            Method::GET,
            "/api/v1/board",
            Member,
            "The board and what its sensors say.",
            board,
        )
        .gives::<BoardView>(),
        Route::new(Method::PUT, "/api/v1/board", Steward, "Rename the board.", rename).takes::<Rename>(),
        Route::new(
            Method::GET,
            "/api/v1/board/metrics",
            Member,
            "What the sensors say.",
            metrics,
        )
        .gives::<serde_json::Value>(),
        Route::new(
            Method::GET,
            "/api/v1/audit",
            Member,
            "Who did what, newest first.",
            audit,
        )
        .gives::<Vec<AuditRecord>>(),
        Route::new(Method::GET, "/api/v1/jobs", Member, "The newest jobs.", jobs).gives::<Vec<Job>>(),
        Route::new(
            Method::GET,
            "/api/v1/jobs/{id}",
            Member,
            "Progress of a request.",
            job,
        )
        .gives::<Job>(),
    ]
}

async fn health(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    let claimed = app.store.is_claimed().await?;
    Ok(Json(Health {
        status: "ok".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        claimed,
    }))
}

pub(super) fn signed_in(opened: Opened, token: Option<String>, caller: &Caller) -> impl IntoResponse + use<> {
    let cookies = caller.session_cookies(&opened.secret, Some(&opened.device));
    let cookies = AppendHeaders(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    let body = SignedIn {
        member: opened.member.name.to_string(),
        session: opened.secret,
        token,
    };
    (cookies, Json(body))
}

async fn claim(
    State(app): State<App>,
    caller: Caller,
    Body(claim): Body<Claim>,
) -> Result<impl IntoResponse, ApiError> {
    let opened = members::claim(&app, claim, &caller).await?;
    let (_, token) = members::add_token(&app, &opened.member.name, "claim").await?;
    Ok(signed_in(opened, Some(token), &caller))
}

async fn reset(
    State(app): State<App>,
    caller: Caller,
    Body(wanted): Body<ResetSteward>,
) -> Result<impl IntoResponse, ApiError> {
    let opened = members::reset_steward(&app, wanted, &caller).await?;
    Ok(signed_in(opened, None, &caller))
}

async fn sign_in(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<SignInRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let SignInRequest { name, password, code } = request;
    match members::sign_in(&app, &name, password, &code, &caller).await? {
        SignIn::Done(opened) => Ok(signed_in(*opened, None, &caller)),
        SignIn::CodeNeeded(_) => {
            let message = "The password is right. Send the code of your authenticator app, or a recovery code, \
                           along with it as \"code\".";
            Err(ApiError::new(StatusCode::UNAUTHORIZED, "code_needed", message))
        }
    }
}

async fn sign_in_by_passkey(
    State(app): State<App>,
    caller: Caller,
    Body(shown): Body<ShownPasskey>,
) -> Result<impl IntoResponse, ApiError> {
    let opened = members::sign_in_by_passkey(&app, &shown, &caller).await?;
    Ok(signed_in(opened, None, &caller))
}

async fn sign_out(State(app): State<App>, caller: Caller) -> Result<impl IntoResponse, ApiError> {
    if let Some(session) = caller.session.clone() {
        app.store.close_session(session).await?;
    }
    let cookie = set_cookie(caller.cookie(), "", caller.secure, 0);
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(SET_COOKIE, cookie)])))
}

async fn board(State(app): State<App>) -> Result<Json<BoardView>, ApiError> {
    let desired = app.store.desired().await?;
    let readings = serde_json::to_value(app.readings()).unwrap_or_default();
    let version = env!("CARGO_PKG_VERSION").into();
    Ok(Json(BoardView {
        name: desired.board.to_string(),
        version,
        generation: desired.generation,
        readings,
    }))
}

/// Body of `PUT /board`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Rename {
    /// The new name.
    name: String,
}

async fn rename(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<Rename>,
) -> Result<StatusCode, ApiError> {
    let board: BoardName = body
        .name
        .trim()
        .to_lowercase()
        .parse()
        .map_err(|error: types::NameError| ApiError::field("name", error.to_string()))?;
    app.store.set_board_name(board.clone()).await?;
    crate::reconcile::open_doors(&app).await?;
    app.store
        .record(app.now(), caller.name()?.as_str(), "rename-board", board.as_str())
        .await?;
    app.host.ask(HostRequest::HostName { board }).await?;
    app.wake.now();
    Ok(StatusCode::NO_CONTENT)
}

async fn metrics(State(app): State<App>) -> Json<serde_json::Value> {
    Json(serde_json::to_value(app.readings()).unwrap_or_default())
}

/// How many to list.
#[derive(Deserialize)]
pub(super) struct Limit {
    limit: Option<u32>,
}

async fn audit(
    State(app): State<App>,
    Query(limit): Query<Limit>,
) -> Result<Json<Vec<AuditRecord>>, ApiError> {
    Ok(Json(app.store.audit(limit.limit.unwrap_or(100).min(1000)).await?))
}

async fn jobs(State(app): State<App>, Query(limit): Query<Limit>) -> Result<Json<Vec<Job>>, ApiError> {
    Ok(Json(app.store.jobs(limit.limit.unwrap_or(50).min(200)).await?))
}

async fn job(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Job>, ApiError> {
    let job = app.store.job(id).await?;
    job.map(Json).ok_or_else(|| {
        ApiError::not_found("There is no such job; it may be too old. GET /api/v1/jobs lists them.")
    })
}
