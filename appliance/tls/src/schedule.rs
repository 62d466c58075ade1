// SPDX-License-Identifier: AGPL-3.0-or-later
//! When a CA is asked: pure decisions over what was tried before.
//!
//! The limits are Let's Encrypt's (<https://letsencrypt.org/docs/rate-limits/>): five failed validations an hour
//! for one name and account, five certificates for the same set of names in seven days. They hold for every
//! sequence of failures, restarts, impatient people and clocks that jump.

pub use crate::challenge::Way;
pub use crate::leaf::Validity;
use crate::problem::ProblemKind;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use types::Timestamp;

/// Validations that may fail within [`HOUR`].
pub const VALIDATIONS: usize = 5;
/// Certificates that may be issued within [`WEEK`].
pub const CERTIFICATES: usize = 5;
/// See [`VALIDATIONS`].
pub const HOUR: Duration = Duration::from_hours(1);
/// See [`CERTIFICATES`].
pub const WEEK: Duration = Duration::from_hours(7 * 24);
/// Times are cut to seconds, and a clock that is off by less than half of this is not noticed.
const MARGIN: Duration = Duration::from_secs(10);
/// A CA that gives certificates for less than this cannot mean the weekly limit.
const SHORT_LIVED: Duration = Duration::from_hours(72);

/// What was tried for one name at one CA. Stored, so that a restart forgets nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// When validations were asked for that have not succeeded, oldest first.
    pub validations: Vec<Timestamp>,
    /// When certificates were issued that count towards the weekly limit, oldest first.
    pub issued: Vec<Timestamp>,
    /// Failures since the last success.
    pub failures: u32,
    /// Not to be tried before.
    pub retry_at: Option<Timestamp>,
    /// Kind of the last failure.
    pub last: Option<ProblemKind>,
}

/// What to do about a name now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Ask the CA.
    Order,
    /// Nothing before this.
    Wait {
        /// When to decide again.
        until: Timestamp,
    },
}

/// Decides. `held` is the validity of the certificate at hand, if it is this CA's; `advised` when the CA advises to
/// renew it (RFC 9773), which counts as long as it leaves time to try again. `jitter` is any number that stays
/// the same for the name: it spreads renewals over a twentieth of the lifetime.
pub fn decide(
    history: &History,
    held: Option<Validity>,
    advised: Option<Timestamp>,
    now: Timestamp,
    jitter: u32,
) -> Decision {
    let until = [
        held.map(|validity| advised_renewal(&validity, advised, jitter)),
        history.retry_at,
        limit(&history.validations, VALIDATIONS, HOUR),
        limit(&history.issued, CERTIFICATES, WEEK),
    ]
    .into_iter()
    .flatten()
    .max();
    match until {
        Some(until) if until > now => Decision::Wait { until },
        _ => Decision::Order,
    }
}

/// When a certificate is renewed: at two thirds of its life, less up to a twentieth.
pub fn renewal(validity: &Validity, jitter: u32) -> Timestamp {
    let life = validity.not_after.since(validity.not_before);
    let early = (life / 20).mul_f64(fraction(jitter));
    validity.not_before.plus((life / 3 * 2).saturating_sub(early))
}

/// When a certificate is renewed where the CA advises: then, but always before its last tenth, whatever a CA says.
pub fn advised_renewal(validity: &Validity, advised: Option<Timestamp>, jitter: u32) -> Timestamp {
    let life = validity.not_after.since(validity.not_before);
    let latest = validity.not_before.plus(life / 10 * 9);
    advised.map_or_else(|| renewal(validity, jitter), |advised| advised.min(latest))
}

/// How to prove the name. Whoever cannot be reached on one port may be on the other.
pub fn way(history: &History) -> Way {
    use ProblemKind::{NotReachable, TlsAtChallenge, WrongAnswer};
    match history.last {
        Some(NotReachable | TlsAtChallenge | WrongAnswer) if history.failures % 2 == 1 => Way::Http01,
        _ => Way::TlsAlpn01,
    }
}

/// From when on `most` events within `span` would not be exceeded by one more.
fn limit(events: &[Timestamp], most: usize, span: Duration) -> Option<Timestamp> {
    let oldest = events.len().checked_sub(most)?;
    events.get(oldest).map(|at| at.plus(span + MARGIN))
}

impl History {
    /// Brings the history to `now`: drops what is too old to matter, and pulls back what lies in the future because
    /// the clock was ahead. To be called before [`decide`].
    pub fn settle(&mut self, now: Timestamp) {
        for (events, span) in [(&mut self.validations, HOUR), (&mut self.issued, WEEK)] {
            for at in &mut *events {
                *at = (*at).min(now);
            }
            events.retain(|at| now.since(*at) <= span + MARGIN);
        }
        self.retry_at = self.retry_at.filter(|at| *at <= now.plus(WEEK));
    }

    /// The clock was set by so many seconds while the board ran: what was tried stays as long ago as it is.
    pub fn clock_was_set(&mut self, by: i64) {
        for at in self.validations.iter_mut().chain(&mut self.issued) {
            *at = Timestamp(at.0.saturating_add(by));
        }
    }

    /// To be recorded, and stored, before a CA is asked to validate.
    pub fn validation_begins(&mut self, now: Timestamp) {
        self.validations.push(now);
    }

    /// The last validation that began has succeeded: only failed ones count.
    pub fn validation_succeeded(&mut self) {
        self.validations.pop();
    }

    /// A certificate was issued.
    pub fn issued(&mut self, now: Timestamp, validity: &Validity) {
        if validity.not_after.since(validity.not_before) >= SHORT_LIVED {
            self.issued.push(now);
        }
        self.failures = 0;
        self.retry_at = None;
        self.last = None;
    }

    /// An order failed. `retry_after` is what the CA asked for, if it did; `jitter` any random number.
    pub fn failed(&mut self, kind: ProblemKind, now: Timestamp, retry_after: Option<Timestamp>, jitter: u32) {
        let pause = pause(kind, self.failures);
        let pause = pause + (pause / 4).mul_f64(fraction(jitter));
        self.failures = self.failures.saturating_add(1);
        self.last = Some(kind);
        let asked = retry_after.map(|at| at.min(now.plus(WEEK)));
        self.retry_at = asked.max(Some(now.plus(pause)));
    }

    /// A person says it is mended: waits no longer than the limits demand, or the CA did.
    pub fn retry_now(&mut self) {
        if self.last != Some(ProblemKind::RateLimited) {
            self.retry_at = None;
        }
    }
}

/// How long to wait after the `failures + 1`-th failure in a row, before jitter.
fn pause(kind: ProblemKind, failures: u32) -> Duration {
    use ProblemKind as K;
    let (first, most) = match kind {
        // Not the CA's fault nor ours; costs the CA nothing.
        K::CaNameNotFound | K::CaUnreachable | K::CaTimeout | K::CaNotTrusted | K::Storage => (30, 3600),
        K::DnsUpdate => (120, 3 * 3600),
        K::ClockWrong => (60, 600),
        K::BadNonce => (15, 600),
        K::CaBroken => (60, 3 * 3600),
        K::RateLimited => (3600, 12 * 3600),
        // Will not change until a person does something.
        K::NameRefused
        | K::ExternalAccountRequired
        | K::ExternalAccountRefused
        | K::TermsChanged
        | K::ContactRefused => (6 * 3600, 24 * 3600),
        // Validations: at 0, 1, 5, 21 and 85 minutes, so that one of five in the first hour is left for a person.
        _ => return Duration::from_secs(60 * 4u64.pow(failures.min(5))).min(Duration::from_hours(12)),
    };
    Duration::from_secs(first << failures.min(20)).min(Duration::from_secs(most))
}

/// `jitter` as a number from 0 to 1.
pub(crate) fn fraction(jitter: u32) -> f64 {
    f64::from(jitter) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests;
