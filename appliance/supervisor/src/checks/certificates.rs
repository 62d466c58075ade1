// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether every domain has a certificate that is good for a while.

use super::{Check, Finding, Outcome, Pace};
use tls::{CertificateState, CertificateStatus, Source};
use types::Timestamp;
use web_ui::{Area, finding::names, title};

pub(super) const CHECK: Check = Check {
    name: "certificates",
    area: Area::Names,
    title: title::certificates,
    pace: Pace::Always,
    look: |app| {
        let outcome = look(&app.certificates.status(), app.now());
        Box::pin(async move { Ok(outcome) })
    },
};

fn look(status: &[CertificateStatus], now: Timestamp) -> Outcome {
    if status.iter().any(|status| status.state == CertificateState::Off) {
        return Some(Finding::warning("terms", names::terms_not_accepted())).into();
    }
    Outcome::Found(status.iter().filter_map(|status| judge(status, now)).collect())
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
