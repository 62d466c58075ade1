// SPDX-License-Identifier: AGPL-3.0-or-later
//! A card with its partitions: where a decision is carried out.

use crate::{
    autoboot::Selector,
    decide::{Decision, Seen, Then},
    disk::{Disk, SECTOR, Window},
    fat::{self, Fat, FatError},
    record::{BootState, Mode, Refusal},
    slot::Slot,
    store,
};
use std::io;

/// Where the partitions are that matter for starting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// Which firmware reads the first partition.
    pub selector: Selector,
    /// The first partition.
    pub first: Span,
    /// Slot A and slot B.
    pub slots: [Span; 2],
}

/// A partition's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first sector.
    pub start: u64,
    /// Its sectors.
    pub sectors: u64,
}

impl Places {
    /// The first three partitions in a master boot record, the card's first sector.
    pub fn of_mbr(selector: Selector, sector: &[u8; SECTOR]) -> Option<Self> {
        let span = |number: usize| {
            let entry = &sector[446 + 16 * number..][..16];
            let long = |at: usize| entry[at..].first_chunk().copied().map(u32::from_le_bytes);
            let (start, sectors) = (long(8)?.into(), long(12)?.into());
            (entry[4] != 0 && start > 0 && sectors > 0).then_some(Span { start, sectors })
        };
        if sector[510..] != [0x55, 0xaa] {
            return None;
        }
        Some(Self {
            selector,
            first: span(0)?,
            slots: [span(1)?, span(2)?],
        })
    }
}

/// Why a change on the card was not made.
#[derive(Debug)]
pub enum CardError {
    /// It may not be.
    Refused(Refusal),
    /// Both copies of the record are lost; the next start makes a new one.
    NoRecord,
    /// The device.
    Io(io::Error),
    /// The file system of the first partition, or of a slot.
    Fat(FatError),
    /// What was read back is not what was written.
    Differs(&'static str),
}

impl std::fmt::Display for CardError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::NoRecord => {
                f.write_str("the card's boot record is unreadable: restart the board, which repairs it")
            }
            Self::Io(_) => f.write_str("the card could not be read or written"),
            Self::Fat(error) => error.fmt(f),
            Self::Differs(what) => write!(
                f,
                "{what} did not read back as it was written: the card may be worn out, back up and replace it"
            ),
        }
    }
}

impl std::error::Error for CardError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) | Self::Fat(FatError::Io(error)) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for CardError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<FatError> for CardError {
    fn from(error: FatError) -> Self {
        Self::Fat(error)
    }
}

impl From<Refusal> for CardError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// A card.
#[derive(Debug)]
pub struct Card<D> {
    disk: D,
    places: Places,
}

impl<D: Disk> Card<D> {
    /// A card and where its partitions are.
    pub fn new(disk: D, places: Places) -> Self {
        Self { disk, places }
    }

    /// The record.
    pub fn load(&mut self) -> Option<BootState> {
        store::load(&mut self.disk)
    }

    /// The record, which is needed.
    ///
    /// # Errors
    /// [`CardError::NoRecord`].
    pub fn state(&mut self) -> Result<BootState, CardError> {
        self.load().ok_or(CardError::NoRecord)
    }

    /// Saves the record.
    ///
    /// # Errors
    /// When neither copy could be written.
    pub fn save(&mut self, state: &BootState) -> Result<BootState, CardError> {
        Ok(store::save(&mut self.disk, state)?)
    }

    /// A slot's partition.
    ///
    /// # Errors
    /// When it is not on the card.
    pub fn slot(&mut self, slot: Slot) -> io::Result<Window<&mut D>> {
        let span = self.places.slots[slot.index()];
        Window::new(&mut self.disk, span.start, span.sectors)
    }

    /// The slot the firmware's file starts, if the file is whole.
    pub fn selected(&mut self) -> Option<Slot> {
        let selector = self.places.selector;
        let mut fat = Fat::open(self.first().ok()?).ok()?;
        let file = fat.find(selector.path()).ok()?;
        let bytes = fat.read(&file, fat::ONE_SECTOR).ok()?;
        selector.selected(&bytes)
    }

    /// Lets the firmware's file start `slot`.
    ///
    /// # Errors
    /// When the first partition is damaged, or cannot be written.
    pub fn select(&mut self, slot: Slot) -> Result<(), CardError> {
        let selector = self.places.selector;
        fat::put_sector(self.first()?, selector.path(), &selector.render(slot))?;
        if self.selected() == Some(slot) {
            Ok(())
        } else {
            Err(CardError::Differs("the file that tells which system starts"))
        }
    }

    fn first(&mut self) -> io::Result<Window<&mut D>> {
        let span = self.places.first;
        Window::new(&mut self.disk, span.start, span.sectors)
    }

    /// Carries out what was decided for a start, and returns what to do then. The record comes first: it is true
    /// before anything follows it. What cannot be written does not keep the board from starting.
    pub fn carry_out(&mut self, decision: &Decision, seen: &Seen) -> Then {
        if self.save(&decision.record).is_err() {
            return decision.without_saving(seen);
        }
        if let Some(slot) = decision.select
            && self.select(slot).is_err()
        {
            return decision.without_saving(seen);
        }
        if let Some(slot) = decision.hide {
            let hidden = self.slot(slot).and_then(|mut slot| fat::hide(&mut slot));
            // It is tried again at every start.
            drop(hidden);
        }
        decision.then
    }

    /// Lets the idle slot be tried at the next start. `arm` tells the firmware, and how it could be told.
    ///
    /// # Errors
    /// When the slot may not be tried, or the card or the firmware cannot be told. Nothing is armed then.
    pub fn arm(&mut self, running: Slot, arm: &mut dyn FnMut() -> io::Result<Mode>) -> Result<(), CardError> {
        let state = self.state()?;
        let idle = state.idle(running)?;
        state.armed(running, Mode::OneShot)?;
        fat::reveal(&mut self.slot(idle)?)?;
        // The firmware is told last: a trial that nothing knows of would be sent back as a mistake.
        let armed = self.save(&state.armed(running, Mode::OneShot)?)?;
        match arm() {
            Ok(Mode::OneShot) => Ok(()),
            Ok(Mode::Flip) => {
                self.save(&state.armed(running, Mode::Flip)?)?;
                self.select(idle)
            }
            Err(error) => {
                if let Some(state) = armed.disarmed() {
                    self.save(&state)?;
                }
                Err(error.into())
            }
        }
    }

    /// What runs is healthy: an update that was being tried is committed by this.
    ///
    /// # Errors
    /// When the record cannot be saved. When it can, and only the firmware's file cannot be written, the next start
    /// goes on with that.
    pub fn healthy(&mut self, running: Slot) -> Result<(), CardError> {
        let state = self.state()?;
        let next = state.healthy(running);
        if let Some(next) = &next {
            self.save(next)?;
        }
        let committed = next.as_ref().unwrap_or(&state).committed;
        let settled = next.as_ref().unwrap_or(&state).trial.is_none();
        if settled && self.selected() != Some(committed) {
            self.select(committed)?;
        }
        Ok(())
    }
}
