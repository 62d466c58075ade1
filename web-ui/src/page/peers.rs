// SPDX-License-Identifier: AGPL-3.0-or-later
//! Boards of other owners: the list, and one pairing from the code to the words.

use crate::{
    field::TextField,
    i18n::T,
    layout::{Layout, page},
    svg,
};
use types::Timestamp;

/// `GET /peers`: boards of other owners.
///
/// Forms:
/// - `POST /peers/code`: no fields; makes a code; 303 to its pairing
/// - `POST /peers/pair` with `code` (nine digits or a ticket) and `address` (may be empty); 303 to its pairing;
///   errors: this page (422 or 409)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeersPage {
    /// What every page knows.
    pub layout: Layout,
    /// Paired boards, by name.
    pub peers: Vec<PeerRow>,
    /// Keys and names of boards that are paired no more, and of which this board still keeps backups.
    pub held: Vec<(String, String)>,
    /// Pairings under way.
    pub pairings: Vec<PairingRow>,
    /// What was typed as code.
    pub code: TextField,
    /// What was typed as address.
    pub address: TextField,
    /// Why the last try came to nothing.
    pub problem: Option<PairingProblem>,
}

/// A paired board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerRow {
    /// Its whole key.
    pub key: String,
    /// What its owner calls it.
    pub name: String,
    /// Where it was when it was paired; may be empty.
    pub address: String,
    /// Since when.
    pub paired: Timestamp,
    /// Something about it needs attention.
    pub alarm: Option<PeerAlarm>,
}

/// What needs attention about a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerAlarm {
    /// It ended the pairing.
    Gone,
    /// It is silent, and this board watches it.
    Silent,
    /// It proposes something.
    Proposes,
}

impl PeerAlarm {
    pub(crate) fn text(self, t: T, name: &str) -> String {
        match self {
            Self::Gone => t.agreements_left(name),
            Self::Silent => t.agreements_silent(name),
            Self::Proposes => t.agreements_proposes(name),
        }
    }
}

impl PeerRow {
    /// The first digits of the key, to tell two boards of one name apart.
    pub(crate) fn short(&self) -> &str {
        self.key.get(..8).unwrap_or_default()
    }
}

/// A pairing in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairingRow {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub stage: PairingStage,
}

/// How a pairing stands, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PairingStage {
    /// The code waits to be typed elsewhere.
    Waiting {
        /// To read out.
        code: String,
        /// The same with our address, for the QR code.
        ticket: String,
    },
    /// The boards talk.
    Meeting,
    /// Both screens show these words.
    Comparing {
        /// What the other board calls itself.
        peer: String,
        /// Three words.
        words: String,
    },
    /// The person here agreed; the one there has not yet.
    Agreed {
        /// What the other board calls itself.
        peer: String,
        /// Three words.
        words: String,
    },
    /// Paired.
    Paired {
        /// What the other board calls itself.
        peer: String,
    },
    /// Nothing came of it.
    Failed(PairingProblem),
}

impl PairingStage {
    /// Whether something else than the person here makes it go on.
    pub(crate) fn waits(&self) -> bool {
        matches!(self, Self::Waiting { .. } | Self::Meeting | Self::Agreed { .. })
    }

    pub(crate) fn over(&self) -> bool {
        matches!(self, Self::Paired { .. } | Self::Failed(_))
    }

    pub(crate) fn label(&self, t: T) -> &'static str {
        match self {
            Self::Waiting { .. } => t.peers_stage_waiting(),
            Self::Meeting => t.peers_stage_meeting(),
            Self::Comparing { .. } => t.peers_stage_comparing(),
            Self::Agreed { .. } => t.peers_stage_agreed(),
            Self::Paired { .. } => t.peers_stage_paired(),
            Self::Failed(_) => t.peers_stage_failed(),
        }
    }
}

/// Why nothing came of a pairing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairingProblem {
    /// No board on the network shows the code.
    NobodyFound,
    /// Nothing answers at that address.
    Unreachable,
    /// The board there shows no such code.
    NoSuchCode,
    /// The code was tried before, or is too old.
    Spent,
    /// Another code is shown there, or somebody is in between.
    WrongCode,
    /// The code of this same board.
    OwnCode,
    /// One of the two people called it off.
    Declined,
    /// Three wrong codes; wait.
    Paused,
    /// Anything else.
    Other,
}

impl PairingProblem {
    pub(crate) fn text(self, t: T) -> &'static str {
        match self {
            Self::NobodyFound => t.peers_problem_nobody(),
            Self::Unreachable => t.peers_problem_unreachable(),
            Self::NoSuchCode => t.peers_problem_no_such_code(),
            Self::Spent => t.peers_problem_spent(),
            Self::WrongCode => t.peers_problem_wrong_code(),
            Self::OwnCode => t.peers_problem_own_code(),
            Self::Declined => t.peers_problem_declined(),
            Self::Paused => t.peers_problem_paused(),
            Self::Other => t.peers_problem_other(),
        }
    }
}

/// `GET /peers/pairings/<id>`: one pairing. Reloads itself without JavaScript while it waits for the other side.
///
/// Forms:
/// - `POST /peers/pairings/<id>/confirm` with `words`
/// - `POST /peers/pairings/<id>/cancel`: no fields
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairingPage {
    /// What every page knows.
    pub layout: Layout,
    /// Its id.
    pub id: String,
    /// How it stands.
    pub stage: PairingStage,
    /// When its time is up.
    pub expires: Timestamp,
}

impl PairingPage {
    pub(crate) fn qr(&self) -> String {
        match &self.stage {
            PairingStage::Waiting { ticket, .. } => svg::qr(ticket).unwrap_or_default(),
            _ => String::new(),
        }
    }
}

mod list {
    use super::PeersPage;
    super::page!(PeersPage, "peers.html");
}

mod one {
    use super::{PairingPage, PairingStage};
    super::page!(PairingPage, "pairing.html");
}
