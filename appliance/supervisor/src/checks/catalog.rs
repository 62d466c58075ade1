// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether the catalog of services is there, sound and current.

use super::{Check, Finding, Outcome, Pace};
use crate::catalogs::Loaded;
use types::Timestamp;
use web_ui::{Area, finding, title};

pub(super) const CHECK: Check = Check {
    name: "catalog",
    area: Area::Services,
    title: title::catalog,
    pace: Pace::Always,
    look: |app| {
        let outcome = judge(&app.catalogs.get(), app.now());
        Box::pin(async move { Ok(outcome) })
    },
};

fn judge(catalogs: &Loaded, now: Timestamp) -> Outcome {
    let refused = || finding::services::catalog_refused();
    let mut found: Vec<Finding> = Vec::new();
    if !catalogs.problems.is_empty() {
        found.push(Finding::warning("catalog-refused", refused()).detail(catalogs.problems.join("; ")));
    }
    if catalogs.version == 0 {
        found.push(Finding::warning("catalog-missing", refused()));
    } else if host::clock::is_plausible(now) && !catalogs.is_current(now) {
        let words = finding::services::catalog_expired(catalogs.expires);
        let since = crate::publish::date(catalogs.expires);
        found.push(Finding::warning("catalog-expired", words).detail(since));
    }
    Outcome::Found(found)
}
