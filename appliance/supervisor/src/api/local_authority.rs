// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board's own certificate authority, and the change to another one.

use super::{Body, Route};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    roots::{self, RootView, RootsView},
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Member as SignedIn, Steward};
    vec![
        Route::new(
            Method::GET,
            "/api/v1/certificates/local-authority",
            SignedIn,
            "The board's own root certificate, the next one and the one before.",
            show,
        )
        .gives::<RootsView>(),
        Route::new(
            Method::PUT,
            "/api/v1/certificates/local-authority/next",
            Steward,
            "Make another root certificate, or set when the board changes over to it.",
            renew,
        )
        .takes::<Renewal>()
        .gives::<RootView>(),
        Route::new(
            Method::DELETE,
            "/api/v1/certificates/local-authority/next",
            Steward,
            "Forget the next root certificate and keep the present one.",
            keep,
        ),
    ]
}

/// When the board changes over.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Renewal {
    /// In so many days, up to 365; meanwhile members install the new root. 0: at once, for a key that others may have.
    days: u16,
}

async fn show(State(app): State<App>) -> Json<RootsView> {
    Json(roots::view(&app))
}

async fn renew(
    State(app): State<App>,
    caller: Caller,
    Body(renewal): Body<Renewal>,
) -> Result<Json<RootView>, ApiError> {
    Ok(Json(roots::renew(&app, renewal.days, caller.name()?).await?))
}

async fn keep(State(app): State<App>, caller: Caller) -> Result<StatusCode, ApiError> {
    roots::keep(&app, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
