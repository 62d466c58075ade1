// SPDX-License-Identifier: AGPL-3.0-or-later
//! What browsers are promised: that a name will be there over HTTPS (RFC 6797). Pure.
//!
//! A browser that was promised it lets nobody in by any other way until the time is over, also not by the local
//! certificate and a click on *go on all the same*. So nothing is promised before a week of success, never for longer
//! than the success lasted, and the promise is taken back, while there still is a certificate by which that can be
//! done, as soon as it looks as if it could not be kept. Nothing is ever promised for names below a name.

use crate::leaf::Validity;
use http::HeaderValue;
use std::time::Duration;
use types::Timestamp;

/// How long a name must have had a good certificate without a gap.
pub(crate) const TRIAL: Duration = DAY.saturating_mul(7);
/// The longest promise: a year, as others make it.
pub(crate) const MOST: Duration = DAY.saturating_mul(365);
const DAY: Duration = Duration::from_hours(24);

/// What is said of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    /// Nothing.
    None,
    /// HTTPS only, for so long; whole days.
    For(Duration),
    /// What was promised holds no more.
    TakenBack,
}

impl Promise {
    /// What is promised of a name that has had a good certificate since `good_since`. `in_doubt`: no certificate will
    /// follow this one as things are, because none is ordered any more or renewing it keeps failing.
    pub(crate) fn of(
        good_since: Option<Timestamp>,
        validity: &Validity,
        in_doubt: bool,
        now: Timestamp,
    ) -> Self {
        let good_for = good_since.map_or(Duration::ZERO, |since| now.since(since));
        if good_for < TRIAL || !validity.holds(now) {
            Self::None
        } else if in_doubt {
            Self::TakenBack
        } else {
            let days = good_for.as_secs() / DAY.as_secs();
            Self::For(Duration::from_secs(days * DAY.as_secs()).min(MOST))
        }
    }

    /// The value of `Strict-Transport-Security`.
    pub(crate) fn header(self) -> Option<HeaderValue> {
        let seconds = match self {
            Self::None => return None,
            Self::For(time) => time.as_secs(),
            Self::TakenBack => 0,
        };
        HeaderValue::from_str(&format!("max-age={seconds}")).ok()
    }
}

/// From when on a name has had a good certificate, once one with this validity is there. `before` is the moment that
/// held so far, if what was there until now was still good and of the same authority.
pub(crate) fn good_since(before: Option<Timestamp>, validity: &Validity, now: Timestamp) -> Timestamp {
    // The authority's clock counts where the board's is behind.
    before.unwrap_or_else(|| now.max(validity.not_before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: Timestamp = Timestamp(1_800_000_000);

    fn days(days: u64) -> Timestamp {
        START.plus(DAY * u32::try_from(days).unwrap())
    }

    fn until(end: u64) -> Validity {
        Validity {
            not_before: START,
            not_after: days(end),
        }
    }

    #[test]
    fn nothing_is_promised_in_the_first_week_and_then_no_more_than_was_kept() {
        let said = |day| Promise::of(Some(START), &until(90), false, days(day)).header();
        for day in 0..7 {
            assert_eq!(said(day), None, "day {day}");
        }
        assert_eq!(said(7).unwrap(), "max-age=604800");
        assert_eq!(said(60).unwrap(), "max-age=5184000");
        assert_eq!(said(91), None, "it has ended");
        let old = Promise::of(Some(START), &until(2000), false, days(1000));
        assert_eq!(old.header().unwrap(), "max-age=31536000");
    }

    #[test]
    fn a_promise_that_may_be_broken_is_taken_back_while_that_can_be_said() {
        let doubt = |day| Promise::of(Some(START), &until(90), true, days(day));
        assert_eq!(doubt(3), Promise::None, "nothing was promised");
        assert_eq!(doubt(85).header().unwrap(), "max-age=0");
        assert_eq!(doubt(91), Promise::None);
    }

    #[test]
    fn a_gap_begins_the_week_anew_and_a_clock_that_is_behind_shortens_nothing() {
        assert_eq!(good_since(Some(START), &until(90), days(60)), START);
        assert_eq!(good_since(None, &until(90), days(60)), days(60));
        assert_eq!(good_since(None, &until(90), Timestamp(0)), START);
    }

    proptest! {
        #[test]
        fn no_promise_reaches_further_than_the_success_behind_it(
            since in prop::option::of(0i64..4_000_000_000), end in 0i64..4_000_000_000,
            doubt: bool, now in 0i64..4_000_000_000,
        ) {
            let validity = Validity { not_before: Timestamp(0), not_after: Timestamp(end) };
            let promise = Promise::of(since.map(Timestamp), &validity, doubt, Timestamp(now));
            if let Promise::For(time) = promise {
                prop_assert!(!doubt && now <= end && time >= TRIAL && time <= MOST);
                prop_assert!(time <= Timestamp(now).since(Timestamp(since.unwrap())));
            }
        }
    }
}
