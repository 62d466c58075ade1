// SPDX-License-Identifier: AGPL-3.0-or-later
//! Errors as pages, and the headers that every answer carries.

use super::shell::{layout, show_as};
use crate::{
    ApiError, App,
    access::{Caller, gate::encode},
};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use ingress::ClientInfo;
use std::time::Duration;
use types::Timestamp;
use web_ui::{ErrorKind, ErrorPage};

/// Answers under this path are for programs.
const API: &str = "/api/";

/// Turns errors into pages for browsers, and adds the headers of every answer.
pub(crate) async fn dress(State(app): State<App>, request: Request, next: Next) -> Response {
    let secure = request
        .extensions()
        .get::<ClientInfo>()
        .is_some_and(|info| info.secure);
    let is_api = request.uri().path().starts_with(API);
    let wants_page = !is_api && accepts_html(request.headers());
    let asked = wants_page.then(|| Asked {
        method: request.method().clone(),
        path: request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str())
            .to_owned(),
        headers: request.headers().clone(),
    });
    let mut response = next.run(request).await;
    let waits = |error: &ApiError| error.code == crate::two_person::WAITS;
    if wants_page && response.extensions().get::<ApiError>().is_some_and(waits) {
        response = Redirect::to("/members/acts").into_response();
    }
    if let Some(asked) = asked.filter(|_| response.status().as_u16() >= 400 && !is_html(&response)) {
        response = as_page(&app, &asked, response).await;
    }
    add_headers(&mut response, is_api, secure);
    response
}

struct Asked {
    method: Method,
    path: String,
    headers: HeaderMap,
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

fn is_html(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

async fn as_page(app: &App, asked: &Asked, response: Response) -> Response {
    let error = response.extensions().get::<ApiError>();
    if error.is_some_and(|error| error.code == "sign_in_needed") {
        return Redirect::to(&sign_in(&asked.method, &asked.path)).into_response();
    }
    let caller = response.extensions().get::<Caller>().cloned().unwrap_or_default();
    let Ok(layout) = layout(app, &caller, &asked.headers, &asked.path).await else {
        return response;
    };
    let kind = kind(response.status(), error, layout.now);
    let detail = error.and_then(|error| detail(error, layout.language));
    let mut page = show_as(response.status(), &ErrorPage { layout, kind, detail });
    for name in [header::RETRY_AFTER, header::SET_COOKIE, header::ALLOW] {
        if let Some(value) = response.headers().get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page
}

/// Where somebody who is not signed in is sent: back to a page afterwards, but never into a form's address.
fn sign_in(method: &Method, path: &str) -> String {
    if *method == Method::GET && path != "/home" {
        format!("/sign-in?to={}", encode(path))
    } else {
        "/sign-in".into()
    }
}

fn kind(status: StatusCode, error: Option<&ApiError>, now: Timestamp) -> ErrorKind {
    let wait = error.and_then(|error| error.retry_after).unwrap_or(60);
    match (status.as_u16(), error.map(|error| error.code.as_str())) {
        (403, Some("cross_site")) => ErrorKind::CrossSite,
        (403, _) => ErrorKind::Forbidden,
        (404, _) => ErrorKind::NotFound,
        (405, _) => ErrorKind::Method,
        (409, _) => ErrorKind::Conflict,
        (413, _) => ErrorKind::TooLarge,
        (421, _) => ErrorKind::WrongHost,
        (429, _) => ErrorKind::TooMany(now.plus(Duration::from_secs(wait))),
        (502, _) => ErrorKind::ServiceSilent,
        (503, _) => ErrorKind::Unavailable,
        (500.., _) => ErrorKind::Internal,
        _ => ErrorKind::BadRequest,
    }
}

/// The API's own words, where they say more than the page: always for conflicts, else only to those who read English.
fn detail(error: &ApiError, language: types::Language) -> Option<String> {
    let specific = matches!(error.status.as_u16(), 403 | 404 | 409 | 422) && error.code != "cross_site";
    let understood = language == types::Language::En || error.status == StatusCode::CONFLICT;
    (specific && understood).then(|| error.message.clone())
}

fn add_headers(response: &mut Response, is_api: bool, secure: bool) {
    let page = is_html(response);
    let public = response.status() == StatusCode::OK || response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    let mut unless_set = |name: HeaderName, value: &'static str| {
        headers
            .entry(name)
            .or_insert_with(|| HeaderValue::from_static(value));
    };
    if page {
        unless_set(header::CONTENT_SECURITY_POLICY, web_ui::CONTENT_SECURITY_POLICY);
    } else {
        unless_set(header::CONTENT_SECURITY_POLICY, "default-src 'none'");
    }
    unless_set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    unless_set(header::REFERRER_POLICY, "same-origin");
    if secure {
        // Browsers ignore it without TLS, and complain.
        unless_set(
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        );
    }
    if page || is_api || !public {
        unless_set(header::CACHE_CONTROL, "no-store");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_signs_in_comes_back_to_the_page_but_not_into_a_form() {
        assert_eq!(
            sign_in(&Method::GET, "/services/radicale?a=b"),
            "/sign-in?to=/services/radicale%3Fa%3Db"
        );
        assert_eq!(sign_in(&Method::POST, "/services/radicale/stop"), "/sign-in");
    }

    #[test]
    fn every_status_has_a_page_with_the_same_status() {
        for status in [400, 403, 404, 405, 409, 413, 421, 429, 500, 502, 503] {
            let status = StatusCode::from_u16(status).unwrap();
            let kind = kind(status, None, Timestamp(0));
            assert_eq!(kind.status(), status.as_u16());
        }
    }
}
