// SPDX-License-Identifier: AGPL-3.0-or-later

use super::*;
use crate::{Code, Identity};
use proptest::prelude::*;
use types::Timestamp;

const START: Timestamp = Timestamp(1_000_000);

struct Board {
    identity: Identity,
    introduction: Introduction,
}

fn board(name: &str) -> Board {
    let identity = Identity::generate().unwrap();
    let introduction = Introduction {
        key: identity.key(),
        name: name.parse().unwrap(),
    };
    Board {
        identity,
        introduction,
    }
}

fn pair(code: &str, typed: &str) -> (Board, Host, Board, Guest) {
    let (oak, elm) = (board("oak"), board("elm"));
    let host = Host::new(code.parse().unwrap(), oak.introduction.clone(), START);
    let guest = Guest::new(typed.parse().unwrap(), elm.introduction.clone(), START).unwrap();
    (oak, host, elm, guest)
}

/// One request and its reply, as they would travel: in JSON.
fn round(oak: &Board, host: &mut Host, elm: &Board, guest: &mut Guest) -> bool {
    let Some(ask) = guest.ask() else { return false };
    let ask = serde_json::from_str(&serde_json::to_string(&ask).unwrap()).unwrap();
    let reply = host.take(&oak.identity, &ask, START);
    let reply = serde_json::from_str(&serde_json::to_string(&reply).unwrap()).unwrap();
    guest.take(&elm.identity, &reply, START)
}

#[test]
fn two_people_who_compare_the_words_pair_their_boards() {
    let (oak, mut host, elm, mut guest) = pair("472-938-105", "472938105");
    assert_eq!((host.stage(), guest.stage()), (Stage::Waiting, Stage::Meeting));
    assert_eq!((host.words(), host.peer()), (None, None));
    round(&oak, &mut host, &elm, &mut guest);
    assert_eq!(
        (host.stage(), host.words()),
        (Stage::Meeting, None),
        "nobody proved anything yet"
    );
    round(&oak, &mut host, &elm, &mut guest);
    assert_eq!(
        (host.stage(), guest.stage()),
        (Stage::Comparing, Stage::Comparing)
    );
    assert!(host.words().is_some());
    assert_eq!(host.words(), guest.words());
    assert_eq!(host.peer(), Some(&elm.introduction));
    assert_eq!(guest.peer(), Some(&oak.introduction));
    guest.agree(START);
    assert!(
        !round(&oak, &mut host, &elm, &mut guest),
        "the host's person has not looked"
    );
    assert!(host.agree(START));
    assert!(round(&oak, &mut host, &elm, &mut guest));
    assert_eq!((host.stage(), guest.stage()), (Stage::Paired, Stage::Paired));
    assert_eq!(guest.ask(), None);
}

#[test]
fn a_wrong_code_is_tried_once() {
    let (oak, mut host, elm, mut guest) = pair("472-938-105", "472-938-104");
    for _ in 0..3 {
        round(&oak, &mut host, &elm, &mut guest);
    }
    assert_eq!(guest.failure(), Some(Failure::Refused(Refusal::WrongCode)));
    assert_eq!(host.failure(), Some(Failure::NotProven));
    assert_eq!((guest.words(), host.words(), host.peer()), (None, None, None));
    let (_, _, elm, mut again) = pair("472-938-105", "472-938-105");
    round(&oak, &mut host, &elm, &mut again);
    assert_eq!(again.failure(), Some(Failure::Refused(Refusal::Used)));
}

#[test]
fn a_code_for_another_board_spends_nothing() {
    let (oak, mut host, elm, mut guest) = pair("472-938-105", "482-938-105");
    round(&oak, &mut host, &elm, &mut guest);
    assert_eq!(guest.failure(), Some(Failure::Refused(Refusal::NoCode)));
    assert_eq!(host.stage(), Stage::Waiting);
}

#[test]
fn a_board_is_no_peer_of_its_own() {
    let oak = board("oak");
    let mut host = Host::new("472-938-105".parse().unwrap(), oak.introduction.clone(), START);
    let mut guest = Guest::new(host.code(), oak.introduction.clone(), START).unwrap();
    let reply = host.take(&oak.identity, &guest.ask().unwrap(), START);
    assert_eq!(
        reply,
        Reply::Refused {
            reason: Refusal::Malformed
        }
    );
    assert_eq!(host.stage(), Stage::Waiting);
    let exchange = Hex(vec![0; 33]);
    guest.take(
        &oak.identity,
        &Reply::Answer {
            board: oak.introduction,
            exchange,
        },
        START,
    );
    assert_eq!(guest.failure(), Some(Failure::Ourselves));
}

#[test]
fn what_is_too_old_is_over_and_a_clock_set_back_does_not_help() {
    for late in [300, -300] {
        let (oak, mut host, _, guest) = pair("472-938-105", "472-938-105");
        let reply = host.take(&oak.identity, &guest.ask().unwrap(), Timestamp(START.0 + late));
        assert_eq!(
            reply,
            Reply::Refused {
                reason: Refusal::Expired
            }
        );
        assert_eq!(host.failure(), Some(Failure::Expired));
    }
    let (oak, mut host, elm, mut guest) = pair("472-938-105", "472-938-105");
    round(&oak, &mut host, &elm, &mut guest);
    round(&oak, &mut host, &elm, &mut guest);
    assert!(!host.agree(Timestamp(START.0 + 300)));
    guest.agree(Timestamp(START.0 + 300));
    assert_eq!(
        (host.failure(), guest.failure()),
        (Some(Failure::Expired), Some(Failure::Expired))
    );
}

#[test]
fn either_person_can_call_it_off() {
    let (oak, mut host, elm, mut guest) = pair("472-938-105", "472-938-105");
    round(&oak, &mut host, &elm, &mut guest);
    round(&oak, &mut host, &elm, &mut guest);
    host.agree(START);
    let farewell = guest.decline().unwrap();
    host.take(&oak.identity, &farewell, START);
    assert_eq!(
        (host.failure(), guest.failure()),
        (Some(Failure::Declined), Some(Failure::Declined))
    );

    let (oak, mut host, elm, mut guest) = pair("472-938-105", "472-938-105");
    round(&oak, &mut host, &elm, &mut guest);
    round(&oak, &mut host, &elm, &mut guest);
    guest.agree(START);
    host.decline();
    assert!(!host.agree(START), "declined is declined");
    round(&oak, &mut host, &elm, &mut guest);
    assert_eq!(guest.failure(), Some(Failure::Declined));
}

/// Somebody in the middle who knows the code runs one exchange with each side: the screens differ.
#[test]
fn an_overheard_code_shows_in_the_words() {
    let code: Code = "472-938-105".parse().unwrap();
    let (oak, elm, eve) = (board("oak"), board("elm"), board("oak"));
    let mut host = Host::new(code, oak.introduction.clone(), START);
    let mut guest = Guest::new(code, elm.introduction.clone(), START).unwrap();
    let mut to_host = Guest::new(code, eve.introduction.clone(), START).unwrap();
    let mut to_guest = Host::new(code, eve.introduction.clone(), START);
    for _ in 0..2 {
        round(&oak, &mut host, &eve, &mut to_host);
        round(&eve, &mut to_guest, &elm, &mut guest);
    }
    assert_eq!(
        (host.stage(), guest.stage()),
        (Stage::Comparing, Stage::Comparing)
    );
    assert_ne!(
        host.words().unwrap().to_string(),
        guest.words().unwrap().to_string()
    );
}

/// A board that knows the code and introduces itself with a key it does not own.
#[test]
fn a_borrowed_key_proves_nothing() {
    let code: Code = "472-938-105".parse().unwrap();
    let (oak, elm, eve) = (board("oak"), board("elm"), board("eve"));
    let mut host = Host::new(code, oak.introduction.clone(), START);
    let mut guest = Guest::new(code, elm.introduction, START).unwrap();
    round(&oak, &mut host, &eve, &mut guest);
    round(&oak, &mut host, &eve, &mut guest);
    assert_eq!((host.failure(), host.peer()), (Some(Failure::NotProven), None));
}

/// What may happen to a message on its way.
#[derive(Clone, Debug)]
enum Fate {
    Arrives,
    AskLost,
    ReplyLost,
    AskTwice,
    OldAsk(usize),
    OldReply(usize),
    HostAgrees,
    GuestAgrees,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Arrives),
        1 => Just(Fate::AskLost),
        1 => Just(Fate::ReplyLost),
        1 => Just(Fate::AskTwice),
        2 => (0usize..20).prop_map(Fate::OldAsk),
        2 => (0usize..20).prop_map(Fate::OldReply),
        1 => Just(Fate::HostAgrees),
        1 => Just(Fate::GuestAgrees),
    ]
}

/// Flips one bit of one value of a message.
fn bent<T: serde::Serialize + serde::de::DeserializeOwned>(message: &T, at: usize) -> Option<T> {
    let text = serde_json::to_string(message).unwrap();
    let mut bytes = text.into_bytes();
    let at = at % bytes.len();
    bytes[at] ^= 1;
    serde_json::from_slice(&bytes).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Loss, repetition and reordering: nobody is paired who did not agree, a paired guest has a paired host, both
    /// hold the right keys, and once everything arrives again they come together.
    #[test]
    fn any_network_pairs_right_or_not_at_all(fates in prop::collection::vec(fate(), 0..40)) {
        let (oak, mut host, elm, mut guest) = pair("472-938-105", "472-938-105");
        let (mut asks, mut replies): (Vec<Ask>, Vec<Reply>) = (Vec::new(), Vec::new());
        let (mut host_agreed, mut guest_agreed) = (false, false);
        for fate in fates {
            match fate {
                Fate::HostAgrees => {
                    host.agree(START);
                    host_agreed |= host.decision() != Decision::Undecided;
                }
                Fate::GuestAgrees => {
                    guest.agree(START);
                    guest_agreed |= guest.decision() != Decision::Undecided;
                }
                Fate::OldAsk(n) if !asks.is_empty() => {
                    let reply = host.take(&oak.identity, &asks[n % asks.len()], START);
                    replies.push(reply);
                }
                Fate::OldReply(n) if !replies.is_empty() => {
                    guest.take(&elm.identity, &replies[n % replies.len()], START);
                }
                fate => {
                    let Some(ask) = guest.ask() else { continue };
                    asks.push(ask.clone());
                    if matches!(fate, Fate::AskLost) { continue }
                    let mut reply = host.take(&oak.identity, &ask, START);
                    if matches!(fate, Fate::AskTwice) {
                        reply = host.take(&oak.identity, &ask, START);
                    }
                    replies.push(reply.clone());
                    if !matches!(fate, Fate::ReplyLost) {
                        guest.take(&elm.identity, &reply, START);
                    }
                }
            }
            if host.stage() == Stage::Paired {
                prop_assert!(host_agreed && guest_agreed);
                prop_assert_eq!(host.peer(), Some(&elm.introduction));
            }
            if guest.stage() == Stage::Paired {
                prop_assert_eq!(host.stage(), Stage::Paired);
                prop_assert_eq!(guest.peer(), Some(&oak.introduction));
            }
            prop_assert_eq!((host.failure(), guest.failure()), (None, None));
        }
        for _ in 0..4 {
            host.agree(START);
            guest.agree(START);
            round(&oak, &mut host, &elm, &mut guest);
        }
        prop_assert_eq!((host.stage(), guest.stage()), (Stage::Paired, Stage::Paired));
    }

    /// Whatever one bit of one message becomes: either nothing comes of it, or the boards hold each other's keys.
    #[test]
    fn a_bent_message_never_bends_a_key(which in 0usize..8, at in 0usize..2000) {
        let (oak, mut host, elm, mut guest) = pair("472-938-105", "472-938-105");
        let mut step = 0;
        for _ in 0..6 {
            let Some(ask) = guest.ask() else { break };
            let sent = if step == which { bent(&ask, at) } else { Some(ask) };
            step += 1;
            let Some(sent) = sent else { continue };
            let reply = host.take(&oak.identity, &sent, START);
            let sent = if step == which { bent(&reply, at) } else { Some(reply) };
            step += 1;
            let Some(sent) = sent else { continue };
            guest.take(&elm.identity, &sent, START);
            host.agree(START);
            guest.agree(START);
        }
        if let Some(peer) = guest.peer() {
            prop_assert_eq!(peer, &oak.introduction);
        }
        if let Some(peer) = host.peer() {
            prop_assert_eq!(peer, &elm.introduction);
        }
    }

    /// Strangers' bytes.
    #[test]
    fn no_message_is_too_strange(text in "\\PC{0,300}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = serde_json::from_str::<Ask>(&text);
        let (oak, mut host, ..) = pair("472-938-105", "472-938-105");
        let hex = Hex(bytes);
        let board = board("eve").introduction;
        let hello = Ask::Hello { version: 1, hint: 47, attempt: hex.clone(), board, exchange: hex.clone() };
        host.take(&oak.identity, &hello, START);
        host.take(&oak.identity, &Ask::Proof { attempt: hex.clone(), proof: hex.clone(), signature: hex.clone() }, START);
        let decision = Decision::Agreed;
        host.take(&oak.identity, &Ask::Decision { attempt: hex.clone(), decision, mac: hex }, START);
        prop_assert!(host.peer().is_none());
    }
}
