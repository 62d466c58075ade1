// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether the process that runs services answers.

use super::{Check, Finding, Outcome, Pace};
use crate::{ApiError, App};
use std::time::Duration;
use types::host::HostRequest;
use web_ui::{Area, finding::machine, title};

pub(super) const CHECK: Check = Check {
    name: "host",
    area: Area::Machine,
    title: title::host,
    pace: Pace::Round,
    look: |app| Box::pin(look(app)),
};

/// It answers in milliseconds when it is well.
const ANSWER: Duration = Duration::from_secs(10);

async fn look(app: &App) -> Result<Outcome, ApiError> {
    let asked = tokio::time::timeout(ANSWER, app.host.ask(HostRequest::Observe)).await;
    let silent = || Finding::error("host-silent", machine::host_silent());
    Ok((!matches!(asked, Ok(Ok(_)))).then(silent).into())
}
