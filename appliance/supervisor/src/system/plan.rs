// SPDX-License-Identifier: AGPL-3.0-or-later
//! What to do next about updates: a pure function.

use super::{
    choice::{Choice, Memory},
    health::Verdict,
};
use std::time::Duration;
use types::{
    Timestamp,
    system::{SlotStatus, SystemFacts},
};

/// Seconds between two looks for releases.
const LOOK_EVERY: u64 = 6 * 3600;
/// Seconds of the night.
pub(super) const NIGHT: i64 = 2 * 3600;
const DAY: i64 = 86_400;
/// Members hear of a restart so long before.
const NOTICE: Duration = Duration::from_hours(12);

/// What is seen.
#[derive(Clone, Debug)]
pub(super) struct Observed<'a> {
    /// The card.
    pub(super) facts: &'a SystemFacts,
    /// What runs is well.
    pub(super) verdict: Verdict,
    /// This start has been reported as healthy.
    pub(super) told: bool,
    /// The release on offer.
    pub(super) offer: Option<Offered<'a>>,
    /// Whether there is a place to look for them.
    pub(super) source: bool,
    /// This board's place in the night, of a hundred.
    pub(super) place: u8,
}

/// A release on offer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offered<'a> {
    pub(super) version: &'a str,
    /// When its wave reaches this board.
    pub(super) from: Timestamp,
    /// It closes a hole that is known to others.
    pub(super) urgent: bool,
    /// It cannot be taken.
    pub(super) blocked: bool,
    /// Files are still to be downloaded.
    pub(super) missing: bool,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing.
    Rest,
    /// Report this start as healthy; a trial is committed by that.
    Keep,
    /// Write down why the trial is not healthy, and restart: the old system comes back.
    GiveUp(String),
    /// Look for releases.
    Look,
    /// Download what is missing of the offer.
    Download,
    /// Write the offer into the idle slot.
    Stage,
    /// Tell members that the board restarts then.
    Announce(Timestamp),
    /// Copy the database, arm the idle slot, and restart.
    Restart,
}

/// The next step.
pub(super) fn next(seen: &Observed<'_>, choice: &Choice, memory: &Memory, now: Timestamp) -> Step {
    let facts = seen.facts;
    if facts.on_trial() {
        return match &seen.verdict {
            Verdict::Wait => Step::Rest,
            Verdict::Good => Step::Keep,
            Verdict::Bad(reason) => Step::GiveUp(reason.clone()),
        };
    }
    if facts.running.is_none() || facts.running != facts.committed {
        return Step::Rest;
    }
    if facts.trial.is_some() || facts.writing.is_some() {
        return Step::Rest;
    }
    if !seen.told {
        // Nothing is changed before it is known that what runs can be relied on.
        return if seen.verdict == Verdict::Good {
            Step::Keep
        } else {
            Step::Rest
        };
    }
    let holds = |version: &str, status: SlotStatus| {
        let idle = facts.idle();
        idle.is_some_and(|slot| slot.version.as_deref() == Some(version) && slot.status == status)
    };
    let wanted = memory.wanted.as_deref();
    // Going back to the version before needs no release.
    if wanted.is_some_and(|version| holds(version, SlotStatus::Good)) {
        return Step::Restart;
    }
    let looked = memory.looked;
    if seen.source && looked.is_none_or(|at| now.since(at).as_secs() >= LOOK_EVERY || now < at) {
        return Step::Look;
    }
    let Some(offer) = seen.offer.filter(|offer| !offer.blocked) else {
        return Step::Rest;
    };
    let now_wanted = wanted == Some(offer.version);
    let skipped = memory.skipped.as_deref() == Some(offer.version);
    let by_itself = choice.automatic && !skipped && now >= offer.from;
    if !now_wanted && !by_itself {
        return Step::Rest;
    }
    if !holds(offer.version, SlotStatus::Ready) {
        return if offer.missing {
            Step::Download
        } else {
            Step::Stage
        };
    }
    if now_wanted {
        return Step::Restart;
    }
    night(seen, choice, memory, offer, now)
}

/// Whether to tell members, to wait, or to restart.
fn night(seen: &Observed<'_>, choice: &Choice, memory: &Memory, offer: Offered<'_>, now: Timestamp) -> Step {
    let announced = memory
        .announced
        .as_ref()
        .filter(|announced| announced.version == offer.version)
        .map(|announced| announced.begins);
    match announced {
        Some(begins) if now < begins => Step::Rest,
        Some(begins) if now.0 < begins.0 + NIGHT => Step::Restart,
        // Never told, or the board was off that night.
        _ => {
            let notice = if offer.urgent { Duration::ZERO } else { NOTICE };
            let earliest = now.plus(notice).max(memory.deferred_until.unwrap_or(now));
            Step::Announce(restart_time(choice.hour, seen.place, earliest))
        }
    }
}

/// The first time from `earliest` on at which a board at this place restarts.
pub(super) fn restart_time(hour: u8, place: u8, earliest: Timestamp) -> Timestamp {
    let begin = earliest.0.div_euclid(DAY) * DAY + i64::from(hour) * 3600;
    let at = begin + i64::from(place) * NIGHT / 100;
    let nights = [at - DAY, at, at + DAY];
    let first = nights.into_iter().find(|at| *at >= earliest.0);
    Timestamp(first.unwrap_or(at + DAY))
}

#[cfg(test)]
mod tests;
