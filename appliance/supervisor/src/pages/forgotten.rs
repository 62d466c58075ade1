// SPDX-License-Identifier: AGPL-3.0-or-later
//! A forgotten password: where it is asked for and set, and where somebody approves it.

use super::{
    claim::code_error,
    device::device,
    form::{Fields, message, password_error, required_or},
    shell::{INVALID, Visit, show, show_as},
};
use crate::{
    ApiError,
    access::{Policy, caller::set_cookie},
    api::Route,
    members,
    state::PasswordRequest,
};
use axum::{
    extract::Path,
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use http::{HeaderMap, Method, StatusCode, header};
use web_ui::{FieldError, ForgottenPage, ForgottenState, HelpPage, HelpRow, NewSecret, Notice};

/// Holds the token of a request in the browser that made it.
const COOKIE: &str = "commonhost-forgotten";

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Guest, Member, Public};
    vec![
        Route::new(Method::GET, "/forgotten", Public, "A forgotten password.", form),
        Route::new(Method::POST, "/forgotten", Public, "Ask for a new password.", ask),
        Route::new(
            Method::POST,
            "/forgotten/set",
            Public,
            "Set the new password.",
            set,
        ),
        Route::new(
            Method::GET,
            "/help-back-in",
            Guest,
            "People who forgot their password, and whom you chose to help you.",
            get,
        ),
        Route::new(
            Method::POST,
            "/help-back-in/{id}/approve",
            Member,
            "Help somebody back in.",
            approve,
        ),
        Route::new(
            Method::POST,
            "/help-back-in/{id}/refuse",
            Guest,
            "Refuse a request.",
            refuse,
        ),
        Route::new(
            Method::POST,
            "/help-back-in/contacts",
            Guest,
            "Choose who can help you back in.",
            contacts,
        ),
    ]
}

fn token(headers: &HeaderMap) -> String {
    let found = crate::access::caller::cookie(headers, COOKIE);
    found.unwrap_or_default().to_owned()
}

async fn state(visit: &Visit, headers: &HeaderMap) -> Result<ForgottenState, ApiError> {
    let number = members::forgotten(&visit.app, &token(headers)).await?;
    Ok(number.map_or(ForgottenState::Ask, ForgottenState::Asked))
}

async fn form(visit: Visit, headers: HeaderMap) -> Result<Response, ApiError> {
    let state = state(&visit, &headers).await?;
    Ok(show(&ForgottenPage::new(visit.layout, state)))
}

async fn ask(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    if fields.trimmed("name").is_empty() {
        let mut page = ForgottenPage::new(visit.layout, ForgottenState::Ask);
        page.name = fields.text("name").with_error(FieldError::Required);
        return Ok(show_as(INVALID, &page));
    }
    let asked = members::ask_for_password(&visit.app, fields.get("name"), &visit.caller).await?;
    let cookie = set_cookie(COOKIE, &asked.token, visit.caller.secure, 86_400);
    let cookie = AppendHeaders([(header::SET_COOKIE, cookie)]);
    Ok((cookie, Redirect::to("/forgotten")).into_response())
}

async fn set(mut visit: Visit, headers: HeaderMap, fields: Fields) -> Result<Response, ApiError> {
    visit.at("/forgotten");
    let (token, code) = (token(&headers), fields.get("code"));
    if fields.get("password") != fields.get("password_again") {
        let mut page = ForgottenPage::new(visit.layout.clone(), state(&visit, &headers).await?);
        page.code = fields.text("code");
        page.password_again_error = Some(FieldError::Different);
        return Ok(show_as(INVALID, &page));
    }
    let password = fields.owned("password");
    let error = match members::redeem_password(&visit.app, &token, code, password, &visit.caller).await {
        Ok(()) => {
            let cookie = set_cookie(COOKIE, "", visit.caller.secure, 0);
            let cookie = AppendHeaders([(header::SET_COOKIE, cookie)]);
            return Ok((cookie, Redirect::to("/sign-in?new=1")).into_response());
        }
        Err(error) => error,
    };
    if error.code != "wrong_code" && error.code != "invalid" {
        return Err(error);
    }
    let mut page = ForgottenPage::new(visit.layout.clone(), state(&visit, &headers).await?);
    page.code = fields.text("code");
    page.code.error = match error.code.as_str() {
        "wrong_code" => Some(FieldError::NotThePassedOnCode),
        _ => message(&error, "code").map(|_| code_error(&error, &fields)),
    };
    page.password_error = message(&error, "password").map(|why| password_error(fields.get("password"), why));
    Ok(show_as(INVALID, &page))
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    page(visit, StatusCode::OK, |_| ()).await
}

fn row(request: PasswordRequest) -> HelpRow {
    HelpRow {
        id: request.id,
        member: request.member.to_string(),
        number: request.number,
        device: device(&request.agent),
        asked: request.asked,
        by: request.by,
    }
}

async fn page(
    mut visit: Visit,
    status: StatusCode,
    mark: impl FnOnce(&mut HelpPage),
) -> Result<Response, ApiError> {
    visit.at("/help-back-in");
    let member = visit.caller.member()?.clone();
    let others = members::to_approve(&visit.app, &member).await?;
    let own = members::asked_for(&visit.app, &member).await?;
    let contacts = visit.app.store.recovery_contacts(member.name.clone()).await?;
    let contacts: Vec<String> = contacts.iter().map(ToString::to_string).collect();
    let mut page = HelpPage {
        others: others.into_iter().map(row).collect(),
        own: own.into_iter().map(row).collect(),
        contacts: web_ui::TextField::new(contacts.join(", ")),
        code: None,
        layout: visit.layout,
    };
    mark(&mut page);
    Ok(show_as(status, &page))
}

async fn approve(visit: Visit, Path(id): Path<String>) -> Result<Response, ApiError> {
    let member = visit.caller.member()?.clone();
    let asked = members::to_approve(&visit.app, &member).await?;
    let name = asked.into_iter().find(|request| request.id == id);
    let label = name.map(|request| request.member.to_string()).unwrap_or_default();
    let code = members::approve_password(&visit.app, &id, &member).await?;
    let code = NewSecret {
        label,
        secret: code.grouped(),
    };
    page(visit, StatusCode::OK, |page| page.code = Some(code)).await
}

async fn refuse(visit: Visit, Path(id): Path<String>) -> Result<Response, ApiError> {
    let member = visit.caller.member()?.clone();
    members::refuse_password(&visit.app, &id, &member).await?;
    Ok(visit.redirect("/help-back-in", Some(Notice::RequestRefused)))
}

async fn contacts(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let member = visit.caller.name()?.clone();
    let names = super::members::split_groups(fields.get("contacts"));
    match members::set_recovery_contacts(&visit.app, &member, &names).await {
        Ok(_) => Ok(visit.redirect("/help-back-in", Some(Notice::Saved))),
        Err(error) if error.status == INVALID => {
            page(visit, INVALID, |page| {
                let kind = required_or(fields.get("contacts"), FieldError::NotContacts);
                page.contacts = fields.text("contacts").with_error(kind);
            })
            .await
        }
        Err(error) => Err(error),
    }
}
