// SPDX-License-Identifier: AGPL-3.0-or-later
//! The two-person rule, and what waits for another steward.

use super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    state::WaitingAct,
    two_person::{self, Kind},
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(
            Method::GET,
            "/api/v1/two-person-rule",
            Steward,
            "Which acts need two stewards.",
            rule,
        )
        .gives::<Rule>(),
        Route::new(
            Method::PUT,
            "/api/v1/two-person-rule",
            Steward,
            "Choose which acts need two stewards; taking some out needs two as well.",
            set_rule,
        )
        .takes::<Rule>()
        .gives::<Rule>(),
        Route::new(
            Method::GET,
            "/api/v1/acts",
            Steward,
            "What waits for another steward.",
            list,
        )
        .gives::<Vec<WaitingAct>>(),
        Route::new(
            Method::POST,
            "/api/v1/acts/{id}/approve",
            Steward,
            "Approve what another steward asked for; it is done then.",
            approve,
        )
        .gives::<Done>(),
        Route::new(
            Method::DELETE,
            "/api/v1/acts/{id}",
            Steward,
            "Refuse it, or take back what you asked for.",
            refuse,
        ),
    ]
}

/// Which acts need two stewards.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Kinds of acts.
    kinds: BTreeSet<Kind>,
}

/// What came of an approval.
#[derive(Serialize, JsonSchema)]
struct Done {
    /// The job that it began, for what takes long.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<String>,
}

async fn rule(State(app): State<App>) -> Result<Json<Rule>, ApiError> {
    let kinds = two_person::rule(&app).await?;
    Ok(Json(Rule { kinds }))
}

async fn set_rule(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<Rule>,
) -> Result<Json<Rule>, ApiError> {
    two_person::set_rule(&app, body.kinds, caller.name()?).await?;
    rule(State(app)).await
}

async fn list(State(app): State<App>) -> Result<Json<Vec<WaitingAct>>, ApiError> {
    two_person::waiting(&app).await.map(Json)
}

async fn approve(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<(StatusCode, Json<Done>), ApiError> {
    let job = two_person::approve(&app, &id, caller.name()?).await?;
    let status = if job.is_some() {
        StatusCode::ACCEPTED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(Done { job })))
}

async fn refuse(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    two_person::refuse(&app, &id, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
