// SPDX-License-Identifier: AGPL-3.0-or-later
//! Services as pages show them: what was asked for, its manifest, how it is.

use super::links::{Links, best_first};
use crate::{ApiError, App, catalogs::Entry, services, views};
use std::{collections::BTreeSet, sync::Arc};
use types::{DesiredService, Language, ServiceName};
use web_ui::ServiceState;

/// An enabled service.
pub(super) struct Enabled {
    /// Its name.
    pub(super) name: ServiceName,
    /// What was asked for.
    pub(super) desired: DesiredService,
    /// Its manifest and icon; `None` when no catalog has its version any more.
    pub(super) entry: Option<Arc<Entry>>,
    /// How it is.
    pub(super) state: ServiceState,
    /// Why it fails; else empty.
    pub(super) reason: String,
    /// Its host names.
    names: Vec<String>,
}

/// Every enabled service, by name.
pub(super) async fn enabled(app: &App) -> Result<Vec<Enabled>, ApiError> {
    let desired = app.store.desired().await?;
    let catalogs = app.catalogs.get();
    let one = |(name, service): (ServiceName, DesiredService)| {
        let (state, reason) = app.service_state(&name);
        let mut names: Vec<String> = service.domains.iter().map(ToString::to_string).collect();
        names.push(format!("{name}-{}.local", desired.board));
        Enabled {
            entry: catalogs.entry(&name, &service.entry).cloned(),
            desired: service,
            state: state_of(state),
            reason,
            names,
            name,
        }
    };
    Ok(desired.services.into_iter().map(one).collect())
}

/// One enabled service, or 404.
pub(super) async fn one(app: &App, name: &str) -> Result<Enabled, ApiError> {
    let name = services::parse_name(name)?;
    let all = enabled(app).await?;
    let found = all.into_iter().find(|service| service.name == name);
    found.ok_or_else(|| {
        ApiError::not_found(format!(
            "{name} is not enabled on this board. Enable it from the catalog first."
        ))
    })
}

/// What the catalog offers under this name, or 404.
pub(super) fn offered(app: &App, name: &str) -> Result<Arc<Entry>, ApiError> {
    let name = services::parse_name(name)?;
    let catalogs = app.catalogs.get();
    let found = catalogs.current().get(&name).cloned();
    found.ok_or_else(|| ApiError::not_found(format!("The catalog has no service called {name}.")))
}

/// What people call a service: its title, or its name when the catalog no longer has it.
pub(super) fn title(app: &App, name: &ServiceName, language: Language) -> String {
    app.catalogs.get().title(name, language)
}

impl Enabled {
    /// What people call it.
    pub(super) fn title(&self, language: Language) -> String {
        let title = self
            .entry
            .as_ref()
            .map(|entry| entry.manifest.service.title.get(language));
        title.unwrap_or(self.name.as_str()).to_owned()
    }

    /// One sentence.
    pub(super) fn summary(&self, language: Language) -> String {
        let summary = self
            .entry
            .as_ref()
            .map(|entry| entry.manifest.service.summary.get(language));
        summary.unwrap_or_default().to_owned()
    }

    /// Its icon.
    pub(super) fn icon(&self) -> String {
        self.entry
            .as_ref()
            .map(|entry| entry.catalog.icon.clone())
            .unwrap_or_default()
    }

    /// Where a browser opens it; `None` when only apps talk to it.
    pub(super) fn open_url(&self, trusted: &BTreeSet<String>, links: &Links) -> Option<String> {
        let entry = self.entry.as_ref()?;
        let hosts = self.hosts(trusted);
        let host = hosts.first().filter(|_| entry.manifest.service.page)?;
        Some(links.open(host))
    }

    /// Its host names, the best first; none when it has no web address.
    pub(super) fn hosts(&self, trusted: &BTreeSet<String>) -> Vec<String> {
        let web = self.entry.as_ref().and_then(|entry| entry.manifest.web());
        let open = web.is_some_and(|web| web.access != types::manifest::Access::None);
        if open {
            best_first(self.names.clone(), trusted)
        } else {
            Vec::new()
        }
    }
}

/// From the supervisor's word to the pages'.
pub(super) fn state_of(state: views::ServiceState) -> ServiceState {
    match state {
        views::ServiceState::Starting => ServiceState::Starting,
        views::ServiceState::Running => ServiceState::Running,
        views::ServiceState::Failing => ServiceState::Failing,
        views::ServiceState::Stopped => ServiceState::Stopped,
        views::ServiceState::Removing => ServiceState::Removing,
    }
}
