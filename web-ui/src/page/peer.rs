// SPDX-License-Identifier: AGPL-3.0-or-later
//! One board of another owner: how it is, and what was agreed with it.

use super::PeerRow;
use crate::{
    field::TextField,
    i18n::T,
    layout::{Layout, page},
};
use std::time::Duration;
use types::Timestamp;

/// `GET /peers/<key>`: one paired board.
///
/// Forms:
/// - `POST /peers/<key>/agreements` with `kind` (`watch` or `hold_backups`), `who` (`us`, `them`, or for backups `each`),
///   `silence` (minutes) or `gib` and `notice` (days), and `until` (a day, may be empty); 303 to this page; errors: this
///   page (422 or 409)
/// - `POST /peers/<key>/agreements/<id>/accept`, `POST /peers/<key>/agreements/<id>/end`: no fields
/// - `POST /peers/<key>/address` with `address` (may be empty)
/// - `POST /peers/<key>/unpair`: no fields
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerPage {
    /// What every page knows.
    pub layout: Layout,
    /// The board.
    pub peer: PeerRow,
    /// How it is.
    pub state: PeerState,
    /// What is agreed or proposed, the newest first.
    pub agreements: Vec<AgreementRow>,
    /// What was, the newest first.
    pub past: Vec<AgreementRow>,
    /// Who watches whom, in the form.
    pub who: TextField,
    /// Minutes, in the form.
    pub silence: TextField,
    /// The last day, in the form.
    pub until: TextField,
    /// Who keeps whose backups, and how, in the form.
    pub hold: HoldForm,
    /// Where it is, in the form.
    pub address: TextField,
    /// Why the last act came to nothing.
    pub problem: Option<AgreementProblem>,
}

/// How a board is, as far as this one knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerState {
    /// When it ended the pairing.
    pub gone: Option<Timestamp>,
    /// When the boards last talked.
    pub heard: Option<Timestamp>,
    /// Since when it is silent, while this board watches it.
    pub silent: Option<Timestamp>,
    /// What it said of itself, while this board watches it.
    pub health: Option<PeerHealth>,
    /// Its public name, and whether it answers there.
    pub face: Option<(String, bool)>,
    /// It watches this board.
    pub watched: bool,
    /// This board's public name, and whether it answers there as that board sees it.
    pub own_face: Option<(String, bool)>,
    /// What it keeps of this board's backups.
    pub kept: Option<KeptFacts>,
    /// What this board keeps of its backups: bytes there are, and bytes agreed.
    pub held: Option<(u64, u64)>,
}

/// What a board keeps of this one's backups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFacts {
    /// Bytes, as it says.
    pub bytes: Option<u64>,
    /// Bytes that were agreed.
    pub room: u64,
    /// Bytes that it would keep, when that is less than was agreed.
    pub less: Option<u64>,
    /// The place for backups that it is; `None`: none yet.
    pub place: Option<String>,
}

/// The form that proposes to keep backups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldForm {
    /// `each`, `us` or `them`.
    pub who: TextField,
    /// GiB.
    pub gib: TextField,
    /// Days.
    pub notice: TextField,
}

impl Default for HoldForm {
    fn default() -> Self {
        Self {
            who: TextField::new("each"),
            gib: TextField::new("20"),
            notice: TextField::new("30"),
        }
    }
}

/// What a watched board says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerHealth {
    /// How long it is on.
    pub up: Duration,
    /// Services that run.
    pub running: u32,
    /// Services that should, and do not.
    pub failing: u32,
    /// Findings that need attention.
    pub attention: u32,
}

/// An agreement, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementRow {
    /// Its id.
    pub id: String,
    /// What is agreed.
    pub kind: AgreementKind,
    /// Whether this board is the one that does it.
    pub ours: bool,
    /// How it stands.
    pub stage: AgreementStage,
    /// Since when both agree.
    pub since: Option<Timestamp>,
    /// When it ends by itself, or its notice is over.
    pub until: Option<Timestamp>,
    /// How long it goes on after the board ended it that does it.
    pub notice: Duration,
    /// Whether the other board has heard what was said here.
    pub told: bool,
    /// Whether this board can do it.
    pub possible: bool,
}

/// What one board does for the other, with its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgreementKind {
    /// It asks how the other is.
    Watch {
        /// How long it may be silent.
        silence: Duration,
    },
    /// It keeps its backups.
    HoldBackups {
        /// GiB.
        gib: u32,
    },
    /// It passes connections on.
    Relay {
        /// Names, written one after another.
        names: String,
        /// GiB a month.
        gib: u32,
    },
    /// It runs a service.
    RunService {
        /// Which.
        service: String,
    },
    /// It gives bundles.
    ShareBundles,
    /// It gives room.
    PoolStorage {
        /// GiB.
        gib: u32,
    },
    /// It shows what the other publishes.
    PublishTogether,
}

/// How an agreement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgreementStage {
    /// Proposed here.
    ProposedHere,
    /// Proposed there.
    ProposedThere,
    /// It holds.
    InForce,
    /// It holds until the notice is over.
    Ending,
    /// Not accepted.
    Declined,
    /// Taken back.
    Withdrawn,
    /// Ended here.
    EndedHere,
    /// Ended there.
    EndedThere,
    /// Its time was up.
    Expired,
    /// Not taken there.
    Refused,
}

impl AgreementStage {
    pub(crate) fn text(self, t: T, name: &str) -> String {
        match self {
            Self::ProposedHere => t.agreements_proposed_ours(name),
            Self::ProposedThere => t.agreements_proposed_theirs(name),
            Self::InForce => t.agreements_in_force().into(),
            Self::Ending => t.agreements_ending().into(),
            Self::Declined => t.agreements_over_declined().into(),
            Self::Withdrawn => t.agreements_over_withdrawn().into(),
            Self::EndedHere => t.agreements_over_ended_ours().into(),
            Self::EndedThere => t.agreements_over_ended_theirs(name),
            Self::Expired => t.agreements_over_expired().into(),
            Self::Refused => t.agreements_over_refused(name),
        }
    }
}

impl AgreementRow {
    /// What is agreed, in a sentence or two.
    pub(crate) fn sentence(&self, t: T, name: &str) -> String {
        match (&self.kind, self.ours) {
            (AgreementKind::Watch { silence }, true) => t.agreements_watch_ours(name, t.duration(*silence)),
            (AgreementKind::Watch { silence }, false) => {
                t.agreements_watch_theirs(name, t.duration(*silence))
            }
            (AgreementKind::HoldBackups { gib }, true) => t.agreements_hold_ours(gib, name),
            (AgreementKind::HoldBackups { gib }, false) => t.agreements_hold_theirs(gib, name),
            (AgreementKind::Relay { names, gib }, true) => t.agreements_relay_ours(gib, name, names),
            (AgreementKind::Relay { names, gib }, false) => t.agreements_relay_theirs(gib, name, names),
            (AgreementKind::RunService { service }, true) => t.agreements_run_ours(name, service),
            (AgreementKind::RunService { service }, false) => t.agreements_run_theirs(name, service),
            (AgreementKind::ShareBundles, true) => t.agreements_share_ours(name),
            (AgreementKind::ShareBundles, false) => t.agreements_share_theirs(name),
            (AgreementKind::PoolStorage { gib }, true) => t.agreements_pool_ours(gib),
            (AgreementKind::PoolStorage { gib }, false) => t.agreements_pool_theirs(gib, name),
            (AgreementKind::PublishTogether, true) => t.agreements_publish_ours(name),
            (AgreementKind::PublishTogether, false) => t.agreements_publish_theirs(name),
        }
    }

    /// What happens when it is ended here.
    pub(crate) fn end_text(&self, t: T, name: &str) -> String {
        if let AgreementKind::HoldBackups { .. } = self.kind {
            return if self.ours {
                t.held_end_ours(name, t.duration(self.notice))
            } else {
                t.held_end_theirs(name, t.duration(self.notice))
            };
        }
        match (self.notice.is_zero(), self.ours) {
            (true, _) => t.agreements_end_now().into(),
            (false, true) => t.agreements_end_notice(name, t.duration(self.notice)),
            (false, false) => t.agreements_end_data(name),
        }
    }

    pub(crate) fn tone(&self) -> &'static str {
        match self.stage {
            AgreementStage::InForce => "running",
            AgreementStage::ProposedHere | AgreementStage::ProposedThere | AgreementStage::Ending => {
                "starting"
            }
            _ => "stopped",
        }
    }
}

/// Why something could not be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgreementProblem {
    /// The same is agreed already.
    Already,
    /// It stands otherwise by now.
    NotNow,
    /// There are too many.
    TooMany,
    /// This board does not do that.
    Cannot,
    /// The other board ended the pairing.
    NotPaired,
}

impl AgreementProblem {
    pub(crate) fn text(self, t: T) -> &'static str {
        match self {
            Self::Already => t.agreements_problem_already(),
            Self::NotNow => t.agreements_problem_not_now(),
            Self::TooMany => t.agreements_problem_too_many(),
            Self::Cannot => t.agreements_problem_cannot(),
            Self::NotPaired => t.agreements_problem_not_paired(),
        }
    }
}

impl PeerPage {
    pub(crate) fn choices(&self, t: T) -> Vec<(String, String)> {
        let name = &self.peer.name;
        vec![
            ("us".into(), t.agreements_who_ours(name)),
            ("them".into(), t.agreements_who_theirs(name)),
        ]
    }

    pub(crate) fn hold_choices(&self, t: T) -> Vec<(String, String)> {
        let name = &self.peer.name;
        vec![
            ("each".into(), t.held_who_each().into()),
            ("them".into(), t.held_who_theirs(name)),
            ("us".into(), t.held_who_ours(name)),
        ]
    }
}

mod one {
    use super::{AgreementStage, PeerPage};
    super::page!(PeerPage, "peer.html");
}
