// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether the audit log is whole.

use super::{Check, Finding, Outcome, Pace};
use crate::{ApiError, App};
use web_ui::{Area, finding, title};

pub(super) const CHECK: Check = Check {
    name: "audit",
    area: Area::Cooperative,
    title: title::audit,
    pace: Pace::Always,
    look: |app| Box::pin(look(app)),
};

async fn look(app: &App) -> Result<Outcome, ApiError> {
    let whole = app.store.audit_is_whole().await?;
    let broken = || Finding::error("audit-broken", finding::cooperative::audit_broken());
    Ok((!whole).then(broken).into())
}
