// SPDX-License-Identifier: AGPL-3.0-or-later
//! Domains: where they lead, which records they need, and whether those are there.

use super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    domains::{self, NewDomain},
    outside::{self, DomainView, Proof},
    state::DomainRecord,
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};
use std::collections::BTreeMap;
use types::{Domain, MemberName};

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Member as SignedIn, Steward};
    vec![
        Route::new(
            Method::GET,
            "/api/v1/domains",
            SignedIn,
            "Domains, the records they need, and where each name stands.",
            list,
        )
        .gives::<Vec<DomainView>>(),
        Route::new(
            Method::POST,
            "/api/v1/domains",
            Steward,
            "Let a domain lead to a service, or to the board.",
            add,
        )
        .takes::<NewDomain>()
        .gives::<DomainView>(),
        Route::new(
            Method::GET,
            "/api/v1/domains/{name}",
            SignedIn,
            "One domain, the records it needs, and where each name stands.",
            show,
        )
        .gives::<DomainView>(),
        Route::new(
            Method::DELETE,
            "/api/v1/domains/{name}",
            Steward,
            "Take a domain away.",
            remove,
        ),
        Route::new(
            Method::POST,
            "/api/v1/domains/{name}/look",
            Steward,
            "Look for the records now.",
            look,
        ),
        Route::new(
            Method::PUT,
            "/api/v1/domains/{name}/proof",
            Steward,
            "Prove a domain by a record in DNS: way is rfc2136, hook or none.",
            put_proof,
        )
        .takes::<BTreeMap<String, String>>()
        .gives::<DomainView>(),
    ]
}

fn parse(name: &str) -> Result<Domain, ApiError> {
    name.to_lowercase()
        .parse()
        .map_err(|error: types::NameError| ApiError::field("name", error.to_string()))
}

/// A domain that was added, or 404.
pub(crate) async fn known_domain(app: &App, name: &str) -> Result<Domain, ApiError> {
    let domain = parse(name)?;
    let domains = app.store.domains().await?;
    let known = domains.iter().any(|record| record.name == domain);
    known.then_some(domain.clone()).ok_or_else(|| missing(&domain))
}

/// A name of this board, a domain or one under it, or 404.
pub(crate) async fn known_name(app: &App, name: &str) -> Result<Domain, ApiError> {
    let domain = parse(name)?;
    let names = app.store.public_names().await?;
    let known = names.iter().any(|public| public.name == domain);
    known.then_some(domain.clone()).ok_or_else(|| missing(&domain))
}

fn missing(domain: &Domain) -> ApiError {
    ApiError::not_found(format!("{domain} is not a domain of this board. Add it first."))
}

/// Every domain as it stands.
pub(crate) async fn views(app: &App) -> Result<Vec<DomainView>, ApiError> {
    let names = app.store.public_names().await?;
    let target = app.outside.target(&app.store.outside().await?);
    let now = app.now();
    let domains = app.store.domains().await?;
    let proofs = app.store.proofs().await?;
    let view = |domain: &DomainRecord| DomainView {
        proof: proofs.get(&domain.name).map(Proof::view),
        ..outside::view(&app.outside, domain, &names, &target, now)
    };
    Ok(domains.iter().map(view).collect())
}

async fn list(State(app): State<App>) -> Result<Json<Vec<DomainView>>, ApiError> {
    views(&app).await.map(Json)
}

async fn one(app: &App, name: &Domain) -> Result<DomainView, ApiError> {
    let views = views(app).await?;
    let found = views.into_iter().find(|view| view.name == name.as_str());
    found.ok_or_else(|| missing(name))
}

async fn show(State(app): State<App>, Path(name): Path<String>) -> Result<Json<DomainView>, ApiError> {
    let unknown = |_| ApiError::not_found(format!("{name} is not a domain of this board. Add it first."));
    one(&app, &name.to_lowercase().parse().map_err(unknown)?)
        .await
        .map(Json)
}

async fn add(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<NewDomain>,
) -> Result<(StatusCode, Json<DomainView>), ApiError> {
    let record = domains::add(&app, &body, caller.name()?).await?;
    Ok((StatusCode::CREATED, Json(one(&app, &record.name).await?)))
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

async fn put_proof(
    State(app): State<App>,
    Path(name): Path<String>,
    caller: Caller,
    Body(fields): Body<BTreeMap<String, String>>,
) -> Result<Json<DomainView>, ApiError> {
    let domain = known_domain(&app, &name).await?;
    prove(&app, &domain, &fields, caller.name()?).await?;
    Ok(Json(one(&app, &domain).await?))
}

/// Chooses how a domain is proved by a record in DNS.
pub(crate) async fn prove(
    app: &App,
    domain: &Domain,
    fields: &BTreeMap<String, String>,
    by: &MemberName,
) -> Result<(), ApiError> {
    let proofs = app.store.proofs().await?;
    let proof = outside::check_proof(domain, proofs.get(domain), fields)?;
    app.store.set_proof(domain.clone(), proof, by, app.now()).await?;
    crate::reconcile::open_doors(app).await?;
    app.certificates.retry_now(domain);
    Ok(())
}

async fn look(State(app): State<App>, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    let name = known_name(&app, &name).await?;
    for public in app.store.public_names().await? {
        if public.name == name || public.domain == name {
            app.outside.look_now(&public.name);
        }
    }
    Ok(StatusCode::ACCEPTED)
}
