// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board's own system and its updates.

use crate::{
    field::TextField,
    i18n::T,
    layout::{Layout, page},
};
use types::Timestamp;

/// `GET /system`: what runs, what could take its place, how updates come.
///
/// Forms, answered with 303 to `/system` or this page with errors (422):
/// - `POST /system/look`, `/system/install`, `/system/back`, `/system/reboot` without fields
/// - `POST /system/defer` with `days` (1 to 7)
/// - `POST /system/settings` with `automatic` (`true` when ticked), `channel`, `hour`, `source`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemPage {
    /// What every page knows.
    pub layout: Layout,
    /// The version that runs.
    pub version: String,
    /// How it is updated; `None`: with the machine it runs on.
    pub updates: Option<SystemUpdates>,
}

/// How a board with a card of its own is updated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemUpdates {
    /// How far an update is.
    pub progress: SystemProgress,
    /// Why the last step failed, in words that somebody else chose.
    pub problem: Option<String>,
    /// A newer release.
    pub offered: Option<OfferedRelease>,
    /// When the board restarts for it by itself.
    pub restarts: Option<Timestamp>,
    /// Put off until then.
    pub deferred_until: Option<Timestamp>,
    /// When it was last looked for releases.
    pub looked: Option<Timestamp>,
    /// Whether there is a place to look for them.
    pub source_known: bool,
    /// How the last update ended.
    pub last: Option<LastUpdate>,
    /// The version that can be gone back to.
    pub back: Option<String>,
    /// Slot A and slot B.
    pub slots: Vec<SlotRow>,
    /// Disks that can be updated from, as the field takes them.
    pub disks: Vec<String>,
    /// How updates come.
    pub form: UpdatesForm,
}

/// How far an update is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemProgress {
    /// Nothing goes on.
    Idle,
    /// So many bytes are there.
    Downloading(u64),
    /// Being written to the card, and read back.
    Writing,
    /// On the card, checked.
    Ready,
    /// The board is about to restart.
    Restarting,
    /// It runs, and is watched for some minutes.
    Trying,
}

/// A newer release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedRelease {
    /// Its version.
    pub version: String,
    /// Bytes.
    pub size: u64,
    /// What changed.
    pub changes: Vec<String>,
    /// It closes a hole that is known to others.
    pub urgent: bool,
    /// A steward went back from it.
    pub skipped: bool,
    /// Why it cannot be taken.
    pub blocked: Option<BlockedRelease>,
}

/// Why a release cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockedRelease {
    /// The bootloader is too old.
    Bootloader,
    /// The data are too old.
    Schema,
}

/// How an update ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUpdate {
    /// Which.
    pub version: String,
    /// When.
    pub at: Timestamp,
    /// Why it was not kept; `None`: it was.
    pub failure: Option<UpdateFailure>,
    /// What the update itself said was wrong.
    pub detail: String,
}

/// Why an update was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateFailure {
    /// Its kernel never ran.
    DidNotStart,
    /// It stopped without a word.
    Stopped,
    /// Something did not run.
    Unhealthy,
    /// Its files were damaged.
    Damaged,
    /// Nothing tells why.
    Unknown,
}

/// A slot of the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotRow {
    /// `A` or `B`.
    pub letter: char,
    /// Its version.
    pub version: Option<String>,
    /// Whether it runs.
    pub runs: bool,
    /// How far it is to be trusted.
    pub trust: SlotTrust,
}

/// How far what is in a slot is to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotTrust {
    /// Nothing complete.
    Empty,
    /// Complete, never started.
    Ready,
    /// It has run well.
    Good,
    /// It failed.
    Bad,
}

/// How updates come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdatesForm {
    /// At night by themselves.
    pub automatic: bool,
    /// `stable` or `candidate`.
    pub channel: TextField,
    /// The hour (UTC).
    pub hour: TextField,
    /// Where releases come from.
    pub source: TextField,
}

impl SystemProgress {
    pub(crate) fn text(self, t: T, size: u64) -> String {
        match self {
            Self::Idle => String::new(),
            Self::Downloading(bytes) => t.system_downloading(t.bytes(bytes), t.bytes(size)),
            Self::Writing => t.system_writing().into(),
            Self::Ready => t.system_ready().into(),
            Self::Restarting => t.system_restarting().into(),
            Self::Trying => t.system_trying().into(),
        }
    }

    /// Whether a person may still decide.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Idle | Self::Ready)
    }
}

impl SystemUpdates {
    pub(crate) fn progress_text(&self, t: T) -> String {
        let size = self.offered.as_ref().map_or(0, |offered| offered.size);
        self.progress.text(t, size)
    }

    pub(crate) fn can_defer(&self) -> bool {
        self.form.automatic
            && self.progress.is_open()
            && self.offered.as_ref().is_some_and(OfferedRelease::open)
    }
}

impl OfferedRelease {
    pub(crate) fn open(&self) -> bool {
        self.blocked.is_none()
    }

    pub(crate) fn blocked_text(&self, t: T) -> Option<&'static str> {
        self.blocked.map(|blocked| match blocked {
            BlockedRelease::Bootloader => t.system_blocked_bootloader(),
            BlockedRelease::Schema => t.system_blocked_schema(),
        })
    }
}

impl LastUpdate {
    pub(crate) fn text(&self, t: T) -> String {
        let Some(failure) = self.failure else {
            return t.system_kept(&self.version);
        };
        let why = match failure {
            UpdateFailure::DidNotStart => t.system_did_not_start(),
            UpdateFailure::Stopped => t.system_stopped(),
            UpdateFailure::Unhealthy => t.system_unhealthy(),
            UpdateFailure::Damaged => t.system_damaged(),
            UpdateFailure::Unknown => t.system_unknown(),
        };
        t.system_not_kept(&self.version, why)
    }
}

impl SlotRow {
    pub(crate) fn text(&self, t: T) -> &'static str {
        match self.trust {
            _ if self.runs => t.system_slot_runs(),
            SlotTrust::Empty => t.system_slot_empty(),
            SlotTrust::Ready => t.system_slot_ready(),
            SlotTrust::Good => t.system_slot_good(),
            SlotTrust::Bad => t.system_slot_bad(),
        }
    }
}

impl UpdatesForm {
    pub(crate) fn channels(t: T) -> Vec<(String, String)> {
        vec![
            ("stable".into(), t.system_channel_stable().into()),
            ("candidate".into(), t.system_channel_candidate().into()),
        ]
    }
}

page!(SystemPage, "system.html");
