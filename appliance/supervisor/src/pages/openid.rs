// SPDX-License-Identifier: AGPL-3.0-or-later
//! The `OpenID` Connect provider's own addresses: where clients send browsers, and what clients ask themselves. All of
//! it needs TLS.

use super::{
    form::Fields,
    shell::{Visit, show_as},
    sign_in::{encoded, leading_to},
};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    api::Route,
    openid::{self, Answered, Client, Scope, Scopes, TokenError, TokenRequest},
};
use axum::{
    Json,
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use serde_json::{Value, json};
use web_ui::ConsentPage;

pub(super) fn routes() -> Vec<Route> {
    use Policy::Public;
    vec![
        Route::new(
            Method::GET,
            "/.well-known/openid-configuration",
            Public,
            "What the OpenID Connect provider can do.",
            discovery,
        ),
        Route::new(Method::GET, "/openid/keys", Public, "Its public keys.", keys),
        Route::new(
            Method::GET,
            "/openid/authorize",
            Public,
            "Sign in for other software.",
            authorize,
        ),
        Route::new(
            Method::POST,
            "/openid/authorize",
            Public,
            "Agree that other software knows who you are.",
            answer,
        ),
        Route::new(Method::POST, "/openid/token", Public, "Redeem a code.", token),
        Route::new(
            Method::GET,
            "/openid/userinfo",
            Public,
            "Who a member is.",
            userinfo,
        ),
        Route::new(Method::POST, "/openid/userinfo", Public, "The same.", userinfo),
    ]
}

type Pairs = Vec<(String, String)>;

fn needs_tls(caller: &Caller) -> Result<(), ApiError> {
    let message =
        "Signing in for other software needs a secure connection. Use the address that begins with https://.";
    caller
        .secure
        .then_some(())
        .ok_or_else(|| ApiError::new(StatusCode::FORBIDDEN, "tls_needed", message))
}

async fn discovery(caller: Caller) -> Result<Response, ApiError> {
    needs_tls(&caller)?;
    Ok(public(openid::discovery(&caller.authority)))
}

async fn keys(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    needs_tls(&caller)?;
    Ok(public(openid::published(&app).await?))
}

/// For anybody, and to be kept for an hour.
fn public(document: Value) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "max-age=3600"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, Json(document)).into_response()
}

async fn authorize(visit: Visit, uri: Uri) -> Result<Response, ApiError> {
    needs_tls(&visit.caller)?;
    let Query(query) = pairs(&uri)?;
    let answered = openid::decide(&visit.app, &visit.caller, &query, false).await?;
    shown(visit, answered, uri.query().unwrap_or_default())
}

async fn answer(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    needs_tls(&visit.caller)?;
    let asked = fields.get("asked");
    let Query(query) = pairs(&format!("/?{asked}").parse::<Uri>().unwrap_or_default())?;
    let agreed = fields.get("answer") == "yes";
    let answered = openid::consent(&visit.app, &visit.caller, &query, agreed).await?;
    shown(visit, answered, asked)
}

fn pairs(uri: &Uri) -> Result<Query<Pairs>, ApiError> {
    Query::<Pairs>::try_from_uri(uri).map_err(|error| {
        let message = format!("The address cannot be used: {error}.");
        ApiError::new(StatusCode::BAD_REQUEST, "bad_request", message)
    })
}

fn shown(visit: Visit, answered: Answered, asked: &str) -> Result<Response, ApiError> {
    let to = match answered {
        Answered::Back(to) => to,
        Answered::SignIn(to) => format!("/sign-in?again=1&to={}", encoded(&to)),
        Answered::Consent(client, scopes) => return Ok(ask(visit, &client, &scopes, asked)),
        Answered::Stay(why) => {
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "unknown_client", why));
        }
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Redirect::to(&to)).into_response())
}

/// The question whether a client may know.
fn ask(mut visit: Visit, client: &Client, scopes: &Scopes, asked: &str) -> Response {
    visit.at(format!("/openid/authorize?{asked}"));
    let redirect = pairs(&format!("/?{asked}").parse().unwrap_or_default()).ok();
    let redirect = redirect.and_then(|Query(query)| query.into_iter().find(|(key, _)| key == "redirect_uri"));
    let back = redirect.and_then(|(_, uri)| origin(&uri)).unwrap_or_default();
    let page = ConsentPage {
        client: client.name.clone(),
        host: back.split("://").last().unwrap_or_default().to_owned(),
        profile: scopes.has(Scope::Profile),
        groups: scopes.has(Scope::Groups),
        asked: asked.to_owned(),
        layout: visit.layout,
    };
    leading_to(Some(back), show_as(StatusCode::OK, &page))
}

fn origin(uri: &str) -> Option<String> {
    let uri: Uri = uri.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}

/// The origin that a sign-in form leads to in the end, when `to` is a way through here.
pub(super) async fn destination(app: &App, to: &str) -> Option<String> {
    let uri: Uri = to.parse().ok()?;
    if uri.path() != "/openid/authorize" {
        return None;
    }
    let Query(query) = pairs(&uri).ok()?;
    openid::sender(app, &query).await.ok()??;
    let redirect = query.iter().find(|(key, _)| key == "redirect_uri")?;
    origin(&redirect.1)
}

async fn token(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, ApiError> {
    needs_tls(&caller)?;
    let outcome = match request(&headers, &fields) {
        Ok(request) => openid::token(&app, &caller.authority, &request).await?,
        Err(error) => Err(error),
    };
    let quiet = [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];
    Ok(match outcome {
        Ok(answer) => (quiet, Json(answer)).into_response(),
        Err((status, code, why)) => {
            let body = Json(json!({ "error": code, "error_description": why }));
            let mut response = (status, quiet, body).into_response();
            if status == StatusCode::UNAUTHORIZED {
                let scheme = header::HeaderValue::from_static("Basic realm=\"openid\"");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
            }
            response
        }
    })
}

/// Reads who the client says it is in one of two ways, never in both (RFC 6749 section 2.3).
fn request(headers: &HeaderMap, fields: &Fields) -> Result<TokenRequest, TokenError> {
    let bad = |why| (StatusCode::BAD_REQUEST, "invalid_request", why);
    let basic = basic(headers).map_err(bad)?;
    let (client, secret) = (fields.owned("client_id"), fields.owned("client_secret"));
    let posted = (!secret.is_empty()).then_some(secret);
    let (client, secret) = match basic {
        Some(_) if posted.is_some() => return Err(bad("the secret is given twice")),
        Some((id, _)) if !client.is_empty() && client != id => {
            return Err(bad("client_id differs from the one in Authorization"));
        }
        Some((id, secret)) => (id, Some(secret)),
        None => (client, posted),
    };
    Ok(TokenRequest {
        grant_type: fields.owned("grant_type"),
        code: fields.owned("code"),
        redirect: fields.owned("redirect_uri"),
        verifier: fields.owned("code_verifier"),
        client,
        secret,
    })
}

/// Name and secret; both are made of characters that percent-encoding leaves alone.
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, &'static str> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let read = || {
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        let bytes = BASE64_STANDARD.decode(encoded.trim()).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (id, secret) = text.split_once(':')?;
        scheme
            .eq_ignore_ascii_case("basic")
            .then(|| (id.to_owned(), secret.to_owned()))
    };
    read()
        .map(Some)
        .ok_or("Authorization must be Basic with client_id and client_secret")
}

async fn userinfo(State(app): State<App>, caller: Caller, headers: HeaderMap) -> Result<Response, ApiError> {
    needs_tls(&caller)?;
    let value = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let claims = match token {
        Some((_, token)) => openid::userinfo(&app, &caller.authority, token.trim()).await?,
        None => None,
    };
    let quiet = (header::CACHE_CONTROL, "no-store");
    if let Some(claims) = claims {
        return Ok(([quiet], Json(claims)).into_response());
    }
    let why = if token.is_some() {
        "Bearer error=\"invalid_token\""
    } else {
        "Bearer"
    };
    let body = Json(json!({ "error": "invalid_token" }));
    let headers = [quiet, (header::WWW_AUTHENTICATE, why)];
    Ok((StatusCode::UNAUTHORIZED, headers, body).into_response())
}
