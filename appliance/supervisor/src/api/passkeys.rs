// SPDX-License-Identifier: AGPL-3.0-or-later
//! Passkeys: adding, listing, taking back. Signing in by one is beside the sign-in by password (`board.rs`).

use super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    members::{self, MadePasskey, NewPasskey, PasskeyChallenge},
    state::Passkey,
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Guest, Public};
    vec![
        Route::new(
            Method::GET,
            "/api/v1/account/passkeys",
            Guest,
            "Your passkeys.",
            list,
        )
        .gives::<Vec<Passkey>>(),
        Route::new(
            Method::POST,
            "/api/v1/account/passkeys/begin",
            Guest,
            "What a browser needs to make one; nothing is changed yet.",
            begin,
        )
        .gives::<NewPasskey>(),
        Route::new(
            Method::POST,
            "/api/v1/account/passkeys",
            Guest,
            "Add the one that the browser made.",
            add,
        )
        .takes::<MadePasskey>()
        .gives::<Passkey>(),
        Route::new(
            Method::DELETE,
            "/api/v1/account/passkeys/{id}",
            Guest,
            "Take one back.",
            remove,
        ),
        Route::new(
            Method::POST,
            "/api/v1/session/passkey/begin",
            Public,
            "What a browser needs to sign in by a passkey.",
            ask,
        )
        .gives::<PasskeyChallenge>(),
    ]
}

async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Vec<Passkey>>, ApiError> {
    Ok(Json(app.store.passkeys(caller.name()?.clone()).await?))
}

async fn begin(State(app): State<App>, caller: Caller) -> Result<Json<NewPasskey>, ApiError> {
    members::begin_passkey(&app, &caller).await.map(Json)
}

async fn add(
    State(app): State<App>,
    caller: Caller,
    Body(made): Body<MadePasskey>,
) -> Result<(StatusCode, Json<Passkey>), ApiError> {
    let added = members::add_passkey(&app, &caller, made).await?;
    Ok((StatusCode::CREATED, Json(added)))
}

async fn remove(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    members::remove_passkey(&app, &caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn ask(State(app): State<App>, caller: Caller) -> Result<Json<PasskeyChallenge>, ApiError> {
    members::ask_for_passkey(&app, &caller).map(Json)
}
