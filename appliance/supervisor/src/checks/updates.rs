// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether there are newer versions of what is enabled and of the board itself, and how the last update went.

use super::{Check, Finding, Outcome, Pace};
use crate::{
    ApiError, App,
    system::{self, ReleasesView, failure},
};
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
    let mut found: Vec<Finding> = found.collect();
    // The host process that does not answer is another check's matter.
    found.extend(system::releases(app).await.ok().as_ref().and_then(board));
    Ok(Outcome::Found(found))
}

/// About the board's own system.
fn board(view: &ReleasesView) -> Option<Finding> {
    let failed = view.last.as_ref().filter(|last| !last.kept);
    // What the board takes by itself needs nobody.
    let waits = |offered: &&system::Offered| !view.choice.automatic && offered.blocked.is_none();
    match (failed, view.offered.as_ref().filter(waits)) {
        (Some(last), _) => {
            let words = finding::system::update_failed(&last.version, failure(&last.cause), &last.detail);
            Some(Finding::warning("board-update-failed", words).detail(&last.version))
        }
        (None, Some(offered)) => {
            let words = finding::system::update_offered(&offered.version);
            Some(Finding::info("board-update", words).detail(&offered.version))
        }
        (None, None) => None,
    }
}
