// SPDX-License-Identifier: AGPL-3.0-or-later
//! How far one can rely on backups. A backup that was never restored is a hope.

use crate::{Health, health};
use types::Timestamp;

/// How far one can rely on the backups of something at one place; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// Restoring it as a test failed.
    Broken,
    /// There is none.
    None,
    /// The newest is too old.
    Old,
    /// The last try to make a newer one failed.
    Failing,
    /// It was made, but not restored as a test in the last two weeks.
    Untried,
    /// It was restored, checked and started.
    Proven,
}

impl Trust {
    /// The word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::None => "none",
            Self::Old => "old",
            Self::Failing => "failing",
            Self::Untried => "untried",
            Self::Proven => "proven",
        }
    }
}

/// The last restore test of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// It cannot be tested: it is no service.
    NotPossible,
    /// There was none.
    Never,
    /// It passed then.
    Passed(Timestamp),
    /// It failed.
    Failed,
}

/// A test counts for so long, in seconds: tests are made every week, and a board may be off for another.
const TEST_COUNTS: u64 = 15 * 86_400;

/// The judgement about one thing at one place: when its newest good backup was made, whether the last try failed, and
/// its last test.
pub fn trust(good: Option<Timestamp>, failing: bool, test: Test, now: Timestamp) -> Trust {
    let Some(good) = good else {
        return Trust::None;
    };
    match (test, health(Some(good), now)) {
        (Test::Failed, _) => Trust::Broken,
        (_, Health::Old) => Trust::Old,
        _ if failing => Trust::Failing,
        (_, Health::Late) => Trust::Old,
        (Test::NotPossible, Health::Good) => Trust::Proven,
        (Test::Passed(at), Health::Good) if now.since(at).as_secs() < TEST_COUNTS => Trust::Proven,
        _ => Trust::Untried,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_restored_lately_is_proven() {
        const NOW: Timestamp = Timestamp(1_800_000_000);
        let ago = |days: i64| Timestamp(NOW.0 - days * 86_400);
        let judged = |days, failing, test| trust(Some(ago(days)), failing, test, NOW);
        assert_eq!(trust(None, true, Test::Never, NOW), Trust::None);
        assert_eq!(judged(1, false, Test::Never), Trust::Untried);
        assert_eq!(judged(1, false, Test::Passed(ago(6))), Trust::Proven);
        assert_eq!(judged(1, false, Test::Passed(ago(16))), Trust::Untried);
        assert_eq!(judged(1, false, Test::Failed), Trust::Broken);
        assert_eq!(judged(1, true, Test::Passed(ago(1))), Trust::Failing);
        assert_eq!(judged(3, false, Test::Passed(ago(1))), Trust::Old);
        assert_eq!(judged(9, true, Test::Passed(ago(1))), Trust::Old);
        assert_eq!(judged(0, false, Test::NotPossible), Trust::Proven);
        assert!(Trust::Broken < Trust::Failing && Trust::Failing < Trust::Proven);
    }
}
