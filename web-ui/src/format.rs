// SPDX-License-Identifier: AGPL-3.0-or-later
//! Numbers and times in words, per language.

use crate::i18n::T;
use std::time::Duration;
use types::{Language, Timestamp};

impl T {
    /// Bytes in decimal units (1 kB = 1000 bytes, IEC 80000-13), three figures at most: `412 MB`, `1.4 GB`.
    pub(crate) fn bytes(self, bytes: impl Plain<u64>) -> String {
        let bytes = bytes.plain();
        let units = match self.0 {
            Language::En => ["B", "kB", "MB", "GB", "TB"],
            Language::Fr => ["o", "ko", "Mo", "Go", "To"],
        };
        let mut unit = 0;
        let mut divisor = 1_u64;
        while bytes / divisor >= 1000 && unit + 1 < units.len() {
            divisor *= 1000;
            unit += 1;
        }
        let tenths = bytes / (divisor / 10).max(1);
        if unit == 0 || tenths >= 100 {
            format!(
                "{}\u{a0}{}",
                bytes.saturating_add(divisor / 2) / divisor,
                units[unit]
            )
        } else {
            let point = self.decimal_point();
            format!("{}{point}{}\u{a0}{}", tenths / 10, tenths % 10, units[unit])
        }
    }

    /// `12%`, `12 %`.
    pub(crate) fn percent(self, percent: impl Plain<f32>) -> String {
        let percent = percent.plain();
        match self.0 {
            Language::En => format!("{percent:.0}%"),
            Language::Fr => format!("{percent:.0}\u{a0}%"),
        }
    }

    /// `52 °C`, the same in every language so far.
    #[expect(clippy::unused_self, reason = "a language may write it otherwise")]
    pub(crate) fn celsius(self, degrees: impl Plain<f32>) -> String {
        format!("{:.0}\u{a0}°C", degrees.plain())
    }

    /// The two largest units: `3 days 4 hours`.
    pub(crate) fn duration(self, duration: impl Plain<Duration>) -> String {
        let seconds = duration.plain().as_secs();
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
        let join = |large: String, small: u64, text: String| {
            if small == 0 {
                large
            } else {
                format!("{large} {text}")
            }
        };
        match (days, hours, minutes) {
            (0, 0, 0) => self.time_seconds(seconds),
            (0, 0, _) => self.time_minutes(minutes),
            (0, ..) => join(self.time_hours(hours), minutes, self.time_minutes(minutes)),
            (1..=9, ..) => join(self.time_days(days), hours, self.time_hours(hours)),
            _ => self.time_days(days),
        }
    }

    /// How far `at` lies from `now`, in its largest unit: `3 minutes ago`, `in 2 months`.
    pub(crate) fn relative(self, now: impl Plain<Timestamp>, at: impl Plain<Timestamp>) -> String {
        let (now, at) = (now.plain(), at.plain());
        let far = now.0.abs_diff(at.0);
        if far < 45 {
            return self.time_now().to_owned();
        }
        let text = match far {
            0..3_600 => self.time_minutes(((far + 30) / 60).clamp(1, 59)),
            3_600..86_400 => self.time_hours(far / 3600),
            86_400..5_184_000 => self.time_days(far / 86_400),
            5_184_000..63_072_000 => self.time_months(far / 2_592_000),
            _ => self.time_years(far / 31_536_000),
        };
        if at < now {
            self.time_ago(text)
        } else {
            self.time_in(text)
        }
    }

    /// A number of tenths, like 13, as "1.3" or "1,3".
    pub(crate) fn tenths(self, tenths: impl Plain<u8>) -> String {
        let tenths = tenths.plain();
        format!("{}{}{}", tenths / 10, self.decimal_point(), tenths % 10)
    }

    fn decimal_point(self) -> char {
        match self.0 {
            Language::En => '.',
            Language::Fr => ',',
        }
    }
}

/// A small value or a reference to one: templates pass both.
pub(crate) trait Plain<V> {
    fn plain(&self) -> V;
}

macro_rules! plain {
    ($($kind:ty),*) => {
        $(impl Plain<$kind> for $kind {
            fn plain(&self) -> $kind {
                *self
            }
        }

        impl<P: Plain<$kind>> Plain<$kind> for &P {
            fn plain(&self) -> $kind {
                (*self).plain()
            }
        })*
    };
}

plain!(u8, u64, f32, Duration, Timestamp);

/// `2026-11-20T14:05:00Z`, for the `datetime` attribute.
pub(crate) fn machine(at: impl Plain<Timestamp>) -> String {
    strftime(at.plain(), "%Y-%m-%dT%H:%M:%SZ")
}

/// `2026-11-20 14:05 UTC`, the same in every language.
pub(crate) fn date_time(at: impl Plain<Timestamp>) -> String {
    strftime(at.plain(), "%Y-%m-%d %H:%M UTC")
}

/// `14:05:07`, for log lines.
pub(crate) fn clock(at: impl Plain<Timestamp>) -> String {
    strftime(at.plain(), "%H:%M:%S")
}

/// `2026-11-20`.
pub(crate) fn date(at: impl Plain<Timestamp>) -> String {
    strftime(at.plain(), "%Y-%m-%d")
}

fn strftime(at: Timestamp, format: &str) -> String {
    let clamped =
        at.0.clamp(jiff::Timestamp::MIN.as_second(), jiff::Timestamp::MAX.as_second());
    jiff::Timestamp::from_second(clamped)
        .unwrap_or_default()
        .strftime(format)
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: T = T(Language::En);
    const FR: T = T(Language::Fr);

    #[test]
    fn bytes_have_three_figures_at_most() {
        assert_eq!(EN.bytes(0_u64), "0\u{a0}B");
        assert_eq!(EN.bytes(999_u64), "999\u{a0}B");
        assert_eq!(EN.bytes(1_400_000_000_u64), "1.4\u{a0}GB");
        assert_eq!(FR.bytes(1_400_000_000_u64), "1,4\u{a0}Go");
        assert_eq!(EN.bytes(412_000_000_u64), "412\u{a0}MB");
        assert!(EN.bytes(u64::MAX).ends_with("TB"));
    }

    #[test]
    fn times_are_told_in_words() {
        let now = Timestamp(1_790_000_000);
        assert_eq!(EN.relative(now, Timestamp(now.0 - 180)), "3 minutes ago");
        assert_eq!(FR.relative(now, Timestamp(now.0 - 3600)), "il y a 1 heure");
        assert_eq!(EN.relative(now, Timestamp(now.0 + 90 * 86_400)), "in 3 months");
        assert_eq!(EN.relative(now, now), "just now");
        assert_eq!(EN.duration(Duration::from_hours(76)), "3 days 4 hours");
        assert_eq!(EN.duration(Duration::from_secs(5)), "5 seconds");
        assert_eq!(machine(Timestamp(0)), "1970-01-01T00:00:00Z");
        assert_eq!(date_time(Timestamp(1_790_000_000)), "2026-09-21 14:13 UTC");
        let _ = (machine(Timestamp(i64::MAX)), machine(Timestamp(i64::MIN)));
    }
}
