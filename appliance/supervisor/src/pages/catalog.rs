// SPDX-License-Identifier: AGPL-3.0-or-later
//! What can be enabled, and the form that enables it.

use super::{
    facts,
    form::Fields,
    links::best_first,
    shell::{INVALID, Visit, show, show_as},
};
use crate::{ApiError, access::Policy, api::Route, catalogs::Entry, services};
use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use http::{Method, StatusCode};
use std::collections::BTreeMap;
use types::{Language, Manifest, SettingError, Settings};
use web_ui::{CatalogCard, CatalogFacts, CatalogPage, EnablePage, Refusal, ServiceState, setting_fields};

/// Bytes in a MiB.
pub(super) const MIB: u64 = 1024 * 1024;

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(Method::GET, "/catalog", Steward, "What can be enabled.", list),
        Route::new(
            Method::GET,
            "/services/{name}/enable",
            Steward,
            "What a service needs.",
            form,
        ),
        Route::new(
            Method::POST,
            "/services/{name}/enable",
            Steward,
            "Enable a service.",
            enable,
        ),
    ]
}

async fn list(visit: Visit) -> Result<Response, ApiError> {
    let catalogs = visit.app.catalogs.get();
    let enabled = facts::enabled(&visit.app).await?;
    let card = |entry: &Entry| {
        let found = enabled
            .iter()
            .find(|service| service.name == entry.manifest.service.name);
        card(entry, found.map(|service| service.state), visit.language())
    };
    let page = CatalogPage {
        facts: (catalogs.version > 0).then(|| CatalogFacts {
            version: catalogs.version,
            created: catalogs.created,
            expires: catalogs.expires,
        }),
        problem: catalogs.problems.first().cloned(),
        memory_free: memory_free(&visit),
        cards: catalogs.current().values().map(|entry| card(entry)).collect(),
        layout: visit.layout,
    };
    Ok(show(&page))
}

fn memory_free(visit: &Visit) -> Option<u64> {
    let readings = visit.app.readings();
    let reserve = services::RESERVE_MIB * MIB;
    (readings.memory_total > 0).then(|| readings.memory_available.saturating_sub(reserve))
}

fn card(entry: &Entry, state: Option<ServiceState>, language: Language) -> CatalogCard {
    let about = &entry.manifest.service;
    CatalogCard {
        name: about.name.clone(),
        title: about.title.get(language).to_owned(),
        summary: about.summary.get(language).to_owned(),
        category: about.category.clone(),
        icon: entry.catalog.icon.clone(),
        memory_expected: u64::from(entry.manifest.limits.memory_expected_mib) * MIB,
        size: entry.catalog.size(),
        exposure_tenths: entry.manifest.permissions.exposure_tenths,
        ports: entry.manifest.port_names(),
        licence: about.licence.clone(),
        version: about.version.clone(),
        website: about.website.clone(),
        state,
    }
}

async fn form(visit: Visit, Path(name): Path<String>) -> Result<Response, ApiError> {
    let entry = facts::offered(&visit.app, &name)?;
    if facts::one(&visit.app, &name).await.is_ok() {
        return Ok(Redirect::to(&format!("/services/{}", entry.manifest.service.name)).into_response());
    }
    let now = visit.layout.now;
    let catalogs = visit.app.catalogs.get();
    let refusal = if host::clock::is_plausible(now) && !catalogs.is_current(now) {
        Some(Refusal::CatalogExpired(catalogs.expires))
    } else {
        let fits = services::check_memory(&entry.manifest, &visit.app.readings());
        fits.err().map(|error| refusal(&visit, &entry, &error))
    };
    Ok(show(&page(visit, &entry, None, &[], refusal)))
}

fn page(
    visit: Visit,
    entry: &Entry,
    entered: Option<&BTreeMap<String, String>>,
    errors: &[SettingError],
    refusal: Option<Refusal>,
) -> EnablePage {
    let language = visit.language();
    let name = &entry.manifest.service.name;
    let names = vec![format!("{name}-{}.local", visit.layout.board)];
    let address = best_first(names, &visit.trusted_names());
    EnablePage {
        card: card(entry, None, language),
        fields: setting_fields(
            &entry.manifest.settings,
            &Settings::new(),
            entered,
            errors,
            language,
        ),
        address: address
            .first()
            .map(|host| visit.links.open(host))
            .unwrap_or_default(),
        memory_max: u64::from(entry.manifest.limits.memory_max_mib) * MIB,
        memory_free: memory_free(&visit),
        refusal,
        layout: visit.layout,
    }
}

fn refusal(visit: &Visit, entry: &Entry, error: &ApiError) -> Refusal {
    match error.code.as_str() {
        "memory" => Refusal::Memory {
            needed: u64::from(entry.manifest.limits.memory_expected_mib) * MIB,
            free: memory_free(visit).unwrap_or(0),
        },
        "catalog_expired" => Refusal::CatalogExpired(visit.app.catalogs.get().expires),
        _ => Refusal::Other(error.message.clone()),
    }
}

async fn enable(mut visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    let entry = facts::offered(&visit.app, &name)?;
    let service = entry.manifest.service.name.clone();
    let values = setting_values(&entry.manifest, &fields.settings());
    let by = visit.caller.name()?.clone();
    let error = match services::put(&visit.app, &service, &values, &by).await {
        Ok(job) => return Ok(Redirect::to(&format!("/jobs/{job}")).into_response()),
        Err(error) => error,
    };
    visit.at(format!("/services/{service}/enable"));
    let (status, errors, refusal) = match error.status {
        StatusCode::UNPROCESSABLE_ENTITY => (INVALID, setting_errors(&error), None),
        StatusCode::CONFLICT => (error.status, Vec::new(), Some(refusal(&visit, &entry, &error))),
        _ => return Err(error),
    };
    let page = page(visit, &entry, Some(&fields.settings()), &errors, refusal);
    Ok(show_as(status, &page))
}

/// What a form says about settings; a box that is not ticked is absent from it and means no.
pub(super) fn setting_values(
    manifest: &Manifest,
    entered: &BTreeMap<String, String>,
) -> BTreeMap<String, serde_json::Value> {
    let unticked = manifest.settings.iter().filter(|(key, setting)| {
        matches!(setting.kind, types::settings::SettingKind::Bool { .. }) && !entered.contains_key(*key)
    });
    let unticked = unticked.map(|(key, _)| (key.clone(), serde_json::Value::Bool(false)));
    let entered = entered
        .iter()
        .map(|(key, text)| (key.clone(), serde_json::Value::from(text.as_str())));
    entered.chain(unticked).collect()
}

/// Which settings were refused.
pub(super) fn setting_errors(error: &ApiError) -> Vec<SettingError> {
    let one = |(key, message): (&String, &String)| SettingError {
        key: key.clone(),
        message: message.clone(),
    };
    error.fields.iter().map(one).collect()
}
