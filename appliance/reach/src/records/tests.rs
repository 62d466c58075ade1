// SPDX-License-Identifier: AGPL-3.0-or-later
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn domain(text: &str) -> Domain {
    text.parse().unwrap()
}

fn target() -> Target {
    Target {
        addresses: Addresses {
            v4: Some([203, 0, 113, 7].into()),
            v6: Some("2001:db8::7".parse().unwrap()),
        },
        host: None,
    }
}

fn with_host() -> Target {
    Target {
        host: Some(domain("board.dyn.example")),
        ..target()
    }
}

fn lines(records: &[Record]) -> Vec<String> {
    records.iter().map(ToString::to_string).collect()
}

fn answer(addresses: &[&str]) -> Answer {
    Answer {
        cname: None,
        addresses: addresses.iter().map(|a| a.parse().unwrap()).collect(),
    }
}

fn seen(addresses: &[&str]) -> Seen {
    Seen {
        authority: Some(answer(addresses)),
        resolver: Some(answer(addresses)),
        ..Seen::default()
    }
}

fn state_of(seen: &Seen, target: &Target) -> NameReport {
    let name = domain("calendar.example.org");
    let records = wanted(
        &domain("example.org"),
        std::slice::from_ref(&name),
        target,
        Style::PerName,
    );
    compare(&name, &records, target, seen, Some("letsencrypt.org"))
}

#[test]
fn each_name_gets_its_addresses_as_lines_of_a_zone_file() {
    let names = [domain("example.org"), domain("calendar.example.org")];
    let records = wanted(&domain("example.org"), &names, &target(), Style::PerName);
    assert_eq!(
        lines(&records),
        [
            "example.org. 300 IN A 203.0.113.7",
            "example.org. 300 IN AAAA 2001:db8::7",
            "calendar.example.org. 300 IN A 203.0.113.7",
            "calendar.example.org. 300 IN AAAA 2001:db8::7",
        ]
    );
    assert_eq!(records[0].label(&domain("example.org")), "@");
    assert_eq!(records[2].label(&domain("example.org")), "calendar");
}

#[test]
fn a_wildcard_covers_all_names_but_the_apex_and_foreign_ones() {
    let names = [
        "example.org",
        "a.example.org",
        "b.example.org",
        "c.other.net",
        "notexample.org",
    ]
    .map(domain);
    let records = wanted(&domain("example.org"), &names, &with_host(), Style::Wildcard);
    assert_eq!(
        lines(&records),
        [
            "example.org. 300 IN A 203.0.113.7",
            "example.org. 300 IN AAAA 2001:db8::7",
            "*.example.org. 300 IN CNAME board.dyn.example.",
            "c.other.net. 300 IN A 203.0.113.7",
            "c.other.net. 300 IN AAAA 2001:db8::7",
            "notexample.org. 300 IN A 203.0.113.7",
            "notexample.org. 300 IN AAAA 2001:db8::7",
        ]
    );
    let report = compare(&names[1], &records, &with_host(), &seen(&[]), Some("ca.test"));
    assert!(matches!(report.state, NameState::Missing { records } if records[0].name == "*.example.org"));
}

#[test]
fn one_right_address_is_ready_and_the_other_is_advised() {
    let report = state_of(&seen(&["203.0.113.7"]), &target());
    assert_eq!(report.state, NameState::Ready);
    assert_eq!(
        lines(&report.advice),
        ["calendar.example.org. 300 IN AAAA 2001:db8::7"]
    );
}

#[test]
fn an_old_ipv6_address_beside_the_right_ipv4_one_is_wrong() {
    let report = state_of(&seen(&["203.0.113.7", "2001:db8:dead::1"]), &target());
    let NameState::Wrong { found, .. } = &report.state else {
        panic!("{report:?}");
    };
    assert_eq!(found, &["2001:db8:dead::1"]);
    assert!(report.state.to_string().contains("2001:db8:dead::1"));
}

#[test]
fn what_the_domain_knows_and_resolvers_do_not_is_not_propagated() {
    let seen = Seen {
        resolver: Some(Answer::default()),
        negative_ttl: Some(3600),
        ..seen(&["203.0.113.7"])
    };
    let report = state_of(&seen, &target());
    assert_eq!(report.state, NameState::NotPropagated { at_most: Some(3600) });
    assert!(report.state.to_string().contains("60 minutes"));
}

#[test]
fn silence_is_not_taken_for_missing_records() {
    assert_eq!(state_of(&Seen::default(), &target()).state, NameState::NoAnswer);
}

#[test]
fn an_alias_of_the_dynamic_name_waits_for_it_and_another_is_wrong() {
    let alias = |to: &str| {
        let answer = Answer {
            cname: Some(domain(to)),
            addresses: BTreeSet::new(),
        };
        Seen {
            authority: Some(answer),
            ..Seen::default()
        }
    };
    assert!(matches!(
        state_of(&alias("board.dyn.example"), &with_host()).state,
        NameState::NotPropagated { .. }
    ));
    assert!(matches!(
        state_of(&alias("parking.example"), &with_host()).state,
        NameState::Wrong { .. }
    ));
}

fn caa(critical: bool, tag: &str, value: &str) -> CaaRecord {
    CaaRecord {
        critical,
        tag: tag.into(),
        value: value.into(),
    }
}

#[test]
fn caa_is_read_as_rfc_8659_says() {
    let ours = "letsencrypt.org";
    assert!(caa_allows(&[], ours, false));
    assert!(caa_allows(
        &[caa(false, "iodef", "mailto:a@example.org")],
        ours,
        false
    ));
    assert!(caa_allows(
        &[caa(false, "Issue", "LetsEncrypt.org; validationmethods=dns-01")],
        ours,
        false
    ));
    assert!(!caa_allows(&[caa(false, "issue", ";")], ours, false));
    assert!(!caa_allows(&[caa(false, "issue", "other.example")], ours, false));
    assert!(!caa_allows(&[caa(true, "novel", "x")], ours, false));
    assert!(caa_allows(&[caa(false, "issuewild", ";")], ours, false));
    assert!(!caa_allows(
        &[caa(false, "issue", ours), caa(false, "issuewild", ";")],
        ours,
        true
    ));
}

#[test]
fn a_forbidding_caa_is_shown_once_the_addresses_are_right() {
    let mut seen = seen(&["203.0.113.7"]);
    seen.caa = vec![caa(false, "issue", "other.example")];
    let state = state_of(&seen, &target()).state;
    assert!(
        state.to_string().contains("0 issue \"letsencrypt.org\""),
        "{state}"
    );
    seen.authority = Some(Answer::default());
    assert!(matches!(
        state_of(&seen, &target()).state,
        NameState::Missing { .. }
    ));
}

proptest! {
    #[test]
    fn the_apex_never_gets_a_cname(wildcard: bool, hosted: bool, labels in proptest::collection::vec("[a-z]{1,8}", 0..6)) {
        let zone = domain("example.org");
        let mut names: Vec<Domain> = labels.iter().map(|l| domain(&format!("{l}.example.org"))).collect();
        names.push(zone.clone());
        let target = if hosted { with_host() } else { target() };
        let style = if wildcard { Style::Wildcard } else { Style::PerName };
        let records = wanted(&zone, &names, &target, style);
        prop_assert!(records.iter().all(|r| r.name != "example.org" || !matches!(r.data, Data::Cname(_))));
        // Whoever makes exactly these records is ready.
        for name in &names {
            let seen = Seen { authority: Some(Answer {
                cname: (hosted && name != &zone).then(|| domain("board.dyn.example")),
                addresses: target.addresses.iter().collect(),
            }), ..Seen::default() };
            let report = compare(name, &records, &target, &seen, Some("ca.test"));
            prop_assert_eq!(report.state, NameState::Ready);
            prop_assert!(report.advice.is_empty());
        }
    }
}
