// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether the catalog has newer versions of what is enabled.

use super::{Check, Finding, Outcome, Pace};
use crate::{ApiError, App};
use types::Language;
use web_ui::{Area, finding, title};

pub(super) const CHECK: Check = Check {
    name: "updates",
    area: Area::Services,
    title: title::updates,
    pace: Pace::Always,
    look: |app| Box::pin(look(app)),
};

async fn look(app: &App) -> Result<Outcome, ApiError> {
    let desired = app.store.desired().await?;
    let catalogs = app.catalogs.get();
    let found = desired.services.iter().filter_map(|(name, service)| {
        let newest = catalogs.current().get(name)?;
        let version = &newest.manifest.service.version;
        let words =
            || finding::services::update_available(name, &catalogs.title(name, Language::En), version);
        (newest.digest != service.entry).then(|| {
            Finding::info("update-available", words())
                .about(name.as_str())
                .detail(version)
        })
    });
    Ok(Outcome::Found(found.collect()))
}
