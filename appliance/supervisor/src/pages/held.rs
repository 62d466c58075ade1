// SPDX-License-Identifier: AGPL-3.0-or-later
//! What this board keeps of another's backups.

use super::shell::{Visit, show};
use crate::{
    ApiError,
    access::Policy,
    api::Route,
    peers::{self, HeldView},
};
use axum::{extract::Path, response::Response};
use http::Method;
use std::time::Duration;
use web_ui::{HeldPage, NewSecret, Notice};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(
            Method::GET,
            "/peers/{key}/held",
            Steward,
            "What is kept for another board.",
            get,
        ),
        Route::new(
            Method::POST,
            "/peers/{key}/held/code",
            Steward,
            "Make a code for a board that was lost.",
            make_code,
        ),
        Route::new(
            Method::POST,
            "/peers/{key}/held/uncode",
            Steward,
            "Take a code for a lost board back.",
            take_code,
        ),
        Route::new(
            Method::POST,
            "/peers/{key}/held/bring-back",
            Steward,
            "Bring back what another board deleted.",
            bring_back,
        ),
    ]
}

async fn get(visit: Visit, Path(key): Path<String>) -> Result<Response, ApiError> {
    page(visit, &key, None).await
}

async fn page(mut visit: Visit, key: &str, code: Option<String>) -> Result<Response, ApiError> {
    visit.at("/peers");
    let held: HeldView = peers::held(&visit.app, key).await?;
    let code = code.map(|secret| NewSecret {
        label: held.name.clone(),
        secret,
    });
    let page = HeldPage {
        paired: peers::get(&visit.app, &held.key).await.is_ok(),
        key: held.key,
        name: held.name,
        bytes: held.bytes,
        deleted: held.deleted,
        room: held.room,
        notice: Duration::from_hours(u64::from(held.notice) * 24),
        left: held.left.map(Duration::from_secs),
        code_until: held.code_until,
        code,
        addresses: addresses(&visit),
        layout: visit.layout,
    };
    Ok(show(&page))
}

/// Where a new board finds this one: its public names, else its numbers.
fn addresses(visit: &Visit) -> Vec<String> {
    let seen = visit.app.seen.load();
    let names = seen.addresses.board.iter();
    let public: Vec<String> = names.filter(|name| !ingress::is_local(name)).cloned().collect();
    if !public.is_empty() {
        return public;
    }
    let numbers = host::sensors::addresses().into_iter();
    let numbers = numbers.filter(|address| !address.is_loopback());
    numbers.map(|address| address.to_string()).collect()
}

async fn make_code(visit: Visit, Path(key): Path<String>) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let made = peers::make_fetch_code(&visit.app, &key, &by).await?;
    page(visit, &key, Some(made.code)).await
}

async fn take_code(visit: Visit, Path(key): Path<String>) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    peers::take_fetch_code_back(&visit.app, &key, &by).await?;
    Ok(visit.redirect(&format!("/peers/{key}/held"), Some(Notice::FetchCodeTaken)))
}

async fn bring_back(visit: Visit, Path(key): Path<String>) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let files = peers::bring_back(&visit.app, &key, &by).await?;
    Ok(visit.redirect(&format!("/peers/{key}/held"), Some(Notice::HeldBack(files))))
}
