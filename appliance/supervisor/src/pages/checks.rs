// SPDX-License-Identifier: AGPL-3.0-or-later
//! Everything that is checked, and what was found.

use super::{
    form::Fields,
    shell::{Visit, show},
};
use crate::{
    ApiError,
    access::Policy,
    api,
    api::Route,
    checks::{self, CheckStatus, Digest, Finding},
};
use axum::response::Response;
use http::Method;
use std::time::Duration;
use types::Language;
use web_ui::{CheckRow, ChecksPage, DigestView, FindingRow, Notice};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(
            Method::GET,
            "/checks",
            Steward,
            "Everything that is checked.",
            get,
        ),
        Route::new(Method::POST, "/checks/run", Steward, "Check everything now.", run),
        Route::new(
            Method::POST,
            "/checks/silence",
            Steward,
            "Do not show a finding for a while.",
            silence,
        ),
        Route::new(
            Method::POST,
            "/checks/listen",
            Steward,
            "Show a finding again.",
            listen,
        ),
    ]
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    let language = visit.language();
    let report = checks::report(&visit.app).await?;
    let digest = visit.app.store.digest().await?;
    let page = ChecksPage {
        ran: report.ran,
        findings: report.findings.iter().map(row).collect(),
        silenced: report.silenced.iter().map(row).collect(),
        checks: report
            .checks
            .iter()
            .map(|status| check(status, language))
            .collect(),
        digest: digest.map(|digest| view(digest, language)),
        layout: visit.layout,
    };
    Ok(show(&page))
}

fn row(finding: &Finding) -> FindingRow {
    FindingRow {
        key: finding.key.clone(),
        finding: finding.shown(),
        since: finding.since,
        silenced_until: finding.silenced_until,
    }
}

fn check(status: &CheckStatus, language: Language) -> CheckRow {
    let (area, title, state) = status.row;
    CheckRow {
        area,
        title: title(language).into(),
        state,
    }
}

fn view(digest: Digest, language: Language) -> DigestView {
    let text = |texts: std::collections::BTreeMap<String, String>| {
        let found = texts.get(language.code()).or_else(|| texts.get("en"));
        found.cloned().unwrap_or_default()
    };
    DigestView {
        at: digest.at,
        new: digest.new.into_iter().map(text).collect(),
        over: digest.over.into_iter().map(text).collect(),
        still: digest.still,
    }
}

async fn run(visit: Visit) -> Result<Response, ApiError> {
    checks::run_all(&visit.app).await?;
    Ok(visit.redirect("/checks", None))
}

async fn silence(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let days: u64 = fields.get("days").parse().unwrap_or(7).clamp(1, 365);
    let until = visit.app.now().plus(Duration::from_hours(24 * days));
    api::silence_until(&visit.app, fields.get("key"), until, &by).await?;
    Ok(visit.redirect("/checks", Some(Notice::Saved)))
}

async fn listen(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let now = visit.app.now();
    visit
        .app
        .store
        .silence(fields.owned("key"), None, &by, now)
        .await?;
    Ok(visit.redirect("/checks", Some(Notice::Saved)))
}
