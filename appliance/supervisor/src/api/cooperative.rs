// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the cooperative says of itself, owes, decides and books.

mod books;
mod decisions;
mod people;
mod texts;

pub(crate) use books::{beancount as ledger_beancount, csv as ledger_csv};
pub(crate) use people::export as register_csv;
pub(crate) use texts::{kind as text_kind, language as text_language};

use super::{Body, Route};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    publish,
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::new(
            Method::GET,
            "/api/v1/cooperative/profile",
            Policy::Member,
            "The profile and what is missing.",
            get,
        )
        .gives::<ProfileView>(),
        Route::new(
            Method::PUT,
            "/api/v1/cooperative/profile",
            Policy::Steward,
            "Change values of the profile.",
            put,
        )
        .takes::<BTreeMap<String, String>>(),
    ];
    routes.extend(texts::routes());
    routes.extend(decisions::routes());
    routes.extend(books::routes());
    routes.extend(people::routes());
    routes
}

/// The profile.
#[derive(Serialize, JsonSchema)]
struct ProfileView {
    /// Values by key.
    values: BTreeMap<String, String>,
    /// What keeps `librehost.json` from being published, by key.
    missing: BTreeMap<String, String>,
    /// Whether `librehost.json` is published.
    published: bool,
}

async fn get(State(app): State<App>) -> Json<ProfileView> {
    let documents = app.published.get();
    Json(ProfileView {
        values: documents.profile.0.clone(),
        missing: documents.missing.clone(),
        published: documents.librehost.is_some(),
    })
}

async fn put(
    State(app): State<App>,
    caller: Caller,
    Body(values): Body<BTreeMap<String, serde_json::Value>>,
) -> Result<StatusCode, ApiError> {
    // `true`, `2026` and `["en","fr"]` are as good as their texts.
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        serde_json::Value::Array(items) => items
            .iter()
            .filter_map(serde_json::Value::as_str)
            .collect::<Vec<_>>()
            .join(","),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    };
    let values = values
        .into_iter()
        .map(|(key, value)| (key, text(value)))
        .collect();
    publish::set_profile(&app, &values, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
