// SPDX-License-Identifier: AGPL-3.0-or-later
//! Software that signs members in by this board. The protocol itself is not below `/api`: `pages/openid.rs`.

use super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    openid::{self, NewClient},
    state::{Consent, OpenIdClientRecord},
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Guest, Steward};
    vec![
        Route::new(
            Method::GET,
            "/api/v1/openid/clients",
            Steward,
            "Software elsewhere that signs members in by this board.",
            list,
        )
        .gives::<Vec<OpenIdClientRecord>>(),
        Route::new(
            Method::POST,
            "/api/v1/openid/clients",
            Steward,
            "Register such software; its secret is shown once.",
            add,
        )
        .takes::<NewClient>()
        .gives::<Made>(),
        Route::new(
            Method::DELETE,
            "/api/v1/openid/clients/{id}",
            Steward,
            "Remove such software: it signs nobody in any more.",
            remove,
        ),
        Route::new(
            Method::POST,
            "/api/v1/openid/rotate",
            Steward,
            "Make a new signing key now and drop all others.",
            rotate,
        )
        .gives::<Rotated>(),
        Route::new(
            Method::GET,
            "/api/v1/account/consents",
            Guest,
            "Which software elsewhere you agreed to be known to.",
            consents,
        )
        .gives::<Vec<Consent>>(),
        Route::new(
            Method::DELETE,
            "/api/v1/account/consents/{client}",
            Guest,
            "Take such a consent back.",
            withdraw,
        ),
    ]
}

/// A client that was just registered.
#[derive(Serialize, JsonSchema)]
struct Made {
    /// The client.
    #[serde(flatten)]
    client: OpenIdClientRecord,
    /// Its secret, shown this once; absent for an app on members' own devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// What signs from now on.
#[derive(Serialize, JsonSchema)]
struct Rotated {
    /// The new key's id (`kid`).
    key: String,
}

async fn list(State(app): State<App>) -> Result<Json<Vec<OpenIdClientRecord>>, ApiError> {
    openid::list(&app).await.map(Json)
}

async fn add(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewClient>,
) -> Result<(StatusCode, Json<Made>), ApiError> {
    let (client, secret) = openid::add(&app, new, caller.name()?).await?;
    Ok((StatusCode::CREATED, Json(Made { client, secret })))
}

async fn remove(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    openid::remove(&app, &id, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn rotate(State(app): State<App>, caller: Caller) -> Result<Json<Rotated>, ApiError> {
    let key = openid::rotate(&app, caller.name()?).await?;
    Ok(Json(Rotated { key }))
}

async fn consents(State(app): State<App>, caller: Caller) -> Result<Json<Vec<Consent>>, ApiError> {
    Ok(Json(app.store.consents(caller.name()?.clone()).await?))
}

async fn withdraw(
    State(app): State<App>,
    Path(client): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    openid::withdraw(&app, caller.name()?, &client).await?;
    Ok(StatusCode::NO_CONTENT)
}
