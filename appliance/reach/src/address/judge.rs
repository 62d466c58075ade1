// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the observed addresses mean. Pure.

use super::{Observation, Source, sure};
use crate::records::Addresses;
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Whether, and at which addresses, a board could be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reachability {
    /// By IPv4.
    pub v4: V4,
    /// By IPv6.
    pub v6: V6,
}

/// By IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum V4 {
    /// The board itself has a public address.
    Direct {
        /// It.
        public: Ipv4Addr,
    },
    /// One router stands before the board: ports 80 and 443 must be opened there.
    BehindRouter {
        /// Its address outside.
        public: Ipv4Addr,
    },
    /// The router is behind another router in the house.
    DoubleNat {
        /// The first router's outer address.
        router: Ipv4Addr,
        /// The address seen outside, if known.
        public: Option<Ipv4Addr>,
    },
    /// The provider shares one address among customers (RFC 6598): no port can be opened.
    Cgnat {
        /// The router's outer address.
        router: Ipv4Addr,
        /// The address seen outside, if known.
        public: Option<Ipv4Addr>,
    },
    /// Seen outside, but the router does not say its own address: one or more routers are in between.
    Seen {
        /// The address seen outside.
        public: Ipv4Addr,
    },
    /// Nobody told.
    Unknown,
}

/// By IPv6. There is no translation, but the router's firewall must let connections in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum V6 {
    /// The board has a public address.
    Public {
        /// It.
        public: Ipv6Addr,
        /// Whether somebody outside saw it.
        seen_outside: bool,
    },
    /// It has none.
    None,
}

/// Judges. Where two speak of the same thing, the first in the list counts; a single peer's word only where nobody else
/// says anything.
pub fn judge(observations: &[Observation]) -> Reachability {
    let sure = sure(observations);
    let observations: Vec<&Observation> = sure
        .iter()
        .chain(observations.iter().filter(|seen| !sure.contains(seen)))
        .collect();
    let v4 = |wanted: fn(&Source) -> bool| {
        observations
            .iter()
            .filter(move |o| wanted(&o.source))
            .filter_map(|o| match o.address {
                IpAddr::V4(address) => Some(address),
                IpAddr::V6(_) => None,
            })
    };
    let own = |source: &Source| *source == Source::Interface;
    let router = v4(|source| matches!(source, Source::Router { .. })).find(|a| !a.is_unspecified());
    let outside =
        v4(|source| matches!(source, Source::Peer | Source::Echo { .. })).find(|a| is_public(IpAddr::V4(*a)));
    let direct = v4(own).find(|address| is_public(IpAddr::V4(*address)));
    let v4 = match (direct, router, outside) {
        (Some(public), _, outside) if outside.is_none_or(|outside| outside == public) => {
            V4::Direct { public }
        }
        (_, Some(router), public) if is_cgnat(router) => V4::Cgnat { router, public },
        (_, Some(router), public) if !is_public(IpAddr::V4(router)) => V4::DoubleNat { router, public },
        (_, Some(router), Some(public)) if router != public => V4::DoubleNat {
            router,
            public: Some(public),
        },
        (_, Some(public), _) => V4::BehindRouter { public },
        (_, None, Some(public)) => V4::Seen { public },
        (_, None, None) => V4::Unknown,
    };
    Reachability {
        v4,
        v6: judge_v6(&observations),
    }
}

fn judge_v6(observations: &[&Observation]) -> V6 {
    let public = |outside: bool| {
        observations
            .iter()
            .filter(move |o| matches!(o.source, Source::Peer | Source::Echo { .. }) == outside)
            .filter(|o| !matches!(o.source, Source::Router { .. }) && is_public(o.address))
            .filter_map(|o| match o.address {
                IpAddr::V6(address) => Some(address),
                IpAddr::V4(_) => None,
            })
    };
    let own: Vec<Ipv6Addr> = public(false).collect();
    // Seen outside and not our own: a proxy or a prefix translation, where nothing can come in.
    let seen = public(true).find(|address| own.contains(address));
    match seen.or_else(|| own.first().copied()) {
        Some(public) => V6::Public {
            public,
            seen_outside: seen.is_some(),
        },
        None => V6::None,
    }
}

/// Whether `address` is of the range that providers share among customers (RFC 6598: 100.64.0.0/10).
pub fn is_cgnat(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    a == 100 && (64..128).contains(&b)
}

/// Whether `address` can be reached from the internet: none of the private, local, shared, documentation or
/// multicast ranges (RFC 6890).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => {
            let [first, second, third, _] = a.octets();
            !(first == 0
                || a.is_private()
                || a.is_loopback()
                || a.is_link_local()
                || a.is_documentation()
                || is_cgnat(a)
                || first >= 224
                || (first == 192 && second == 0 && third == 0)
                || (first == 198 && (second & 0xfe) == 18))
        }
        // Only 2000::/3 is handed out; without documentation (RFC 3849) and the tunnels Teredo and 6to4.
        IpAddr::V6(a) => {
            let [first, second, ..] = a.segments();
            first & 0xe000 == 0x2000
                && !(first == 0x2001 && (second == 0xdb8 || second == 0))
                && first != 0x2002
        }
    }
}

impl Reachability {
    /// The addresses that DNS records should hold. With CGNAT there is none by IPv4: the record would lead to the
    /// provider. With two routers there is, because a person can open the ports on both.
    pub fn addresses(&self) -> Addresses {
        let v4 = match self.v4 {
            V4::Direct { public } | V4::BehindRouter { public } | V4::Seen { public } => Some(public),
            V4::DoubleNat { public, .. } => public,
            V4::Cgnat { .. } | V4::Unknown => None,
        };
        let v6 = match self.v6 {
            V6::Public { public, .. } => Some(public),
            V6::None => None,
        };
        Addresses { v4, v6 }
    }
}

impl fmt::Display for V4 {
    /// In plain English: what is so, and what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct { public } => write!(f, "This board has the public address {public} itself."),
            Self::BehindRouter { public } => write!(
                f,
                "The router has the public address {public}. Ports 80 and 443 must lead from it to this board."
            ),
            Self::DoubleNat { router, .. } => write!(
                f,
                "There are two routers: the nearer one has only the inner address {router} towards the other. Set the \
                 outer one to bridge mode, or open ports 80 and 443 on both."
            ),
            Self::Cgnat { router, .. } => write!(
                f,
                "The provider shares one address among customers (the router has {router}). Nothing can come in by \
                 IPv4: ask the provider for a public address, use IPv6, or let a paired board relay."
            ),
            Self::Seen { public } => write!(
                f,
                "Seen from outside, this board is at {public}. The router does not answer questions: open ports 80 \
                 and 443 there by hand."
            ),
            Self::Unknown => f.write_str(
                "The public address is not known. Switch on UPnP or PCP in the router, or name an echo service.",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
