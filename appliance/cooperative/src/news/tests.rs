// SPDX-License-Identifier: AGPL-3.0-or-later
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_795_183_200);

fn planned(title: &str, text: &str, begins: i64, ends: i64) -> News {
    News {
        id: "n1".into(),
        kind: NewsKind::Planned,
        title: title.into(),
        text: text.into(),
        services: BTreeSet::new(),
        begins: Timestamp(NOW.0 + begins),
        ends: Some(Timestamp(NOW.0 + ends)),
        written: NOW,
        changed: NOW,
        sequence: 0,
        cancelled: false,
    }
}

#[test]
fn it_lies_ahead_goes_on_and_is_over() {
    let mut news = planned("New disk", "", 100, 200);
    let phase = |news: &News, after| news.phase(Timestamp(NOW.0 + after));
    assert_eq!(phase(&news, 99), Phase::Ahead);
    assert_eq!(phase(&news, 100), Phase::Now);
    assert_eq!(phase(&news, 200), Phase::Over);
    assert!(news.is_shown(Timestamp(NOW.0 + 200)) && !news.is_shown(Timestamp(NOW.0 + 200 + SHOWN)));
    let radicale = "radicale".parse().unwrap();
    let now = |after| Timestamp(NOW.0 + after);
    assert!(is_planned(&[news.clone()], &radicale, now(150)));
    assert!(!is_planned(&[news.clone()], &radicale, now(99)));
    news.services = BTreeSet::from(["snac".parse().unwrap()]);
    assert!(!is_planned(&[news.clone()], &radicale, now(150)));
    news.services.clear();
    // Announced when it had begun: that is no plan.
    news.written = now(120);
    assert!(!is_planned(&[news.clone()], &radicale, now(150)));
    news.cancelled = true;
    assert_eq!(phase(&news, 150), Phase::Cancelled);
}

#[test]
fn what_does_not_fit_is_refused_by_its_field() {
    let field = |news: News| news.check().unwrap_err().field;
    assert_eq!(planned("New disk", "", 0, 1).check(), Ok(()));
    assert_eq!(field(planned("", "", 0, 1)), "title");
    assert_eq!(field(planned("a\nb", "", 0, 1)), "title");
    assert_eq!(field(planned("a", "", 1, 0)), "ends");
    assert_eq!(field(planned("a", "", 0, 91 * DAY)), "ends");
    assert_eq!(
        field(News {
            ends: None,
            ..planned("a", "", 0, 1)
        }),
        "ends"
    );
    assert_eq!(field(planned("a", &"x".repeat(4001), 0, 1)), "text");
}

#[test]
fn a_calendar_and_a_feed_say_the_same_as_the_page() {
    let news = [planned(
        "New disk; faster, too",
        "Bring\npatience \\o/",
        3600,
        7200,
    )];
    let text = calendar(&news, "Oak Street", "oak.test");
    for line in [
        "UID:n1@oak.test\r\n",
        "DTSTART:20261120T150000Z\r\n",
        "DTEND:20261120T160000Z\r\n",
        "SUMMARY:New disk\\; faster\\, too\r\n",
        "DESCRIPTION:Bring\\npatience \\\\o/\r\n",
        "STATUS:CONFIRMED\r\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    let feed = atom(&news, "Oak & Street", "https://oak.test", NOW);
    assert!(feed.contains("<title>Oak &amp; Street</title>"));
    assert!(feed.contains("<updated>2026-11-20T14:00:00Z</updated>"));
    assert!(feed.contains("<id>https://oak.test/news/n1</id>"));
    let cancelled = [News {
        cancelled: true,
        sequence: 1,
        ..news[0].clone()
    }];
    assert!(calendar(&cancelled, "Oak", "oak.test").contains("SEQUENCE:1\r\n"));
    assert!(calendar(&cancelled, "Oak", "oak.test").contains("STATUS:CANCELLED\r\n"));
}

proptest! {
    #[test]
    fn whatever_is_written_the_files_stay_well_formed(title in any::<String>(), text in any::<String>()) {
        let news = [planned(&title, &text, 0, 1)];
        let calendar = calendar(&news, &title, "oak.test");
        let unfolded = calendar.replace("\r\n ", "");
        prop_assert_eq!(unfolded.matches("BEGIN:").count(), 2 + title.matches("BEGIN:").count() * 2 + text.matches("BEGIN:").count());
        for line in calendar.split("\r\n") {
            prop_assert!(line.len() <= 75 && !line.contains(['\r', '\n']), "{:?}", line);
        }
        let feed = atom(&news, &title, "https://oak.test", NOW);
        // Every < belongs to a tag of ours, and every tag ends.
        prop_assert_eq!(feed.matches('<').count(), feed.matches('>').count());
        prop_assert_eq!(feed.matches("<entry>").count(), 1);
        let bad = |c: char| c.is_control() && c != '\n' && c != '\t';
        prop_assert!(!feed.contains(bad));
    }
}
