// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether somebody can step in.

use super::{Check, Finding, Outcome, Pace};
use crate::{ApiError, App, state::Role};
use web_ui::{Area, finding, title};

pub(super) const CHECK: Check = Check {
    name: "stewards",
    area: Area::Cooperative,
    title: title::stewards,
    pace: Pace::Always,
    look: |app| Box::pin(look(app)),
};

async fn look(app: &App) -> Result<Outcome, ApiError> {
    let members = app.store.members().await?;
    let stewards = members
        .iter()
        .filter(|member| member.role == Role::Steward)
        .count();
    let alone = || Finding::info("one-steward", finding::cooperative::one_steward());
    Ok((stewards == 1).then(alone).into())
}
