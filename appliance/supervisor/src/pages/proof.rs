// SPDX-License-Identifier: AGPL-3.0-or-later
//! How a domain is proved by a record in DNS.

use super::{
    form::{Fields, message},
    shell::{INVALID, Visit, show_as},
};
use crate::{
    ApiError,
    access::Policy,
    api::{self, Route},
    outside::Proof,
};
use axum::{extract::Path, response::Response};
use http::{Method, StatusCode};
use types::Domain;
use web_ui::{FieldError, Notice, ProofForm, ProofPage, TextField};

const PATH: &str = "/certificates/domains/{name}/proof";

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(Method::GET, PATH, Steward, "How a domain is proved by DNS.", get),
        Route::new(Method::POST, PATH, Steward, "Prove a domain by DNS.", set),
    ]
}

async fn get(visit: Visit, Path(name): Path<String>) -> Result<Response, ApiError> {
    let domain = api::known_domain(&visit.app, &name).await?;
    let proofs = visit.app.store.proofs().await?;
    let form = proofs.get(&domain).map_or_else(none, form);
    Ok(page(visit, &domain, form, StatusCode::OK))
}

fn page(mut visit: Visit, domain: &Domain, form: ProofForm, status: StatusCode) -> Response {
    visit.at("/certificates");
    let page = ProofPage {
        domain: domain.to_string(),
        form,
        layout: visit.layout,
    };
    show_as(status, &page)
}

fn none() -> ProofForm {
    ProofForm {
        way: "none".into(),
        ..ProofForm::default()
    }
}

fn form(proof: &Proof) -> ProofForm {
    match proof {
        Proof::Rfc2136(tsig) => ProofForm {
            way: "rfc2136".into(),
            server: TextField::new(tsig.server.to_string()),
            zone: TextField::new(tsig.zone.as_str()),
            key_name: TextField::new(&tsig.key_name),
            ..ProofForm::default()
        },
        Proof::Hook { url, user, .. } => ProofForm {
            way: "hook".into(),
            url: TextField::new(url),
            user: TextField::new(user),
            ..ProofForm::default()
        },
    }
}

async fn set(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let domain = api::known_domain(&visit.app, &name).await?;
    match api::prove(&visit.app, &domain, &fields.0, &by).await {
        Ok(()) => Ok(visit.redirect("/certificates", Some(Notice::Saved))),
        Err(error) if !error.fields.is_empty() => {
            let field = |name: &str, secret: bool| {
                let shown = if secret {
                    TextField::default()
                } else {
                    fields.text(name)
                };
                match message(&error, name) {
                    Some("is needed") => shown.with_error(FieldError::Required),
                    Some(text) => shown.with_error(FieldError::Other(text.to_owned())),
                    None => shown,
                }
            };
            let form = ProofForm {
                way: fields.owned("way"),
                server: field("server", false),
                zone: field("zone", false),
                key_name: field("key_name", false),
                key: field("key", true),
                url: field("url", false),
                user: field("user", false),
                password: field("password", true),
            };
            Ok(page(visit, &domain, form, INVALID))
        }
        Err(error) => Err(error),
    }
}
