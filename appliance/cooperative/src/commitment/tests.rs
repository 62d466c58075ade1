// SPDX-License-Identifier: AGPL-3.0-or-later
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_795_183_200);

fn service(licence: &str, source: &str) -> ServiceFacts {
    ServiceFacts {
        name: "notes".into(),
        licence: licence.into(),
        source: source.into(),
        exports: true,
    }
}

fn state(item: Item, facts: &Facts, declared: &[Declaration]) -> State {
    one(item, facts, declared, NOW).state
}

#[test]
fn what_the_board_sees_it_says_itself() {
    let mut facts = Facts::default();
    assert_eq!(state(Item::Terms, &facts, &[]), State::Unmet);
    facts.terms = true;
    assert_eq!(state(Item::Terms, &facts, &[]), State::Met);
    facts.services = vec![service("MIT", "https://notes.test/src")];
    assert_eq!(state(Item::FreeSoftware, &facts, &[]), State::Met);
    facts.services.push(service("BUSL-1.1", "https://notes.test/src"));
    assert_eq!(state(Item::FreeSoftware, &facts, &[]), State::Unmet);
    facts.services = vec![service("MIT", "ask us")];
    assert_eq!(state(Item::FreeSoftware, &facts, &[]), State::Unmet);
    facts.services[0].exports = false;
    assert_eq!(state(Item::Export, &facts, &[]), State::Unmet);
    for (names, expected) in [
        ((0, 0), State::Partial),
        ((1, 2), State::Partial),
        ((2, 2), State::Met),
    ] {
        facts.trusted_names = names;
        assert_eq!(state(Item::EncryptionInTransit, &facts, &[]), expected);
    }
    for (ago, expected) in [(1, State::Met), (200, State::Partial)] {
        facts.restored = Some(Timestamp(NOW.0 - ago * date::DAY));
        assert_eq!(state(Item::BackupsTested, &facts, &[]), expected);
    }
}

#[test]
fn licences_are_free_or_not() {
    for free in [
        "AGPL-3.0-or-later",
        "MIT",
        "GPL-2.0-only OR LicenseRef-Other",
        "Apache-2.0 AND (MIT OR BSD-3-Clause)",
        "GPL-3.0-or-later WITH GCC-exception-3.1",
    ] {
        assert!(is_free(free), "{free}");
    }
    for other in [
        "",
        "BUSL-1.1",
        "SSPL-1.0",
        "MIT AND LicenseRef-Proprietary",
        "MITX",
        "CC-BY-NC-4.0",
    ] {
        assert!(!is_free(other), "{other}");
    }
}

proptest! {
    #[test]
    fn a_person_cannot_declare_what_is_verified_and_the_last_word_counts(
        said in proptest::collection::vec((0_usize..Item::ALL.len(), 0_i64..1000, any::<bool>()), 0..20),
    ) {
        let declared: Vec<Declaration> = said
            .iter()
            .map(|(item, at, met)| Declaration {
                item: Item::ALL[*item],
                state: if *met { State::Met } else { State::Unmet },
                evidence: at.to_string(),
                at: Timestamp(*at),
                by: "ada".into(),
            })
            .collect();
        let facts = Facts::default();
        let without = published(&facts, &[], NOW);
        for (with, without) in published(&facts, &declared, NOW).iter().zip(&without) {
            let of = declared.iter().filter(|declaration| declaration.item.word() == with.id);
            let last = of.max_by_key(|declaration| declaration.at);
            match (with.by, last) {
                (By::Board, _) => prop_assert_eq!(with, without),
                (By::Person, Some(last)) => prop_assert_eq!(&with.evidence, &last.evidence),
                (By::Person, None) => prop_assert_eq!(with.state, State::Unknown),
            }
        }
    }
}

#[test]
fn every_word_is_one_promise() {
    for item in Item::ALL {
        assert_eq!(Item::from_word(item.word()), Some(*item));
        let json = serde_json::to_value(item).unwrap();
        assert_eq!(json, item.word());
    }
}
