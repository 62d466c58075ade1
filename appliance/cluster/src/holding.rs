// SPDX-License-Identifier: AGPL-3.0-or-later
//! Backups that this board keeps for another: until when, and what the other one may do with them meanwhile.
//!
//! Days are counted while this board runs, and no look counts for more than an hour: a clock that jumps years ahead
//! deletes nothing, and a board that was off, or whose clock went back, only keeps things longer.

use crate::agreement::{Book, Grant, Standing};
use types::Timestamp;

/// Seconds that one look counts for, at most.
const STEP: i64 = 3600;
/// Seconds of a day.
const DAY: u64 = 86_400;
/// Bytes of a GiB.
const GIB: u64 = 1 << 30;

/// What was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Bytes.
    pub room: u64,
    /// Days that what was deleted, and all of it after the end, is still kept.
    pub notice: u16,
    /// When it ends, if that is known: the notice runs, or it was agreed for a time.
    pub ends: Option<Timestamp>,
}

/// What one of the two grants the other now, if it does; `ours`: this board is the one that keeps.
pub fn granted(book: &Book, ours: bool, now: Timestamp) -> Option<Granted> {
    let holding = book.entries().values().filter_map(|entry| {
        let Grant::HoldBackups { gib, notice } = entry.terms.grant else {
            return None;
        };
        let standing = entry.standing(&book.us(), now);
        let mine = (entry.terms.giver == book.us()) == ours;
        (mine && standing.holds()).then_some(Granted {
            room: u64::from(gib) * GIB,
            notice,
            ends: match standing {
                Standing::Ending { until, .. } => Some(until),
                _ => entry.terms.until,
            },
        })
    });
    holding.max_by_key(|granted| (granted.ends.is_none(), granted.room))
}

/// What is kept for one board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Bytes, as was agreed last.
    pub room: u64,
    /// Days, as was agreed last.
    pub notice: u16,
    /// Seconds that it was looked after.
    pub age: u64,
    /// When it was looked at last.
    pub looked: Timestamp,
    /// Its age when no agreement held any more.
    pub ended: Option<u64>,
}

impl Holding {
    /// Begins.
    pub fn new(granted: Granted, now: Timestamp) -> Self {
        Self {
            room: granted.room,
            notice: granted.notice,
            age: 0,
            looked: now,
            ended: None,
        }
    }

    /// Time passed, and this is what is granted now.
    pub fn look(&mut self, granted: Option<Granted>, now: Timestamp) {
        let passed = now.0.saturating_sub(self.looked.0).clamp(0, STEP);
        self.age = self.age.saturating_add(u64::try_from(passed).unwrap_or(0));
        self.looked = now;
        match granted {
            Some(granted) => {
                self.ended = None;
                // A shorter notice in a newer agreement is no way around the longer one.
                (self.room, self.notice) = (granted.room, self.notice.max(granted.notice));
            }
            None => self.ended = self.ended.or(Some(self.age)),
        }
    }

    /// The day, by this count.
    pub fn day(&self) -> u64 {
        self.age / DAY
    }

    /// Seconds until all of it is deleted, if nothing is agreed any more; 0: now.
    pub fn left(&self) -> Option<u64> {
        let until = self.ended?.saturating_add(u64::from(self.notice) * DAY);
        Some(until.saturating_sub(self.age))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GRANTED: Granted = Granted {
        room: 20 * GIB,
        notice: 30,
        ends: None,
    };

    #[test]
    fn after_the_end_all_is_kept_for_the_notice() {
        let mut now = Timestamp(1_800_000_000);
        let mut holding = Holding::new(GRANTED, now);
        holding.look(Some(GRANTED), now);
        assert_eq!(holding.left(), None);
        let mut hours = 0;
        loop {
            now.0 += 3600;
            holding.look(None, now);
            if holding.left() == Some(0) {
                break;
            }
            hours += 1;
        }
        assert_eq!(hours, 30 * 24);
        holding.look(Some(GRANTED), now);
        assert_eq!(holding.left(), None, "agreed anew before it was deleted");
    }

    #[test]
    fn a_newer_agreement_does_not_shorten_the_notice() {
        let mut holding = Holding::new(GRANTED, Timestamp(0));
        holding.look(Some(Granted { notice: 1, ..GRANTED }), Timestamp(0));
        assert_eq!(holding.notice, 30);
    }

    proptest! {
        /// However the clock jumps, nothing goes before it was looked after for the whole notice.
        #[test]
        fn no_clock_deletes_early(jumps in prop::collection::vec(-4_000_000_000i64..4_000_000_000, 0..600)) {
            let mut now = Timestamp(1_800_000_000);
            let mut holding = Holding::new(GRANTED, now);
            for jump in jumps.iter().take(30 * 24) {
                now.0 = now.0.saturating_add(*jump);
                holding.look(None, now);
                prop_assert_ne!(holding.left(), Some(0));
            }
        }
    }
}
