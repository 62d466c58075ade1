// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether services work, and whether there are any.

use super::{Check, Finding, Outcome, Pace};
use crate::{ApiError, App, views::ServiceState};
use types::Language;
use web_ui::{Area, finding, title};

pub(super) const CHECK: Check = Check {
    name: "services",
    area: Area::Services,
    title: title::services,
    pace: Pace::Always,
    look: |app| Box::pin(look(app)),
};

async fn look(app: &App) -> Result<Outcome, ApiError> {
    if app.store.desired().await?.services.is_empty() {
        return Ok(Some(Finding::info("no-services", finding::services::none_yet())).into());
    }
    let seen = app.seen.load_full();
    let catalogs = app.catalogs.get();
    let failing = seen
        .states
        .iter()
        .filter(|(_, (state, _))| *state == ServiceState::Failing);
    let found = failing.map(|(service, (_, reason))| {
        let title = catalogs.title(service, Language::En);
        let words = finding::services::failing(service, &title);
        Finding::error("service-failing", words)
            .about(service.as_str())
            .detail(reason)
    });
    Ok(Outcome::Found(found.collect()))
}
