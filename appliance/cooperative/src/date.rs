// SPDX-License-Identifier: AGPL-3.0-or-later
//! Moments and days as documents write them, in UTC.

use types::Timestamp;

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// `YYYY-MM-DDTHH:MM:SSZ`; empty for a moment no calendar has.
pub fn moment(at: Timestamp) -> String {
    format(at, "%Y-%m-%dT%H:%M:%SZ")
}

/// `YYYY-MM-DD`
pub fn day(at: Timestamp) -> String {
    format(at, "%Y-%m-%d")
}

/// `YYYYMMDDTHHMMSSZ`, as iCalendar (RFC 5545) writes it.
pub fn compact(at: Timestamp) -> String {
    format(at, "%Y%m%dT%H%M%SZ")
}

/// The year.
pub fn year(at: Timestamp) -> i16 {
    jiff::Timestamp::from_second(at.0).map_or(1970, |at| at.to_zoned(jiff::tz::TimeZone::UTC).year())
}

fn format(at: Timestamp, how: &str) -> String {
    jiff::Timestamp::from_second(at.0)
        .map(|at| at.strftime(how).to_string())
        .unwrap_or_default()
}

/// Midnight of a day written `YYYY-MM-DD`.
pub fn parse_day(text: &str) -> Option<Timestamp> {
    let date: jiff::civil::Date = text.trim().parse().ok()?;
    let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    (text.trim().len() == 10).then(|| Timestamp(zoned.timestamp().as_second()))
}

/// A moment written `YYYY-MM-DDTHH:MM` (as a browser's field has it), with seconds or a `Z` if it likes; a day alone
/// is its midnight.
pub fn parse_moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() == 10 {
        return parse_day(text);
    }
    let text = text.strip_suffix('Z').unwrap_or(text);
    let at: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = at.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp(zoned.timestamp().as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_read_as_they_are_written() {
        let at = Timestamp(1_795_183_200);
        assert_eq!(moment(at), "2026-11-20T14:00:00Z");
        assert_eq!(parse_moment(&moment(at)), Some(at));
        assert_eq!(parse_moment("2026-11-20T14:00"), Some(at));
        assert_eq!(day(parse_day("2026-11-20").unwrap()), "2026-11-20");
        assert_eq!(compact(at), "20261120T140000Z");
        assert_eq!(year(at), 2026);
        for bad in ["", "2026-13-01", "yesterday", "2026-11-2", "2026-11-20T25:00"] {
            assert_eq!(parse_moment(bad), None, "{bad}");
        }
    }
}
