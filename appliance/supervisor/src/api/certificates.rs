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
