// SPDX-License-Identifier: AGPL-3.0-or-later
//! Names and certificates.

use super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    state::{AcmeChoice, DomainRecord},
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use tls::CertificateStatus;
use types::{Domain, MemberName};

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Member as SignedIn, Steward};
    vec![
        Route::new(
            Method::GET,
            "/api/v1/certificates",
            SignedIn,
            "Every name and its certificate.",
            list,
        )
        .gives::<serde_json::Value>(),
        Route::new(
            Method::POST,
            "/api/v1/certificates/{name}/retry",
            Steward,
            "Ask the authority again now.",
            retry,
        ),
        Route::new(
            Method::GET,
            "/api/v1/domains",
            SignedIn,
            "Domains and where they lead.",
            domains,
        )
        .gives::<Vec<DomainRecord>>(),
        Route::new(
            Method::POST,
            "/api/v1/domains",
            Steward,
            "Let a domain lead to a service, or to the board.",
            add,
        )
        .takes::<NewDomain>()
        .gives::<DomainRecord>(),
        Route::new(
            Method::DELETE,
            "/api/v1/domains/{name}",
            Steward,
            "Take a domain away.",
            remove,
        ),
        Route::new(
            Method::GET,
            "/api/v1/certificates/authority",
            SignedIn,
            "Which authority is asked.",
            acme,
        )
        .gives::<AcmeChoice>(),
        Route::new(
            Method::PUT,
            "/api/v1/certificates/authority",
            Steward,
            "Choose the authority and accept its terms.",
            set_acme,
        )
        .takes::<AcmeChoice>(),
    ]
}

async fn list(State(app): State<App>) -> Json<Vec<CertificateStatus>> {
    Json(app.certificates.status())
}

fn parse(name: &str) -> Result<Domain, ApiError> {
    name.to_lowercase()
        .parse()
        .map_err(|error: types::NameError| ApiError::field("name", error.to_string()))
}

async fn retry(State(app): State<App>, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    let domain = known_domain(&app, &name).await?;
    app.certificates.retry_now(&domain);
    Ok(StatusCode::ACCEPTED)
}

/// A domain of this board, or 404.
pub(crate) async fn known_domain(app: &App, name: &str) -> Result<Domain, ApiError> {
    let domain = parse(name)?;
    let domains = app.store.domains().await?;
    let missing = || ApiError::not_found(format!("{domain} is not a domain of this board. Add it first."));
    domains
        .iter()
        .any(|record| record.name == domain)
        .then_some(domain.clone())
        .ok_or_else(missing)
}

async fn domains(State(app): State<App>) -> Result<Json<Vec<DomainRecord>>, ApiError> {
    Ok(Json(app.store.domains().await?))
}

/// Body of `POST /domains`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewDomain {
    /// The name, like `calendar.example.org`.
    name: String,
    /// The service it leads to; absent: the board itself.
    #[serde(default)]
    service: Option<String>,
}

async fn add(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<NewDomain>,
) -> Result<(StatusCode, Json<DomainRecord>), ApiError> {
    let record = crate::domains::add(&app, &body.name, body.service.as_deref(), caller.name()?).await?;
    Ok((StatusCode::CREATED, Json(record)))
}

async fn remove(
    State(app): State<App>,
    Path(name): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let domain = known_domain(&app, &name).await?;
    app.store.remove_domain(domain, caller.name()?, app.now()).await?;
    crate::reconcile::open_doors(&app).await?;
    app.wake.now();
    Ok(StatusCode::NO_CONTENT)
}

async fn acme(State(app): State<App>) -> Result<Json<AcmeChoice>, ApiError> {
    Ok(Json(app.store.acme().await?))
}

async fn set_acme(
    State(app): State<App>,
    caller: Caller,
    Body(choice): Body<AcmeChoice>,
) -> Result<StatusCode, ApiError> {
    choose_acme(&app, choice, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Chooses the certificate authority.
pub(crate) async fn choose_acme(app: &App, choice: AcmeChoice, by: &MemberName) -> Result<(), ApiError> {
    if !choice.directory.is_empty() && !choice.directory.starts_with("https://") {
        return Err(ApiError::field(
            "directory",
            "must be the https:// address of an ACME directory, or empty",
        ));
    }
    if !choice.contact.is_empty() && !choice.contact.contains('@') {
        return Err(ApiError::field("contact", "must be a mail address, or empty"));
    }
    if !choice.root.is_empty() && !choice.root.contains("-----BEGIN CERTIFICATE-----") {
        return Err(ApiError::field(
            "root",
            "must be a certificate in PEM form, or empty",
        ));
    }
    app.store.set_acme(choice.clone()).await?;
    app.store
        .record(app.now(), by.as_str(), "choose-authority", &choice.directory)
        .await?;
    app.certificates.set_acme(crate::daemon::acme_settings(choice));
    Ok(())
}
