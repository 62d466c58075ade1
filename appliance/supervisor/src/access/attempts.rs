// SPDX-License-Identifier: AGPL-3.0-or-later
//! Limits on guessing the claim code. Pure: the time is a parameter.

use types::Timestamp;

/// Tries in a sliding minute and, optionally, in all.
#[derive(Clone, Debug)]
pub struct Attempts {
    per_minute: usize,
    in_all: Option<usize>,
    recent: Vec<i64>,
    total: usize,
}

impl Attempts {
    /// At most `per_minute` tries in any 60 seconds, and `in_all` until the board restarts.
    pub fn new(per_minute: usize, in_all: Option<usize>) -> Self {
        Self {
            per_minute,
            in_all,
            recent: Vec::new(),
            total: 0,
        }
    }

    /// Counts a try, or says how many seconds to wait (`u64::MAX`: until the board restarts).
    ///
    /// # Errors
    /// When the limit is reached; such a try is not counted and must not be looked at.
    pub fn count(&mut self, now: Timestamp) -> Result<(), u64> {
        if self.in_all.is_some_and(|most| self.total >= most) {
            return Err(u64::MAX);
        }
        // A clock that went back must not lock anybody out for longer than a minute.
        self.recent.retain(|at| *at <= now.0 && now.0 - at < 60);
        if self.recent.len() >= self.per_minute {
            let oldest = self.recent.first().copied().unwrap_or(now.0);
            return Err(u64::try_from(60 - (now.0 - oldest)).unwrap_or(60).max(1));
        }
        self.recent.push(now.0);
        self.total += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn five_a_minute_and_twenty_in_all() {
        let mut attempts = Attempts::new(5, Some(20));
        for second in 0..5 {
            assert_eq!(attempts.count(Timestamp(second)), Ok(()));
        }
        assert_eq!(attempts.count(Timestamp(5)), Err(55));
        for minute in 1..4 {
            for _ in 0..5 {
                assert_eq!(attempts.count(Timestamp(minute * 60 + 10)), Ok(()));
            }
        }
        assert_eq!(attempts.count(Timestamp(100_000)), Err(u64::MAX));
    }

    proptest! {
        #[test]
        fn no_minute_ever_sees_more(gaps in prop::collection::vec(0i64..30, 1..200)) {
            let (mut attempts, mut now, mut counted) = (Attempts::new(5, None), 0, Vec::new());
            for gap in gaps {
                now += gap;
                if attempts.count(Timestamp(now)).is_ok() {
                    counted.push(now);
                }
            }
            for window in counted.windows(6) {
                prop_assert!(window[5] - window[0] >= 60);
            }
        }
    }
}
