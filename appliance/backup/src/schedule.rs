// SPDX-License-Identifier: AGPL-3.0-or-later
//! When backups are made, and when their age is a worry.

use serde::{Deserialize, Serialize};
use types::Timestamp;

const DAY: i64 = 86_400;
const HOUR: i64 = 3600;

/// When backups are made: once a day, at a moment of the window that differs from board to board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Whether they are made by themselves.
    pub enabled: bool,
    /// First hour of the window, UTC, 0 to 23.
    pub from_hour: u8,
    /// Hours it lasts, 1 to 24.
    pub hours: u8,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            enabled: true,
            from_hour: 1,
            hours: 4,
        }
    }
}

/// Whether a backup is due. `jitter` is any number that stays the same on one board. A board that was off at its
/// moment catches up; after a failure it is tried again every hour.
pub fn due(
    schedule: &Schedule,
    last_good: Option<Timestamp>,
    last_try: Option<Timestamp>,
    now: Timestamp,
    jitter: u64,
) -> bool {
    if !schedule.enabled {
        return false;
    }
    let window = u64::from(schedule.hours.clamp(1, 24)) * 3600;
    let within = i64::try_from(jitter % window).unwrap_or(0);
    let moment = i64::from(schedule.from_hour.min(23)) * HOUR + within;
    let mut slot = now.0.div_euclid(DAY) * DAY + moment;
    if slot > now.0 {
        slot -= DAY;
    }
    // A success that lies ahead was dated by a clock that was wrong: it counts for nothing.
    let good = last_good.is_some_and(|at| at.0 >= slot && at <= now);
    let tried = last_try.is_some_and(|at| at <= now && now.0 - at.0 < HOUR);
    !good && !tried
}

/// Into so many parts a repository's data are cut; one is read a day, so all of them in a month.
pub const CHECK_PARTS: u8 = 30;

/// The part of a repository's data that is to be read now; `None` when it is not time yet. `last` is when a part was
/// read last, and which.
pub fn part_to_check(last: Option<(Timestamp, u8)>, now: Timestamp) -> Option<u8> {
    match last {
        None => Some(1),
        Some((at, _)) if at <= now && now.0 - at.0 < DAY - 2 * HOUR => None,
        Some((_, part)) => Some(part % CHECK_PARTS + 1),
    }
}

/// How old the newest good backup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Young enough.
    Good,
    /// Two days.
    Late,
    /// A week, or there is none.
    Old,
}

/// How old the newest good backup is, as a judgement. One that is dated ahead of now counts as new.
pub fn health(last_good: Option<Timestamp>, now: Timestamp) -> Health {
    match last_good.map(|at| i64::try_from(now.since(at).as_secs()).unwrap_or(i64::MAX)) {
        Some(age) if age < 2 * DAY => Health::Good,
        Some(age) if age < 7 * DAY => Health::Late,
        _ => Health::Old,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOON: Timestamp = Timestamp(20_000 * DAY + 12 * HOUR);

    #[test]
    fn once_a_day_and_again_after_a_failure() {
        let schedule = Schedule::default();
        let ago = |seconds| Some(Timestamp(NOON.0 - seconds));
        assert!(due(&schedule, None, None, NOON, 0), "never made");
        assert!(
            !due(&schedule, ago(5 * HOUR), ago(5 * HOUR), NOON, 0),
            "made today"
        );
        assert!(due(&schedule, ago(DAY), ago(DAY), NOON, 0), "made yesterday");
        assert!(!due(&schedule, ago(DAY), ago(60), NOON, 0), "tried just now");
        assert!(
            due(&schedule, ago(DAY), ago(2 * HOUR), NOON, 0),
            "tried a while ago"
        );
        assert!(due(&schedule, ago(-DAY), None, NOON, 0), "dated by a wrong clock");
        let off = Schedule {
            enabled: false,
            ..schedule
        };
        assert!(!due(&off, None, None, NOON, 0));
    }

    #[test]
    fn age_is_judged() {
        let judged = |days| health(Some(Timestamp(NOON.0 - days * DAY)), NOON);
        assert_eq!(
            [judged(1), judged(3), judged(8)],
            [Health::Good, Health::Late, Health::Old]
        );
        assert_eq!(health(None, NOON), Health::Old);
    }

    #[test]
    fn every_part_is_read_within_a_month() {
        let mut last = None;
        let mut read = std::collections::BTreeSet::new();
        for day in 0..i64::from(CHECK_PARTS) {
            let now = Timestamp(NOON.0 + day * DAY);
            let part = part_to_check(last, now).unwrap();
            last = Some((now, part));
            assert_eq!(part_to_check(last, Timestamp(now.0 + HOUR)), None, "once a day");
            read.insert(part);
        }
        assert!(read.into_iter().eq(1..=CHECK_PARTS));
        let ahead = Some((Timestamp(NOON.0 + DAY), 4));
        assert_eq!(part_to_check(ahead, NOON), Some(5), "dated by a wrong clock");
    }

    proptest! {
        #[test]
        fn after_a_success_the_next_is_due_within_a_day(
            from_hour in 0u8..24, hours in 1u8..25, jitter: u64, at in 0i64..DAY
        ) {
            let schedule = Schedule { enabled: true, from_hour, hours };
            let good = Timestamp(NOON.0 + at);
            let count = (1..=24).filter(|hour| due(&schedule, Some(good), Some(good), Timestamp(good.0 + hour * HOUR), jitter)).count();
            prop_assert!(count >= 1);
        }
    }
}
