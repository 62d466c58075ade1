// SPDX-License-Identifier: AGPL-3.0-or-later
//! Winding down: an end that is announced, with dates, what to do, and a record that stays.

use crate::date::{self, DAY};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use types::Timestamp;

/// Fewest days between announcing and ending.
pub const FEWEST_DAYS: i64 = 30;
/// Longest text, in characters.
pub const LONGEST_TEXT: usize = 4_000;

/// An announced end, as it stands after its last change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Winding {
    /// Why, and what members should know; empty lines separate paragraphs.
    pub text: String,
    /// When it was announced (seconds since 1970).
    #[schemars(with = "i64")]
    pub announced: Timestamp,
    /// The last day services run, `YYYY-MM-DD`.
    pub last_day: String,
    /// The last day members can fetch their data, `YYYY-MM-DD`; not before the last day services run.
    pub exports_until: String,
    /// Hosters that offered to take people in: lines of a name and an address.
    pub elsewhere: String,
    /// It was called off.
    pub withdrawn: bool,
    /// When services were stopped, once they were.
    #[schemars(with = "Option<i64>")]
    pub closed: Option<Timestamp>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Nothing ends.
    None,
    /// Announced; services run.
    Announced,
    /// The last day is over; data can be fetched.
    Closing,
    /// Over: the closing page and the record remain.
    Closed,
}

/// A field, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {message}")]
pub struct WindingError {
    /// Which.
    pub field: &'static str,
    /// What is wrong with it.
    pub message: &'static str,
}

impl Winding {
    /// Checks an announcement. `notice` is how many days the terms promise; never fewer than [`FEWEST_DAYS`].
    ///
    /// # Errors
    /// The first field that does not fit.
    pub fn check(&self, notice: i64) -> Result<(), WindingError> {
        let wrong = |field, message| Err(WindingError { field, message });
        let length = self.text.trim().chars().count();
        if length == 0 || length > LONGEST_TEXT {
            return wrong("text", "must say why and what to do, in at most 4000 characters");
        }
        let Some(last) = date::parse_day(&self.last_day) else {
            return wrong("last_day", "must be a day, like 2027-03-31");
        };
        let Some(until) = date::parse_day(&self.exports_until) else {
            return wrong("exports_until", "must be a day, like 2027-04-30");
        };
        let earliest = self.announced.0 + notice.max(FEWEST_DAYS) * DAY;
        // The day itself still counts.
        if last.0 + DAY <= earliest {
            return wrong(
                "last_day",
                "is sooner than the terms promise; members need the time to move",
            );
        }
        if until < last {
            return wrong("exports_until", "must not be before the last day");
        }
        if self.elsewhere.chars().count() > 2_000 {
            return wrong("elsewhere", "may be at most 2000 characters long");
        }
        Ok(())
    }

    /// How far it is.
    pub fn stage(&self, now: Timestamp) -> Stage {
        let over = |day: &str| date::parse_day(day).is_some_and(|day| now.0 >= day.0 + DAY);
        if self.withdrawn {
            Stage::None
        } else if over(&self.exports_until) {
            Stage::Closed
        } else if over(&self.last_day) {
            Stage::Closing
        } else {
            Stage::Announced
        }
    }

    /// Days that remain until the last day is over; 0 afterwards.
    pub fn days_left(&self, now: Timestamp) -> i64 {
        let last = date::parse_day(&self.last_day).map_or(0, |day| day.0 + DAY);
        (last - now.0).max(0).div_euclid(DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_183_200); // 2026-11-20

    fn winding(last: &str, until: &str) -> Winding {
        Winding {
            text: "Both of us move abroad.".into(),
            announced: NOW,
            last_day: last.into(),
            exports_until: until.into(),
            elsewhere: String::new(),
            withdrawn: false,
            closed: None,
        }
    }

    #[test]
    fn an_end_is_announced_as_early_as_the_terms_promise() {
        assert_eq!(winding("2027-02-18", "2027-03-18").check(90), Ok(()));
        for (last, until, notice, field) in [
            ("2027-02-17", "2027-03-18", 90, "last_day"),
            ("2026-12-01", "2027-03-18", 1, "last_day"),
            ("soon", "2027-03-18", 1, "last_day"),
            ("2027-02-18", "2027-02-17", 1, "exports_until"),
        ] {
            assert_eq!(
                winding(last, until).check(notice).unwrap_err().field,
                field,
                "{last} {until}"
            );
        }
        let silent = Winding {
            text: " ".into(),
            ..winding("2027-02-18", "2027-03-18")
        };
        assert_eq!(silent.check(1).unwrap_err().field, "text");
    }

    #[test]
    fn it_goes_through_its_stages_by_the_calendar() {
        let mut winding = winding("2026-12-20", "2027-01-20");
        let at = |text: &str| date::parse_moment(text).unwrap();
        assert_eq!(winding.stage(NOW), Stage::Announced);
        assert_eq!(winding.days_left(NOW), 30);
        assert_eq!(winding.stage(at("2026-12-20T23:59")), Stage::Announced);
        assert_eq!(winding.stage(at("2026-12-21T00:00")), Stage::Closing);
        assert_eq!(winding.days_left(at("2026-12-21T00:00")), 0);
        assert_eq!(winding.stage(at("2027-01-21T00:00")), Stage::Closed);
        winding.withdrawn = true;
        assert_eq!(winding.stage(at("2027-01-21T00:00")), Stage::None);
    }
}
