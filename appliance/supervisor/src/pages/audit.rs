// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who did what.

use super::shell::{Visit, show};
use crate::{ApiError, access::Policy, api::Route, state::AuditRecord};
use axum::{extract::Query, response::Response};
use http::Method;
use serde::Deserialize;
use web_ui::{AuditPage, AuditRow};

/// Entries on one page.
const SHOWN: u32 = 50;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::new(
        Method::GET,
        "/audit",
        Policy::Steward,
        "Who did what.",
        get,
    )]
}

#[derive(Deserialize)]
struct Before {
    before: Option<i64>,
}

async fn get(visit: Visit, Query(query): Query<Before>) -> Result<Response, ApiError> {
    let before = query.before.unwrap_or(i64::MAX);
    let records = visit.app.store.audit_before(before, SHOWN).await?;
    let page = AuditPage {
        intact: visit.app.store.audit_is_whole().await?,
        older: older(&records),
        rows: records.into_iter().map(row).collect(),
        layout: visit.layout,
    };
    Ok(show(&page))
}

fn older(records: &[AuditRecord]) -> Option<u64> {
    let last = records.last().filter(|last| last.sequence > 1)?;
    u64::try_from(last.sequence).ok()
}

fn row(record: AuditRecord) -> AuditRow {
    AuditRow {
        number: u64::try_from(record.sequence).unwrap_or(0),
        at: record.at,
        who: (record.member != "board").then_some(record.member),
        action: record.act,
        subject: record.subject,
        detail: String::new(),
    }
}
