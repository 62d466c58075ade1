// SPDX-License-Identifier: AGPL-3.0-or-later
//! Getting a lost board back.

use super::{Body, Route};
use crate::{
    ApiError, App,
    access::Policy,
    data::{self, BoardRestore, Restoring},
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::POST,
            "/api/v1/restore",
            Policy::Public,
            "Get a lost board back from its backups onto this one, which nobody has claimed; with the code it shows.",
            restore,
        )
        .takes::<BoardRestore>()
        .gives::<Restoring>(),
        Route::new(
            Method::GET,
            "/api/v1/restore",
            Policy::Public,
            "How far that is.",
            how_far,
        )
        .gives::<Restoring>(),
    ]
}

async fn restore(
    State(app): State<App>,
    Body(asked): Body<BoardRestore>,
) -> Result<(StatusCode, Json<Restoring>), ApiError> {
    data::restore_board(&app, asked).await?;
    Ok((StatusCode::ACCEPTED, Json(data::restoring(&app).await?)))
}

async fn how_far(State(app): State<App>) -> Result<Json<Restoring>, ApiError> {
    Ok(Json(data::restoring(&app).await?))
}
