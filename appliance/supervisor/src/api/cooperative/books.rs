// SPDX-License-Identifier: AGPL-3.0-or-later
//! The books.

use super::super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    cooperative::{
        PowerModel,
        books::{self, NewEntry},
    },
};
use ::cooperative::{
    Amount, Entry,
    ledger::{self, Report, ReportLine},
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Member, Steward};
    const LEDGER: &str = "/api/v1/cooperative/ledger";
    const POWER: &str = "/api/v1/cooperative/power-model";
    vec![
        Route::new(Method::GET, LEDGER, Member, "The books.", get).gives::<LedgerView>(),
        Route::new(
            Method::POST,
            LEDGER,
            Member,
            "Book something: members their own hours, stewards everything.",
            book,
        )
        .takes::<NewEntry>()
        .gives::<Entry>(),
        Route::new(
            Method::POST,
            "/api/v1/cooperative/ledger/{id}/correct",
            Steward,
            "Take an entry back by a counter-entry.",
            correct,
        )
        .takes::<Correction>()
        .gives::<Entry>(),
        Route::new(
            Method::GET,
            "/api/v1/cooperative/ledger/report/{year}",
            Member,
            "A year on one page.",
            report,
        )
        .gives::<Report>(),
        Route::new(
            Method::GET,
            "/api/v1/cooperative/ledger.csv",
            Member,
            "The books as CSV.",
            csv,
        ),
        Route::new(
            Method::GET,
            "/api/v1/cooperative/ledger.beancount",
            Member,
            "The books for Beancount.",
            beancount,
        ),
        Route::new(Method::GET, POWER, Member, "What the board draws.", power).gives::<PowerModel>(),
        Route::new(
            Method::PUT,
            POWER,
            Steward,
            "Say what the board draws.",
            set_power,
        )
        .takes::<PowerModel>(),
    ]
}

/// The books.
#[derive(Serialize, JsonSchema)]
struct LedgerView {
    /// What the common fund holds.
    fund: Vec<Amount>,
    /// Every account that holds something.
    balances: Vec<ReportLine>,
    /// Every entry, the oldest first.
    entries: Vec<Entry>,
}

async fn get(State(app): State<App>) -> Result<Json<LedgerView>, ApiError> {
    let ledger = books::ledger(&app).await?;
    let balances = ledger
        .balances()
        .into_iter()
        .map(|((account, commodity), units)| ReportLine {
            account,
            amount: Amount { units, commodity },
        });
    Ok(Json(LedgerView {
        fund: ledger.fund(),
        balances: balances.collect(),
        entries: ledger.entries().to_vec(),
    }))
}

async fn book(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewEntry>,
) -> Result<(StatusCode, Json<Entry>), ApiError> {
    let entry = books::book(&app, new, caller.name()?, caller.is_steward()).await?;
    Ok((StatusCode::CREATED, Json(entry)))
}

/// Body of `POST /ledger/{id}/correct`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Correction {
    /// Why.
    memo: String,
}

async fn correct(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
    Body(correction): Body<Correction>,
) -> Result<(StatusCode, Json<Entry>), ApiError> {
    let entry = books::correct(&app, &id, &correction.memo, caller.name()?).await?;
    Ok((StatusCode::CREATED, Json(entry)))
}

async fn report(State(app): State<App>, Path(year): Path<String>) -> Result<Json<Report>, ApiError> {
    let year = year
        .parse()
        .map_err(|_| ApiError::not_found("Ask for a year, like 2026."))?;
    Ok(Json(books::ledger(&app).await?.report(year)))
}

pub(crate) async fn csv(State(app): State<App>) -> Result<Response, ApiError> {
    Ok(file(
        "text/csv; charset=utf-8",
        "books.csv",
        ledger::csv(&books::ledger(&app).await?),
    ))
}

pub(crate) async fn beancount(State(app): State<App>) -> Result<Response, ApiError> {
    let name = app.published.get().profile.get("name").to_owned();
    let text = ledger::beancount(&books::ledger(&app).await?, &name);
    Ok(file("text/plain; charset=utf-8", "books.beancount", text))
}

/// A file to keep.
pub(super) fn file(kind: &'static str, name: &str, body: String) -> Response {
    let name = format!("attachment; filename=\"{name}\"");
    (
        [
            (header::CONTENT_TYPE, kind.to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ],
        body,
    )
        .into_response()
}

async fn power(State(app): State<App>) -> Result<Json<PowerModel>, ApiError> {
    Ok(Json(app.store.power_model().await?))
}

async fn set_power(
    State(app): State<App>,
    caller: Caller,
    Body(model): Body<PowerModel>,
) -> Result<StatusCode, ApiError> {
    if model.busy_milliwatts < model.idle_milliwatts || model.busy_milliwatts > 500_000 {
        return Err(ApiError::field(
            "busy_milliwatts",
            "must not be less than idle_milliwatts, and at most 500000",
        ));
    }
    app.store.set_power_model(model).await?;
    app.store
        .record(app.now(), caller.name()?.as_str(), "set-power-model", "board")
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
