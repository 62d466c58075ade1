// SPDX-License-Identifier: AGPL-3.0-or-later
//! The register, delegates, applications, other hosters.

use super::super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    cooperative::{
        hosters,
        register::{self, NewApplication},
    },
    state::KnownHoster,
};
use ::cooperative::register::{Answer, Application, Row, csv};
use axum::{Json, extract::State, response::Response};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Member, Public, Steward};
    const APPLICATIONS: &str = "/api/v1/cooperative/applications";
    const HOSTERS: &str = "/api/v1/cooperative/hosters";
    vec![
        Route::new(
            Method::GET,
            "/api/v1/cooperative/register",
            Member,
            "Members and boards.",
            rows,
        )
        .gives::<Vec<Row>>(),
        Route::new(
            Method::GET,
            "/api/v1/cooperative/register.csv",
            Steward,
            "The register as CSV.",
            export,
        ),
        Route::new(
            Method::PUT,
            "/api/v1/cooperative/delegates/{member}",
            Member,
            "Agree to speak for the cooperative and to be named.",
            delegate,
        )
        .takes::<NewDelegate>(),
        Route::new(
            Method::DELETE,
            "/api/v1/cooperative/delegates/{member}",
            Member,
            "Be named no longer.",
            no_delegate,
        ),
        Route::new(
            Method::GET,
            APPLICATIONS,
            Steward,
            "Who asked to join.",
            applications,
        )
        .gives::<Vec<Application>>(),
        Route::new(Method::POST, APPLICATIONS, Public, "Ask to join.", apply).takes::<NewApplication>(),
        Route::new(
            Method::POST,
            "/api/v1/cooperative/applications/{id}",
            Steward,
            "Admit or decline.",
            answer,
        )
        .takes::<NewAnswer>()
        .gives::<Application>(),
        Route::new(
            Method::GET,
            HOSTERS,
            Member,
            "Other hosters and what they offer.",
            list,
        )
        .gives::<Vec<KnownHoster>>(),
        Route::new(
            Method::POST,
            HOSTERS,
            Steward,
            "Add a hoster by its address, or read it again.",
            add,
        )
        .takes::<NewHoster>()
        .gives::<KnownHoster>(),
        Route::new(
            Method::DELETE,
            "/api/v1/cooperative/hosters/{address}",
            Steward,
            "Take a hoster off the list.",
            remove,
        ),
    ]
}

async fn rows(State(app): State<App>) -> Result<Json<Vec<Row>>, ApiError> {
    Ok(Json(register::rows(&app).await?))
}

pub(crate) async fn export(State(app): State<App>) -> Result<Response, ApiError> {
    let text = csv(&register::rows(&app).await?);
    Ok(super::books::file(
        "text/csv; charset=utf-8",
        "register.csv",
        text,
    ))
}

/// Body of `PUT /delegates/{member}`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewDelegate {
    /// The name to be published.
    name: String,
}

async fn delegate(
    State(app): State<App>,
    Path(member): Path<String>,
    caller: Caller,
    Body(new): Body<NewDelegate>,
) -> Result<StatusCode, ApiError> {
    register::set_delegate(
        &app,
        &member,
        Some(&new.name),
        caller.name()?,
        caller.is_steward(),
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn no_delegate(
    State(app): State<App>,
    Path(member): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    register::set_delegate(&app, &member, None, caller.name()?, caller.is_steward()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn applications(State(app): State<App>) -> Result<Json<Vec<Application>>, ApiError> {
    Ok(Json(register::applications(&app).await?))
}

async fn apply(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewApplication>,
) -> Result<StatusCode, ApiError> {
    register::apply(&app, new, caller.address).await?;
    Ok(StatusCode::CREATED)
}

/// Body of `POST /applications/{id}`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewAnswer {
    /// `admitted` or `declined`.
    answer: Answer,
}

async fn answer(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
    Body(new): Body<NewAnswer>,
) -> Result<Json<Application>, ApiError> {
    register::answer(&app, &id, new.answer, caller.name()?)
        .await
        .map(Json)
}

async fn list(State(app): State<App>) -> Result<Json<Vec<KnownHoster>>, ApiError> {
    Ok(Json(hosters::all(&app).await?))
}

/// Body of `POST /hosters`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewHoster {
    /// Its address, like `https://example.org`.
    address: String,
    /// Whether the cooperative vouches for it; absent: as before.
    #[serde(default)]
    vouched: Option<bool>,
}

async fn add(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewHoster>,
) -> Result<Json<KnownHoster>, ApiError> {
    hosters::add(&app, &new.address, new.vouched, caller.name()?)
        .await
        .map(Json)
}

async fn remove(
    State(app): State<App>,
    Path(address): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let gone = |known| KnownHoster {
        removed: true,
        ..known
    };
    hosters::change(&app, &address, gone, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
