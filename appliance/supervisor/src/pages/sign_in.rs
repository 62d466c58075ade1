// SPDX-License-Identifier: AGPL-3.0-or-later
//! Signing in and out.

use super::{
    form::Fields,
    handoff, openid,
    shell::{Visit, show_as},
};
use crate::{
    ApiError,
    access::{Caller, Policy, caller::set_cookie},
    api::Route,
    members::{self, Opened, ShownPasskey, SignIn},
};
use axum::{
    extract::Query,
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use http::{Method, StatusCode, header};
use serde::Deserialize;
use std::time::Duration;
use types::Timestamp;
use web_ui::{CodeProblem, SignInCodePage, SignInPage, SignInProblem};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/sign-in", Policy::Public, "The sign-in form.", form),
        Route::new(Method::POST, "/sign-in", Policy::Public, "Sign in.", sign_in),
        Route::new(
            Method::POST,
            "/sign-in/code",
            Policy::Public,
            "The second step.",
            by_code,
        ),
        Route::new(
            Method::POST,
            "/sign-in/passkey",
            Policy::Public,
            "Sign in by a passkey.",
            by_passkey,
        ),
        Route::new(Method::POST, "/sign-out", Policy::Public, "Sign out.", sign_out),
    ]
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    to: String,
    /// Comes from setting a new password.
    #[serde(default)]
    new: String,
    /// The password is asked of whoever is signed in already.
    #[serde(default)]
    again: String,
}

fn local(to: &str) -> Option<String> {
    web_ui::local_path(to).map(str::to_owned)
}

async fn form(visit: Visit, Query(query): Query<Asked>) -> Result<Response, ApiError> {
    let to = local(&query.to);
    if visit.caller.member.is_some() && query.again.is_empty() {
        return Ok(Redirect::to(to.as_deref().unwrap_or("/home")).into_response());
    }
    if !visit.app.store.is_claimed().await? {
        return Ok(Redirect::to("/claim").into_response());
    }
    let told = (!query.new.is_empty()).then_some(SignInProblem::NewPassword);
    Ok(page(visit, StatusCode::OK, to, String::new(), told).await)
}

async fn sign_in(mut visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let to = local(fields.get("to"));
    let password = fields.owned("password");
    let error = match members::sign_in(&visit.app, fields.get("name"), password, "", &visit.caller).await {
        Ok(SignIn::Done(opened)) => {
            end_present(&visit).await?;
            let to = to.as_deref().unwrap_or("/home");
            return Ok(signed_in(&opened, &visit.caller, to));
        }
        Ok(SignIn::CodeNeeded(proof)) => {
            return Ok(code_page(visit, StatusCode::OK, proof, to, None).await);
        }
        Err(error) => error,
    };
    let problem = match error.code.as_str() {
        "wrong_password" => SignInProblem::Wrong,
        "too_many_tries" => SignInProblem::Wait(again(&visit, &error)),
        _ => return Err(error),
    };
    visit.at("/sign-in");
    Ok(page(visit, error.status, to, fields.owned("name"), Some(problem)).await)
}

async fn by_code(mut visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let to = local(fields.get("to"));
    let (proof, code) = (fields.owned("proof"), fields.get("code"));
    let error = match members::sign_in_by_code(&visit.app, &proof, code, &visit.caller).await {
        Ok(opened) => {
            end_present(&visit).await?;
            let to = to.as_deref().unwrap_or("/home");
            return Ok(signed_in(&opened, &visit.caller, to));
        }
        Err(error) => error,
    };
    let problem = match error.code.as_str() {
        "wrong_code" => CodeProblem::Wrong,
        "too_many_tries" => CodeProblem::Wait(again(&visit, &error)),
        "proof_gone" => {
            visit.at("/sign-in");
            let problem = Some(SignInProblem::TooSlow);
            return Ok(page(visit, error.status, to, String::new(), problem).await);
        }
        _ => return Err(error),
    };
    Ok(code_page(visit, error.status, proof, to, Some(problem)).await)
}

async fn by_passkey(mut visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let to = local(fields.get("to"));
    let shown = ShownPasskey {
        id: fields.owned("id"),
        challenge: fields.owned("challenge"),
        client_data: fields.owned("client_data"),
        authenticator_data: fields.owned("authenticator_data"),
        signature: fields.owned("signature"),
    };
    match members::sign_in_by_passkey(&visit.app, &shown, &visit.caller).await {
        Ok(opened) => {
            end_present(&visit).await?;
            let to = to.as_deref().unwrap_or("/home");
            Ok(signed_in(&opened, &visit.caller, to))
        }
        Err(error) if error.code == "wrong_passkey" => {
            visit.at("/sign-in");
            let problem = Some(SignInProblem::Passkey);
            Ok(page(visit, error.status, to, String::new(), problem).await)
        }
        Err(error) => Err(error),
    }
}

/// Whoever signs in again has one session in this browser, not two.
async fn end_present(visit: &Visit) -> Result<(), ApiError> {
    if let Some(session) = visit.caller.session.clone() {
        visit.app.store.close_session(session).await?;
    }
    Ok(())
}

/// From when on it may be tried again.
fn again(visit: &Visit, error: &ApiError) -> Timestamp {
    let wait = Duration::from_secs(error.retry_after.unwrap_or(60));
    visit.layout.now.plus(wait)
}

async fn page(
    visit: Visit,
    status: StatusCode,
    to: Option<String>,
    name: String,
    problem: Option<SignInProblem>,
) -> Response {
    let service = destination(&visit, to.as_deref()).await;
    let page = SignInPage {
        layout: visit.layout,
        to,
        name,
        problem,
    };
    leading_to(service, show_as(status, &page))
}

async fn code_page(
    mut visit: Visit,
    status: StatusCode,
    proof: String,
    to: Option<String>,
    problem: Option<CodeProblem>,
) -> Response {
    visit.at("/sign-in");
    let service = destination(&visit, to.as_deref()).await;
    let page = SignInCodePage {
        layout: visit.layout,
        proof,
        to,
        problem,
    };
    leading_to(service, show_as(status, &page))
}

/// Where a sign-in ends that goes on at `to`, when that is on another host.
async fn destination(visit: &Visit, to: Option<&str>) -> Option<String> {
    match handoff::destination(visit, to?) {
        Some(service) => Some(service),
        None => openid::destination(&visit.app, to?).await,
    }
}

/// Lets the form of a page end at a service's host as well.
pub(super) fn leading_to(service: Option<String>, mut response: Response) -> Response {
    let policy = service.map(|service| {
        let wider = format!("form-action 'self' {service}");
        web_ui::CONTENT_SECURITY_POLICY.replace("form-action 'self'", &wider)
    });
    if let Some(policy) = policy.and_then(|policy| policy.try_into().ok()) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

async fn sign_out(visit: Visit) -> Result<Response, ApiError> {
    if let Some(session) = visit.caller.session.clone() {
        visit.app.store.close_session(session).await?;
    }
    let cookie = set_cookie(visit.caller.cookie(), "", visit.caller.secure, 0);
    let cookie = AppendHeaders([(header::SET_COOKIE, cookie)]);
    Ok((cookie, Redirect::to("/")).into_response())
}

/// Gives the browser its session, remembers the device, and sends it on.
pub(super) fn signed_in(opened: &Opened, caller: &Caller, to: &str) -> Response {
    with_session(&opened.secret, Some(&opened.device), caller, to)
}

/// Gives the browser its session and sends it on.
pub(super) fn with_session(secret: &str, device: Option<&str>, caller: &Caller, to: &str) -> Response {
    let cache = [(header::CACHE_CONTROL, "no-store")];
    let cookies = caller.session_cookies(secret, device);
    let cookies = AppendHeaders(cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie)));
    (cache, cookies, Redirect::to(to)).into_response()
}

/// A text as the value of a query.
pub(super) fn encoded(text: &str) -> String {
    crate::access::gate::encode(text)
}
