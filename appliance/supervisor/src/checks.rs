// SPDX-License-Identifier: AGPL-3.0-or-later
//! What needs attention: each finding says what is wrong, what it means and what to do.

use crate::{ApiError, App, catalogs::Loaded, state::Role, views::ServiceState};
use host::sensors::Readings;
use schemars::JsonSchema;
use serde::Serialize;
use types::Timestamp;
use types::{Language, ServiceName};
use web_ui::FindingKind;

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
    /// What is wrong, in English.
    pub what: String,
    /// What it means for the people who use the board.
    pub meaning: String,
    /// What to do about it.
    pub remedy: String,
    /// The same as pages show it, in every language.
    #[serde(skip)]
    pub kind: FindingKind,
}

impl Finding {
    /// As pages show it.
    pub fn shown(&self) -> web_ui::Finding {
        shown(self.severity, self.kind.clone())
    }
}

fn shown(severity: Severity, kind: FindingKind) -> web_ui::Finding {
    let severity = match severity {
        Severity::Error => web_ui::Severity::Problem,
        Severity::Warning => web_ui::Severity::Warning,
        Severity::Info => web_ui::Severity::Info,
    };
    web_ui::Finding { severity, kind }
}

fn finding(
    code: &str,
    severity: Severity,
    subject: &str,
    detail: impl Into<String>,
    kind: FindingKind,
) -> Finding {
    let words = shown(severity, kind);
    Finding {
        what: words.what(Language::En),
        meaning: words.meaning(Language::En),
        remedy: words.remedy(Language::En),
        kind: words.kind,
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
                FindingKind::ServiceFailing {
                    name: service.clone(),
                    title: title(&app.catalogs.get(), service),
                },
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
                FindingKind::Certificate {
                    name: status.name.clone(),
                },
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
        findings.push(finding(
            "one-steward",
            Severity::Info,
            "",
            "",
            FindingKind::OneSteward,
        ));
    }
    let missing = app.published.get().missing.len();
    if missing > 0 {
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        let kind = FindingKind::ProfileIncomplete { missing };
        findings.push(finding("profile-incomplete", Severity::Info, "", "", kind));
    }
    findings.extend(wishes(app).await?);
    if !app.store.audit_is_whole().await? {
        findings.push(finding(
            "audit-broken",
            Severity::Error,
            "",
            "",
            FindingKind::AuditBroken,
        ));
    }
    findings.sort_by_key(|finding| finding.severity);
    Ok(findings)
}

/// What a steward may want to do next.
async fn wishes(app: &App) -> Result<Vec<Finding>, ApiError> {
    let desired = app.store.desired().await?;
    if desired.services.is_empty() {
        let kind = FindingKind::NoServices;
        return Ok(vec![finding("no-services", Severity::Info, "", "", kind)]);
    }
    let catalogs = app.catalogs.get();
    let update = |(name, service): (&ServiceName, &types::DesiredService)| {
        let newest = catalogs.current().get(name)?;
        (newest.digest != service.entry).then(|| {
            let version = newest.manifest.service.version.clone();
            let kind = FindingKind::UpdateAvailable {
                name: name.clone(),
                title: title(&catalogs, name),
                version: version.clone(),
            };
            finding("update-available", Severity::Info, name.as_str(), version, kind)
        })
    };
    Ok(desired.services.iter().filter_map(update).collect())
}

fn title(catalogs: &Loaded, name: &ServiceName) -> String {
    let entry = catalogs.current().get(name);
    entry.map_or_else(
        || name.to_string(),
        |entry| entry.manifest.service.title.get(Language::En).to_owned(),
    )
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
            FindingKind::ClockNotSet,
        ));
    }
    let mib = readings.memory_available / (1024 * 1024);
    if readings.memory_total > 0 && mib < 64 {
        let kind = FindingKind::MemoryLow {
            free: readings.memory_available,
            total: readings.memory_total,
        };
        findings.push(finding(
            "memory-low",
            Severity::Error,
            "",
            format!("{mib} MiB"),
            kind,
        ));
    }
    if let (Some(total), Some(available)) = (readings.disk_total, readings.disk_available) {
        let used = 100 - available.saturating_mul(100) / total.max(1);
        if used >= 80 {
            let severity = if used >= 95 {
                Severity::Error
            } else {
                Severity::Warning
            };
            let kind = FindingKind::DiskFull {
                free: available,
                total,
            };
            findings.push(finding("disk-full", severity, "", format!("{used} %"), kind));
        }
    }
    if let Some(degrees) = readings.temperature.filter(|degrees| *degrees >= 75.0) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at least 75, and a float's cast saturates"
        )]
        let kind = FindingKind::Hot {
            celsius: degrees.round() as u16,
        };
        findings.push(finding(
            "hot",
            Severity::Warning,
            "",
            format!("{degrees:.0} °C"),
            kind,
        ));
    }
    findings
}

fn catalog(catalogs: &Loaded, now: Timestamp) -> Vec<Finding> {
    let refused = catalogs.problems.iter().map(|problem| {
        finding(
            "catalog-refused",
            Severity::Warning,
            "",
            problem,
            FindingKind::CatalogRefused,
        )
    });
    let mut findings: Vec<Finding> = refused.collect();
    if catalogs.version == 0 {
        findings.push(finding(
            "catalog-missing",
            Severity::Warning,
            "",
            "",
            FindingKind::CatalogRefused,
        ));
    } else if host::clock::is_plausible(now) && !catalogs.is_current(now) {
        findings.push(finding(
            "catalog-expired",
            Severity::Warning,
            "",
            crate::publish::date(catalogs.expires),
            FindingKind::CatalogExpired { at: catalogs.expires },
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
