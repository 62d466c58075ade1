// SPDX-License-Identifier: AGPL-3.0-or-later
//! Documents for everybody: `librehost.json`, `security.txt`, the local authority's certificate.

use crate::{ApiError, App, publish};
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode, header};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/librehost.json", get(librehost))
        .route("/.well-known/librehost.json", get(librehost))
        .route("/.well-known/security.txt", get(security_txt))
        .route(
            "/.well-known/change-password",
            get(async || Redirect::to("/account")),
        )
        .route("/ca.pem", get(authority))
}

async fn librehost(State(app): State<App>, headers: HeaderMap) -> Response {
    let documents = app.published.get();
    let Some(document) = &documents.librehost else {
        return ApiError::not_found("This cooperative has not published its librehost.json yet.")
            .into_response();
    };
    let cors = (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    let etag = (header::ETAG, document.etag.as_str());
    let asked = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if asked
        .split(',')
        .any(|tag| tag.trim().trim_start_matches("W/") == document.etag)
    {
        return (StatusCode::NOT_MODIFIED, [cors, etag]).into_response();
    }
    let kind = (header::CONTENT_TYPE, "application/json");
    let cache = (header::CACHE_CONTROL, "max-age=300");
    ([kind, cors, etag, cache], document.body.clone()).into_response()
}

async fn security_txt(State(app): State<App>) -> Response {
    let documents = app.published.get();
    match publish::security_txt(&documents.profile, app.now()) {
        Some(text) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response(),
        None => ApiError::not_found("This cooperative has not named a contact for security reports yet.")
            .into_response(),
    }
}

async fn authority(State(app): State<App>) -> Response {
    let kind = (header::CONTENT_TYPE, "application/x-pem-file");
    let name = (
        header::CONTENT_DISPOSITION,
        "attachment; filename=\"commonhost-local-authority.pem\"",
    );
    ([kind, name], app.certificates.ca_pem()).into_response()
}
