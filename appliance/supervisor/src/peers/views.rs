// SPDX-License-Identifier: AGPL-3.0-or-later
//! Peers and pairings as the API shows them.

use cluster::pairing::{Decision, Failure, Introduction, Stage};
use schemars::JsonSchema;
use serde::Serialize;
use types::{Peer, Timestamp};

/// Which side of a pairing this board is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It shows the code.
    Host,
    /// The code was typed here.
    Guest,
}

/// The other board of a pairing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Other {
    /// Its key.
    pub key: String,
    /// What it calls itself.
    pub name: String,
}

impl From<&Introduction> for Other {
    fn from(board: &Introduction) -> Self {
        Self {
            key: board.key.to_string(),
            name: board.name.to_string(),
        }
    }
}

/// A pairing that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PairingView {
    /// Names it.
    pub id: String,
    /// Which side this board is.
    pub role: Role,
    /// `waiting`, `meeting`, `comparing`, `paired` or `failed`.
    #[schemars(with = "String")]
    pub stage: Stage,
    /// The code to read out, while it waits.
    pub code: Option<String>,
    /// The code with this board's address, as in the QR code.
    pub ticket: Option<String>,
    /// Three words; they must be the same on both screens.
    pub words: Option<String>,
    /// The other board, once it proved that it knows the code.
    pub peer: Option<Other>,
    /// What the person here said: `undecided`, `agreed`, `paired` or `declined`.
    #[schemars(with = "String")]
    pub decision: Decision,
    /// When it is over (seconds since 1970).
    #[schemars(with = "i64")]
    pub expires: Timestamp,
    /// Why nothing came of it, in words.
    pub failure: Option<String>,
    /// The same for pages.
    #[serde(skip)]
    pub reason: Option<Failure>,
}

/// A board that was paired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PeerView {
    /// What its owner calls it.
    pub name: String,
    /// Its public key, 64 hexadecimal digits: what it is.
    pub key: String,
    /// Where its front door was when it was paired; empty when it came to us.
    pub address: String,
    /// When it was paired (seconds since 1970).
    #[schemars(with = "i64")]
    pub paired: Timestamp,
}

impl From<Peer> for PeerView {
    fn from(peer: Peer) -> Self {
        Self {
            name: peer.name.to_string(),
            key: peer.key.to_string(),
            address: peer.address,
            paired: peer.paired,
        }
    }
}
