// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board's public address: asked of the router, then of a paired peer, then of configured echo services.

mod echo;
mod judge;

pub use echo::Echo;
pub use judge::{Reachability, V4, V6, is_cgnat, is_public, judge};

use crate::ports::{Router, Way};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Who said it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Source {
    /// The board's own network interface.
    Interface,
    /// The router: its address on the provider's side.
    Router {
        /// How it was asked.
        way: Way,
    },
    /// A paired peer that saw a connection from us.
    Peer,
    /// An echo service.
    Echo {
        /// Its address.
        url: String,
    },
}

/// An address, and who said so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The address.
    pub address: IpAddr,
    /// Who said it.
    pub source: Source,
}

/// Whether two peers say the same of some kind of address.
fn agree(peers: &[IpAddr]) -> bool {
    let twice = |address: &&IpAddr| peers.iter().filter(|other| other == address).count() > 1;
    peers.iter().any(|address| twice(&address))
}

/// What may be acted upon without a person. A peer is another owner, and may lie: who moves a board's name to an address
/// of theirs could pose as it. So one peer's word alone does not count here; that of two who say the same does.
pub fn sure(observations: &[Observation]) -> Vec<Observation> {
    let peers: Vec<IpAddr> = observations
        .iter()
        .filter(|seen| seen.source == Source::Peer)
        .map(|seen| seen.address)
        .collect();
    let twice = |address: IpAddr| peers.iter().filter(|other| **other == address).count() > 1;
    let is_sure = |seen: &&Observation| seen.source != Source::Peer || twice(seen.address);
    observations.iter().filter(is_sure).cloned().collect()
}

/// Asks in order: interfaces (given), router, peers (given, one address each), echo services unless two peers agree. The router alone would not do: whether
/// there is a second router behind it, only somebody outside can tell. Whoever does not answer is left out; each
/// question has its own time-out.
pub async fn observe(
    interfaces: &[IpAddr],
    router: Option<&Router>,
    peers: &[IpAddr],
    echo: Option<&Echo>,
) -> Vec<Observation> {
    let given = |addresses: &[IpAddr], source: Source| {
        let seen = addresses.iter().map(move |address| Observation {
            address: *address,
            source: source.clone(),
        });
        seen.collect::<Vec<_>>()
    };
    let mut found = given(interfaces, Source::Interface);
    let asks_router = async {
        match router {
            Some(router) => router.external_address().await.ok(),
            None => None,
        }
    };
    let asks_echo = async {
        match echo {
            Some(echo) if !agree(peers) => echo.ask().await,
            _ => Vec::new(),
        }
    };
    let (by_router, by_echo) = tokio::join!(asks_router, asks_echo);
    found.extend(by_router);
    found.extend(given(peers, Source::Peer));
    found.extend(by_echo);
    found
}
