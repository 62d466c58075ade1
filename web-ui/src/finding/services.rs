// SPDX-License-Identifier: AGPL-3.0-or-later
//! Findings about services and where they come from.

use super::{Text, Words};
use types::{ServiceName, Timestamp};

/// A service should run and does not.
pub fn failing(name: &ServiceName, title: &str) -> Words {
    let words = Words::new(|t| {
        let what = t.finding_service_failing(title);
        Text::new(
            what,
            t.finding_service_failing_meaning(),
            t.finding_service_failing_remedy(),
        )
    });
    words.at(format!("/services/{name}"))
}

/// A newer version of a service is there.
pub fn update_available(name: &ServiceName, title: &str, version: &str) -> Words {
    let words = Words::new(|t| {
        let what = t.finding_update(title, version);
        Text::new(what, t.finding_update_meaning(), t.finding_update_remedy())
    });
    words.at(format!("/services/{name}"))
}

/// Nothing is enabled yet.
pub fn none_yet() -> Words {
    let words = Words::new(|t| {
        let what = t.finding_no_services();
        Text::new(
            what,
            t.finding_no_services_meaning(),
            t.finding_no_services_remedy(),
        )
    });
    words.at("/catalog")
}

/// The catalog is expired: what runs goes on, nothing new can be enabled.
pub fn catalog_expired(at: Timestamp) -> Words {
    Words::new(|t| {
        let what = t.finding_catalog_expired(crate::format::date(at));
        Text::new(
            what,
            t.finding_catalog_expired_meaning(),
            t.finding_catalog_expired_remedy(),
        )
    })
}

/// The catalog cannot be used.
pub fn catalog_refused() -> Words {
    Words::new(|t| {
        let what = t.finding_catalog_refused();
        Text::new(
            what,
            t.finding_catalog_refused_meaning(),
            t.finding_catalog_refused_remedy(),
        )
    })
}
