// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether every domain is paid for some time ahead: whoever lets one lapse loses it, with all addresses and mail.

use super::{Check, Finding, Outcome, Pace};
use crate::{ApiError, App, outside};
use futures_util::future::join_all;
use std::{collections::BTreeMap, time::Duration};
use types::Timestamp;
use web_ui::{Area, finding::names, title};

const DAY: Duration = Duration::from_hours(24);

pub(super) const CHECK: Check = Check {
    name: "registration",
    area: Area::Names,
    title: title::registration,
    pace: Pace::Round,
    look: |app| Box::pin(look(app)),
};

async fn look(app: &App) -> Result<Outcome, ApiError> {
    let domains = app.store.domains().await?;
    let asked = domains
        .iter()
        .map(|domain| outside::registered(app, &domain.name));
    let told: BTreeMap<String, Timestamp> = join_all(asked)
        .await
        .into_iter()
        .flatten()
        .map(|registered| (registered.domain.to_string(), registered.until))
        .collect();
    if told.is_empty() && !domains.is_empty() {
        return Ok(Outcome::Unknown);
    }
    let now = app.now();
    let found = told.iter().filter_map(|(name, until)| judge(name, *until, now));
    Ok(Outcome::Found(found.collect()))
}

fn judge(name: &str, until: Timestamp, now: Timestamp) -> Option<Finding> {
    let left = until.since(now);
    let words = || names::domain_ends(name, until);
    let finding = if left <= DAY * 7 {
        Finding::error("domain-ends", words())
    } else if left <= DAY * 30 {
        Finding::warning("domain-ends", words())
    } else {
        return None;
    };
    Some(finding.about(name))
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;

    #[test]
    fn a_month_ahead_it_is_told_and_a_week_ahead_it_is_urgent() {
        let now = Timestamp(1_800_000_000);
        let of = |days: u32| judge("example.org", now.plus(DAY * days), now).map(|finding| finding.severity);
        assert_eq!(of(31), None);
        assert_eq!(of(30), Some(Severity::Warning));
        assert_eq!(of(7), Some(Severity::Error));
        assert_eq!(
            judge("example.org", Timestamp(5), now).unwrap().key,
            "domain-ends:example.org"
        );
    }
}
