// SPDX-License-Identifier: AGPL-3.0-or-later
//! What needs attention: each finding says what is wrong, what it means and what to do.

use crate::{ApiError, App, catalogs::Loaded, state::Role, views::ServiceState};
use host::sensors::Readings;
use schemars::JsonSchema;
use serde::Serialize;
use types::Timestamp;

/// How urgent a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Members notice, or will soon.
    Error,
    /// Should be looked at.
    Warning,
    /// Good to know.
    Info,
}

/// Something that needs attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// A word for programs: `memory-low`, `service-failing`, …
    pub code: String,
    /// How urgent it is.
    pub severity: Severity,
    /// What it is about: a service, a name, or empty for the board.
    pub subject: String,
    /// Details in words (a reason, a number); may be empty.
    pub detail: String,
}

fn finding(code: &str, severity: Severity, subject: &str, detail: impl Into<String>) -> Finding {
    Finding {
        code: code.into(),
        severity,
        subject: subject.into(),
        detail: detail.into(),
    }
}

/// Every finding, the most urgent first.
///
/// # Errors
/// When the database fails.
pub async fn run(app: &App) -> Result<Vec<Finding>, ApiError> {
    let now = app.now();
    let mut findings = board(&app.readings(), now);
    findings.extend(catalog(&app.catalogs.get(), now));
    let seen = app.seen.load_full();
    for (service, (state, reason)) in &seen.states {
        if *state == ServiceState::Failing {
            findings.push(finding(
                "service-failing",
                Severity::Error,
                service.as_str(),
                reason,
            ));
        }
    }
    for status in app.certificates.status() {
        if let Some(problem) = &status.last_problem {
            findings.push(finding(
                "certificate",
                Severity::Warning,
                &status.name,
                &problem.summary,
            ));
        }
    }
    let stewards = app
        .store
        .members()
        .await?
        .iter()
        .filter(|member| member.role == Role::Steward)
        .count();
    if stewards == 1 {
        findings.push(finding("one-steward", Severity::Info, "", ""));
    }
    if !app.published.get().missing.is_empty() {
        findings.push(finding("profile-incomplete", Severity::Info, "", ""));
    }
    if !app.store.audit_is_whole().await? {
        findings.push(finding("audit-broken", Severity::Error, "", ""));
    }
    findings.sort_by_key(|finding| finding.severity);
    Ok(findings)
}

/// Findings about the board itself: pure.
fn board(readings: &Readings, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !host::clock::is_plausible(now) {
        findings.push(finding(
            "clock-wrong",
            Severity::Warning,
            "",
            crate::publish::date(now),
        ));
    }
    let mib = readings.memory_available / (1024 * 1024);
    if readings.memory_total > 0 && mib < 64 {
        findings.push(finding("memory-low", Severity::Error, "", format!("{mib} MiB")));
    }
    if let (Some(total), Some(available)) = (readings.disk_total, readings.disk_available) {
        let used = 100 - available.saturating_mul(100) / total.max(1);
        if used >= 80 {
            let severity = if used >= 95 {
                Severity::Error
            } else {
                Severity::Warning
            };
            findings.push(finding("disk-full", severity, "", format!("{used} %")));
        }
    }
    if let Some(degrees) = readings.temperature.filter(|degrees| *degrees >= 75.0) {
        findings.push(finding("hot", Severity::Warning, "", format!("{degrees:.0} °C")));
    }
    findings
}

fn catalog(catalogs: &Loaded, now: Timestamp) -> Vec<Finding> {
    let refused = catalogs
        .problems
        .iter()
        .map(|problem| finding("catalog-refused", Severity::Warning, "", problem));
    let mut findings: Vec<Finding> = refused.collect();
    if catalogs.version == 0 {
        findings.push(finding("catalog-missing", Severity::Warning, "", ""));
    } else if host::clock::is_plausible(now) && !catalogs.is_current(now) {
        findings.push(finding(
            "catalog-expired",
            Severity::Warning,
            "",
            crate::publish::date(catalogs.expires),
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_board_says_what_is_wrong_and_nothing_else() {
        let now = Timestamp(1_795_000_000);
        let well = Readings {
            memory_total: 1 << 30,
            memory_available: 1 << 29,
            disk_total: Some(100),
            disk_available: Some(50),
            temperature: Some(50.0),
            ..Readings::default()
        };
        assert_eq!(board(&well, now), []);
        let ill = Readings {
            memory_available: 1 << 20,
            disk_available: Some(3),
            temperature: Some(81.2),
            ..well
        };
        let codes: Vec<String> = board(&ill, Timestamp(0))
            .into_iter()
            .map(|finding| finding.code)
            .collect();
        assert_eq!(codes, ["clock-wrong", "memory-low", "disk-full", "hot"]);
    }
}
