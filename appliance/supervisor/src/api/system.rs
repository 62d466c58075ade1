// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board's own system: releases, the card's two slots, restarts.

use super::{Body, Route};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    system::{self, Choice, ReleasesView, SlotsView},
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use types::{Timestamp, host::HostRequest};

const RELEASES: &str = "/api/v1/system/releases";

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Member, Steward};
    vec![
        Route::new(
            Method::GET,
            RELEASES,
            Member,
            "The software of the board itself, and what could take its place.",
            releases,
        )
        .gives::<ReleasesView>(),
        Route::new(
            Method::PUT,
            RELEASES,
            Steward,
            "Choose channel, hour and place of updates, and whether they come by themselves.",
            choose,
        )
        .takes::<Choice>()
        .gives::<ReleasesView>(),
        Route::new(
            Method::POST,
            "/api/v1/system/releases/look",
            Steward,
            "Look for releases now.",
            look,
        ),
        Route::new(
            Method::POST,
            "/api/v1/system/releases/install",
            Steward,
            "Take the release on offer now: the board restarts when it is written and checked.",
            install,
        )
        .gives::<Taken>(),
        Route::new(
            Method::POST,
            "/api/v1/system/releases/defer",
            Steward,
            "Put the next update off.",
            defer,
        )
        .takes::<Defer>()
        .gives::<Deferred>(),
        Route::new(
            Method::POST,
            "/api/v1/system/releases/back",
            Steward,
            "Go back to the version before: the board restarts.",
            back,
        )
        .gives::<Taken>(),
        Route::new(
            Method::GET,
            "/api/v1/system/slots",
            Member,
            "What is in the card's two slots.",
            slots,
        )
        .gives::<SlotsView>(),
        Route::new(
            Method::POST,
            "/api/v1/system/reboot",
            Steward,
            "Restart the board.",
            reboot,
        ),
    ]
}

/// The version that the board restarts for.
#[derive(Serialize, JsonSchema)]
struct Taken {
    version: String,
}

/// For how long.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Defer {
    /// 1 to 7.
    days: u64,
}

#[derive(Serialize, JsonSchema)]
struct Deferred {
    /// Seconds since 1970.
    #[schemars(with = "i64")]
    until: Timestamp,
}

async fn releases(State(app): State<App>) -> Result<Json<ReleasesView>, ApiError> {
    system::releases(&app).await.map(Json)
}

async fn choose(
    State(app): State<App>,
    caller: Caller,
    Body(choice): Body<Choice>,
) -> Result<Json<ReleasesView>, ApiError> {
    system::choose(&app, &choice, caller.name()?).await?;
    system::releases(&app).await.map(Json)
}

async fn look(State(app): State<App>) -> Result<StatusCode, ApiError> {
    system::look_now(&app).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn install(State(app): State<App>, caller: Caller) -> Result<(StatusCode, Json<Taken>), ApiError> {
    let version = system::take_now(&app, caller.name()?).await?;
    Ok((StatusCode::ACCEPTED, Json(Taken { version })))
}

async fn defer(
    State(app): State<App>,
    caller: Caller,
    Body(wanted): Body<Defer>,
) -> Result<Json<Deferred>, ApiError> {
    let until = system::defer(&app, wanted.days, caller.name()?).await?;
    Ok(Json(Deferred { until }))
}

async fn back(State(app): State<App>, caller: Caller) -> Result<(StatusCode, Json<Taken>), ApiError> {
    let version = system::go_back(&app, caller.name()?).await?;
    Ok((StatusCode::ACCEPTED, Json(Taken { version })))
}

async fn slots(State(app): State<App>) -> Result<Json<SlotsView>, ApiError> {
    system::slots(&app).await.map(Json)
}

async fn reboot(State(app): State<App>, caller: Caller) -> Result<StatusCode, ApiError> {
    app.store
        .record(app.now(), caller.name()?.as_str(), "reboot", "board")
        .await?;
    app.host.ask(HostRequest::Reboot).await?;
    Ok(StatusCode::ACCEPTED)
}
