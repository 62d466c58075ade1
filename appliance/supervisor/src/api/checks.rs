// SPDX-License-Identifier: AGPL-3.0-or-later
//! What needs attention.

use super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    checks::{self, Digest, Finding, Report},
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use types::{MemberName, Timestamp};

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Member, Steward};
    vec![
        Route::new(
            Method::GET,
            "/api/v1/checks",
            Member,
            "What needs attention, without what was silenced.",
            findings,
        )
        .gives::<Vec<Finding>>(),
        Route::new(
            Method::GET,
            "/api/v1/checks/report",
            Member,
            "Every check and everything found.",
            report,
        )
        .gives::<Report>(),
        Route::new(
            Method::POST,
            "/api/v1/checks/run",
            Steward,
            "Check everything now.",
            run,
        )
        .gives::<Report>(),
        Route::new(
            Method::GET,
            "/api/v1/checks/digest",
            Member,
            "What came up and what is over, summed up twice a day.",
            digest,
        )
        .gives::<Option<Digest>>(),
        Route::new(
            Method::PUT,
            "/api/v1/checks/silenced/{key}",
            Steward,
            "Do not show a finding until a time.",
            silence,
        )
        .takes::<Silence>(),
        Route::new(
            Method::DELETE,
            "/api/v1/checks/silenced/{key}",
            Steward,
            "Show a finding again.",
            listen,
        ),
    ]
}

async fn findings(State(app): State<App>) -> Result<Json<Vec<Finding>>, ApiError> {
    checks::findings(&app).await.map(Json)
}

async fn report(State(app): State<App>) -> Result<Json<Report>, ApiError> {
    checks::report(&app).await.map(Json)
}

async fn run(State(app): State<App>) -> Result<Json<Report>, ApiError> {
    checks::run_all(&app).await.map(Json)
}

async fn digest(State(app): State<App>) -> Result<Json<Option<Digest>>, ApiError> {
    Ok(Json(app.store.digest().await?))
}

/// Body of `PUT /checks/silenced/{key}`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Silence {
    /// Seconds since 1970, at most a year ahead.
    #[schemars(with = "i64")]
    until: Timestamp,
}

async fn silence(
    State(app): State<App>,
    Path(key): Path<String>,
    caller: Caller,
    Body(body): Body<Silence>,
) -> Result<StatusCode, ApiError> {
    silence_until(&app, &key, body.until, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The longest silence, in seconds: a year and a day.
const LONGEST: i64 = 366 * 86_400;

/// Does not show a finding until then. One that is not there now cannot be silenced: nobody should silence unseen.
pub(crate) async fn silence_until(
    app: &App,
    key: &str,
    until: Timestamp,
    by: &MemberName,
) -> Result<(), ApiError> {
    let now = app.now();
    if until <= now || until.0 > now.0 + LONGEST {
        let message = "must lie in the future, and at most a year ahead (seconds since 1970)";
        return Err(ApiError::field("until", message));
    }
    let report = checks::report(app).await?;
    let mut all = report.findings.iter().chain(&report.silenced);
    if !all.any(|finding| finding.key == key) {
        let message =
            format!("There is no finding {key} now. GET /api/v1/checks/report lists those there are.");
        return Err(ApiError::not_found(message));
    }
    Ok(app.store.silence(key.to_owned(), Some(until), by, now).await?)
}

async fn listen(
    State(app): State<App>,
    Path(key): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    app.store.silence(key, None, caller.name()?, app.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
