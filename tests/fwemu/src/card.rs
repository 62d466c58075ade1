// SPDX-License-Identifier: AGPL-3.0-or-later
//! A card with a cache that a power cut empties badly.

use crate::chance::Chance;
use slots::{Disk, SECTOR};
use std::{
    collections::{BTreeMap, HashMap},
    io,
    rc::Rc,
};

type Sector = [u8; SECTOR];

/// What is left of unflushed writes after a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cache {
    /// None of them.
    Lost,
    /// All of them, the one in progress included.
    Kept,
    /// Any of them, in any order: of each sector one of its versions, the last one possibly torn in the middle.
    Torn,
}

/// A card in memory. Its contents are shared by clones until they are changed.
#[derive(Clone)]
pub struct EvilCard {
    base: Rc<HashMap<u64, Sector>>,
    changed: HashMap<u64, Sector>,
    /// Unflushed versions of sectors, oldest first.
    cached: BTreeMap<u64, Vec<Sector>>,
    sectors: u64,
    /// Writes and flushes so far.
    done: u64,
    cut: Option<(u64, Cache)>,
    chance: Chance,
    off: bool,
    /// A sector that keeps its old content whatever is written.
    worn: Option<u64>,
}

impl EvilCard {
    /// An empty card.
    pub fn new(sectors: u64) -> Self {
        Self {
            base: Rc::default(),
            changed: HashMap::new(),
            cached: BTreeMap::new(),
            sectors,
            done: 0,
            cut: None,
            chance: Chance::new(1),
            off: false,
            worn: None,
        }
    }

    /// What is on the card becomes what its clones share.
    pub fn settle(&mut self) {
        self.keep_all();
        let mut base = (*self.base).clone();
        base.extend(self.changed.drain());
        self.base = Rc::new(base);
    }

    /// The power fails at the `index`th write or flush from now on.
    pub fn cut_at(&mut self, index: u64, cache: Cache, seed: u64) {
        self.cut = Some((self.done + index, cache));
        self.chance = Chance::new(seed);
    }

    /// Writes and flushes so far.
    pub fn operations(&self) -> u64 {
        self.done
    }

    /// Whether the power has failed.
    pub fn is_off(&self) -> bool {
        self.off
    }

    /// The power is back. Without a cut before, the cache was written out by then.
    pub fn power_on(&mut self) {
        self.keep_all();
        self.off = false;
        self.cut = None;
    }

    /// From now on this sector keeps what it has.
    pub fn wear_out(&mut self, lba: u64) {
        self.worn = Some(lba);
    }

    fn sector(&self, lba: u64) -> Sector {
        let cached = self.cached.get(&lba).and_then(|versions| versions.last());
        *cached
            .or_else(|| self.changed.get(&lba))
            .or_else(|| self.base.get(&lba))
            .unwrap_or(&[0; SECTOR])
    }

    fn keep_all(&mut self) {
        for (lba, versions) in std::mem::take(&mut self.cached) {
            if let Some(last) = versions.last() {
                self.changed.insert(lba, *last);
            }
        }
    }

    /// Counts an operation; at the chosen one the power fails.
    fn count(&mut self) -> io::Result<()> {
        if self.off {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let now = self.done;
        self.done += 1;
        let Some((_, cache)) = self.cut.filter(|(at, _)| *at == now) else {
            return Ok(());
        };
        self.off = true;
        match cache {
            Cache::Lost => self.cached.clear(),
            Cache::Kept => self.keep_all(),
            Cache::Torn => self.tear(),
        }
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn tear(&mut self) {
        for (lba, versions) in std::mem::take(&mut self.cached) {
            let which = self.chance.below(versions.len() as u64 + 1);
            let Some(version) = usize::try_from(which).ok().and_then(|which| versions.get(which)) else {
                continue;
            };
            let mut left = *version;
            if self.chance.once_in(8) {
                // The sector being written keeps its old end.
                let old = self
                    .changed
                    .get(&lba)
                    .or_else(|| self.base.get(&lba))
                    .unwrap_or(&[0; SECTOR]);
                let torn = usize::try_from(self.chance.below(SECTOR as u64)).unwrap_or(0);
                left[torn..].copy_from_slice(&old[torn..]);
            }
            self.changed.insert(lba, left);
        }
    }
}

impl Disk for EvilCard {
    fn read(&mut self, lba: u64, into: &mut [u8]) -> io::Result<()> {
        if self.off {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        assert!(
            lba + (into.len() / SECTOR) as u64 <= self.sectors,
            "read outside the card"
        );
        for (lba, piece) in (lba..).zip(into.chunks_exact_mut(SECTOR)) {
            piece.copy_from_slice(&self.sector(lba));
        }
        Ok(())
    }

    fn write(&mut self, lba: u64, from: &[u8]) -> io::Result<()> {
        assert!(
            lba + (from.len() / SECTOR) as u64 <= self.sectors,
            "write outside the card"
        );
        if !self.off {
            for (lba, piece) in (lba..).zip(from.chunks_exact(SECTOR)) {
                if self.worn != Some(lba) {
                    let version = *piece.first_chunk().unwrap_or(&[0; SECTOR]);
                    self.cached.entry(lba).or_default().push(version);
                }
            }
        }
        self.count()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.count()?;
        self.keep_all();
        Ok(())
    }

    fn sectors(&self) -> u64 {
        self.sectors
    }
}
