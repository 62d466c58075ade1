// SPDX-License-Identifier: AGPL-3.0-or-later
//! A member's own account.

use super::{
    device::device,
    facts,
    form::{Fields, display_name_error, message, password_error, required_or},
    shell::{INVALID, Visit, show_as},
};
use crate::{
    ApiError,
    access::Policy,
    api::Route,
    members::{self, Change},
    openid,
};
use axum::response::Response;
use http::{Method, StatusCode};
use web_ui::{
    AccountPage, ConsentRow, DeviceRow, FieldError, NewSecret, Notice, SessionRow, TextField, TokenRow,
};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Guest;
    vec![
        Route::new(Method::GET, "/account", Guest, "Your account.", get),
        Route::new(
            Method::POST,
            "/account",
            Guest,
            "Change name and language.",
            change,
        ),
        Route::new(
            Method::POST,
            "/account/password",
            Guest,
            "Change your password.",
            password,
        ),
        Route::new(
            Method::POST,
            "/account/sessions/revoke",
            Guest,
            "Sign out elsewhere.",
            end_session,
        ),
        Route::new(
            Method::POST,
            "/account/app-passwords/revoke",
            Guest,
            "Take an app password back.",
            revoke_app_password,
        ),
        Route::new(
            Method::POST,
            "/account/consents/withdraw",
            Guest,
            "Take a consent back.",
            withdraw,
        ),
        Route::new(Method::POST, "/account/tokens", Guest, "Make a token.", add_token),
        Route::new(
            Method::POST,
            "/account/tokens/revoke",
            Guest,
            "Take a token back.",
            revoke_token,
        ),
    ]
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    page(visit, StatusCode::OK, |_| ()).await
}

async fn page(
    mut visit: Visit,
    status: StatusCode,
    mark: impl FnOnce(&mut AccountPage),
) -> Result<Response, ApiError> {
    visit.at("/account");
    let member = visit.caller.member()?.clone();
    let current = visit.caller.session.clone().unwrap_or_default();
    let sessions = visit.app.store.sessions(member.name.clone()).await?;
    let second_step = visit.app.store.second_step(member.name.clone()).await?;
    let app_passwords = visit.app.store.app_passwords(member.name.clone()).await?;
    let consents = visit.app.store.consents(member.name.clone()).await?;
    let language = visit.language();
    let tokens = visit.app.store.tokens(member.name.clone()).await?;
    let mut page = AccountPage {
        display_name: TextField::new(&member.display_name),
        current_password_error: None,
        new_password_error: None,
        new_password_again_error: None,
        second_step: second_step.map(|step| step.since),
        sessions: sessions
            .into_iter()
            .map(|session| SessionRow {
                device: device(&session.agent),
                created: session.created,
                last_used: session.last_used,
                current: current.starts_with(&session.id),
                id: session.id,
            })
            .collect(),
        app_passwords: app_passwords
            .into_iter()
            .map(|password| DeviceRow {
                id: password.id,
                device: password.device,
                services: password
                    .services
                    .iter()
                    .map(|service| facts::title(&visit.app, service, language))
                    .collect(),
                created: password.created,
                last_used: password.last_used,
            })
            .collect(),
        consents: consents
            .into_iter()
            .map(|consent| ConsentRow {
                client: consent.client,
                name: consent.name,
                given: consent.given,
            })
            .collect(),
        tokens: tokens
            .into_iter()
            .map(|token| TokenRow {
                id: token.id,
                label: token.name,
                created: token.created,
                last_used: token.last_used,
            })
            .collect(),
        token_label: TextField::default(),
        new_token: None,
        layout: visit.layout,
    };
    mark(&mut page);
    Ok(show_as(status, &page))
}

async fn change(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let member = visit.caller.name()?.clone();
    let change = Change {
        display_name: Some(fields.owned("display_name")),
        language: Some(fields.owned("language")),
        ..Change::default()
    };
    match members::change(&visit.app, member.as_str(), change, &member).await {
        Ok(_) => Ok(visit.redirect("/account", Some(Notice::Saved))),
        Err(error) if error.status == INVALID => {
            page(visit, INVALID, |page| {
                page.display_name = fields.text("display_name");
                page.display_name.error = message(&error, "display_name")
                    .map(|message| display_name_error(fields.get("display_name"), message));
            })
            .await
        }
        Err(error) => Err(error),
    }
}

async fn password(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let (present, new) = (fields.owned("current_password"), fields.owned("new_password"));
    if new != fields.get("new_password_again") {
        return page(visit, INVALID, |page| {
            page.new_password_again_error = Some(FieldError::Different);
        })
        .await;
    }
    match members::change_password(&visit.app, &visit.caller, present, new).await {
        Ok(()) => Ok(visit.redirect("/account", Some(Notice::PasswordChanged))),
        Err(error) if error.status == INVALID => {
            page(visit, INVALID, |page| {
                page.current_password_error = message(&error, "present").map(|_| FieldError::WrongPassword);
                page.new_password_error =
                    message(&error, "new").map(|why| password_error(fields.get("new_password"), why));
            })
            .await
        }
        Err(error) => Err(error),
    }
}

fn gone(found: bool) -> Result<(), ApiError> {
    let missing =
        || ApiError::not_found("There is nothing with this id; it may have been taken back already.");
    found.then_some(()).ok_or_else(missing)
}

async fn end_session(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let member = visit.caller.name()?.clone();
    gone(visit.app.store.revoke_session(member, fields.owned("id")).await?)?;
    Ok(visit.redirect("/account", Some(Notice::SessionEnded)))
}

async fn revoke_app_password(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let member = visit.caller.member()?.clone();
    let id = fields.get("id");
    let mine = visit.app.store.app_passwords(member.name.clone()).await?;
    let device = mine.into_iter().find(|password| password.id == id);
    let device = device.map(|password| password.device).unwrap_or_default();
    members::revoke_app_password(&visit.app, &member, id).await?;
    Ok(visit.redirect("/account", Some(Notice::Revoked(device))))
}

async fn withdraw(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let member = visit.caller.name()?.clone();
    let client = fields.get("client");
    let given = visit.app.store.consents(member.clone()).await?;
    let name = given.into_iter().find(|consent| consent.client == client);
    let name = name.map(|consent| consent.name).unwrap_or_default();
    openid::withdraw(&visit.app, &member, client).await?;
    Ok(visit.redirect("/account", Some(Notice::ConsentWithdrawn(name))))
}

async fn add_token(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let member = visit.caller.name()?.clone();
    match members::add_token(&visit.app, &member, fields.get("label")).await {
        Ok((token, secret)) => {
            let new = NewSecret {
                label: token.name,
                secret,
            };
            page(visit, StatusCode::OK, |page| page.new_token = Some(new)).await
        }
        Err(error) if error.status == INVALID => {
            page(visit, INVALID, |page| {
                let kind = required_or(fields.get("label"), FieldError::TooLong(60));
                page.token_label = fields.text("label").with_error(kind);
            })
            .await
        }
        Err(error) => Err(error),
    }
}

async fn revoke_token(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let member = visit.caller.name()?.clone();
    let id = fields.owned("id");
    let tokens = visit.app.store.tokens(member.clone()).await?;
    let label = tokens.into_iter().find(|token| token.id == id);
    let label = label.map(|token| token.name).unwrap_or_default();
    gone(visit.app.store.revoke_token(member, id).await?)?;
    Ok(visit.redirect("/account", Some(Notice::Revoked(label))))
}
