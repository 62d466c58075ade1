// SPDX-License-Identifier: AGPL-3.0-or-later
//! When DNS is asked again for records that are not there yet: soon at first, while a person is at it, then ever
//! more rarely.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use types::Timestamp;

/// The first pause.
pub const FIRST: Duration = Duration::from_secs(10);
/// The longest pause.
pub const LONGEST: Duration = Duration::from_mins(10);

/// How long to wait after `looks` looks that found the records not ready: 10 s, 15 s, 22 s … 10 min.
pub fn pause(looks: u32) -> Duration {
    let factor = 1.5f64.powi(i32::try_from(looks.min(32)).unwrap_or(32));
    Duration::from_secs(FIRST.mul_f64(factor).as_secs()).min(LONGEST)
}

/// The watch over one name. The caller stores it, or starts anew: nobody is harmed by ten looks in a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Looks so far that found the name not ready.
    pub looks: u32,
    /// When it was last looked.
    pub last: Option<Timestamp>,
}

impl Watch {
    /// When to look next. A look that lies in the future (the clock was ahead) does not count.
    pub fn next(&self, now: Timestamp) -> Timestamp {
        match self.last {
            Some(last) if last <= now => last.plus(pause(self.looks.saturating_sub(1))),
            _ => now,
        }
    }

    /// Whether it is time to look.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.next(now) <= now
    }

    /// It was looked, and the name was not ready.
    pub fn not_ready(&mut self, now: Timestamp) {
        self.looks = self.looks.saturating_add(1);
        self.last = Some(now);
    }

    /// A person changed something, or asks to look now: soon and often again.
    pub fn restart(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pauses_grow_from_ten_seconds_to_ten_minutes() {
        let pauses: Vec<u64> = (0..13).map(|looks| pause(looks).as_secs()).collect();
        assert_eq!(
            pauses,
            [10, 15, 22, 33, 50, 75, 113, 170, 256, 384, 576, 600, 600]
        );
        assert_eq!(pause(u32::MAX), LONGEST);
    }

    #[test]
    fn a_clock_that_was_ahead_does_not_stop_the_watch() {
        let mut watch = Watch::default();
        watch.not_ready(Timestamp(4_000_000_000));
        assert!(watch.is_due(Timestamp(1_800_000_000)));
    }

    proptest! {
        #[test]
        fn looks_are_never_closer_than_ten_seconds(steps in proptest::collection::vec(0i64..40, 1..200)) {
            let (mut watch, mut now, mut last) = (Watch::default(), Timestamp(1_800_000_000), None::<Timestamp>);
            for step in steps {
                now = Timestamp(now.0 + step);
                if watch.is_due(now) {
                    if let Some(last) = last {
                        prop_assert!(now.since(last) >= FIRST);
                    }
                    watch.not_ready(now);
                    last = Some(now);
                }
            }
        }
    }
}
