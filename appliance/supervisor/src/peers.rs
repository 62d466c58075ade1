// SPDX-License-Identifier: AGPL-3.0-or-later
//! Boards of other owners: how they are paired. What the protocol is, and what it holds against, stands in
//! `cluster::pairing`; here it is driven over HTTPS between the front doors.

mod address;
mod agreements;
mod away;
mod call;
mod contacts;
mod dial;
mod door;
mod fetch;
mod hold;
mod pair;
mod rounds;
mod sessions;
mod talk;
mod views;
mod wire;

pub use agreements::{DOES, Giver, Proposal, accept, agreement, agreements, end, propose};
pub use away::Away;
pub(crate) use away::{Wanted, reach, settle_in};
pub use contacts::Contacts;
pub use door::PeerDoor;
pub use fetch::{FetchCodeView, make_fetch_code, take_fetch_code_back};
pub(crate) use fetch::{fetch_from, forget_fetch, is_fetch};
pub use hold::{Shelves, all_held, bring_back, held, held_for_strangers, tidy};
pub use pair::{cancel, confirm, exchange, join, offer, one, pairings};
pub use rounds::run;
pub use sessions::Pairings;
pub use views::{
    AgreementView, FaceView, HealthView, HeldView, KeptView, PairingView, PeerView, StandingWord, peer_view,
};

use crate::{
    ApiError, App,
    two_person::{self, Act},
};
use types::{BoardKey, MemberName, Peer};

/// Every peer.
///
/// # Errors
/// When the database fails.
pub async fn list(app: &App) -> Result<Vec<Peer>, ApiError> {
    Ok(app.store.peers().await?)
}

/// The peer with this key, or the only one with this name.
///
/// # Errors
/// 404 when there is none, 409 when several have the name.
pub async fn get(app: &App, word: &str) -> Result<Peer, ApiError> {
    let peers = app.store.peers().await?;
    let missing = || ApiError::not_found("There is no such peer. GET /api/v1/peers lists them.");
    if let Ok(key) = word.parse::<BoardKey>() {
        return peers.into_iter().find(|peer| peer.key == key).ok_or_else(missing);
    }
    let mut named = peers.into_iter().filter(|peer| peer.name.as_str() == word);
    match (named.next(), named.next()) {
        (Some(peer), None) => Ok(peer),
        (Some(_), Some(_)) => {
            let message = "Several peers have this name. Name the one you mean by its key.";
            Err(ApiError::conflict("ambiguous", message))
        }
        _ => Err(missing()),
    }
}

/// Says where a peer is now, or with nothing that it has to be found or to come by itself.
///
/// # Errors
/// 404 when there is none, 422 for what is no address.
pub async fn move_to(app: &App, word: &str, address: &str) -> Result<Peer, ApiError> {
    let mut peer = get(app, word).await?;
    let address = address.trim();
    if address.is_empty() {
        peer.address = String::new();
    } else {
        let parsed: address::Address = address.parse().map_err(|()| {
            ApiError::field(
                "address",
                "must be a name or a number like oak.example.org or 192.168.1.20",
            )
        })?;
        peer.address = parsed.to_string();
    }
    app.store.set_peer_address(peer.key, peer.address.clone()).await?;
    app.peers.with(peer.key, |live| live.contact.ask());
    app.peers.hurry();
    Ok(peer)
}

/// Forgets a peer's key: nothing that it says is believed from now on, all agreements end, and it is told so.
///
/// # Errors
/// 404 when there is none; 202 when another steward has to approve it.
pub async fn unpair(app: &App, word: &str, by: &MemberName) -> Result<Peer, ApiError> {
    let peer = get(app, word).await?;
    let act = Act::Unpair {
        peer: peer.key.to_string(),
        name: peer.name.to_string(),
    };
    two_person::pass(app, by, act).await?;
    unpair_now(app, &peer.key.to_string(), by).await
}

/// The same, once nobody else has to approve it.
pub(crate) async fn unpair_now(app: &App, word: &str, by: &MemberName) -> Result<Peer, ApiError> {
    let peer = get(app, word).await?;
    app.store
        .remove_peer(peer.clone(), by.to_string(), app.now())
        .await?;
    contacts::refresh(app).await?;
    app.rounds.soon();
    Ok(peer)
}
