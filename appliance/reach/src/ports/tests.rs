// SPDX-License-Identifier: AGPL-3.0-or-later
use super::*;
use proptest::prelude::*;

const LOCAL: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 20);

fn granted(mapping: Mapping, now: Timestamp, lifetime: u32) -> Lease {
    Lease {
        mapping,
        way: Way::Pcp,
        local: LOCAL,
        granted: now,
        lifetime,
        nonce: [7; 12],
    }
}

/// A router that grants everything.
fn apply(plan: &Plan, held: &mut Vec<Lease>, now: Timestamp, lifetime: u32) {
    for step in &plan.steps {
        match step {
            Step::Remove(lease) => held.retain(|l| l != lease),
            Step::Open(mapping) => held.push(granted(*mapping, now, lifetime)),
            Step::Renew(lease) => {
                held.retain(|l| l != lease);
                held.push(granted(lease.mapping, now, lifetime));
            }
        }
    }
}

#[test]
fn leases_are_renewed_at_half_life_and_given_back() {
    let (mut held, start) = (Vec::new(), Timestamp(1_800_000_000));
    let first = plan(&Mapping::WEB, &held, LOCAL, start);
    assert_eq!(first.steps, Mapping::WEB.map(Step::Open));
    apply(&first, &mut held, start, 7200);
    let quiet = plan(&Mapping::WEB, &held, LOCAL, start);
    assert_eq!(
        (quiet.steps.len(), quiet.wake),
        (0, Some(Timestamp(start.0 + 3600)))
    );
    let due = plan(&Mapping::WEB, &held, LOCAL, Timestamp(start.0 + 3600));
    assert!(due.steps.iter().all(|step| matches!(step, Step::Renew(_))) && due.steps.len() == 2);
    let off = plan(&[], &held, LOCAL, start);
    assert!(off.steps.iter().all(|step| matches!(step, Step::Remove(_))) && off.steps.len() == 2);
    assert_eq!(off.wake, None);
}

#[test]
fn a_new_address_of_the_board_moves_the_mapping() {
    let held = [granted(Mapping::same(443), Timestamp(5), 7200)];
    let moved = plan(
        &[Mapping::same(443)],
        &held,
        Ipv4Addr::new(192, 168, 1, 21),
        Timestamp(6),
    );
    assert_eq!(
        moved.steps,
        [Step::Remove(held[0].clone()), Step::Open(Mapping::same(443))]
    );
}

proptest! {
    #[test]
    fn planning_twice_is_an_empty_plan(ports in proptest::collection::hash_set(1u16.., 0..5), old in proptest::collection::hash_set(1u16.., 0..5),
        lifetime in prop_oneof![Just(0u32), 1u32..100_000], age in 0i64..200_000) {
        let now = Timestamp(1_800_000_000);
        let wanted: Vec<_> = ports.into_iter().map(Mapping::same).collect();
        let mut held: Vec<_> = old.into_iter().map(|p| granted(Mapping::same(p), Timestamp(now.0 - age), lifetime)).collect();
        apply(&plan(&wanted, &held, LOCAL, now), &mut held, now, lifetime);
        let again = plan(&wanted, &held, LOCAL, now);
        prop_assert!(again.steps.is_empty());
        prop_assert_eq!(again.wake.is_some(), !wanted.is_empty());
        prop_assert_eq!(held.len(), wanted.len());
    }
}
