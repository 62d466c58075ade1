// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether DNS leads every public name to this board, and lets the authority issue for it.

use super::{Check, Finding, Outcome, Pace};
use crate::{ApiError, App};
use reach::{NameReport, NameState};
use web_ui::{Area, finding::names, title};

pub(super) const CHECK: Check = Check {
    name: "dns",
    area: Area::Names,
    title: title::dns,
    pace: Pace::Always,
    look: |app| Box::pin(look(app)),
};

/// What the watch over names saw last; it looks on its own.
async fn look(app: &App) -> Result<Outcome, ApiError> {
    let names = app.store.public_names().await?;
    let reports: Vec<NameReport> = names
        .iter()
        .filter_map(|name| app.outside.report(&name.name))
        .collect();
    if reports.is_empty() && !names.is_empty() {
        return Ok(Outcome::Unknown);
    }
    Ok(Outcome::Found(reports.iter().filter_map(judge).collect()))
}

fn judge(report: &NameReport) -> Option<Finding> {
    let name = report.name.as_str();
    let finding = match &report.state {
        NameState::Ready if report.advice.is_empty() => return None,
        NameState::Ready => Finding::info("dns-advice", names::dns_advice(name)),
        NameState::Missing { .. } => Finding::warning("dns-missing", names::dns_missing(name)),
        NameState::Wrong { found, .. } => {
            Finding::error("dns-wrong", names::dns_wrong(name, &found.join(", ")))
        }
        NameState::CaaForbids { issuer, .. } => Finding::error("dns-caa", names::caa_forbids(name, issuer)),
        NameState::NotPropagated { .. } => Finding::info("dns-spreading", names::dns_spreading(name)),
        NameState::NoAnswer => Finding::warning("dns-silent", names::dns_silent(name)),
    };
    Some(finding.about(name).detail(report.state.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_elsewhere_is_worse_than_one_that_leads_nowhere_yet() {
        let of = |state| {
            let report = NameReport {
                name: "a.example.org".parse().unwrap(),
                state,
                advice: Vec::new(),
            };
            judge(&report).map(|finding| finding.key)
        };
        assert_eq!(of(NameState::Ready), None);
        assert_eq!(
            of(NameState::Missing { records: vec![] }).unwrap(),
            "dns-missing:a.example.org"
        );
        let wrong = NameState::Wrong {
            found: vec!["192.0.2.9".into()],
            records: vec![],
        };
        assert_eq!(of(wrong).unwrap(), "dns-wrong:a.example.org");
    }
}
