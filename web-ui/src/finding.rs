// SPDX-License-Identifier: AGPL-3.0-or-later
//! What needs attention: what is wrong, what it means, what to do.

use crate::i18n::T;
use types::{Language, ServiceName, Timestamp};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Soon a problem.
    Warning,
    /// A problem now.
    Problem,
}

impl Severity {
    /// The word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }

    pub(crate) fn label(self, t: T) -> &'static str {
        match self {
            Self::Info => t.severity_info(),
            Self::Warning => t.severity_warning(),
            Self::Problem => t.severity_problem(),
        }
    }

    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warn",
            Self::Problem => "bad",
        }
    }
}

/// Something that needs attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What it is.
    pub kind: FindingKind,
}

/// What was found. [`Finding::what`], [`Finding::meaning`] and [`Finding::remedy`] put it into words, for pages as
/// well as for the API and the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// A service should run and does not.
    ServiceFailing {
        /// Which.
        name: ServiceName,
        /// Its title.
        title: String,
    },
    /// Little space left on `/data`, in bytes.
    DiskFull {
        /// Bytes left.
        free: u64,
        /// Bytes in all.
        total: u64,
    },
    /// Little memory left, in bytes.
    MemoryLow {
        /// Bytes left.
        free: u64,
        /// Bytes in all.
        total: u64,
    },
    /// The processor is hot.
    Hot {
        /// Degrees Celsius.
        celsius: u16,
    },
    /// A certificate could not be got or renewed.
    Certificate {
        /// For this name.
        name: String,
    },
    /// The catalog is expired: what runs goes on, nothing new can be enabled.
    CatalogExpired {
        /// Since when.
        at: Timestamp,
    },
    /// The catalog cannot be used.
    CatalogRefused,
    /// A newer version of a service is there.
    UpdateAvailable {
        /// Which.
        name: ServiceName,
        /// Its title.
        title: String,
        /// The version.
        version: String,
    },
    /// Nothing is enabled yet.
    NoServices,
    /// The cooperative's profile is incomplete, so it is not published.
    ProfileIncomplete {
        /// How many values are missing.
        missing: u32,
    },
    /// The clock was not set by the network since the start.
    ClockNotSet,
    /// The kernel does not enforce memory limits.
    MemoryLimitsOff,
    /// The host process does not answer.
    HostSilent,
    /// Only one steward: nobody else could step in.
    OneSteward,
    /// The audit log was changed from outside.
    AuditBroken,
    /// Anything else, in words that somebody else chose.
    Other {
        /// What is wrong.
        what: String,
        /// What it means.
        meaning: String,
        /// What to do.
        remedy: String,
        /// Where to do it, a path on this board.
        link: Option<String>,
    },
}

impl Finding {
    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self.kind {
            FindingKind::ServiceFailing { .. } => "service_failing",
            FindingKind::DiskFull { .. } => "disk_full",
            FindingKind::MemoryLow { .. } => "memory_low",
            FindingKind::Hot { .. } => "hot",
            FindingKind::Certificate { .. } => "certificate",
            FindingKind::CatalogExpired { .. } => "catalog_expired",
            FindingKind::CatalogRefused => "catalog_refused",
            FindingKind::UpdateAvailable { .. } => "update_available",
            FindingKind::NoServices => "no_services",
            FindingKind::ProfileIncomplete { .. } => "profile_incomplete",
            FindingKind::ClockNotSet => "clock_not_set",
            FindingKind::MemoryLimitsOff => "memory_limits_off",
            FindingKind::HostSilent => "host_silent",
            FindingKind::OneSteward => "one_steward",
            FindingKind::AuditBroken => "audit_broken",
            FindingKind::Other { .. } => "other",
        }
    }

    /// What is wrong, in a few words.
    pub fn what(&self, language: Language) -> String {
        let t = T(language);
        match &self.kind {
            FindingKind::ServiceFailing { title, .. } => t.finding_service_failing(title),
            FindingKind::DiskFull { free, total } => t.finding_disk_full(t.bytes(*free), t.bytes(*total)),
            FindingKind::MemoryLow { free, total } => t.finding_memory_low(t.bytes(*free), t.bytes(*total)),
            FindingKind::Hot { celsius } => t.finding_hot(celsius),
            FindingKind::Certificate { name } => t.finding_certificate(name),
            FindingKind::CatalogExpired { at } => t.finding_catalog_expired(crate::format::date(*at)),
            FindingKind::CatalogRefused => t.finding_catalog_refused().into(),
            FindingKind::UpdateAvailable { title, version, .. } => t.finding_update(title, version),
            FindingKind::NoServices => t.finding_no_services().into(),
            FindingKind::ProfileIncomplete { missing } => t.finding_profile(*missing),
            FindingKind::ClockNotSet => t.finding_clock().into(),
            FindingKind::MemoryLimitsOff => t.finding_limits_off().into(),
            FindingKind::HostSilent => t.finding_host_silent().into(),
            FindingKind::OneSteward => t.finding_one_steward().into(),
            FindingKind::AuditBroken => t.finding_audit().into(),
            FindingKind::Other { what, .. } => what.clone(),
        }
    }

    /// What it means for the people who use the board.
    pub fn meaning(&self, language: Language) -> String {
        let t = T(language);
        match &self.kind {
            FindingKind::ServiceFailing { .. } => t.finding_service_failing_meaning(),
            FindingKind::DiskFull { .. } => t.finding_disk_full_meaning(),
            FindingKind::MemoryLow { .. } => t.finding_memory_low_meaning(),
            FindingKind::Hot { .. } => t.finding_hot_meaning(),
            FindingKind::Certificate { .. } => t.finding_certificate_meaning(),
            FindingKind::CatalogExpired { .. } => t.finding_catalog_expired_meaning(),
            FindingKind::CatalogRefused => t.finding_catalog_refused_meaning(),
            FindingKind::UpdateAvailable { .. } => t.finding_update_meaning(),
            FindingKind::NoServices => t.finding_no_services_meaning(),
            FindingKind::ProfileIncomplete { .. } => t.finding_profile_meaning(),
            FindingKind::ClockNotSet => t.finding_clock_meaning(),
            FindingKind::MemoryLimitsOff => t.finding_limits_off_meaning(),
            FindingKind::HostSilent => t.finding_host_silent_meaning(),
            FindingKind::OneSteward => t.finding_one_steward_meaning(),
            FindingKind::AuditBroken => t.finding_audit_meaning(),
            FindingKind::Other { meaning, .. } => return meaning.clone(),
        }
        .to_owned()
    }

    /// What to do about it.
    pub fn remedy(&self, language: Language) -> String {
        let t = T(language);
        match &self.kind {
            FindingKind::ServiceFailing { .. } => t.finding_service_failing_remedy(),
            FindingKind::DiskFull { .. } => t.finding_disk_full_remedy(),
            FindingKind::MemoryLow { .. } => t.finding_memory_low_remedy(),
            FindingKind::Hot { .. } => t.finding_hot_remedy(),
            FindingKind::Certificate { .. } => t.finding_certificate_remedy(),
            FindingKind::CatalogExpired { .. } => t.finding_catalog_expired_remedy(),
            FindingKind::CatalogRefused => t.finding_catalog_refused_remedy(),
            FindingKind::UpdateAvailable { .. } => t.finding_update_remedy(),
            FindingKind::NoServices => t.finding_no_services_remedy(),
            FindingKind::ProfileIncomplete { .. } => t.finding_profile_remedy(),
            FindingKind::ClockNotSet => t.finding_clock_remedy(),
            FindingKind::MemoryLimitsOff => t.finding_limits_off_remedy(),
            FindingKind::HostSilent => t.finding_host_silent_remedy(),
            FindingKind::OneSteward => t.finding_one_steward_remedy(),
            FindingKind::AuditBroken => t.finding_audit_remedy(),
            FindingKind::Other { remedy, .. } => return remedy.clone(),
        }
        .to_owned()
    }

    /// The page where it is put right, if there is one.
    pub fn link(&self) -> Option<String> {
        match &self.kind {
            FindingKind::ServiceFailing { name, .. } | FindingKind::UpdateAvailable { name, .. } => {
                Some(format!("/services/{name}"))
            }
            FindingKind::DiskFull { .. } => Some("/archives".into()),
            FindingKind::Certificate { .. } => Some("/certificates".into()),
            FindingKind::NoServices => Some("/catalog".into()),
            FindingKind::ProfileIncomplete { .. } => Some("/cooperative".into()),
            FindingKind::OneSteward => Some("/members".into()),
            FindingKind::AuditBroken => Some("/audit".into()),
            FindingKind::Other { link, .. } => link.clone(),
            _ => None,
        }
    }
}
