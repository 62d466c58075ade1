// SPDX-License-Identifier: AGPL-3.0-or-later
//! A DNS name that follows the board's address: when an update may be sent. Pure here; [`Dyndns2`] and [`Rfc2136`]
//! send.
//!
//! The rules are those of the dyndns2 protocol's providers: nothing is sent when nothing changed, nothing sooner
//! than five minutes after the last, and nothing at all after an answer that says a person must act first.

mod dyndns2;
mod rfc2136;

pub use dyndns2::Dyndns2;
pub use rfc2136::{Rfc2136, TsigAlgorithm};

use crate::records::Addresses;
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};
use types::Timestamp;

/// No two updates are closer than this.
pub const SPACING: Duration = Duration::from_mins(5);
/// After a failure of the server, no sooner than this.
pub const SERVER_PAUSE: Duration = Duration::from_mins(30);
/// The longest pause after failures.
pub const LONGEST_PAUSE: Duration = Duration::from_hours(24);

/// How an update ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Changed (`good`).
    Good,
    /// It was so already (`nochg`).
    Unchanged,
    /// Wrong user name, password or key (`badauth`; TSIG's BADKEY, BADSIG).
    BadAuth,
    /// Not a full name (`notfqdn`).
    NotFqdn,
    /// The name is not this account's (`nohost`; NOTZONE, NOTAUTH, REFUSED).
    NoHost,
    /// Too many names at once (`numhost`).
    NumHost,
    /// The provider has blocked the name (`abuse`).
    Abuse,
    /// The provider blocks this client (`badagent`).
    BadAgent,
    /// The provider wants to be paid (`!donator`, `!yours` on some).
    NotPaid,
    /// The provider's DNS failed (`dnserr`).
    DnsError,
    /// The provider is out of order (`911`; a status of 5xx; SERVFAIL).
    ServerDown,
    /// The clocks differ too much (TSIG's BADTIME).
    BadTime,
    /// No answer.
    Unreachable,
    /// An answer that makes no sense.
    Garbled,
}

impl Outcome {
    /// Whether a person must change something before the next update.
    pub fn needs_a_person(self) -> bool {
        use Outcome as O;
        matches!(
            self,
            O::BadAuth | O::NotFqdn | O::NoHost | O::NumHost | O::Abuse | O::BadAgent | O::NotPaid
        )
    }

    /// Whether the name now has the address.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Good | Self::Unchanged)
    }
}

impl fmt::Display for Outcome {
    /// In plain English: what is so, and what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Good => "The name has the new address.",
            Self::Unchanged => "The name had this address already.",
            Self::BadAuth => "The user name, password or key is wrong. Enter them again.",
            Self::NotFqdn => {
                "The provider does not take this as a full name. Enter it like board.example.org."
            }
            Self::NoHost => {
                "The name does not belong to this account. Make it at the provider, or correct it here."
            }
            Self::NumHost => "The provider does not take so many names. Enter fewer.",
            Self::Abuse => {
                "The provider has blocked the name. Ask the provider to unblock it, then try again here."
            }
            Self::BadAgent => "The provider blocks this program. Ask the provider, or choose another one.",
            Self::NotPaid => "The account does not include this. See the account at the provider.",
            Self::DnsError | Self::ServerDown => "The provider is out of order. It is tried again later.",
            Self::BadTime => "The clocks of the board and the DNS server differ. Check the board's clock.",
            Self::Unreachable => "The provider does not answer. It is tried again later.",
            Self::Garbled => "The answer makes no sense. Check the provider's address.",
        })
    }
}

/// What was sent and answered. The caller stores it, before and after each update.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// What the provider last confirmed.
    pub published: Option<Addresses>,
    /// When the last update was begun.
    pub begun: Option<Timestamp>,
    /// How it ended; `None` while it runs, or when the board went down meanwhile.
    pub last: Option<Outcome>,
    /// Failures in a row.
    pub failures: u32,
    /// Nothing before a person acts.
    pub stopped: bool,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Send this: first [`State::begins`], stored; then send; then [`State::ended`], stored.
    Update(Addresses),
    /// Decide again at `until`.
    Wait {
        /// When.
        until: Timestamp,
    },
    /// Nothing to do until the address changes.
    Idle,
    /// Nothing until a person changes something ([`State::person_acted`]).
    Stopped(Outcome),
}

impl State {
    /// Decides. With no known address nothing is sent: a name that leads to the last address is better than none.
    pub fn decide(&self, current: &Addresses, now: Timestamp) -> Decision {
        if let (true, Some(outcome)) = (self.stopped, self.last) {
            return Decision::Stopped(outcome);
        }
        if current.is_empty() || self.published.as_ref() == Some(current) {
            return Decision::Idle;
        }
        match self.begun {
            // Begun in the future: the clock was ahead. The pause counts from now on, see `settle`.
            Some(begun) if begun > now => Decision::Wait {
                until: now.plus(self.pause()),
            },
            Some(begun) if now < begun.plus(self.pause()) => Decision::Wait {
                until: begun.plus(self.pause()),
            },
            _ => Decision::Update(*current),
        }
    }

    /// Pulls back what lies in the future because the clock was ahead. To be called before [`Self::decide`].
    pub fn settle(&mut self, now: Timestamp) {
        self.begun = self.begun.map(|begun| begun.min(now));
    }

    /// The clock was set, `by` seconds forward (or back, if negative): what was stored moves with it. Without this, a
    /// step forward would look like time that has passed, and the five minutes would not be kept.
    pub fn clock_moved(&mut self, by: i64) {
        self.begun = self.begun.map(|begun| Timestamp(begun.0.saturating_add(by)));
    }

    /// An update is about to be sent. To be stored before it is.
    pub fn begins(&mut self, now: Timestamp) {
        self.begun = Some(now);
        self.last = None;
        // Until `ended` says otherwise: a board that goes down in the middle has not published.
        self.published = None;
    }

    /// It ended so.
    pub fn ended(&mut self, outcome: Outcome, sent: &Addresses) {
        self.last = Some(outcome);
        self.stopped = outcome.needs_a_person();
        if outcome.is_success() {
            self.published = Some(*sent);
            self.failures = 0;
        } else {
            self.failures = self.failures.saturating_add(1);
        }
    }

    /// A person changed the account, the name or the provider, or says it is mended. The five minutes still hold.
    pub fn person_acted(&mut self) {
        self.stopped = false;
        self.published = None;
        self.failures = 0;
        self.last = None;
    }

    /// The pause after the last update.
    fn pause(&self) -> Duration {
        let first = match self.last {
            Some(Outcome::DnsError | Outcome::ServerDown | Outcome::Garbled) => SERVER_PAUSE,
            _ => SPACING,
        };
        let doubled = first.saturating_mul(1 << self.failures.saturating_sub(1).min(16));
        // Seconds are cut: one more keeps the spacing true.
        doubled.min(LONGEST_PAUSE) + Duration::from_secs(1)
    }
}

#[cfg(test)]
mod tests;
