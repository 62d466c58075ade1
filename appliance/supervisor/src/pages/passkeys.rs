// SPDX-License-Identifier: AGPL-3.0-or-later
//! A member's passkeys.

use super::{
    form::{Fields, message, required_or},
    shell::{INVALID, Visit, show_as},
};
use crate::{
    ApiError,
    access::Policy,
    api::Route,
    members::{self, MadePasskey},
};
use axum::response::Response;
use http::{Method, StatusCode};
use web_ui::{FieldError, Notice, PasskeyRow, PasskeysPage, TextField};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Guest;
    vec![
        Route::new(Method::GET, "/account/passkeys", Guest, "Your passkeys.", get),
        Route::new(Method::POST, "/account/passkeys", Guest, "Add a passkey.", add),
        Route::new(
            Method::POST,
            "/account/passkeys/remove",
            Guest,
            "Take a passkey back.",
            remove,
        ),
    ]
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    page(visit, StatusCode::OK, |_| ()).await
}

async fn page(
    mut visit: Visit,
    status: StatusCode,
    mark: impl FnOnce(&mut PasskeysPage),
) -> Result<Response, ApiError> {
    visit.at("/account/passkeys");
    let passkeys = visit.app.store.passkeys(visit.caller.name()?.clone()).await?;
    let rows = passkeys.into_iter().map(|key| PasskeyRow {
        id: key.id,
        label: key.label,
        site: key.site,
        created: key.created,
        last_used: key.last_used,
    });
    let mut page = PasskeysPage {
        passkeys: rows.collect(),
        label: TextField::default(),
        password_error: None,
        unfit: false,
        layout: visit.layout,
    };
    mark(&mut page);
    Ok(show_as(status, &page))
}

async fn add(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let made = MadePasskey {
        label: fields.owned("label"),
        password: fields.owned("password"),
        challenge: fields.owned("challenge"),
        client_data: fields.owned("client_data"),
        authenticator_data: fields.owned("authenticator_data"),
        public_key: fields.owned("public_key"),
    };
    match members::add_passkey(&visit.app, &visit.caller, made).await {
        Ok(added) => Ok(visit.redirect("/account/passkeys", Some(Notice::PasskeyAdded(added.label)))),
        Err(error) if error.status == INVALID => {
            page(visit, INVALID, |page| {
                page.label = fields.text("label");
                page.label.error = message(&error, "label")
                    .map(|_| required_or(fields.get("label"), FieldError::TooLong(60)));
                page.password_error = message(&error, "password").map(|_| FieldError::WrongPassword);
                page.unfit = message(&error, "public_key").is_some();
            })
            .await
        }
        Err(error) => Err(error),
    }
}

async fn remove(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let mine = visit.app.store.passkeys(visit.caller.name()?.clone()).await?;
    let id = fields.get("id");
    let label = mine.into_iter().find(|key| key.id == id).map(|key| key.label);
    members::remove_passkey(&visit.app, &visit.caller, id).await?;
    Ok(visit.redirect(
        "/account/passkeys",
        Some(Notice::Revoked(label.unwrap_or_default())),
    ))
}
