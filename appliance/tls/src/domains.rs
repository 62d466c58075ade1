// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is known of each domain: certificate, history, last problem. Stored, so that a restart forgets nothing.

use crate::{
    dns::Subject,
    leaf::Leaf,
    problem::Problem,
    schedule::{self, Decision, History},
    store::{CertificateStore, TlsError},
    strict::{self, Promise},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};
use types::{Domain, Timestamp};

/// One domain.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The certificate at hand.
    pub(crate) leaf: Option<Leaf>,
    pub(crate) record: Record,
    /// What its certificate is for.
    pub(crate) subject: Subject,
    /// Spreads its renewals.
    jitter: u32,
}

/// What is stored beside the certificate.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Record {
    /// Directory of the CA that issued the certificate at hand.
    pub(crate) issued_by: Option<String>,
    /// By directory: another CA has its own limits.
    pub(crate) histories: BTreeMap<String, History>,
    pub(crate) problem: Option<Problem>,
    /// When the CA advises to renew (RFC 9773).
    pub(crate) advice: Option<Advice>,
    /// Directory where a rehearsal succeeded.
    pub(crate) rehearsed: Option<String>,
    /// Since when there has been a good certificate without a gap.
    pub(crate) good_since: Option<Timestamp>,
}

/// What a CA said about renewing a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Advice {
    /// When to renew: a moment in the window that the CA gave; `None` when it gave none.
    pub(crate) renew: Option<Timestamp>,
    /// When to ask again.
    pub(crate) ask: Timestamp,
}

impl Entry {
    /// Loads what is stored of a domain. Damaged files count as absent.
    pub(crate) fn load(store: &CertificateStore, subject: Subject) -> Self {
        let domain = &subject.domain;
        let read = |file: String| {
            store.read(&file).unwrap_or_else(|error| {
                log::error!("{error}");
                None
            })
        };
        let mut record: Record = read(format!("{domain}.json"))
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let leaf = read(format!("{domain}.pem"))
            .and_then(|pem| {
                Leaf::parse(domain.as_str(), &pem)
                    .inspect_err(|error| log::error!("{error}"))
                    .ok()
            })
            .filter(|leaf| subject.names().iter().all(|name| leaf.is_for(name)));
        // Written down only since a release that kept it.
        if let (None, Some(leaf)) = (record.good_since, &leaf) {
            record.good_since = Some(leaf.validity.not_before);
        }
        let hash = ring::digest::digest(&ring::digest::SHA256, domain.as_str().as_bytes());
        let jitter = hash
            .as_ref()
            .iter()
            .take(4)
            .fold(0, |sum, byte| (sum << 8) | u32::from(*byte));
        Self {
            leaf,
            record,
            subject,
            jitter,
        }
    }

    /// Stores the record.
    pub(crate) fn save(&self, store: &CertificateStore, domain: &Domain) -> Result<(), TlsError> {
        // Plain maps and numbers: this cannot fail.
        let json = serde_json::to_vec(&self.record).unwrap_or_default();
        store.write(&format!("{domain}.json"), &json)
    }

    /// What was tried at this CA.
    pub(crate) fn history(&mut self, directory: &str) -> &mut History {
        self.record.histories.entry(directory.to_owned()).or_default()
    }

    /// What to do now.
    pub(crate) fn decide(&mut self, directory: &str, now: Timestamp) -> Decision {
        let ours = self.record.issued_by.as_deref() == Some(directory);
        let held = self.leaf.as_ref().filter(|_| ours).map(|leaf| leaf.validity);
        let jitter = self.jitter;
        let advised = self.record.advice.and_then(|advice| advice.renew);
        let history = self.history(directory);
        history.settle(now);
        schedule::decide(history, held, advised, now, jitter)
    }

    /// When the certificate at hand is renewed.
    pub(crate) fn renewal(&self, directory: &str) -> Option<Timestamp> {
        let ours = self.record.issued_by.as_deref() == Some(directory);
        let validity = self.leaf.as_ref().filter(|_| ours)?.validity;
        let advised = self.record.advice.and_then(|advice| advice.renew);
        Some(schedule::advised_renewal(&validity, advised, self.jitter))
    }

    /// Spreads its renewals: the same for a name for ever.
    pub(crate) fn jitter(&self) -> u32 {
        self.jitter
    }

    /// Whether the CA is to be asked when it advises to renew.
    pub(crate) fn wants_advice(&self, directory: &str, now: Timestamp) -> bool {
        let day = Duration::from_hours(24);
        self.is_good(directory, now)
            && self
                .record
                .advice
                .is_none_or(|advice| advice.ask <= now || advice.ask > now.plus(day))
    }

    /// Whether the certificate at hand is this CA's, valid, and its renewal is not overdue by much.
    pub(crate) fn is_good(&self, directory: &str, now: Timestamp) -> bool {
        self.record.issued_by.as_deref() == Some(directory)
            && self.leaf.as_ref().is_some_and(|leaf| leaf.validity.holds(now))
    }

    /// A certificate of this CA was issued.
    pub(crate) fn take(&mut self, leaf: Leaf, directory: &str, now: Timestamp) {
        let unbroken = self.is_good(directory, now);
        let before = self.record.good_since.filter(|_| unbroken);
        self.record.good_since = Some(strict::good_since(before, &leaf.validity, now));
        self.history(directory).issued(now, &leaf.validity);
        self.record.issued_by = Some(directory.to_owned());
        self.record.problem = None;
        self.record.advice = None;
        self.leaf = Some(leaf);
    }

    /// What browsers are promised; `ordered` says whether certificates are ordered at all.
    pub(crate) fn promise(&self, ordered: bool, now: Timestamp) -> Promise {
        let Some(validity) = self.leaf.as_ref().map(|leaf| leaf.validity) else {
            return Promise::None;
        };
        let last = validity.not_after.since(validity.not_before) / 10;
        let failing = self.record.problem.is_some() && validity.not_after.since(now) <= last;
        Promise::of(self.record.good_since, &validity, failing || !ordered, now)
    }

    /// The certificate, as long as it is worth serving. One that begins in the future is served: rather the board's
    /// clock is wrong than the CA's.
    pub(crate) fn servable(&self, now: Timestamp) -> Option<&Leaf> {
        self.leaf.as_ref().filter(|leaf| now <= leaf.validity.not_after)
    }
}
