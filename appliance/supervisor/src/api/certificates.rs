// SPDX-License-Identifier: AGPL-3.0-or-later
//! Names and certificates.

use super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    state::AcmeChoice,
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
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
        Route::new(
            Method::GET,
            "/api/v1/certificates/authority/facts",
            SignedIn,
            "What the authority says of itself: terms, contract, advice about renewal.",
            facts,
        )
        .gives::<AuthorityFacts>(),
    ]
}

async fn list(State(app): State<App>) -> Json<Vec<CertificateStatus>> {
    Json(app.certificates.status())
}

async fn retry(State(app): State<App>, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    retry_name(&app, &name).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Asks the authority again now: a person says that the name leads here, whatever DNS told the board.
pub(crate) async fn retry_name(app: &App, name: &str) -> Result<Domain, ApiError> {
    let domain = super::known_name(app, name).await?;
    app.outside.trust(&domain);
    app.certificates
        .hold(&app.outside.held(&app.store.public_names().await?));
    app.certificates.retry_now(&domain);
    Ok(domain)
}

async fn acme(State(app): State<App>) -> Result<Json<AcmeChoice>, ApiError> {
    let choice = app.store.acme().await?;
    Ok(Json(AcmeChoice {
        account_key: String::new(),
        ..choice
    }))
}

/// What an authority says of itself (RFC 8555 section 7.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct AuthorityFacts {
    /// Where its terms of service are.
    pub terms: Option<String>,
    /// The names by which CAA records mean it.
    pub caa: Vec<String>,
    /// Whether it wants an account bound to a contract.
    pub external_account_required: bool,
    /// Whether it says when to renew (RFC 9773).
    pub renewal_info: bool,
}

async fn facts(State(app): State<App>) -> Result<Json<AuthorityFacts>, ApiError> {
    let facts = app.certificates.authority().ok_or_else(|| {
        let message = "The authority has not been asked yet. It is asked once there is a domain.";
        ApiError::not_found(message)
    })?;
    Ok(Json(AuthorityFacts {
        terms: facts.terms,
        caa: facts.caa,
        external_account_required: facts.external_account,
        renewal_info: facts.renewal_info,
    }))
}

async fn set_acme(
    State(app): State<App>,
    caller: Caller,
    Body(choice): Body<AcmeChoice>,
) -> Result<StatusCode, ApiError> {
    choose_acme(&app, choice, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Chooses the certificate authority. The key of a contract that is left out stays as it was.
pub(crate) async fn choose_acme(app: &App, mut choice: AcmeChoice, by: &MemberName) -> Result<(), ApiError> {
    let before = app.store.acme().await?;
    if choice.account_key.is_empty() && choice.account_key_name == before.account_key_name {
        choice.account_key = before.account_key;
    }
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
    let staging = choice.staging.as_str();
    if !staging.is_empty() && staging != "none" && !staging.starts_with("https://") {
        return Err(ApiError::field(
            "staging",
            "must be the https:// address of an ACME directory, none, or empty",
        ));
    }
    let settings = crate::daemon::acme_settings(choice.clone());
    let has_secret = settings
        .external_account
        .as_ref()
        .map(|account| account.secret().is_some());
    if has_secret == Some(false) || (has_secret.is_none() && !choice.account_key.is_empty()) {
        let (field, message) = match has_secret {
            Some(_) => (
                "account_key",
                "must be the key that the authority gave you, in base64url",
            ),
            None => ("account_key_name", "is needed with the key"),
        };
        return Err(ApiError::field(field, message));
    }
    app.store.set_acme(choice.clone()).await?;
    app.store
        .record(app.now(), by.as_str(), "choose-authority", &choice.directory)
        .await?;
    app.certificates.set_acme(settings);
    Ok(())
}
