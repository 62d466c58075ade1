// SPDX-License-Identifier: AGPL-3.0-or-later
//! How a service was, day by day. A day's seconds are up, down, down as announced, or not measured (the board was
//! off, or the service was not there); what was not measured is shown as such and never counted as up.

use crate::date::DAY;
use schemars::JsonSchema;
use serde::Serialize;
use types::Timestamp;

/// Days that are shown.
pub const DAYS: usize = 90;

/// One day of a service, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Day {
    /// Answered.
    pub up: u32,
    /// Did not answer.
    pub down: u32,
    /// Was off as announced.
    pub planned: u32,
}

/// How a day looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Look {
    /// Answered all the time it was measured.
    Good,
    /// Off for some minutes, or as announced.
    Some,
    /// Off for more than an hour that nobody announced.
    Bad,
    /// Measured for less than an hour.
    Unknown,
}

impl Day {
    /// Adds more of the same day.
    pub fn add(&mut self, more: Self) {
        self.up = self.up.saturating_add(more.up);
        self.down = self.down.saturating_add(more.down);
        self.planned = self.planned.saturating_add(more.planned);
    }

    /// How it looks.
    pub fn look(&self) -> Look {
        let measured = self.up + self.down + self.planned;
        if measured < 3_600 && self.down < 3_600 {
            if self.down > 0 { Look::Some } else { Look::Unknown }
        } else if self.down >= 3_600 {
            Look::Bad
        } else if self.down > 120 || self.planned > 0 {
            // Two minutes: a restart or an update is nobody's bad day.
            Look::Some
        } else {
            Look::Good
        }
    }
}

/// The number of a moment's day.
pub fn day_number(at: Timestamp) -> i64 {
    at.0.div_euclid(DAY)
}

/// A row of days, the oldest first, ending with `today`; what is missing was not measured.
pub fn row(days: impl IntoIterator<Item = (i64, Day)>, today: i64) -> Vec<Day> {
    let mut row = vec![Day::default(); DAYS];
    for (number, day) in days {
        let ago = today - number;
        if let Some(at) = usize::try_from(ago).ok().filter(|ago| *ago < DAYS) {
            row[DAYS - 1 - at] = day;
        }
    }
    row
}

/// Share of the measured time in which the service answered or was off as announced, in hundredths of a percent,
/// rounded down so that 100 % means that nothing was missed; `None` when less than an hour was measured.
pub fn share(row: &[Day]) -> Option<u32> {
    let sum = |of: fn(&Day) -> u32| row.iter().map(|day| u64::from(of(day))).sum::<u64>();
    let (up, down, planned) = (sum(|day| day.up), sum(|day| day.down), sum(|day| day.planned));
    let all = up + down + planned;
    (all >= 3_600).then(|| u32::try_from((up + planned) * 10_000 / all).unwrap_or(10_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_looks_as_it_was() {
        let day = |up, down, planned| Day { up, down, planned }.look();
        assert_eq!(day(86_400, 0, 0), Look::Good);
        assert_eq!(day(86_340, 60, 0), Look::Good);
        assert_eq!(day(86_000, 400, 0), Look::Some);
        assert_eq!(day(82_800, 0, 3_600), Look::Some);
        assert_eq!(day(80_000, 6_400, 0), Look::Bad);
        assert_eq!(day(600, 0, 0), Look::Unknown);
        assert_eq!(day(0, 0, 0), Look::Unknown);
        assert_eq!(day(0, 7_200, 0), Look::Bad);
    }

    #[test]
    fn a_row_ends_today_and_what_was_not_measured_is_not_up() {
        let up = Day {
            up: 86_400,
            ..Day::default()
        };
        let down = Day {
            down: 86_400,
            ..Day::default()
        };
        let row = row([(100, up), (99, down), (11, up), (10, up)], 100);
        assert_eq!(row.len(), DAYS);
        assert_eq!((row[89], row[88], row[0], row[1]), (up, down, up, Day::default()));
        assert_eq!(share(&row), Some(6_666));
        assert_eq!(share(&[Day::default(); 90]), None);
        assert_eq!(
            share(&[Day {
                up: 999_999,
                down: 1,
                planned: 0
            }]),
            Some(9_999)
        );
    }
}
