// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board's own system: from which slot of its card it runs, and what is in the other.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// What the host process knows of a card with two slots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemFacts {
    /// The kind of image: `pi`, `pc`.
    pub kind: String,
    /// The version that runs, as its kernel was told.
    pub version: Option<String>,
    /// The slot that runs: `a` or `b`. `None`: the firmware does not say.
    pub running: Option<char>,
    /// The slot that starts at every power-on. `None`: the record is lost; the next start makes a new one.
    pub committed: Option<char>,
    /// Whether an update is being tried, and how far that is.
    pub trial: Option<TrialFacts>,
    /// Slot A and slot B.
    pub slots: Vec<SlotFacts>,
    /// The last thing that went wrong.
    pub note: Option<NoteFacts>,
    /// When the bootloader was built.
    pub bootloader: Option<Timestamp>,
    /// The version that is being written into the idle slot.
    pub writing: Option<String>,
    /// Why the last one could not be written.
    pub write_problem: Option<WriteProblem>,
}

/// A release that could not be written into the idle slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteProblem {
    /// Its version.
    pub version: String,
    /// Why, and what to do.
    pub message: String,
}

/// An update being tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialFacts {
    /// In which slot.
    pub slot: char,
    /// Whether it has started; otherwise the next start does it.
    pub started: bool,
}

/// What is in a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotFacts {
    /// `a` or `b`.
    pub slot: char,
    /// How far it is to be trusted.
    pub status: SlotStatus,
    /// Its version.
    pub version: Option<String>,
}

/// How far a slot is to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotStatus {
    /// Nothing, or something unfinished.
    Empty,
    /// Complete and verified, never started.
    Ready,
    /// It has been healthy.
    Good,
    /// It failed.
    Bad,
}

/// Something that went wrong with a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteFacts {
    /// What.
    pub cause: NoteCause,
    /// What was in the slot.
    pub version: Option<String>,
    /// More, in words.
    pub detail: String,
}

/// What can go wrong with a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteCause {
    /// It was to be tried, and its kernel never ran.
    DidNotStart,
    /// It started and stopped without a word.
    Stopped,
    /// It was not healthy in time.
    Unhealthy,
    /// Its root file system is missing or damaged.
    RootDamaged,
    /// It was healthy once, and now failed at every start.
    KeptFailing,
    /// The firmware starts another slot than it is told.
    FirmwareElsewhere,
    /// The record of the slots was unreadable and has been made again.
    RecordLost,
}

impl SystemFacts {
    /// What is in the slot that does not run.
    pub fn idle(&self) -> Option<&SlotFacts> {
        let running = self.running?;
        self.slots.iter().find(|slot| slot.slot != running)
    }

    /// Whether what runs is an update being tried.
    pub fn on_trial(&self) -> bool {
        self.trial
            .is_some_and(|trial| trial.started && Some(trial.slot) == self.running)
    }
}
