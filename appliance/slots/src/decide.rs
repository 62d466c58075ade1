// SPDX-License-Identifier: AGPL-3.0-or-later
//! What to do at a start, decided before anything is mounted.

use crate::{
    record::{BootState, Cause, Mode, Note, Stage, Status, TRIES, Trial},
    slot::{Slot, Version},
};

/// Starts of a committed slot without one being healthy, after which the other slot is taken if it was good once.
pub const ATTEMPTS: u8 = 3;
/// Starts made in a row only to get to another slot; after that the board stays where the firmware brought it.
pub const REDIRECTS: u8 = 2;

/// What an initramfs sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The slot whose kernel runs, as the firmware says. `None`: it does not say.
    pub booted: Option<Slot>,
    /// The version of that kernel.
    pub version: Option<Version>,
    /// The slot the firmware's file starts, if the file is whole.
    pub selector: Option<Slot>,
    /// The slot that holds this kernel's root file system, found by its root hash and verified. Mostly the same; a new
    /// card has it once for both.
    pub root: Option<Slot>,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Go on with the root file system in this slot.
    Run {
        /// Where it is.
        root: Slot,
        /// Whether this is the trial of an update.
        trial: bool,
    },
    /// Restart: the firmware's file has been rewritten.
    Restart,
    /// Nothing can be started: say so, and wait for a person.
    Rescue,
}

/// What to do at a start: `record`, then `select`, then `hide`, then `then`. [`crate::Card::carry_out`] does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The record to save.
    pub record: BootState,
    /// The slot the firmware's file must start from now on; `None`: it is right.
    pub select: Option<Slot>,
    /// A slot that is not proven: its first sector is to be cleared, if it is not, so that no firmware whose file is
    /// damaged starts it.
    pub hide: Option<Slot>,
    /// What to do then.
    pub then: Then,
}

impl Decision {
    /// What to do when the record could not be saved, or the firmware's file could not be rewritten: never restart,
    /// for it would come to the same point again.
    pub fn without_saving(&self, seen: &Seen) -> Then {
        match (self.then, seen.root) {
            (Then::Restart, Some(root)) => Then::Run { root, trial: false },
            (Then::Restart, None) => Then::Rescue,
            (then, _) => then,
        }
    }
}

/// Decides a start. `record` is what [`crate::load`] found.
///
/// Whatever is given, a board whose running kernel has its root file system starts something, and no sequence of
/// starts without a healthy one holds more than a few restarts.
pub fn at_start(record: Option<BootState>, seen: &Seen) -> Decision {
    let mut record = record.unwrap_or_else(|| rebuilt(seen));
    let booted = seen.booted.unwrap_or_else(|| guess(&record, seen));
    if let Some(trial) = record.trial {
        if booted == trial.slot && trial.stage == Stage::Armed && seen.root.is_some() {
            record.trial = Some(Trial {
                stage: Stage::Started,
                ..trial
            });
            return start(record, seen, true);
        }
        end_trial(&mut record, trial, booted);
    }
    if booted == record.committed {
        at_home(record, seen)
    } else {
        elsewhere(record, booted, seen)
    }
}

/// A record from what is seen alone.
fn rebuilt(seen: &Seen) -> BootState {
    let committed = seen.selector.or(seen.booted).unwrap_or(Slot::A);
    let version = seen.version.clone().filter(|_| seen.booted == Some(committed));
    let mut record = BootState::new(committed, version);
    record.note(Cause::RecordLost, committed, "");
    record
}

/// The slot that runs when the firmware does not say: the one whose version this is, or else what it was told.
fn guess(record: &BootState, seen: &Seen) -> Slot {
    let named = |slot: &Slot| seen.version.is_some() && record.slot(*slot).version == seen.version;
    let [a, b] = [named(&Slot::A), named(&Slot::B)];
    match (a, b) {
        (true, false) => Slot::A,
        (false, true) => Slot::B,
        _ => seen.selector.unwrap_or(record.committed),
    }
}

/// A trial that is over without having been committed.
fn end_trial(record: &mut BootState, trial: Trial, booted: Slot) {
    record.trial = None;
    let version = record.slot(trial.slot).version.clone();
    let said = |note: &Note| note.slot == trial.slot && note.version == version;
    // It may have said itself what was wrong.
    let explained = record.note.as_ref().is_some_and(said);
    let state = record.slot_mut(trial.slot);
    let cause = match trial.stage {
        // It may have been the power that failed, between arming and restarting.
        Stage::Armed if booted != trial.slot && state.tries < TRIES => {
            return record.note(Cause::DidNotStart, trial.slot, "");
        }
        Stage::Armed if booted != trial.slot => Cause::DidNotStart,
        Stage::Armed => Cause::RootDamaged,
        Stage::Started => Cause::Stopped,
    };
    state.status = Status::Bad;
    if !explained {
        record.note(cause, trial.slot, "");
    }
}

/// A slot that no firmware may start by itself when its file is damaged: one that was tried in vain or never tried.
fn unproven(record: &BootState) -> Option<Slot> {
    let other = record.committed.other();
    let state = record.slot(other);
    let unproven = match state.status {
        Status::Ready => true,
        // One that was good once and then kept failing has no tries; it may still be a last resort.
        Status::Bad => state.tries > 0,
        Status::Good | Status::Empty => false,
    };
    (unproven && record.trial.is_none()).then_some(other)
}

/// The committed slot's kernel runs.
fn at_home(mut record: BootState, seen: &Seen) -> Decision {
    let other = record.committed.other();
    let failing = record.attempts >= ATTEMPTS;
    let may_leave = record.redirects < REDIRECTS;
    let refuge = match record.slot(other).status {
        Status::Good => may_leave,
        // Better than nothing, where there is nothing.
        Status::Bad => may_leave && seen.root.is_none(),
        Status::Empty | Status::Ready => false,
    };
    if (failing || seen.root.is_none()) && refuge {
        let cause = if seen.root.is_none() {
            Cause::RootDamaged
        } else {
            Cause::KeptFailing
        };
        let left = record.committed;
        record.note(cause, left, "");
        record.slot_mut(left).status = Status::Bad;
        record.committed = other;
        record.attempts = 0;
        record.redirects += 1;
        return Decision {
            record,
            select: Some(other),
            hide: None,
            then: Then::Restart,
        };
    }
    record.attempts = record.attempts.saturating_add(1);
    Decision {
        hide: unproven(&record),
        ..start(record, seen, false)
    }
}

/// The firmware started the other slot: its file is damaged, or older than the record, or it ignores the file.
fn elsewhere(mut record: BootState, booted: Slot, seen: &Seen) -> Decision {
    let told = seen.selector == Some(record.committed);
    let may_leave = record.redirects < REDIRECTS;
    // Having been told, it will not do otherwise the next time, except that a trial ends by a restart.
    if may_leave && (!told || seen.root.is_none() || record.slot(booted).status != Status::Good) {
        record.redirects += 1;
        return Decision {
            select: (!told).then_some(record.committed),
            record,
            hide: None,
            then: Then::Restart,
        };
    }
    record.note(Cause::FirmwareElsewhere, booted, "");
    start(record, seen, false)
}

fn start(record: BootState, seen: &Seen, trial: bool) -> Decision {
    let flipped = record.trial.is_some_and(|trial| trial.mode == Mode::Flip);
    let told = seen.selector == Some(record.committed) || flipped;
    let then = seen.root.map_or(Then::Rescue, |root| Then::Run { root, trial });
    Decision {
        select: (!told).then_some(record.committed),
        record,
        hide: None,
        then,
    }
}

#[cfg(test)]
mod tests;
