// SPDX-License-Identifier: AGPL-3.0-or-later
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;
use proptest::prelude::*;

fn euros(units: i64) -> Amount {
    Amount {
        units,
        commodity: "EUR".parse().unwrap(),
    }
}

fn entry(id: &str, booking: &Booking) -> Entry {
    Entry {
        id: id.into(),
        date: "2026-11-20".into(),
        memo: "for something".into(),
        postings: booking.postings().unwrap(),
        corrects: None,
        source: Source::Declared,
    }
}

fn member() -> impl Strategy<Value = types::MemberName> {
    "[a-z][a-z0-9._-]{0,8}[a-z0-9]".prop_map(|name| name.parse().unwrap())
}

fn booking() -> impl Strategy<Value = Booking> {
    let money = || {
        (1_i64..1_000_000, prop_oneof!["EUR", "JPY", "TND"]).prop_map(|(units, word)| Amount {
            units,
            commodity: word.parse().unwrap(),
        })
    };
    prop_oneof![
        (member(), money()).prop_map(|(member, amount)| Booking::Dues { member, amount }),
        money().prop_map(|amount| Booking::Donation { amount }),
        money().prop_map(|amount| Booking::Expense { amount }),
        (member(), money()).prop_map(|(member, amount)| Booking::Advance { member, amount }),
        (member(), money()).prop_map(|(member, amount)| Booking::Refund { member, amount }),
        (member(), 1_i64..10_000).prop_map(|(member, units)| Booking::Hours {
            member,
            amount: Amount {
                units,
                commodity: Commodity::hours()
            },
        }),
        (1_i64..1_000_000).prop_map(|units| Booking::Board {
            board: "oak".parse().unwrap(),
            amount: Amount {
                units,
                commodity: Commodity::energy()
            },
        }),
    ]
}

/// A history: bookings, and which of the earlier entries are taken back.
fn history() -> impl Strategy<Value = Vec<Entry>> {
    proptest::collection::vec((booking(), 0_u16..400, proptest::option::of(0_usize..20)), 0..25).prop_map(
        |steps| {
            let mut ledger = Ledger::default();
            for (number, (booking, day, back)) in steps.into_iter().enumerate() {
                let date = date::day(types::Timestamp(1_780_000_000 + i64::from(day) * date::DAY));
                let entry = Entry {
                    date: date.clone(),
                    ..entry(&format!("e{number:02}"), &booking)
                };
                ledger.add(entry).unwrap();
                if let Some(id) = back.map(|back| format!("e{back:02}"))
                    && let Ok(counter) = ledger.counter(&id, format!("c{number:02}"), date, "wrong".into())
                {
                    ledger.add(counter).unwrap();
                }
            }
            ledger.entries
        },
    )
}

/// Sum over all accounts, per commodity.
fn sums(ledger: &Ledger) -> BTreeMap<Commodity, i128> {
    let mut sums = BTreeMap::new();
    for ((_, commodity), units) in ledger.balances() {
        *sums.entry(commodity).or_default() += i128::from(units);
    }
    sums
}

proptest! {
    #[test]
    fn the_books_always_balance_whatever_the_order_and_however_often(
        entries in history(),
        order in any::<u64>(),
        again in proptest::collection::vec(0_usize..50, 0..10),
    ) {
        let whole = Ledger::of(entries.clone());
        prop_assert_eq!(whole.entries().len(), entries.len());
        prop_assert!(sums(&whole).values().all(|sum| *sum == 0));
        let mut shuffled = entries.clone();
        shuffled.extend(again.iter().filter_map(|at| entries.get(*at).cloned()));
        let mut state = order | 1;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
        }
        prop_assert_eq!(Ledger::of(shuffled), whole);
    }

    #[test]
    fn a_correction_takes_back_exactly_what_was_booked_and_only_once(booking in booking()) {
        let first = Ledger::of([entry("a", &booking)]);
        let counter = first.counter("a", "b".into(), "2026-12-01".into(), "mistake".into()).unwrap();
        let both = Ledger::of([entry("a", &booking), counter]);
        prop_assert!(both.balances().is_empty());
        prop_assert!(both.is_corrected("a"));
        let again = both.counter("a", "c".into(), "2026-12-01".into(), "again".into());
        prop_assert_eq!(again, Err(LedgerError::Corrected("a".into())));
    }

    #[test]
    fn amounts_are_exact_decimals(units in any::<i64>(), word in "EUR|JPY|TND|HOUR|KWH") {
        let amount = Amount { units, commodity: word.parse().unwrap() };
        if units != i64::MIN {
            prop_assert_eq!(Amount::parse(&amount.number(), amount.commodity.clone()), Ok(amount.clone()));
            let json = serde_json::to_value(&amount).unwrap();
            prop_assert!(json["amount"].is_string());
            prop_assert_eq!(serde_json::from_value::<Amount>(json).unwrap(), amount);
        }
    }

    #[test]
    fn every_export_holds_every_posting_and_balances(entries in history()) {
        let ledger = Ledger::of(entries);
        let postings: usize = ledger.entries().iter().map(|entry| entry.postings.len()).sum();
        prop_assert_eq!(csv(&ledger).lines().count(), postings + 1);
        let text = beancount(&ledger, "Oak \"Street\"");
        let sides = text.lines().filter(|line| line.starts_with("  ") && !line.contains(": \""));
        prop_assert_eq!(sides.count(), postings);
        for year in ledger.years() {
            let report = ledger.report(year);
            prop_assert!(report.entries > 0);
        }
    }

    #[test]
    fn two_accounts_never_become_one(a in "(Income|Equity)(:[a-zA-Z0-9][a-zA-Z0-9._-]{0,6}){1,3}", b in "(Income|Equity)(:[a-z0-9][x2e._-]{0,5}){1,3}") {
        let (a, b): (Account, Account) = (a.parse().unwrap(), b.parse().unwrap());
        let lower = |account: &Account| account.as_str().to_lowercase();
        prop_assert!(lower(&a) == lower(&b) || a.beancount() != b.beancount());
        for part in a.beancount().split(':') {
            prop_assert!(part.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit()), "{}", part);
            prop_assert!(part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{}", part);
        }
    }
}

#[test]
fn what_does_not_balance_is_no_entry() {
    let mut wrong = entry("a", &Booking::Donation { amount: euros(500) });
    wrong.postings[0].amount.units = 499;
    assert_eq!(
        wrong.check(),
        Err(LedgerError::Unbalanced {
            commodity: "EUR".parse().unwrap(),
            off: -1
        })
    );
    // Money does not make up for work.
    wrong.postings[0].amount = Amount {
        units: 500,
        commodity: Commodity::hours(),
    };
    assert!(matches!(wrong.check(), Err(LedgerError::Unbalanced { .. })));
    assert!(Booking::Expense { amount: euros(-1) }.postings().is_err());
    assert!(Ledger::of([wrong]).entries().is_empty());
}

#[test]
fn amounts_that_are_none_are_refused_in_words() {
    let eur: Commodity = "EUR".parse().unwrap();
    let parse = |text: &str| Amount::parse(text, eur.clone());
    assert_eq!(parse("12,5").unwrap().number(), "12.50");
    assert_eq!(parse("-0.05").unwrap().units, -5);
    assert_eq!(parse("1.250"), Ok(euros(125)));
    assert_eq!(parse("1.251"), Err(AmountError::TooFine(2)));
    for bad in ["", "-", ".5", "5.", "1e3", "0x10", "1 000", "--1", "٣"] {
        assert_eq!(parse(bad), Err(AmountError::Number), "{bad}");
    }
    assert_eq!(parse("99999999999999999999"), Err(AmountError::TooLarge));
    assert!("euro".parse::<Commodity>().is_err());
}

#[test]
fn a_year_says_what_came_in_what_went_out_and_who_gave() {
    let ada: types::MemberName = "ada".parse().unwrap();
    let dated = |id: &str, date: &str, booking: &Booking| Entry {
        date: date.into(),
        ..entry(id, booking)
    };
    let hours = Amount {
        units: 250,
        commodity: Commodity::hours(),
    };
    let ledger = Ledger::of([
        dated(
            "1",
            "2025-06-01",
            &Booking::Donation {
                amount: euros(10_000),
            },
        ),
        dated(
            "2",
            "2026-01-01",
            &Booking::Dues {
                member: ada.clone(),
                amount: euros(1_200),
            },
        ),
        dated("3", "2026-02-01", &Booking::Expense { amount: euros(3_050) }),
        dated(
            "4",
            "2026-03-01",
            &Booking::Hours {
                member: ada.clone(),
                amount: hours,
            },
        ),
        dated(
            "5",
            "2026-04-01",
            &Booking::Advance {
                member: ada,
                amount: euros(99),
            },
        ),
    ]);
    let report = ledger.report(2026);
    assert_eq!(report.fund_before, [euros(10_000)]);
    assert_eq!(report.fund_after, [euros(8_150)]);
    let shown = |lines: &[ReportLine]| -> Vec<String> {
        lines
            .iter()
            .map(|line| format!("{} {}", line.account, line.amount))
            .collect()
    };
    assert_eq!(shown(&report.income), ["Income:Dues:ada 12.00 EUR"]);
    assert_eq!(
        shown(&report.expenses),
        ["Expenses:Costs 31.49 EUR", "Expenses:Work 2.50 HOUR"]
    );
    assert_eq!(shown(&report.contributions), ["Equity:Members:ada 2.50 HOUR"]);
    assert_eq!(shown(&report.owed), ["Liabilities:Advances:ada 0.99 EUR"]);
    assert_eq!(ledger.years(), [2026, 2025]);
    assert!(csv(&ledger).contains("2026-02-01,3,for something,Expenses:Costs,30.50,EUR,,declared\r\n"));
    assert!(beancount(&ledger, "Oak").contains("2025-06-01 open Assets:Fund\n"));
    assert_eq!(export::cell("=cmd()"), "'=cmd()");
    assert_eq!(export::cell("-3.50"), "-3.50");
}
