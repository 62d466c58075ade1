// SPDX-License-Identifier: AGPL-3.0-or-later
//! Software elsewhere that signs members in by this board, for stewards.

use super::{
    form::{Fields, message, required_or},
    shell::{INVALID, Visit, show_as},
};
use crate::{
    ApiError,
    access::Policy,
    api::Route,
    openid::{self, NewClient},
};
use axum::{extract::Path, response::Response};
use http::{Method, StatusCode};
use web_ui::{ClientRow, ClientsPage, FieldError, NewOpenIdClient, Notice, TextField};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(
            Method::GET,
            "/members/clients",
            Steward,
            "Software elsewhere that signs members in by this board.",
            get,
        ),
        Route::new(
            Method::POST,
            "/members/clients",
            Steward,
            "Register such software.",
            add,
        ),
        Route::new(
            Method::POST,
            "/members/clients/{id}/remove",
            Steward,
            "Remove such software.",
            remove,
        ),
        Route::new(
            Method::POST,
            "/members/clients/rotate",
            Steward,
            "Make a new signing key.",
            rotate,
        ),
    ]
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    page(visit, StatusCode::OK, |_| ()).await
}

async fn page(
    mut visit: Visit,
    status: StatusCode,
    mark: impl FnOnce(&mut ClientsPage),
) -> Result<Response, ApiError> {
    visit.at("/members/clients");
    let clients = openid::list(&visit.app).await?;
    let seen = visit.app.seen.load_full();
    let name = seen.addresses.board.first().cloned().unwrap_or_default();
    let mut page = ClientsPage {
        issuer: format!("https://{name}"),
        clients: clients
            .into_iter()
            .map(|client| ClientRow {
                id: client.id,
                name: client.name,
                redirects: client.redirects,
                confidential: client.confidential,
                created: client.created,
            })
            .collect(),
        name: TextField::default(),
        redirects: TextField::default(),
        public: false,
        new: None,
        layout: visit.layout,
    };
    mark(&mut page);
    Ok(show_as(status, &page))
}

async fn add(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let new = NewClient {
        name: fields.owned("name"),
        redirects: fields
            .get("redirects")
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        public: !fields.get("public").is_empty(),
    };
    match openid::add(&visit.app, new, &by).await {
        Ok((client, secret)) => {
            let new = NewOpenIdClient {
                name: client.name,
                id: client.id,
                secret,
            };
            page(visit, StatusCode::OK, |page| page.new = Some(new)).await
        }
        Err(error) if error.status == INVALID => {
            page(visit, INVALID, |page| {
                page.public = !fields.get("public").is_empty();
                page.name = fields.text("name");
                page.redirects = fields.text("redirects");
                page.name.error =
                    message(&error, "name").map(|_| required_or(fields.get("name"), FieldError::TooLong(60)));
                page.redirects.error = message(&error, "redirects").map(|_| FieldError::NotRedirects);
            })
            .await
        }
        Err(error) => Err(error),
    }
}

async fn remove(visit: Visit, Path(id): Path<String>) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let all = openid::list(&visit.app).await?;
    let name = all
        .into_iter()
        .find(|client| client.id == id)
        .map(|client| client.name);
    openid::remove(&visit.app, &id, &by).await?;
    Ok(visit.redirect(
        "/members/clients",
        Some(Notice::ClientRemoved(name.unwrap_or_default())),
    ))
}

async fn rotate(visit: Visit) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    openid::rotate(&visit.app, &by).await?;
    Ok(visit.redirect("/members/clients", Some(Notice::KeyRotated)))
}
