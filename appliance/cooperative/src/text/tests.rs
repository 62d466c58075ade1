// SPDX-License-Identifier: AGPL-3.0-or-later
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_795_000_000);
const WHICH: (TextKind, Language) = (TextKind::Terms, Language::En);

fn next(
    versions: &[Version],
    text: &str,
    effective: Option<Timestamp>,
    now: Timestamp,
) -> Result<Version, TextError> {
    next_version(versions, WHICH, text, effective, ("ada", now, 14))
}

#[test]
fn a_first_text_holds_at_once_and_a_change_after_the_notice() {
    let first = next(&[], "Be kind.\r\n", None, NOW).unwrap();
    assert_eq!(
        (first.number, first.effective, first.text.as_str()),
        (1, NOW, "Be kind.")
    );
    let mut versions = vec![first];
    assert_eq!(next(&versions, "Be kind.", None, NOW), Err(TextError::Same));
    let soon = Timestamp(NOW.0 + DAY);
    assert_eq!(
        next(&versions, "Be kinder.", Some(soon), NOW),
        Err(TextError::TooSoon(14))
    );
    let second = next(&versions, "Be kinder.", None, NOW).unwrap();
    assert_eq!(second.effective, Timestamp(NOW.0 + 14 * DAY));
    versions.push(second);
    let at = |days: i64| standing(&versions, WHICH.0, WHICH.1, Timestamp(NOW.0 + days * DAY));
    assert_eq!(at(0).current.unwrap().number, 1);
    assert_eq!(at(0).coming.unwrap().number, 2);
    assert_eq!(at(14).current.unwrap().number, 2);
    assert_eq!(at(14).coming, None);
    assert_eq!(in_force(&versions, WHICH.0, Language::Fr, NOW).unwrap().number, 1);
    assert_eq!(in_force(&versions, TextKind::Privacy, Language::Fr, NOW), None);
}

#[test]
fn what_is_not_written_yet_is_not_published() {
    assert_eq!(next(&[], " \n ", None, NOW), Err(TextError::Length));
    assert_eq!(
        next(&[], &"x".repeat(LONGEST_TEXT + 1), None, NOW),
        Err(TextError::Length)
    );
    assert_eq!(next(&[], "a\u{7}", None, NOW), Err(TextError::Control));
    let found = next(&[], "Write to [your address].", None, NOW);
    assert_eq!(found, Err(TextError::Placeholder("[your".into())));
}

#[test]
fn a_difference_shows_the_sentence_that_changed() {
    let old = "We meet on Mondays. Bring tea.\n\nBe kind.";
    let new = "We meet on Fridays. Bring tea.\n\nBe kind. Sing.";
    let kept = |text: &str| Change::Kept(text.into());
    assert_eq!(
        diff(old, new),
        [
            Change::Removed("We meet on Mondays. ".into()),
            Change::Added("We meet on Fridays. ".into()),
            kept("Bring tea.\n\n"),
            Change::Removed("Be kind.".into()),
            Change::Added("Be kind. Sing.".into()),
        ]
    );
    assert_eq!(diff(old, old), [kept(old)]);
}

proptest! {
    #[test]
    fn a_difference_holds_both_texts(old in "[ab.!\n é]{0,60}", new in "[ab.!\n é]{0,60}") {
        let (mut from, mut to) = (String::new(), String::new());
        for change in diff(&old, &new) {
            match change {
                Change::Kept(text) => { from.push_str(&text); to.push_str(&text); }
                Change::Removed(text) => from.push_str(&text),
                Change::Added(text) => to.push_str(&text),
            }
        }
        prop_assert_eq!((from, to), (old, new));
    }

    #[test]
    fn the_next_text_is_always_told_before_it_holds(days in proptest::collection::vec(0_i64..40, 1..8)) {
        let mut versions: Vec<Version> = Vec::new();
        let mut now = NOW;
        for (count, pause) in days.into_iter().enumerate() {
            now = Timestamp(now.0 + pause * DAY);
            let version = next(&versions, &format!("Text {count}."), None, now).unwrap();
            prop_assert!(version.number == 1 || version.effective.0 - version.written.0 >= 14 * DAY);
            versions.push(version);
            let found = standing(&versions, WHICH.0, WHICH.1, now);
            prop_assert!(found.current.is_some());
            prop_assert!(found.coming.is_none_or(|coming| coming.effective > now));
        }
    }
}
