// SPDX-License-Identifier: AGPL-3.0-or-later
//! What can be asked of services. Each request is refused here, with the reason, or recorded; [`crate::reconcile`]
//! does the rest.

mod decide;
pub mod history;
mod show;

pub(crate) use decide::RESERVE_MIB;
pub use decide::{Refusal, check_memory, check_ports, parse_settings};
pub use show::{catalog, view, views};

use crate::{
    ApiError, App,
    catalogs::Entry,
    state::JobKind,
    two_person::{self, Act},
};
use std::{collections::BTreeMap, sync::Arc};
use types::{
    DesiredService, Digest, MemberName, Running, ServiceName,
    host::{ArchiveInfo, HostReply, HostRequest},
};

/// A service's name, or 404.
///
/// # Errors
/// When it is not a name.
pub fn parse_name(text: &str) -> Result<ServiceName, ApiError> {
    text.parse().map_err(|_| unknown(text))
}

fn unknown(name: &str) -> ApiError {
    ApiError::not_found(format!(
        "There is no service called {}. The catalog shows those that can be enabled.",
        name.chars().take(40).collect::<String>()
    ))
}

fn not_enabled(service: &ServiceName) -> ApiError {
    ApiError::not_found(format!(
        "{service} is not enabled on this board. Enable it from the catalog first."
    ))
}

async fn desired(app: &App, service: &ServiceName) -> Result<DesiredService, ApiError> {
    let mut desired = app.store.desired().await?;
    desired
        .services
        .remove(service)
        .ok_or_else(|| not_enabled(service))
}

/// Enables a service or changes its settings. Values are as JSON has them; what is absent keeps its value, or has the
/// default when the service is new.
///
/// # Errors
/// With the reason and what to do; nothing is changed then.
pub async fn put(
    app: &App,
    service: &ServiceName,
    values: &BTreeMap<String, serde_json::Value>,
    by: &MemberName,
) -> Result<String, ApiError> {
    let (entry, settings) = admit(app, service, values).await?;
    let job = app
        .store
        .put_service(service.clone(), entry.digest.clone(), settings, by, app.now())
        .await?;
    app.wake.now();
    Ok(job)
}

/// Everything that speaks against asking for a service with these values; else what is to be recorded.
///
/// # Errors
/// With the reason and what to do.
pub(crate) async fn admit(
    app: &App,
    service: &ServiceName,
    values: &BTreeMap<String, serde_json::Value>,
) -> Result<(Arc<Entry>, types::Settings), ApiError> {
    let catalogs = app.catalogs.get();
    let present = app.store.desired().await?.services.remove(service);
    let entry = match &present {
        Some(present) => catalogs.entry(service, &present.entry),
        None => catalogs.current().get(service),
    };
    let entry = entry.cloned().ok_or_else(|| unknown(service.as_str()))?;
    let mut settings = present
        .as_ref()
        .map(|present| present.settings.clone())
        .unwrap_or_default();
    settings.extend(parse_settings(&entry.manifest, values)?);
    types::settings::complete(&entry.manifest.settings, &settings)
        .map_err(|errors| ApiError::fields(errors.into_iter().map(|error| (error.key, error.message))))?;
    if present.is_none() {
        admit_new(app, &catalogs, &entry).await?;
    }
    Ok((entry, settings))
}

/// Everything that speaks against enabling a service, before anything is recorded.
async fn admit_new(
    app: &App,
    catalogs: &crate::catalogs::Loaded,
    entry: &Arc<Entry>,
) -> Result<(), ApiError> {
    if host::clock::is_plausible(app.now()) && !catalogs.is_current(app.now()) {
        return Err(ApiError::conflict(
            "catalog_expired",
            decide::expired(catalogs.expires),
        ));
    }
    check_memory(&entry.manifest, &app.readings())?;
    let present = app.store.desired().await?.services;
    let others = present
        .iter()
        .filter_map(|(name, other)| catalogs.entry(name, &other.entry));
    check_ports(&entry.manifest, others.map(|other| &other.manifest))?;
    // Verified and mounted first: a damaged bundle is refused before the request is recorded.
    let service = entry.manifest.service.name.clone();
    let request = HostRequest::MountBundles {
        service,
        entry: entry.digest.clone(),
    };
    app.host.ask(request).await?;
    Ok(())
}

/// Starts or stops a service.
///
/// # Errors
/// When it is not enabled.
pub async fn set_running(
    app: &App,
    service: &ServiceName,
    to: Running,
    by: &MemberName,
) -> Result<String, ApiError> {
    desired(app, service).await?;
    let job = app.store.set_running(service.clone(), to, by, app.now()).await?;
    app.wake.now();
    Ok(job)
}

/// Restarts a service.
///
/// # Errors
/// When it is not enabled.
pub async fn restart(app: &App, service: &ServiceName, by: &MemberName) -> Result<String, ApiError> {
    desired(app, service).await?;
    let job = app.store.restart_service(service.clone(), by, app.now()).await?;
    app.wake.now();
    Ok(job)
}

/// Goes to the version in the catalog.
///
/// # Errors
/// When there is none that is newer.
pub async fn update(app: &App, service: &ServiceName, by: &MemberName) -> Result<String, ApiError> {
    let present = desired(app, service).await?;
    let catalogs = app.catalogs.get();
    let newest = catalogs
        .current()
        .get(service)
        .filter(|entry| entry.digest != present.entry);
    let newest = newest.ok_or_else(|| {
        ApiError::conflict(
            "up_to_date",
            format!("{service} already has the newest version of the catalog."),
        )
    })?;
    switch(app, service, &newest.digest, JobKind::Update, by).await
}

/// Goes back to the version before the last update.
///
/// # Errors
/// When there is none.
pub async fn rollback(app: &App, service: &ServiceName, by: &MemberName) -> Result<String, ApiError> {
    desired(app, service).await?;
    let none = || {
        ApiError::conflict(
            "no_previous",
            format!("There is no earlier version of {service} to go back to."),
        )
    };
    let previous = app
        .store
        .previous_entry(service.clone())
        .await?
        .ok_or_else(none)?;
    switch(app, service, &previous, JobKind::Rollback, by).await
}

async fn switch(
    app: &App,
    service: &ServiceName,
    to: &Digest,
    kind: JobKind,
    by: &MemberName,
) -> Result<String, ApiError> {
    app.host
        .ask(HostRequest::MountBundles {
            service: service.clone(),
            entry: to.clone(),
        })
        .await?;
    let job = app
        .store
        .set_entry(service.clone(), to.clone(), kind, by, app.now())
        .await?;
    app.wake.now();
    Ok(job)
}

/// Removes a service; its data goes to the archive.
///
/// # Errors
/// When it is not enabled.
pub async fn remove(app: &App, service: &ServiceName, by: &MemberName) -> Result<String, ApiError> {
    desired(app, service).await?;
    let job = app.store.remove_service(service.clone(), by, app.now()).await?;
    app.wake.now();
    Ok(job)
}

/// The archives of removed services, newest first.
///
/// # Errors
/// When the host process does not answer.
pub async fn archives(app: &App) -> Result<Vec<ArchiveInfo>, ApiError> {
    match app.host.ask(HostRequest::Archives).await? {
        HostReply::Archives { archives } => Ok(archives),
        _ => Ok(Vec::new()),
    }
}

/// Deletes an archive for ever. Its name has to be typed: nobody deletes one by accident.
///
/// # Errors
/// When the name is not that of an archive of `service`; 202 when another steward has to approve it.
pub async fn purge(
    app: &App,
    service: Option<&ServiceName>,
    archive: &str,
    by: &MemberName,
) -> Result<(), ApiError> {
    let archives = archives(app).await?;
    let mine: Vec<&ArchiveInfo> = archives
        .iter()
        .filter(|info| service.is_none_or(|service| info.service == *service))
        .collect();
    if !mine.iter().any(|info| info.name == archive) {
        let names: Vec<&str> = mine.iter().map(|info| info.name.as_str()).collect();
        let known = if names.is_empty() {
            "there is none".to_owned()
        } else {
            names.join(", ")
        };
        let message = format!("Name the archive to be deleted for ever with archive=…; known: {known}.");
        return Err(ApiError::conflict("archive_name_needed", message));
    }
    let act = Act::Purge {
        archive: archive.to_owned(),
    };
    two_person::pass(app, by, act).await?;
    purge_now(app, archive, by).await
}

/// The same, once nobody else has to approve it.
pub(crate) async fn purge_now(app: &App, archive: &str, by: &MemberName) -> Result<(), ApiError> {
    app.host
        .ask(HostRequest::Purge {
            archive: archive.to_owned(),
        })
        .await?;
    app.store.record(app.now(), by.as_str(), "purge", archive).await?;
    Ok(())
}
