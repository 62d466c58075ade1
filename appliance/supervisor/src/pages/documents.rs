// SPDX-License-Identifier: AGPL-3.0-or-later
//! Documents for everybody: `librehost.json` and its neighbours, `security.txt`, news as a feed and a calendar, the
//! local authority's certificate.

use super::trust;
use crate::{ApiError, App, cooperative, publish::Document};
use ::cooperative::{news, publish::security_txt};
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode, Uri, header};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/librehost.json", get(librehost))
        .route("/.well-known/librehost.json", get(librehost))
        .route("/librehost-extended.json", get(neighbour))
        .route("/murmurations.json", get(neighbour))
        .route("/directory.json", get(neighbour))
        .route("/.well-known/chatonsinfos/{file}", get(neighbour))
        .route("/.well-known/security.txt", get(security))
        .route("/news.atom", get(feed))
        .route("/downtime.ics", get(calendar))
        .route("/logo.svg", get(logo))
        .route(
            "/.well-known/change-password",
            get(async || Redirect::to("/account")),
        )
        .route(
            "/ca.pem",
            get(async |State(app): State<App>| pem(app.certificates.ca_pem())),
        )
        .route(
            "/ca.crt",
            get(async |State(app): State<App>| der(&app.certificates.ca_pem())),
        )
        .route(
            "/ca-next.pem",
            get(async |State(app): State<App>| Ok::<_, ApiError>(pem(next(&app)?))),
        )
        .route(
            "/ca-next.crt",
            get(async |State(app): State<App>| Ok::<_, ApiError>(der(&next(&app)?))),
        )
        .route("/ca.mobileconfig", get(authority_profile))
}

async fn librehost(State(app): State<App>, headers: HeaderMap) -> Response {
    match &app.published.get().librehost {
        Some(document) => serve(document, &headers),
        None => {
            ApiError::not_found("This cooperative has not published its librehost.json yet.").into_response()
        }
    }
}

async fn neighbour(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    match app.published.get().neighbours.get(uri.path()) {
        Some(document) => serve(document, &headers),
        None => ApiError::not_found("This cooperative does not publish this document.").into_response(),
    }
}

/// A document with its `ETag`; 304 for somebody who has it.
fn serve(document: &Document, headers: &HeaderMap) -> Response {
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
    let kind = (header::CONTENT_TYPE, document.kind);
    let cache = (header::CACHE_CONTROL, "max-age=300");
    ([kind, cors, etag, cache], document.body.clone()).into_response()
}

async fn security(State(app): State<App>) -> Response {
    let documents = app.published.get();
    match security_txt(&documents.profile, documents.base(), app.now()) {
        Some(text) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response(),
        None => ApiError::not_found("This cooperative has not named a contact for security reports yet.")
            .into_response(),
    }
}

/// Name of the cooperative and origin of its page, for what is read far from it.
async fn masthead(app: &App) -> Result<(String, String), ApiError> {
    let documents = app.published.get();
    let name = match documents.profile.get("name") {
        "" => app.store.board_name().await?.to_string(),
        name => name.to_owned(),
    };
    Ok((name, documents.base().to_owned()))
}

async fn feed(State(app): State<App>) -> Result<Response, ApiError> {
    let (name, base) = masthead(&app).await?;
    let text = news::atom(&cooperative::news::all(&app).await?, &name, &base, app.now());
    let document = Document::new("application/atom+xml; charset=utf-8", text);
    Ok(serve(&document, &HeaderMap::new()))
}

async fn calendar(State(app): State<App>) -> Result<Response, ApiError> {
    let (name, base) = masthead(&app).await?;
    let host = base.trim_start_matches("https://");
    let text = news::calendar(&cooperative::news::all(&app).await?, &name, host);
    let document = Document::new("text/calendar; charset=utf-8", text);
    Ok(serve(&document, &HeaderMap::new()))
}

/// The board's own sign, for who has no logo.
async fn logo(headers: HeaderMap) -> Response {
    let icon = web_ui::assets()
        .iter()
        .find(|asset| asset.content_type.starts_with("image/svg"));
    let Some(icon) = icon else {
        return ApiError::not_found("There is no logo.").into_response();
    };
    let body = String::from_utf8_lossy(icon.bytes).into_owned();
    serve(&Document::new("image/svg+xml", body), &headers)
}

/// The root that follows.
fn next(app: &App) -> Result<String, ApiError> {
    let next = app.certificates.succession().next.map(|root| root.pem);
    next.ok_or_else(|| {
        ApiError::not_found("No other root certificate is waiting. The one in force is at /ca.pem.")
    })
}

fn pem(root: String) -> Response {
    let kind = (header::CONTENT_TYPE, "application/x-pem-file");
    let name = (
        header::CONTENT_DISPOSITION,
        "attachment; filename=\"commonhost-local-authority.pem\"",
    );
    ([kind, name], root).into_response()
}

/// The same for Android and Windows, which want it in DER.
fn der(root: &str) -> Response {
    let kind = (header::CONTENT_TYPE, "application/x-x509-ca-cert");
    ([kind], trust::der(root)).into_response()
}

/// The same for iOS and iPadOS, which install it from a profile; with the one that follows.
async fn authority_profile(State(app): State<App>) -> Result<Response, ApiError> {
    let board = app.store.board_name().await?;
    let kind = (header::CONTENT_TYPE, "application/x-apple-aspen-config");
    let next = app.certificates.succession().next.map(|root| root.pem);
    let roots: Vec<String> = [app.certificates.ca_pem()].into_iter().chain(next).collect();
    let profile = trust::apple_profile(&board, &roots);
    Ok(([kind], profile).into_response())
}
