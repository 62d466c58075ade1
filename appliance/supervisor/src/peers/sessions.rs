// SPDX-License-Identifier: AGPL-3.0-or-later
//! Pairings that are under way. They live in memory: after a power cut both people simply begin again.

use super::{
    address::Address,
    views::{PairingView, Role},
};
use cluster::{
    Offers, Ticket,
    pairing::{Guest, Host, Stage},
};
use std::net::SocketAddr;
use types::Timestamp;

/// Codes typed here that are remembered at most.
const GUESTS: usize = 4;

/// Every pairing that somebody may still look at.
#[derive(Default)]
pub struct Pairings {
    /// Wrong tries of our codes.
    pub(super) offers: Offers,
    /// The code that is shown; one at a time.
    pub(super) host: Option<Hosting>,
    /// Codes that were typed, the newest last.
    pub(super) guests: Vec<Visiting>,
}

/// A code that this board shows.
pub(super) struct Hosting {
    pub(super) id: String,
    pub(super) protocol: Host,
    /// Where this board is, for the ticket.
    pub(super) address: String,
    /// Who asked for the code, and later confirmed the words.
    pub(super) by: String,
    /// Whether the peer was written down.
    pub(super) kept: bool,
    /// Whether a wrong try was counted.
    pub(super) counted: bool,
}

/// A code that was typed here.
pub(super) struct Visiting {
    pub(super) id: String,
    pub(super) protocol: Guest,
    pub(super) address: Address,
    pub(super) to: SocketAddr,
    pub(super) by: String,
    pub(super) kept: bool,
}

impl Pairings {
    /// Keeps a pairing where a code was typed; the oldest is forgotten.
    pub(super) fn visit(&mut self, visiting: Visiting) {
        if self.guests.len() >= GUESTS {
            self.guests.remove(0);
        }
        self.guests.push(visiting);
    }

    /// Time passed.
    pub(super) fn tick(&mut self, now: Timestamp) {
        if let Some(host) = &mut self.host {
            host.protocol.tick(now);
        }
        for guest in &mut self.guests {
            guest.protocol.tick(now);
        }
    }

    /// All, the newest last.
    pub(super) fn views(&self) -> Vec<PairingView> {
        let guests = self.guests.iter().map(Visiting::view);
        self.host.iter().map(Hosting::view).chain(guests).collect()
    }
}

impl Hosting {
    pub(super) fn view(&self) -> PairingView {
        let protocol = &self.protocol;
        let ticket = Ticket {
            code: protocol.code(),
            address: self.address.clone(),
        };
        let open = protocol.stage() == Stage::Waiting;
        PairingView {
            id: self.id.clone(),
            role: Role::Host,
            stage: protocol.stage(),
            code: open.then(|| ticket.code.to_string()),
            ticket: open.then(|| ticket.to_string()),
            words: protocol.words().map(|words| words.to_string()),
            peer: protocol.peer().map(Into::into),
            decision: protocol.decision(),
            expires: protocol.expires(),
            failure: protocol.failure().map(|failure| failure.to_string()),
            reason: protocol.failure(),
        }
    }
}

impl Visiting {
    pub(super) fn view(&self) -> PairingView {
        let protocol = &self.protocol;
        PairingView {
            id: self.id.clone(),
            role: Role::Guest,
            stage: protocol.stage(),
            code: None,
            ticket: None,
            words: protocol.words().map(|words| words.to_string()),
            peer: protocol.peer().map(Into::into),
            decision: protocol.decision(),
            expires: protocol.expires(),
            failure: protocol.failure().map(|failure| failure.to_string()),
            reason: protocol.failure(),
        }
    }
}
