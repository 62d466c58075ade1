// SPDX-License-Identifier: AGPL-3.0-or-later
//! One service: how to use it, and how it runs.

use super::{
    catalog::MIB,
    facts::{self, Enabled},
    form::Fields,
    links::{app_address, connect_text},
    shell::{Visit, show_as},
    usage,
};
use crate::{
    ApiError,
    access::{Policy, rules::may_use},
    api::Route,
    services,
    state::{Job, JobState},
};
use axum::{extract::Path, response::Response};
use http::{Method, StatusCode};
use std::collections::BTreeMap;
use types::{
    Manifest, SettingError,
    host::{HostReply, HostRequest, JournalLine},
    manifest::Network,
};
use web_ui::{
    Address, AppPasswordRow, AppPasswords, Connect, LogLine, NewSecret, Sandbox, ServicePage, ServiceState,
    TextField, setting_fields,
};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::new(
        Method::GET,
        "/services/{name}",
        Policy::Guest,
        "One service.",
        get,
    )]
}

async fn get(visit: Visit, Path(name): Path<String>) -> Result<Response, ApiError> {
    let service = facts::one(&visit.app, &name).await?;
    if !may_use(&visit.app.rules.load(), &service.name, visit.caller.member()?) {
        let message = "This service is not open to you. Ask a steward of this board.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "service_closed", message));
    }
    page(visit, &service, Filled::default()).await
}

/// What a form left on the page.
#[derive(Default)]
pub(super) struct Filled {
    /// Status of the answer, when it is not 200.
    pub(super) status: Option<StatusCode>,
    /// Settings as they were entered.
    pub(super) entered: Option<BTreeMap<String, String>>,
    /// What is wrong with them.
    pub(super) errors: Vec<SettingError>,
    /// An app password that was just made.
    pub(super) secret: Option<NewSecret>,
    /// Groups as they were entered, with their error.
    pub(super) groups: Option<TextField>,
    /// The device's name, with its error.
    pub(super) device: TextField,
}

/// The page of a service.
pub(super) async fn page(mut visit: Visit, service: &Enabled, filled: Filled) -> Result<Response, ApiError> {
    visit.at(format!("/services/{}", service.name));
    let (app, language) = (&visit.app, visit.language());
    let catalogs = app.catalogs.get();
    let manifest = service.entry.as_ref().map(|entry| &entry.manifest);
    let newest = catalogs
        .current()
        .get(&service.name)
        .filter(|newest| newest.digest != service.desired.entry);
    let previous = app.store.previous_entry(service.name.clone()).await?;
    let previous = previous.and_then(|digest| catalogs.entry(&service.name, &digest).cloned());
    let lines = if visit.is_steward() {
        journal(&visit, service).await
    } else {
        Vec::new()
    };
    let log: Vec<LogLine> = lines.iter().map(log_line).collect();
    let unit = usage::unit(app, &service.name).await;
    let running = service.state == ServiceState::Running;
    let about = |read: fn(&Manifest) -> &str| manifest.map(read).unwrap_or_default().to_owned();
    let hosts = service.hosts(&visit.trusted_names());
    let page = ServicePage {
        name: service.name.clone(),
        title: service.title(language),
        summary: service.summary(language),
        icon: service.icon(),
        state: service.state,
        since: unit.as_ref().and_then(|unit| unit.since).filter(|_| running),
        failure: (service.state == ServiceState::Failing)
            .then(|| usage::failure(&service.reason, unit.as_ref(), manifest, &log)),
        job: running_job(app.store.running_jobs().await?, service),
        opens: manifest.is_some_and(|manifest| manifest.service.page),
        addresses: hosts.iter().map(|host| address(&visit, host)).collect(),
        connect: manifest.and_then(|manifest| connect(&visit, manifest, hosts.first()?)),
        app_passwords: app_passwords(&visit, service, filled.secret, filled.device).await?,
        groups: filled
            .groups
            .unwrap_or_else(|| TextField::new(groups(app, service))),
        fields: manifest.map_or_else(Vec::new, |manifest| {
            setting_fields(
                &manifest.settings,
                &service.desired.settings,
                filled.entered.as_ref(),
                &filled.errors,
                language,
            )
        }),
        usage: usage::usage(
            app,
            service,
            manifest.map_or(0, |manifest| u64::from(manifest.limits.memory_max_mib) * MIB),
        )
        .await,
        log,
        log_cursor: lines.last().map(|line| line.cursor.clone()),
        version: about(|manifest| &manifest.service.version),
        update: newest.map(|newest| newest.manifest.service.version.clone()),
        rollback: previous.map(|previous| previous.manifest.service.version.clone()),
        licence: about(|manifest| &manifest.service.licence),
        source: about(|manifest| &manifest.service.source),
        website: about(|manifest| &manifest.service.website),
        sandbox: Sandbox {
            network: manifest.map_or(Network::None, Manifest::network),
            writable_executable_memory: manifest
                .is_some_and(|manifest| manifest.permissions.writable_executable_memory),
            exposure_tenths: None,
        },
        layout: visit.layout,
    };
    Ok(show_as(filled.status.unwrap_or(StatusCode::OK), &page))
}

/// For which groups it is, as it is typed.
fn groups(app: &crate::App, service: &Enabled) -> String {
    let rules = app.rules.load();
    let groups = rules.get(&service.name).into_iter().flatten();
    groups.map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn running_job(jobs: Vec<Job>, service: &Enabled) -> Option<String> {
    let mine = |job: &Job| job.service == service.name && job.state == JobState::Running;
    jobs.into_iter().find(mine).map(|job| job.id)
}

fn address(visit: &Visit, host: &str) -> Address {
    Address {
        url: visit.links.open(host),
        local: ingress::is_local(host),
    }
}

/// How an app reaches it; nothing when the manifest says nothing.
fn connect(visit: &Visit, manifest: &Manifest, host: &str) -> Option<Connect> {
    let text = manifest.service.connect.get(visit.language());
    let member = visit.caller.member.as_ref()?.name.as_str();
    if text.is_empty() && manifest.service.app_address.is_empty() {
        return None;
    }
    let address = app_address(&manifest.service.app_address, &visit.links.app(host), member);
    Some(Connect {
        text: connect_text(text, &address, member),
        address,
        user: member.to_owned(),
    })
}

async fn app_passwords(
    visit: &Visit,
    service: &Enabled,
    new: Option<NewSecret>,
    device: TextField,
) -> Result<Option<AppPasswords>, ApiError> {
    let takes = service
        .entry
        .as_ref()
        .is_some_and(|entry| entry.manifest.takes_app_passwords());
    if !takes {
        return Ok(None);
    }
    let all = visit
        .app
        .store
        .app_passwords(visit.caller.name()?.clone())
        .await?;
    let mine = all
        .into_iter()
        .filter(|password| password.services.contains(&service.name));
    let list = mine.map(|password| AppPasswordRow {
        id: password.id,
        device: password.device,
        created: password.created,
        last_used: password.last_used,
    });
    Ok(Some(AppPasswords {
        list: list.collect(),
        new,
        device,
    }))
}

/// The newest lines of the log; none when the host process does not answer.
async fn journal(visit: &Visit, service: &Enabled) -> Vec<JournalLine> {
    let request = HostRequest::Journal {
        service: service.name.clone(),
        lines: 100,
        after: None,
    };
    match visit.app.host.ask(request).await {
        Ok(HostReply::Journal { lines }) => lines,
        _ => Vec::new(),
    }
}

fn log_line(line: &JournalLine) -> LogLine {
    LogLine {
        at: line.at,
        priority: line.priority,
        message: line.message.clone(),
    }
}

/// Settings that were refused, for [`page`].
pub(super) fn refused(error: &ApiError, fields: &Fields) -> Filled {
    Filled {
        status: Some(error.status),
        entered: Some(fields.settings()),
        errors: super::catalog::setting_errors(error),
        ..Filled::default()
    }
}

/// The name in the path, checked.
pub(super) fn parse(name: &str) -> Result<types::ServiceName, ApiError> {
    services::parse_name(name)
}
