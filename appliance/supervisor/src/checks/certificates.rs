// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether every domain has a certificate that is good for a while.

use super::{Check, Finding, Outcome, Pace};
use std::time::Duration;
use tls::{CertificateState, CertificateStatus, Source};
use types::Timestamp;
use web_ui::{Area, finding::names, title};

/// A root that ends within this time should be renewed.
const ROOT: Duration = Duration::from_hours(180 * 24);

pub(super) const CHECK: Check = Check {
    name: "certificates",
    area: Area::Names,
    title: title::certificates,
    pace: Pace::Always,
    look: |app| {
        let now = app.now();
        let mut found = look(&app.certificates.status(), now);
        let is_renewed = app.certificates.succession().next.is_some();
        let ends = app.certificates.ca_not_after().filter(|_| !is_renewed);
        found.extend(ends.and_then(|at| judge_root(at, now)));
        Box::pin(async move { Ok(Outcome::Found(found)) })
    },
};

fn look(status: &[CertificateStatus], now: Timestamp) -> Vec<Finding> {
    if status.iter().any(|status| status.state == CertificateState::Off) {
        return vec![Finding::warning("terms", names::terms_not_accepted())];
    }
    status.iter().filter_map(|status| judge(status, now)).collect()
}

/// Members need time to install another one.
fn judge_root(ends: Timestamp, now: Timestamp) -> Option<Finding> {
    (ends.since(now) < ROOT).then(|| Finding::warning("root-ends", names::root_ends(ends)))
}

/// A certificate that fails to be renewed is worth a word in the last tenth of its life: earlier it is tried again by
/// itself, and a person would only be troubled.
fn judge(status: &CertificateStatus, now: Timestamp) -> Option<Finding> {
    let problem = status.last_problem.as_ref()?;
    let left = status.not_after.since(now);
    let life = status.not_after.since(status.not_before);
    let finding = match status.source {
        Source::Local => Finding::warning("certificate", names::no_certificate(&status.name)),
        Source::Acme if left <= life / 10 => Finding::error(
            "certificate-ends",
            names::certificate_ends(&status.name, status.not_after),
        ),
        Source::Acme => return None,
    };
    Some(finding.about(&status.name).detail(&problem.summary))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_that_ends_within_half_a_year_is_told() {
        let now = Timestamp(1_800_000_000);
        let after = |days: u64| judge_root(now.plus(Duration::from_hours(24 * days)), now).is_some();
        assert!(after(0) && after(179) && !after(181));
    }
}
