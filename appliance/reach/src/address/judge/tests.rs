// SPDX-License-Identifier: AGPL-3.0-or-later
use super::*;
use crate::ports::Way;
use proptest::prelude::*;

const ROUTER: Source = Source::Router { way: Way::Upnp };

fn echo() -> Source {
    Source::Echo {
        url: "http://echo.example/".into(),
    }
}

fn saw(list: &[(&str, Source)]) -> Reachability {
    let observations: Vec<_> = list
        .iter()
        .map(|(address, source)| Observation {
            address: address.parse().unwrap(),
            source: source.clone(),
        })
        .collect();
    judge(&observations)
}

const HOME: (&str, Source) = ("192.168.1.20", Source::Interface);

#[test]
fn one_router_with_a_public_address() {
    let public = [93, 184, 216, 34].into();
    assert_eq!(
        saw(&[HOME, ("93.184.216.34", ROUTER)]).v4,
        V4::BehindRouter { public }
    );
    assert_eq!(
        saw(&[HOME, ("93.184.216.34", ROUTER), ("93.184.216.34", echo())]).v4,
        V4::BehindRouter { public }
    );
    assert_eq!(saw(&[HOME, ("93.184.216.34", echo())]).v4, V4::Seen { public });
    assert_eq!(
        saw(&[("93.184.216.34", Source::Interface)]).v4,
        V4::Direct { public }
    );
}

#[test]
fn a_shared_address_is_told_from_a_second_router() {
    let cgnat = saw(&[HOME, ("100.72.0.9", ROUTER), ("93.184.216.34", echo())]);
    assert!(matches!(cgnat.v4, V4::Cgnat { .. }));
    assert_eq!(cgnat.addresses().v4, None);
    for inner in ["192.168.0.2", "10.0.0.5", "172.16.3.3"] {
        assert!(matches!(
            saw(&[HOME, (inner, ROUTER)]).v4,
            V4::DoubleNat { public: None, .. }
        ));
    }
    let differ = saw(&[HOME, ("93.184.216.34", ROUTER), ("93.184.216.35", echo())]);
    assert!(matches!(differ.v4, V4::DoubleNat { public: Some(_), .. }));
    assert!(!is_cgnat([100, 63, 255, 255].into()) && is_cgnat([100, 64, 0, 0].into()));
    assert!(is_cgnat([100, 127, 255, 255].into()) && !is_cgnat([100, 128, 0, 0].into()));
}

#[test]
fn a_router_without_a_line_says_nothing() {
    assert_eq!(saw(&[HOME, ("0.0.0.0", ROUTER)]).v4, V4::Unknown);
}

#[test]
fn an_ipv6_address_counts_when_it_is_our_own() {
    let own = ("2a00:1450::7", Source::Interface);
    let seen = |r: Reachability| {
        matches!(
            r.v6,
            V6::Public {
                seen_outside: true,
                ..
            }
        )
    };
    assert!(seen(saw(&[own.clone(), ("2a00:1450::7", echo())])));
    assert!(!seen(saw(std::slice::from_ref(&own))));
    assert_eq!(saw(&[("2a00:1450::9", echo())]).v6, V6::None);
    assert_eq!(
        saw(&[("fd00::7", Source::Interface), ("fe80::1", Source::Interface)]).v6,
        V6::None
    );
}

proptest! {
    #[test]
    fn dns_is_never_told_an_address_that_is_not_public(bytes in proptest::collection::vec((any::<[u8; 4]>(), 0u8..3), 0..6)) {
        let list: Vec<_> = bytes.into_iter().map(|(address, who)| Observation {
            address: IpAddr::from(address),
            source: match who { 0 => Source::Interface, 1 => ROUTER, _ => echo() },
        }).collect();
        prop_assert!(judge(&list).addresses().iter().all(is_public));
    }
}

#[test]
fn one_peer_is_heard_where_nobody_else_knows_and_is_never_enough_to_act_upon() {
    let list = |list: &[(&str, Source)]| -> Vec<Observation> {
        let of = |(address, source): &(&str, Source)| Observation {
            address: address.parse().unwrap(),
            source: source.clone(),
        };
        list.iter().map(of).collect()
    };
    let (lie, truth) = ("198.18.0.1", "93.184.216.34");
    let (other, public) = ("151.101.1.1", [93, 184, 216, 34].into());
    let of = |seen: &[Observation]| (judge(seen).v4, judge(&sure(seen)).v4);
    // It is shown, and nothing is moved for it.
    let alone = list(&[HOME, (truth, Source::Peer)]);
    assert_eq!(of(&alone), (V4::Seen { public }, V4::Unknown));
    // Somebody whom a steward named knows better.
    let lying = list(&[HOME, (other, Source::Peer), (truth, echo())]);
    assert_eq!(of(&lying), (V4::Seen { public }, V4::Seen { public }));
    // Two that agree do; and an address that is none on the internet is passed over.
    let two = list(&[
        HOME,
        (lie, Source::Peer),
        (truth, Source::Peer),
        (truth, Source::Peer),
    ]);
    assert_eq!(of(&two), (V4::Seen { public }, V4::Seen { public }));
}
