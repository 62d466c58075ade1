// SPDX-License-Identifier: AGPL-3.0-or-later
//! How often somebody may be wrong: each code is tried once, and after three wrong tries no code is made for a while.

use types::Timestamp;

/// Seconds a code can be used, and seconds both people then have to compare the words.
pub const LIFE: u64 = 300;
/// Wrong tries before the pause.
pub const TRIES: usize = 3;
/// Seconds of the pause, and how far back wrong tries count.
pub const PAUSE: u64 = 900;

/// Wrong tries of the last while. Pure: the time is a parameter.
#[derive(Clone, Debug, Default)]
pub struct Offers {
    wrong: Vec<Timestamp>,
}

/// Too many wrong tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("three codes were tried wrongly; in {seconds} seconds a new one can be made")]
pub struct Paused {
    /// Until a code can be made again.
    pub seconds: u64,
}

/// Seconds between two moments, whichever comes first: a clock that is set back must not make a code live longer.
pub(crate) fn apart(a: Timestamp, b: Timestamp) -> u64 {
    a.0.abs_diff(b.0)
}

impl Offers {
    /// Somebody tried a code wrongly.
    pub fn wrong(&mut self, now: Timestamp) {
        self.wrong.push(now);
        let extra = self.wrong.len().saturating_sub(TRIES);
        self.wrong.drain(..extra);
    }

    /// Whether a new code may be made.
    ///
    /// # Errors
    /// After [`TRIES`] wrong tries within [`PAUSE`] seconds.
    pub fn may_open(&self, now: Timestamp) -> Result<(), Paused> {
        let recent = self.wrong.iter().filter(|at| apart(**at, now) < PAUSE);
        if recent.count() < TRIES {
            return Ok(());
        }
        let newest = self.wrong.last().map_or(0, |at| apart(*at, now));
        Err(Paused {
            seconds: PAUSE.saturating_sub(newest).max(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn after_three_wrong_tries_there_is_a_pause() {
        let mut offers = Offers::default();
        for second in [0, 10, 20] {
            assert_eq!(offers.may_open(Timestamp(second)), Ok(()));
            offers.wrong(Timestamp(second));
        }
        assert_eq!(offers.may_open(Timestamp(30)), Err(Paused { seconds: 890 }));
        assert_eq!(
            offers.may_open(Timestamp(901)),
            Ok(()),
            "the first one is forgotten"
        );
    }

    proptest! {
        #[test]
        fn whoever_guesses_gets_three_tries_in_any_pause(gaps in prop::collection::vec(0i64..400, 1..200)) {
            let (mut offers, mut now, mut tried) = (Offers::default(), 0, Vec::new());
            for gap in gaps {
                now += gap;
                if offers.may_open(Timestamp(now)).is_ok() {
                    offers.wrong(Timestamp(now));
                    tried.push(now);
                }
            }
            for window in tried.windows(TRIES + 1) {
                prop_assert!(window[TRIES] - window[0] >= i64::try_from(PAUSE).unwrap());
            }
        }
    }
}
