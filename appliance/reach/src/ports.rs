// SPDX-License-Identifier: AGPL-3.0-or-later
//! Ports 80 and 443 through the router: which leases to ask for, renew and give back. Pure here; [`Router`] asks.

mod igd;
mod pcp;
mod router;

pub use router::{Router, RouterError, RouterSettings};

use serde::{Deserialize, Serialize};
use std::{net::Ipv4Addr, time::Duration};
use types::{MemberName, Timestamp};

/// Lifetime asked for, in seconds: the two hours that RFC 6886 section 3.3 recommends.
pub const LIFETIME: u32 = 7200;
/// Pause after a refusal, before the same port is asked for again.
pub const PAUSE: Duration = Duration::from_mins(10);

/// A person's word that this board may open ports. Nothing is opened without one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Who said so.
    pub by: MemberName,
    /// When.
    pub at: Timestamp,
}

/// How a router is asked, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Port Control Protocol (RFC 6887).
    Pcp,
    /// NAT Port Mapping Protocol (RFC 6886).
    NatPmp,
    /// UPnP Internet Gateway Device.
    Upnp,
}

/// A TCP port outside that leads to one of this board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mapping {
    /// On the router.
    pub external: u16,
    /// On the board.
    pub internal: u16,
}

impl Mapping {
    /// What a board needs: 80 and 443.
    pub const WEB: [Self; 2] = [Self::same(80), Self::same(443)];

    /// The same port on both sides.
    pub const fn same(port: u16) -> Self {
        Self {
            external: port,
            internal: port,
        }
    }
}

/// A mapping that a router granted. The caller stores it: without the nonce, PCP neither renews nor removes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// What was asked for.
    pub mapping: Mapping,
    /// How.
    pub way: Way,
    /// The board's address at that time.
    pub local: Ipv4Addr,
    /// When it was granted or last renewed.
    pub granted: Timestamp,
    /// In seconds; 0: until it is removed, or the router restarts (UPnP).
    pub lifetime: u32,
    /// PCP's mapping nonce (RFC 6887 section 11.1).
    pub nonce: [u8; 12],
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask for a mapping.
    Open(Mapping),
    /// Ask for it again: half its life is over.
    Renew(Lease),
    /// Give it back.
    Remove(Lease),
}

/// The steps that are due, and when to plan again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// In order: what is not wanted any more goes first.
    pub steps: Vec<Step>,
    /// When the next lease wants renewing; `None`: none does.
    pub wake: Option<Timestamp>,
}

/// Plans. Wanting nothing (`wanted` empty, no consent) removes all that is held. Planned again after all steps
/// succeeded, there are none.
pub fn plan(wanted: &[Mapping], held: &[Lease], local: Ipv4Addr, now: Timestamp) -> Plan {
    let keeps = |lease: &Lease| wanted.contains(&lease.mapping) && lease.local == local;
    let (kept, dropped): (Vec<_>, Vec<_>) = held.iter().cloned().partition(keeps);
    let mut steps: Vec<_> = dropped.into_iter().map(Step::Remove).collect();
    let mut wake: Option<Timestamp> = None;
    for mapping in wanted {
        match kept.iter().find(|lease| lease.mapping == *mapping) {
            None => steps.push(Step::Open(*mapping)),
            Some(lease) if lease.renewal(now) <= now => steps.push(Step::Renew(lease.clone())),
            Some(lease) => wake = Some(wake.map_or(lease.renewal(now), |at| at.min(lease.renewal(now)))),
        }
    }
    Plan { steps, wake }
}

impl Lease {
    /// When to ask again: at half its life (RFC 6886 section 3.3), never sooner than a minute. One without an end is
    /// asked for every [`LIFETIME`], because routers that restart forget. A grant in the future, from a clock that
    /// was ahead, is due now.
    pub fn renewal(&self, now: Timestamp) -> Timestamp {
        if self.granted > now {
            return now;
        }
        let half = if self.lifetime == 0 {
            LIFETIME
        } else {
            self.lifetime / 2
        };
        self.granted.plus(Duration::from_secs(u64::from(half.max(60))))
    }

    /// Whether the router has dropped it by now.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.lifetime != 0 && now.since(self.granted) >= Duration::from_secs(u64::from(self.lifetime))
    }
}

#[cfg(test)]
mod tests;
