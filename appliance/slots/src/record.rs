// SPDX-License-Identifier: AGPL-3.0-or-later
//! The boot-state record, and what may happen to it.

mod code;

use crate::slot::{Slot, Version};

/// How often a version is armed whose kernel never reports: after that it counts as bad.
pub const TRIES: u8 = 2;
/// The longest detail of a note, in bytes.
pub const DETAIL_BYTES: usize = 200;

/// What is true about the two slots. One sector of the card holds it, and another a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootState {
    /// Rises with every record written: of two valid copies the higher is the newer.
    pub sequence: u64,
    /// What starts at every power-on.
    pub committed: Slot,
    /// Starts of the committed slot since it was last healthy.
    pub attempts: u8,
    /// Starts made only to get to another slot, since a slot was last healthy.
    pub redirects: u8,
    /// An update that is being tried.
    pub trial: Option<Trial>,
    /// What is in slot A and in slot B.
    pub slots: [SlotState; 2],
    /// The version that was last healthy.
    pub last_good: Option<Version>,
    /// The last thing that went wrong.
    pub note: Option<Note>,
}

/// What is in a slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlotState {
    /// How far it is to be trusted.
    pub status: Status,
    /// How often what is in it was armed and did not report.
    pub tries: u8,
    /// Its version.
    pub version: Option<Version>,
}

/// How far a slot is to be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Nothing, or something unfinished. The firmware must find no file system in it.
    #[default]
    Empty,
    /// Complete and verified, never started. The firmware must find no file system in it until it is armed.
    Ready,
    /// It has been healthy.
    Good,
    /// It failed.
    Bad,
}

/// A slot being tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Which one.
    pub slot: Slot,
    /// How the firmware was told.
    pub mode: Mode,
    /// How far it has come.
    pub stage: Stage,
}

/// How the firmware is told to try a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By a flag it forgets before it starts: whatever happens, the next start is the committed slot's.
    OneShot,
    /// By rewriting its file, where there is no such flag. Weaker: a kernel that does not start stays.
    Flip,
}

/// How far a trial has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The board is about to restart.
    Armed,
    /// Its initramfs has run.
    Started,
}

/// Something that went wrong with a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What.
    pub cause: Cause,
    /// Where.
    pub slot: Slot,
    /// What was in it.
    pub version: Option<Version>,
    /// More, in words, at most [`DETAIL_BYTES`].
    pub detail: String,
}

/// What can go wrong with a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It was armed, and its kernel never ran.
    DidNotStart,
    /// It started and stopped before it was healthy, without a word.
    Stopped,
    /// It started and was not healthy in time; the detail says what was missing.
    Unhealthy,
    /// Its root file system is missing or damaged.
    RootDamaged,
    /// It was committed and healthy once, and now failed at every start.
    KeptFailing,
    /// The firmware starts another slot than it is told.
    FirmwareElsewhere,
    /// Both copies of the record were unreadable.
    RecordLost,
}

/// Why something is not done with the slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// What runs is not what is committed: the idle slot may be needed.
    NotCommitted,
    /// An update is being tried.
    Trying,
    /// Nothing complete is in the idle slot.
    NotReady,
    /// What is in the idle slot failed before.
    Failed,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotCommitted => "the board runs from its spare system: restart it, then try again",
            Self::Trying => "an update is being tried: wait until it is decided",
            Self::NotReady => "no complete update is on the card: download it first",
            Self::Failed => "this update was tried and failed: wait for the next one, or download it again",
        })
    }
}

impl std::error::Error for Refusal {}

impl BootState {
    /// The record of a board whose record was lost or never written, judged by what is seen.
    pub fn new(committed: Slot, version: Option<Version>) -> Self {
        let mut state = Self {
            sequence: 0,
            committed,
            attempts: 0,
            redirects: 0,
            trial: None,
            slots: [SlotState::default(), SlotState::default()],
            last_good: version.clone(),
            note: None,
        };
        *state.slot_mut(committed) = SlotState {
            status: Status::Good,
            tries: 0,
            version,
        };
        state
    }

    /// What is in a slot.
    pub fn slot(&self, slot: Slot) -> &SlotState {
        &self.slots[slot.index()]
    }

    pub(crate) fn slot_mut(&mut self, slot: Slot) -> &mut SlotState {
        &mut self.slots[slot.index()]
    }

    pub(crate) fn note(&mut self, cause: Cause, slot: Slot, detail: &str) {
        self.note = Some(Note {
            cause,
            slot,
            version: self.slot(slot).version.clone(),
            detail: shorten(detail).into(),
        });
    }

    /// The slot that may be written, when `running` runs.
    ///
    /// # Errors
    /// When none may: what runs is not committed, or an update is being tried.
    pub fn idle(&self, running: Slot) -> Result<Slot, Refusal> {
        match (self.trial, running == self.committed) {
            (Some(_), _) => Err(Refusal::Trying),
            (None, true) => Ok(running.other()),
            (None, false) => Err(Refusal::NotCommitted),
        }
    }

    /// The idle slot is about to be written: nothing in it is to be trusted any more.
    ///
    /// # Errors
    /// When no slot may be written.
    pub fn emptied(&self, running: Slot) -> Result<Self, Refusal> {
        let mut next = self.clone();
        *next.slot_mut(self.idle(running)?) = SlotState::default();
        Ok(next)
    }

    /// The idle slot has been written, read back and verified.
    ///
    /// # Errors
    /// When no slot may be written.
    pub fn written(&self, running: Slot, version: Version) -> Result<Self, Refusal> {
        let mut next = self.clone();
        *next.slot_mut(self.idle(running)?) = SlotState {
            status: Status::Ready,
            tries: 0,
            version: Some(version),
        };
        Ok(next)
    }

    /// The idle slot is to be tried at the next start: an update, or the version before, to go back to it.
    ///
    /// # Errors
    /// When it is not complete, or has failed.
    pub fn armed(&self, running: Slot, mode: Mode) -> Result<Self, Refusal> {
        let idle = self.idle(running)?;
        let mut next = self.clone();
        let slot = next.slot_mut(idle);
        match slot.status {
            Status::Empty => return Err(Refusal::NotReady),
            Status::Bad => return Err(Refusal::Failed),
            Status::Ready | Status::Good if slot.tries >= TRIES => return Err(Refusal::Failed),
            Status::Ready | Status::Good => slot.tries += 1,
        }
        // What it says later is about this try.
        next.note.take_if(|note| note.slot == idle);
        next.trial = Some(Trial {
            slot: idle,
            mode,
            stage: Stage::Armed,
        });
        Ok(next)
    }

    /// The board did not restart after it was armed: the trial is called off.
    pub fn disarmed(&self) -> Option<Self> {
        let trial = self.trial.filter(|trial| trial.stage == Stage::Armed)?;
        let mut next = self.clone();
        next.trial = None;
        let slot = next.slot_mut(trial.slot);
        slot.tries = slot.tries.saturating_sub(1);
        Some(next)
    }

    /// `running` is healthy: a trial is committed by this, a committed slot forgets its failed starts. `None`:
    /// nothing changes, so nothing needs to be written.
    pub fn healthy(&self, running: Slot) -> Option<Self> {
        let mut next = self.clone();
        if let Some(trial) = self.trial.filter(|trial| trial.slot == running) {
            if trial.stage != Stage::Started {
                return None;
            }
            next.trial = None;
            next.committed = running;
            next.note = None;
        } else if running != self.committed {
            return None;
        }
        next.attempts = 0;
        next.redirects = 0;
        let slot = &mut next.slots[running.index()];
        slot.status = Status::Good;
        slot.tries = 0;
        next.last_good.clone_from(&slot.version);
        (next != *self).then_some(next)
    }

    /// The slot being tried is not healthy: the reason stands in the record before the board restarts. `None` when
    /// nothing is being tried.
    pub fn unhealthy(&self, cause: Cause, detail: &str) -> Option<Self> {
        let trial = self.trial?;
        let mut next = self.clone();
        next.note(cause, trial.slot, detail);
        Some(next)
    }
}

/// At most [`DETAIL_BYTES`], cut between characters.
fn shorten(detail: &str) -> &str {
    &detail[..detail.floor_char_boundary(DETAIL_BYTES)]
}

#[cfg(test)]
pub(crate) mod tests;
