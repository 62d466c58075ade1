// SPDX-License-Identifier: AGPL-3.0-or-later
//! Domains as members know them: the records to make, and where each name stands.

use super::{Outside, ProofView};
use crate::state::{DomainRecord, PublicName};
use reach::{
    NameReport, NameState, Record,
    records::{self, Style, Target},
};
use schemars::JsonSchema;
use serde::Serialize;
use types::{Domain, Timestamp};

/// A domain: the records to make, and where each name under it stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DomainView {
    /// The domain.
    pub name: String,
    /// The service it leads to; `null` is the board itself.
    pub service: Option<String>,
    /// Whether every service has a name under it.
    pub every_service: bool,
    /// Whether one wildcard record covers the names under it.
    pub wildcard: bool,
    /// How it is proved to the authority by a record in DNS; `null`: by being reached.
    pub proof: Option<ProofView>,
    /// The records to make where the domain is managed. Empty while the board does not know its public address.
    pub records: Vec<RecordView>,
    /// The domain and the names under it.
    pub names: Vec<NameView>,
}

/// A record to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecordView {
    /// The name, complete.
    pub name: String,
    /// The name as most providers' forms want it: without the domain, `@` for the domain itself.
    pub label: String,
    /// `A`, `AAAA` or `CNAME`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The address or the name.
    pub value: String,
    /// Time to live, in seconds.
    pub ttl: u32,
    /// The same as a line of a zone file.
    pub line: String,
}

/// A name, and where it stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NameView {
    /// The name.
    pub name: String,
    /// The service it leads to; `null` is the board itself.
    pub service: Option<String>,
    /// `looking`, `ready`, `missing`, `wrong`, `caa_forbids`, `not_propagated` or `no_answer`.
    pub state: String,
    /// What that means and what to do, in English.
    pub message: String,
    /// When DNS is asked again (seconds since 1970).
    #[schemars(with = "Option<i64>")]
    pub next_look: Option<Timestamp>,
    /// The same for pages.
    #[serde(skip)]
    pub report: Option<NameReport>,
}

/// The records of one domain. Under a CNAME's rules the top of the zone counts, which may lie above the domain; while
/// it is not known, the domain itself counts as the top.
pub(super) fn wanted(
    domain: &DomainRecord,
    names: &[&PublicName],
    target: &Target,
    apex: Option<&Domain>,
) -> Vec<Record> {
    let names: Vec<Domain> = names.iter().map(|name| name.name.clone()).collect();
    if domain.wildcard {
        return records::wanted(&domain.name, &names, target, Style::Wildcard);
    }
    records::wanted(apex.unwrap_or(&domain.name), &names, target, Style::PerName)
}

/// A domain as it stands now.
pub fn view(
    outside: &Outside,
    domain: &DomainRecord,
    names: &[PublicName],
    target: &Target,
    now: Timestamp,
) -> DomainView {
    let mine: Vec<&PublicName> = names.iter().filter(|name| name.domain == domain.name).collect();
    let apex = outside
        .state()
        .looks
        .get(&domain.name)
        .and_then(|look| look.apex.clone());
    let records = wanted(domain, &mine, target, apex.as_ref());
    let zone = apex.unwrap_or_else(|| domain.name.clone());
    DomainView {
        name: domain.name.to_string(),
        service: domain.service.as_ref().map(ToString::to_string),
        every_service: domain.every_service,
        wildcard: domain.wildcard,
        proof: None,
        records: records
            .iter()
            .map(|record| RecordView::of(record, &zone))
            .collect(),
        names: mine.iter().map(|name| name_view(outside, name, now)).collect(),
    }
}

impl RecordView {
    fn of(record: &Record, zone: &Domain) -> Self {
        Self {
            name: record.name.clone(),
            label: record.label(zone).to_owned(),
            kind: record.data.kind().into(),
            value: record.data.value(),
            ttl: record.ttl,
            line: record.to_string(),
        }
    }
}

fn name_view(outside: &Outside, name: &PublicName, now: Timestamp) -> NameView {
    let report = outside.report(&name.name);
    let (state, message) = match &report {
        None => ("looking", "DNS is being asked.".to_owned()),
        Some(report) => (word(&report.state), report.state.to_string()),
    };
    NameView {
        name: name.name.to_string(),
        service: name.service.as_ref().map(ToString::to_string),
        state: state.into(),
        message,
        next_look: outside.next_look(&name.name, now),
        report,
    }
}

fn word(state: &NameState) -> &'static str {
    match state {
        NameState::Ready => "ready",
        NameState::Missing { .. } => "missing",
        NameState::Wrong { .. } => "wrong",
        NameState::CaaForbids { .. } => "caa_forbids",
        NameState::NotPropagated { .. } => "not_propagated",
        NameState::NoAnswer => "no_answer",
    }
}
