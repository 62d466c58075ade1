// SPDX-License-Identifier: AGPL-3.0-or-later
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;
use proptest::prelude::*;

const OPENS: i64 = 1_795_000_000;
const DEADLINE: i64 = OPENS + 7 * DAY;
const NAMES: [&str; 5] = ["ada", "ben", "cleo", "dan", "eve"];

fn proposal(method: Method, options: &[&str]) -> Proposal {
    Proposal {
        id: "p1".into(),
        title: "Paint the hall".into(),
        text: "Green.".into(),
        options: options.iter().map(|&option| option.into()).collect(),
        method,
        quorum: 0,
        secret: false,
        opens: Timestamp(OPENS),
        deadline: Timestamp(DEADLINE),
        electors: NAMES[..4].iter().map(|name| name.parse().unwrap()).collect(),
        by: "ada".parse().unwrap(),
        act: None,
    }
}

fn ballot(member: &str, number: u64, choice: Choice) -> Ballot {
    Ballot {
        number,
        at: Timestamp(OPENS + 1),
        member: member.parse().unwrap(),
        choice,
    }
}

fn outcome(proposal: &Proposal, ballots: &[Ballot]) -> Outcome {
    Tally::of(proposal, ballots, Timestamp(DEADLINE)).outcome
}

fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![
        Just(Choice::For),
        Just(Choice::Against),
        Just(Choice::Abstain),
        (0_u8..4).prop_map(|option| Choice::Option { option }),
        Just(Choice::Object {
            reason: "too green".into()
        }),
    ]
}

fn ballots() -> impl Strategy<Value = Vec<Ballot>> {
    let one =
        (0_usize..5, 0_u64..4, -DAY..9 * DAY, choice()).prop_map(|(member, number, after, choice)| Ballot {
            at: Timestamp(OPENS + after),
            ..ballot(NAMES[member], number, choice)
        });
    proptest::collection::vec(one, 0..30)
}

fn any_proposal() -> impl Strategy<Value = Proposal> {
    let method = prop_oneof![
        Just(Method::Majority),
        Just(Method::TwoThirds),
        Just(Method::Consent)
    ];
    (method, 0_u8..=100, any::<bool>(), any::<bool>()).prop_map(|(method, quorum, secret, several)| {
        let options: &[&str] = if several && method != Method::Consent {
            &["red", "green", "blue"]
        } else {
            &[]
        };
        Proposal {
            quorum,
            secret,
            ..proposal(method, options)
        }
    })
}

proptest! {
    #[test]
    fn order_and_repetition_change_nothing(
        proposal in any_proposal(),
        ballots in ballots(),
        again in proptest::collection::vec(any::<prop::sample::Index>(), 0..20),
        order in any::<u64>(),
    ) {
        let now = Timestamp(DEADLINE + 1);
        let once = Tally::of(&proposal, &ballots, now);
        let mut mixed = ballots.clone();
        if !ballots.is_empty() {
            mixed.extend(again.iter().map(|at| at.get(&ballots).clone()));
        }
        let len = u64::try_from(mixed.len().max(1)).unwrap();
        mixed.rotate_left(usize::try_from(order % len).unwrap());
        if order % 2 == 1 {
            mixed.reverse();
        }
        prop_assert_eq!(Tally::of(&proposal, &mixed, now), once);
    }

    #[test]
    fn nobody_counts_twice_and_nothing_counts_before_it_opens_or_after_the_deadline(
        proposal in any_proposal(),
        ballots in ballots(),
    ) {
        let tally = Tally::of(&proposal, &ballots, Timestamp(DEADLINE));
        let cast = tally.counts.iter().sum::<usize>() + tally.abstained;
        prop_assert_eq!(cast, tally.voted.len());
        prop_assert!(tally.voted.is_subset(&proposal.electors));
        let in_time: Vec<Ballot> = ballots
            .iter()
            .filter(|ballot| (OPENS..DEADLINE).contains(&ballot.at.0))
            .cloned()
            .collect();
        prop_assert_eq!(&Tally::of(&proposal, &in_time, Timestamp(DEADLINE)), &tally);
        // Long after, it is still the same.
        prop_assert_eq!(Tally::of(&proposal, &ballots, Timestamp(DEADLINE + 999)), tally);
    }

    #[test]
    fn only_the_last_word_of_a_member_counts(first in choice(), then in choice()) {
        for proposal in [proposal(Method::Majority, &[]), proposal(Method::Majority, &["a", "b"])] {
            let later = ballot("ada", 2, then.clone());
            let both = [ballot("ada", 1, first.clone()), later.clone()];
            if proposal.admits(&later).is_ok() {
                let now = Timestamp(DEADLINE);
                prop_assert_eq!(Tally::of(&proposal, &both, now), Tally::of(&proposal, &[later], now));
            }
        }
    }

    #[test]
    fn nothing_is_decided_before_the_deadline(proposal in any_proposal(), ballots in ballots()) {
        let tally = Tally::of(&proposal, &ballots, Timestamp(DEADLINE - 1));
        prop_assert_eq!(tally.outcome, Outcome::Open);
    }

    #[test]
    fn what_passes_has_what_it_needs(proposal in any_proposal(), ballots in ballots()) {
        let tally = Tally::of(&proposal, &ballots, Timestamp(DEADLINE));
        if let Outcome::Passed { option } = tally.outcome {
            let won = tally.counts[usize::from(option)];
            let all: usize = tally.counts.iter().sum();
            prop_assert!(tally.voted.len() * 100 >= usize::from(proposal.quorum) * tally.entitled);
            match proposal.method {
                Method::Majority => prop_assert!(won > all - won),
                Method::TwoThirds => prop_assert!(won > 0 && won >= 2 * (all - won)),
                Method::Consent => prop_assert!(won > 0 && tally.objections.is_empty()),
            }
        }
    }

    #[test]
    fn a_seal_holds_for_its_decision_only(proposal in any_proposal(), ballots in ballots(), other in any::<u16>()) {
        let key = Ed25519Key::new();
        let tally = Tally::of(&proposal, &ballots, Timestamp(DEADLINE));
        let decision = Decision::new(&proposal, tally, Timestamp(DEADLINE));
        let seal = decision.seal(&key.0).unwrap();
        prop_assert_eq!(decision.verify(&seal, &proposal), Ok(()));
        // As it comes over the wire.
        let read: Decision = serde_json::from_str(&serde_json::to_string(&decision).unwrap()).unwrap();
        prop_assert_eq!(read.verify(&seal, &proposal), Ok(()));
        let mut forged = decision.clone();
        forged.tally.abstained += usize::from(other) + 1;
        prop_assert_eq!(forged.verify(&seal, &proposal), Err(SealError::Wrong));
        let reworded = Proposal { text: format!("{} Or red.", proposal.text), ..proposal };
        prop_assert_eq!(decision.verify(&seal, &reworded), Err(SealError::OtherProposal));
    }
}

struct Ed25519Key(Vec<u8>);

impl Ed25519Key {
    fn new() -> Self {
        let random = ring::rand::SystemRandom::new();
        let key = ring::signature::Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        Self(key.as_ref().to_vec())
    }
}

#[test]
fn each_method_decides_as_it_says() {
    let (yes, no) = (
        |name| ballot(name, 1, Choice::For),
        |name| ballot(name, 1, Choice::Against),
    );
    let passed = Outcome::Passed { option: 0 };
    let majority = proposal(Method::Majority, &[]);
    assert_eq!(outcome(&majority, &[yes("ada"), no("ben")]), Outcome::Rejected);
    assert_eq!(outcome(&majority, &[yes("ada"), yes("ben"), no("cleo")]), passed);
    assert_eq!(outcome(&majority, &[]), Outcome::Rejected);
    let two_thirds = proposal(Method::TwoThirds, &[]);
    assert_eq!(
        outcome(&two_thirds, &[yes("ada"), yes("ben"), no("cleo")]),
        passed
    );
    assert_eq!(outcome(&two_thirds, &[yes("ada"), no("cleo")]), Outcome::Rejected);
    let consent = proposal(Method::Consent, &[]);
    let object = ballot(
        "ben",
        1,
        Choice::Object {
            reason: "Paint smells.".into(),
        },
    );
    assert_eq!(outcome(&consent, &[yes("ada")]), passed);
    assert_eq!(outcome(&consent, &[yes("ada"), object]), Outcome::Rejected);
    assert_eq!(
        outcome(&consent, &[ballot("ada", 1, Choice::Abstain)]),
        Outcome::Rejected
    );
    let several = proposal(Method::Majority, &["red", "green", "blue"]);
    let pick = |name, option| ballot(name, 1, Choice::Option { option });
    assert_eq!(
        outcome(&several, &[pick("ada", 1), pick("ben", 1), pick("cleo", 2)]),
        Outcome::Passed { option: 1 }
    );
    assert_eq!(
        outcome(&several, &[pick("ada", 0), pick("ben", 1), pick("cleo", 2)]),
        Outcome::Rejected
    );
    let quorum = Proposal {
        quorum: 51,
        ..majority
    };
    assert_eq!(outcome(&quorum, &[yes("ada"), yes("ben")]), Outcome::NoQuorum);
    let abstain = ballot("cleo", 1, Choice::Abstain);
    assert_eq!(outcome(&quorum, &[yes("ada"), yes("ben"), abstain]), passed);
}

#[test]
fn a_secret_vote_names_nobody_who_objects() {
    let object = |name: &str, reason: &str| {
        ballot(
            name,
            1,
            Choice::Object {
                reason: reason.into(),
            },
        )
    };
    let cast = [object("ada", "z"), object("ben", "a")];
    let secret = Proposal {
        secret: true,
        ..proposal(Method::Consent, &[])
    };
    let tally = Tally::of(&secret, &cast, Timestamp(DEADLINE));
    let text = serde_json::to_string(&tally.objections).unwrap();
    assert!(!text.contains("ada") && !text.contains("ben"), "{text}");
    assert_eq!(tally.objections[0].reason, "a");
    let open = Tally::of(&proposal(Method::Consent, &[]), &cast, Timestamp(DEADLINE));
    assert_eq!(open.objections[0].member, Some("ada".parse().unwrap()));
}

#[test]
fn a_proposal_that_cannot_be_voted_on_is_refused_by_its_field() {
    let good = proposal(Method::Majority, &[]);
    assert_eq!(good.check(), Ok(()));
    let spend = |units| Act::Spend {
        amount: crate::Amount {
            units,
            commodity: "EUR".parse().unwrap(),
        },
        memo: "Paint".into(),
    };
    let wrong = |field: &str, proposal: Proposal| match proposal.check() {
        Err(ProposalError::Field { field: found, .. }) => assert_eq!(found, field),
        other => panic!("{field}: {other:?}"),
    };
    wrong(
        "title",
        Proposal {
            title: "two\nlines".into(),
            ..good.clone()
        },
    );
    wrong(
        "text",
        Proposal {
            text: " ".into(),
            ..good.clone()
        },
    );
    wrong("options", proposal(Method::Majority, &["only"]));
    wrong("options", proposal(Method::Majority, &["same", "Same"]));
    wrong("options", proposal(Method::Consent, &["a", "b"]));
    wrong(
        "options",
        Proposal {
            act: Some(spend(1)),
            ..proposal(Method::Majority, &["a", "b"])
        },
    );
    wrong(
        "quorum",
        Proposal {
            quorum: 101,
            ..good.clone()
        },
    );
    wrong(
        "deadline",
        Proposal {
            deadline: Timestamp(OPENS + 60),
            ..good.clone()
        },
    );
    wrong(
        "amount",
        Proposal {
            act: Some(spend(0)),
            ..good.clone()
        },
    );
    wrong(
        "electors",
        Proposal {
            electors: BTreeSet::new(),
            ..good
        },
    );
}
