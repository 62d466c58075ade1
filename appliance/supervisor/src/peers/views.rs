// SPDX-License-Identifier: AGPL-3.0-or-later
//! Peers and pairings as the API shows them.

use super::{contacts::Live, talk};
use crate::{
    ApiError, App,
    state::{Held, StoredFetch},
};
use cluster::{
    agreement::{AgreementId, Book, Entry, Grant, Standing, Why},
    holding::granted,
    pairing::{Decision, Failure, Introduction, Stage},
};
use reach::outside::Port;
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
    /// Where its front door was last reached; empty when it has always come to us.
    pub address: String,
    /// When it was paired (seconds since 1970).
    #[schemars(with = "i64")]
    pub paired: Timestamp,
    /// When it ended the pairing, if it did (seconds since 1970).
    #[schemars(with = "Option<i64>")]
    pub gone: Option<Timestamp>,
    /// When the two boards last talked, since this board started (seconds since 1970).
    #[schemars(with = "Option<i64>")]
    pub heard: Option<Timestamp>,
    /// This board watches it.
    pub watching: bool,
    /// It watches this board.
    pub watched: bool,
    /// Since when it is silent, while this board watches it (seconds since 1970).
    #[schemars(with = "Option<i64>")]
    pub silent: Option<Timestamp>,
    /// How it said it is, while this board watches it.
    pub health: Option<HealthView>,
    /// How its public face looks from here, while this board watches it.
    pub face: Option<FaceView>,
    /// How this board's public face looks from there, while it watches this board.
    pub own_face: Option<FaceView>,
    /// What this board keeps of its backups.
    pub held: Option<HeldView>,
    /// What it keeps of this board's backups, while it is agreed.
    pub kept: Option<KeptView>,
}

/// What this board keeps of another's backups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HeldView {
    /// The other board's key.
    pub key: String,
    /// What it was called last.
    pub name: String,
    /// Bytes on this board's disk, with what the other board deleted.
    pub bytes: u64,
    /// Bytes of it that the other board deleted, and that are still kept.
    pub deleted: u64,
    /// Bytes that were agreed.
    pub room: u64,
    /// Days that what is deleted, and all of it after the end, is still kept.
    pub notice: u16,
    /// Seconds until all of it is deleted, if nothing is agreed any more; counted while this board runs.
    pub left: Option<u64>,
    /// Until when a code opens it to a board that was lost (seconds since 1970).
    #[schemars(with = "Option<i64>")]
    pub code_until: Option<Timestamp>,
}

/// What another board keeps of this one's backups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeptView {
    /// Bytes that were agreed.
    pub room: u64,
    /// When it ends, if that is known (seconds since 1970).
    #[schemars(with = "Option<i64>")]
    pub ends: Option<Timestamp>,
    /// Bytes that it keeps, as it says.
    pub bytes: Option<u64>,
    /// Bytes that it would keep at most, as it says.
    pub offered: Option<u64>,
    /// When it said so (seconds since 1970).
    #[schemars(with = "Option<i64>")]
    pub at: Option<Timestamp>,
}

/// What is kept, as people see it.
pub(super) fn held_view(app: &App, held: &Held, codes: &[StoredFetch]) -> HeldView {
    let used = app.shelves.used(held.owner).unwrap_or_default();
    let code = codes.iter().find(|code| code.owner == held.owner);
    HeldView {
        key: held.owner.to_string(),
        name: held.name.to_string(),
        bytes: used.bytes,
        deleted: used.aside,
        room: held.holding.room,
        notice: held.holding.notice,
        left: held.holding.left(),
        code_until: code.map(|code| code.until),
    }
}

/// How a watched board is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HealthView {
    /// When it said so (seconds since 1970).
    #[schemars(with = "i64")]
    pub at: Timestamp,
    /// Seconds since it started.
    pub up: u64,
    /// Services that run.
    pub running: u32,
    /// Services that should, and do not.
    pub failing: u32,
    /// Findings that its members notice.
    pub errors: u32,
    /// Findings to look at.
    pub warnings: u32,
}

/// How a front door looks from another house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FaceView {
    /// When somebody looked (seconds since 1970).
    #[schemars(with = "i64")]
    pub at: Timestamp,
    /// The name that was asked.
    pub domain: String,
    /// Whether a board answered there, with a certificate that browsers trust.
    pub answers: bool,
    /// Ports at which a board answers, whatever its certificate.
    pub open: Vec<u16>,
    /// Ports at which something else answers.
    pub taken: Vec<u16>,
    /// Ports at which nothing answers.
    pub closed: Vec<u16>,
}

/// A peer, and how it stands with it.
///
/// # Errors
/// When the database fails.
pub async fn peer_view(app: &App, peer: Peer) -> Result<PeerView, ApiError> {
    let us = app.store.identity().await?.key();
    let book = app.store.book(us, peer.key).await?;
    let (watching, watched) = talk::watches(&book, app.now());
    let live = app.peers.of(peer.key);
    let health = live.health.filter(|_| watching).map(|(health, at)| HealthView {
        at,
        up: health.up,
        running: health.running,
        failing: health.failing,
        errors: health.errors,
        warnings: health.warnings,
    });
    let face = live.looked.filter(|_| watching);
    let own_face = live.face.filter(|_| watched);
    let held = match app.store.held(peer.key).await? {
        Some(held) => Some(held_view(app, &held, &app.store.fetch_codes().await?)),
        None => None,
    };
    let kept = granted(&book, false, app.now()).map(|granted| KeptView {
        room: granted.room,
        ends: granted.ends,
        bytes: live.keeps.map(|(keeps, _)| keeps.bytes),
        offered: live.keeps.map(|(keeps, _)| keeps.room),
        at: live.keeps.map(|(_, at)| at),
    });
    Ok(PeerView {
        name: peer.name.to_string(),
        key: peer.key.to_string(),
        address: peer.address,
        paired: peer.paired,
        gone: peer.gone,
        heard: live.heard,
        watching,
        watched,
        silent: peer.silent,
        health,
        face: face.map(|looked| {
            let found = |wanted: Port| {
                let those = looked.ports.iter().filter(|(_, port)| **port == wanted);
                those.map(|(number, _)| *number).collect()
            };
            FaceView {
                at: looked.at,
                domain: looked.domain.to_string(),
                answers: looked.answers,
                open: found(Port::Open),
                taken: found(Port::SomebodyElse),
                closed: found(Port::Closed),
            }
        }),
        own_face: own_face.map(|(face, at)| FaceView {
            at,
            domain: face.domain.to_string(),
            answers: face.answers,
            open: face.open,
            taken: face.taken,
            closed: face.closed,
        }),
        held,
        kept,
    })
}

/// How an agreement stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StandingWord {
    /// Proposed, and not answered.
    Proposed,
    /// It holds.
    InForce,
    /// It was ended, and holds until the notice is over.
    Ending,
    /// It does not hold.
    Over,
}

/// An agreement with a peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AgreementView {
    /// Names it, on both boards.
    pub id: String,
    /// The other board's name.
    pub peer: String,
    /// The other board's key.
    pub key: String,
    /// What is done: `kind`, and its limits.
    #[schemars(with = "serde_json::Value")]
    pub grant: Grant,
    /// Whether this board is the one that does it.
    pub we_give: bool,
    /// Whether it was proposed here.
    pub we_proposed: bool,
    /// How it stands.
    pub standing: StandingWord,
    /// Why it is over: `declined`, `withdrawn`, `ended_by_us`, `ended_by_them`, `expired`, `refused`.
    pub reason: Option<String>,
    /// Since when both agreed (seconds since 1970).
    #[schemars(with = "Option<i64>")]
    pub since: Option<Timestamp>,
    /// When it ends by itself, or its notice is over (seconds since 1970).
    #[schemars(with = "Option<i64>")]
    pub until: Option<Timestamp>,
    /// Whether the other board has heard what this one said about it last, since this board started.
    pub told: bool,
    /// When anything last changed (seconds since 1970).
    #[schemars(with = "i64")]
    pub changed: Timestamp,
    /// The same for pages.
    #[serde(skip)]
    pub stands: Standing,
}

impl AgreementView {
    pub(super) fn new(
        id: AgreementId,
        entry: &Entry,
        book: &Book,
        peer: &Peer,
        live: &Live,
        now: Timestamp,
    ) -> Self {
        let us = book.us();
        let stands = entry.standing(&us, now);
        let (standing, reason, until) = match stands {
            Standing::Proposed { .. } => (StandingWord::Proposed, None, entry.terms.until),
            Standing::InForce => (StandingWord::InForce, None, entry.terms.until),
            Standing::Ending { until, .. } => (StandingWord::Ending, None, Some(until)),
            Standing::Over(why) => (StandingWord::Over, Some(reason(why)), entry.terms.until),
        };
        let record = book.records().find(|record| record.id == id);
        Self {
            id: id.to_string(),
            peer: peer.name.to_string(),
            key: peer.key.to_string(),
            grant: entry.terms.grant.clone(),
            we_give: entry.terms.giver == us,
            we_proposed: entry.terms.proposer == us,
            standing,
            reason: reason.map(str::to_owned),
            since: entry.since,
            until,
            told: record.is_none_or(|record| live.holds(&record)),
            changed: entry.changed,
            stands,
        }
    }
}

fn reason(why: Why) -> &'static str {
    match why {
        Why::Declined => "declined",
        Why::Withdrawn => "withdrawn",
        Why::EndedByUs => "ended_by_us",
        Why::EndedByThem => "ended_by_them",
        Why::Expired => "expired",
        Why::Refused(_) => "refused",
    }
}
