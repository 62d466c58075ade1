// SPDX-License-Identifier: AGPL-3.0-or-later
//! What boards do for each other because both owners agreed.

use super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    peers::{self, AgreementView, Giver, Proposal},
};
use axum::{Json, extract::State};
use cluster::agreement::Grant;
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use types::Timestamp;

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Member, Steward};
    vec![
        Route::new(
            Method::GET,
            "/api/v1/agreements",
            Member,
            "Every agreement with paired boards.",
            list,
        )
        .gives::<Vec<AgreementView>>(),
        Route::new(
            Method::POST,
            "/api/v1/agreements",
            Steward,
            "Propose an agreement to a paired board.",
            propose,
        )
        .takes::<Propose>()
        .gives::<AgreementView>(),
        Route::new(
            Method::GET,
            "/api/v1/agreements/{id}",
            Member,
            "How an agreement stands.",
            get,
        )
        .gives::<AgreementView>(),
        Route::new(
            Method::POST,
            "/api/v1/agreements/{id}/accept",
            Steward,
            "Accept what the other board proposed.",
            accept,
        )
        .gives::<AgreementView>(),
        Route::new(
            Method::POST,
            "/api/v1/agreements/{id}/end",
            Steward,
            "End an agreement, decline a proposal, or take one back.",
            end,
        )
        .gives::<AgreementView>(),
    ]
}

async fn list(State(app): State<App>) -> Result<Json<Vec<AgreementView>>, ApiError> {
    peers::agreements(&app, None).await.map(Json)
}

async fn get(State(app): State<App>, Path(id): Path<String>) -> Result<Json<AgreementView>, ApiError> {
    peers::agreement(&app, &id).await.map(Json)
}

/// Body of `POST /agreements`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Propose {
    /// The other board, by its key or its name.
    peer: String,
    /// Who does it: `us` or `them`.
    giver: Giver,
    /// What is done: `{"kind":"watch","silence":10}`; `silence` is minutes, from 2 to 1440. Or
    /// `{"kind":"hold_backups","gib":20,"notice":30}`: room, and days that backups are kept after the end and after
    /// somebody deleted them, from 1 to 365. Other kinds of agreements are understood from other boards, but this release
    /// does not do them.
    #[schemars(with = "serde_json::Value")]
    grant: Grant,
    /// When it ends by itself (seconds since 1970); absent: when one of the boards ends it.
    #[schemars(with = "Option<i64>")]
    until: Option<Timestamp>,
}

async fn propose(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<Propose>,
) -> Result<(StatusCode, Json<AgreementView>), ApiError> {
    let proposal = Proposal {
        giver: body.giver,
        grant: body.grant,
        until: body.until,
    };
    let view = peers::propose(&app, &body.peer, proposal, caller.name()?).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

async fn accept(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<AgreementView>, ApiError> {
    peers::accept(&app, &id, caller.name()?).await.map(Json)
}

async fn end(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<AgreementView>, ApiError> {
    peers::end(&app, &id, caller.name()?).await.map(Json)
}
