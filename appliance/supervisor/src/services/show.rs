// SPDX-License-Identifier: AGPL-3.0-or-later
//! Services as the API shows them.

use super::not_enabled;
use crate::{
    ApiError, App,
    catalogs::Entry,
    views::{CatalogList, CatalogView, ServiceView},
};
use std::collections::BTreeMap;
use types::{DesiredService, Language, ServiceName, Text};

fn texts(text: &Text) -> BTreeMap<String, String> {
    Language::ALL
        .into_iter()
        .map(|language| (language.code().into(), text.get(language).into()))
        .collect()
}

/// Every enabled service.
///
/// # Errors
/// When the database fails.
pub async fn views(app: &App) -> Result<Vec<ServiceView>, ApiError> {
    let desired = app.store.desired().await?;
    let mut views = Vec::new();
    for (name, service) in &desired.services {
        views.push(one(app, name, service).await?);
    }
    Ok(views)
}

/// One enabled service.
///
/// # Errors
/// 404 when it is not enabled.
pub async fn view(app: &App, name: &ServiceName) -> Result<ServiceView, ApiError> {
    let desired = app.store.desired().await?;
    let service = desired.services.get(name).ok_or_else(|| not_enabled(name))?;
    one(app, name, service).await
}

async fn one(app: &App, name: &ServiceName, service: &DesiredService) -> Result<ServiceView, ApiError> {
    let catalogs = app.catalogs.get();
    let entry = catalogs.entry(name, &service.entry);
    let manifest = entry.map(|entry| &entry.manifest);
    let (state, reason) = app.service_state(name);
    let board = app.store.board_name().await?;
    let mut addresses: Vec<String> = service
        .domains
        .iter()
        .map(|domain| format!("https://{domain}"))
        .collect();
    addresses.push(format!("https://{name}-{board}.local"));
    let origin = addresses.first().cloned().unwrap_or_default();
    let settings = manifest.map(|manifest| types::settings::complete(&manifest.settings, &service.settings));
    let previous = app.store.previous_entry(name.clone()).await?;
    Ok(ServiceView {
        name: name.to_string(),
        title: manifest
            .map(|manifest| texts(&manifest.service.title))
            .unwrap_or_default(),
        state,
        reason,
        version: manifest
            .map(|manifest| manifest.service.version.clone())
            .unwrap_or_default(),
        update_available: catalogs
            .current()
            .get(name)
            .is_some_and(|newest| newest.digest != service.entry),
        rollback_available: previous.is_some_and(|previous| catalogs.entry(name, &previous).is_some()),
        settings: settings
            .and_then(Result::ok)
            .unwrap_or_else(|| service.settings.clone()),
        app_address: manifest
            .map(|manifest| app_address(&manifest.service.app_address, &origin))
            .unwrap_or_default(),
        addresses,
        memory_max_mib: manifest.map_or(0, |manifest| manifest.limits.memory_max_mib),
        licence: manifest
            .map(|manifest| manifest.service.licence.clone())
            .unwrap_or_default(),
        source: manifest
            .map(|manifest| manifest.service.source.clone())
            .unwrap_or_default(),
    })
}

/// What a member pastes into an app; `{member}` is left for the one who shows it.
fn app_address(pattern: &str, origin: &str) -> String {
    if pattern.is_empty() {
        origin.to_owned()
    } else {
        pattern.replace("{origin}", origin)
    }
}

/// What can be enabled.
///
/// # Errors
/// When the database fails.
pub async fn catalog(app: &App) -> Result<CatalogList, ApiError> {
    let desired = app.store.desired().await?;
    let catalogs = app.catalogs.get();
    let view = |(name, entry): (&ServiceName, &std::sync::Arc<Entry>)| {
        let about = &entry.manifest.service;
        CatalogView {
            name: name.to_string(),
            title: texts(&about.title),
            summary: texts(&about.summary),
            category: about.category.clone(),
            version: about.version.clone(),
            licence: about.licence.clone(),
            source: about.source.clone(),
            memory_expected_mib: entry.manifest.limits.memory_expected_mib,
            size: entry.catalog.size(),
            exposure_tenths: entry.manifest.permissions.exposure_tenths,
            ports: entry.manifest.port_names(),
            enabled: desired.services.contains_key(name),
            settings: serde_json::to_value(&entry.manifest.settings).unwrap_or_default(),
        }
    };
    Ok(CatalogList {
        version: catalogs.version,
        expires: catalogs.expires.0,
        problems: catalogs.problems.clone(),
        services: catalogs.current().iter().map(view).collect(),
    })
}
