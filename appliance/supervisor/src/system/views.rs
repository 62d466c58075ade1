// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the API and the page say about releases and slots.

use super::{
    choice::{Choice, Outcome},
    offer::{Offer, offer},
    run::facts,
};
use crate::{ApiError, App};
use release::system::Blocked;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use types::{
    Timestamp,
    system::{NoteCause, SlotStatus, SystemFacts},
};
use web_ui::UpdateFailure;

/// The software of the board itself.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReleasesView {
    /// What runs.
    pub running: RunningView,
    /// Whether this board runs from a card with two systems: only such a board updates itself.
    pub updates_itself: bool,
    /// How it is updated.
    pub choice: Choice,
    /// Where releases come from in the end; empty: nobody has said.
    pub source: String,
    /// When it was last looked for releases (seconds since 1970).
    #[schemars(with = "Option<i64>")]
    pub looked: Option<Timestamp>,
    /// A newer release for this board.
    pub offered: Option<Offered>,
    /// How far the update is.
    pub progress: Progress,
    /// Bytes of the release that are there, while it is downloaded.
    pub downloaded: Option<u64>,
    /// When the board restarts for it by itself (seconds since 1970).
    #[schemars(with = "Option<i64>")]
    pub restarts: Option<Timestamp>,
    /// Put off until then (seconds since 1970).
    #[schemars(with = "Option<i64>")]
    pub deferred_until: Option<Timestamp>,
    /// The version that can be gone back to.
    pub back: Option<String>,
    /// Why the last step failed, and what to do.
    pub problem: Option<String>,
    /// How the last update ended.
    pub last: Option<Outcome>,
    /// The same in English; empty when it was kept, or there was none.
    pub last_message: String,
}

/// What runs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RunningView {
    /// Version of this program.
    pub version: String,
    /// Version of the image, where there is one.
    pub image: Option<String>,
}

/// A release that could be taken.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Offered {
    /// Its version.
    pub version: String,
    /// Bytes of all its files.
    pub size: u64,
    /// What changed, by language.
    pub changes: BTreeMap<String, Vec<String>>,
    /// It closes a hole that is known to others.
    pub urgent: bool,
    /// When this board's turn comes (seconds since 1970); `null`: only by hand.
    #[schemars(with = "Option<i64>")]
    pub from: Option<Timestamp>,
    /// A steward went back from it, so it is not taken by itself.
    pub skipped: bool,
    /// Why it cannot be taken, and what to do.
    pub blocked: Option<String>,
    /// The same for pages.
    #[serde(skip)]
    pub(crate) why_blocked: Option<Blocked>,
}

/// How far an update is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Nothing newer is known, or it waits for somebody or for its turn.
    Idle,
    /// It is being downloaded.
    Downloading,
    /// It is being written into the idle slot.
    Writing,
    /// It is in the idle slot, complete and checked.
    Ready,
    /// The board is about to restart.
    Restarting,
    /// It runs, and is watched.
    Trying,
}

/// The card.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SlotsView {
    /// `pi` or `pc`; `null` on a board without a card of its own.
    pub kind: Option<String>,
    /// The slot that runs.
    pub running: Option<char>,
    /// The slot that starts at every power-on.
    pub committed: Option<char>,
    /// Whether what runs is an update that is being tried.
    pub trial: bool,
    /// Slot A and slot B.
    pub slots: Vec<SlotView>,
    /// The last thing that went wrong with one, in English; may be empty.
    pub note: String,
}

/// What is in a slot.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SlotView {
    /// `a` or `b`.
    pub slot: char,
    /// `empty`, `ready`, `good` or `bad`.
    pub status: String,
    /// Its version.
    pub version: Option<String>,
}

/// The software of the board.
///
/// # Errors
/// When the database fails, or the host process does not answer.
pub(crate) async fn releases(app: &App) -> Result<ReleasesView, ApiError> {
    let choice = app.store.update_choice().await?;
    let memory = app.store.update_memory().await?;
    let facts = facts(app).await?;
    let offer = match &facts {
        Some(facts) => offer(app, facts, &choice).await?,
        None => None,
    };
    let now = app.updates.now();
    let progress = progress(facts.as_ref(), offer.as_ref(), now.downloaded.is_some());
    let announced = memory.announced.filter(|_| progress == Progress::Ready);
    Ok(ReleasesView {
        running: RunningView {
            version: env!("CARGO_PKG_VERSION").into(),
            image: facts.as_ref().and_then(|facts| facts.version.clone()),
        },
        updates_itself: facts.is_some(),
        source: app.updates.source(&choice).to_owned(),
        choice,
        looked: memory.looked,
        offered: offer.map(|offer| offered(offer, memory.skipped.as_deref())),
        progress,
        downloaded: now.downloaded,
        restarts: announced.map(|announced| announced.begins),
        deferred_until: memory.deferred_until.filter(|until| *until > app.now()),
        back: facts.as_ref().and_then(back),
        problem: now.problem,
        last_message: memory.outcome.as_ref().map(message).unwrap_or_default(),
        last: memory.outcome,
    })
}

fn progress(facts: Option<&SystemFacts>, offer: Option<&Offer>, downloading: bool) -> Progress {
    let Some(facts) = facts else {
        return Progress::Idle;
    };
    let holds = |version: &str| {
        let idle = facts.idle();
        idle.is_some_and(|slot| slot.status == SlotStatus::Ready && slot.version.as_deref() == Some(version))
    };
    if facts.on_trial() {
        Progress::Trying
    } else if facts.trial.is_some() {
        Progress::Restarting
    } else if facts.writing.is_some() {
        Progress::Writing
    } else if downloading {
        Progress::Downloading
    } else if offer.is_some_and(|offer| holds(offer.release.version.as_str())) {
        Progress::Ready
    } else {
        Progress::Idle
    }
}

fn offered(offer: Offer, skipped: Option<&str>) -> Offered {
    let version = offer.release.version.to_string();
    Offered {
        size: offer.release.size(),
        urgent: offer.release.urgent,
        from: Some(offer.from).filter(|from| *from != Timestamp(i64::MAX)),
        skipped: skipped == Some(version.as_str()),
        blocked: offer.blocked.map(|why| blocked_words(why).to_owned()),
        why_blocked: offer.blocked,
        changes: offer.release.changes,
        version,
    }
}

/// The version that can be gone back to.
pub(super) fn back(facts: &SystemFacts) -> Option<String> {
    let idle = facts.idle().filter(|idle| idle.status == SlotStatus::Good)?;
    let usable = !facts.on_trial() && facts.trial.is_none() && facts.running == facts.committed;
    idle.version.clone().filter(|_| usable)
}

/// Why a release cannot be taken, and what to do.
pub(super) fn blocked_words(blocked: Blocked) -> &'static str {
    match blocked {
        Blocked::Bootloader => {
            "The bootloader of this board is too old to try another system. Update it with Raspberry Pi Imager, \
             under \"Misc utility images\"."
        }
        Blocked::Schema => {
            "This release cannot read the data of the one that runs. Take a release between them first."
        }
    }
}

/// The word of a cause.
pub(super) fn cause_word(cause: NoteCause) -> &'static str {
    match cause {
        NoteCause::DidNotStart => "did_not_start",
        NoteCause::Stopped => "stopped",
        NoteCause::Unhealthy => "unhealthy",
        NoteCause::RootDamaged => "root_damaged",
        NoteCause::KeptFailing => "kept_failing",
        NoteCause::FirmwareElsewhere => "firmware_elsewhere",
        NoteCause::RecordLost => "record_lost",
    }
}

/// A cause as pages show it.
pub(crate) fn failure(cause: &str) -> UpdateFailure {
    match cause {
        "did_not_start" => UpdateFailure::DidNotStart,
        "stopped" | "kept_failing" => UpdateFailure::Stopped,
        "unhealthy" => UpdateFailure::Unhealthy,
        "root_damaged" => UpdateFailure::Damaged,
        _ => UpdateFailure::Unknown,
    }
}

fn cause_text(cause: &str) -> &'static str {
    match cause {
        "did_not_start" => "it did not start",
        "stopped" => "it stopped before it was well",
        "unhealthy" => "it was not well",
        "root_damaged" => "its files were damaged",
        "kept_failing" => "it failed at every start",
        "firmware_elsewhere" => "the firmware started another system than it was told",
        "record_lost" => "the card's record was lost",
        _ => "it is not known why",
    }
}

fn message(outcome: &Outcome) -> String {
    if outcome.kept {
        return String::new();
    }
    let why = cause_text(&outcome.cause);
    let detail = if outcome.detail.is_empty() {
        String::new()
    } else {
        format!(" ({})", outcome.detail)
    };
    format!(
        "{} was tried and not kept: {why}{detail}. The system before runs; nothing was lost.",
        outcome.version
    )
}

/// The card.
///
/// # Errors
/// When the host process does not answer.
pub(crate) async fn slots(app: &App) -> Result<SlotsView, ApiError> {
    let Some(facts) = facts(app).await? else {
        return Ok(SlotsView {
            kind: None,
            running: None,
            committed: None,
            trial: false,
            slots: Vec::new(),
            note: String::new(),
        });
    };
    let note = facts.note.as_ref().map(|note| {
        let version = note.version.as_deref().unwrap_or("?");
        format!(
            "{version}: {} {}",
            cause_text(cause_word(note.cause)),
            note.detail
        )
    });
    Ok(SlotsView {
        trial: facts.on_trial(),
        running: facts.running,
        committed: facts.committed,
        slots: facts.slots.iter().map(slot).collect(),
        note: note.unwrap_or_default().trim_end().to_owned(),
        kind: Some(facts.kind),
    })
}

fn slot(slot: &types::system::SlotFacts) -> SlotView {
    SlotView {
        slot: slot.slot,
        status: match slot.status {
            SlotStatus::Empty => "empty",
            SlotStatus::Ready => "ready",
            SlotStatus::Good => "good",
            SlotStatus::Bad => "bad",
        }
        .into(),
        version: slot.version.clone(),
    }
}
