// SPDX-License-Identifier: AGPL-3.0-or-later

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use types::{BoardKey, Timestamp};

const OAK: BoardKey = BoardKey([1; 32]);
const ELM: BoardKey = BoardKey([2; 32]);
const DAY: i64 = 86_400;

fn books() -> (Book, Book) {
    let book = |us, them| Book::new(us, them, BTreeMap::new());
    (book(OAK, ELM), book(ELM, OAK))
}

fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds)
}

fn watch() -> Grant {
    Grant::Watch { silence: 10 }
}

fn hold() -> Grant {
    Grant::HoldBackups { gib: 20, notice: 30 }
}

fn id() -> AgreementId {
    AgreementId::random().unwrap()
}

/// Everything `from` has to say reaches `to`, and the answers come back.
fn tell(from: &mut Book, to: &mut Book, now: Timestamp) {
    let records: Vec<Record> = from.records().collect();
    for record in records {
        let heard = to.hear(&record, now);
        from.heard(&heard, now);
    }
}

/// An agreement that both sides know of and agreed to, proposed by oak, who gives.
fn agreed(grant: Grant, until: Option<Timestamp>) -> (Book, Book, AgreementId) {
    let ((mut oak, mut elm), id) = (books(), id());
    oak.propose(id, grant, true, until, at(0)).unwrap();
    tell(&mut oak, &mut elm, at(1));
    elm.accept(id, at(2)).unwrap();
    tell(&mut elm, &mut oak, at(3));
    (oak, elm, id)
}

#[test]
fn what_one_proposes_and_the_other_accepts_holds_for_both() {
    let ((mut oak, mut elm), id) = (books(), id());
    oak.propose(id, watch(), true, None, at(0)).unwrap();
    assert_eq!(oak.standing(id, at(0)), Some(Standing::Proposed { by_us: true }));
    assert_eq!(
        oak.accept(id, at(0)),
        Err(CannotSay::NotNow),
        "nobody accepts for the other"
    );
    tell(&mut oak, &mut elm, at(1));
    assert_eq!(elm.standing(id, at(1)), Some(Standing::Proposed { by_us: false }));
    elm.accept(id, at(2)).unwrap();
    tell(&mut elm, &mut oak, at(3));
    for book in [&oak, &elm] {
        assert_eq!(book.standing(id, at(3)), Some(Standing::InForce));
    }
    assert_eq!(oak.in_force(at(3)).collect::<Vec<_>>(), [(&watch(), true)]);
    assert_eq!(elm.in_force(at(3)).collect::<Vec<_>>(), [(&watch(), false)]);
}

#[test]
fn either_side_ends_it_at_once_where_no_data_are_concerned() {
    for by_oak in [true, false] {
        let (mut oak, mut elm, id) = agreed(watch(), None);
        let (ender, other) = if by_oak {
            (&mut oak, &mut elm)
        } else {
            (&mut elm, &mut oak)
        };
        ender.end(id, at(10)).unwrap();
        assert_eq!(ender.standing(id, at(10)), Some(Standing::Over(Why::EndedByUs)));
        tell(ender, other, at(20));
        assert_eq!(other.standing(id, at(20)), Some(Standing::Over(Why::EndedByThem)));
        assert_eq!(other.end(id, at(21)), Err(CannotSay::NotNow));
    }
}

#[test]
fn who_holds_data_gives_notice_and_who_owns_them_need_not() {
    let (mut oak, mut elm, id) = agreed(hold(), None);
    oak.end(id, at(0)).unwrap();
    tell(&mut oak, &mut elm, at(100));
    let (last, by_us) = (at(30 * DAY), true);
    assert_eq!(
        oak.standing(id, at(DAY)),
        Some(Standing::Ending { until: last, by_us })
    );
    assert!(
        elm.standing(id, at(30 * DAY)).unwrap().holds(),
        "counted from when it was heard"
    );
    assert_eq!(
        oak.standing(id, at(30 * DAY)),
        Some(Standing::Over(Why::EndedByUs))
    );
    // Its owner has fetched the data, and says that it is done.
    elm.end(id, at(2 * DAY)).unwrap();
    tell(&mut elm, &mut oak, at(2 * DAY));
    assert!(!oak.standing(id, at(2 * DAY)).unwrap().holds());

    let (mut oak, mut elm, id) = agreed(hold(), None);
    elm.end(id, at(10)).unwrap();
    tell(&mut elm, &mut oak, at(11));
    assert_eq!(oak.standing(id, at(11)), Some(Standing::Over(Why::EndedByThem)));
}

#[test]
fn a_clock_set_back_shortens_no_notice() {
    let (mut oak, _, id) = agreed(hold(), None);
    oak.end(id, at(50 * DAY)).unwrap();
    assert!(oak.standing(id, at(0)).unwrap().holds());
}

#[test]
fn its_time_is_up_by_itself() {
    let (mut oak, mut elm, id) = agreed(watch(), Some(at(100)));
    assert_eq!(oak.standing(id, at(100)), Some(Standing::InForce));
    oak.tick(at(101));
    tell(&mut oak, &mut elm, at(102));
    elm.tick(at(102));
    for book in [&oak, &elm] {
        assert!(
            matches!(book.standing(id, at(0)), Some(Standing::Over(_))),
            "and stays so"
        );
    }
}

#[test]
fn a_proposal_is_declined_or_taken_back() {
    for by_oak in [true, false] {
        let ((mut oak, mut elm), id) = (books(), id());
        oak.propose(id, watch(), false, None, at(0)).unwrap();
        tell(&mut oak, &mut elm, at(1));
        let (one, other, why) = if by_oak {
            (&mut oak, &mut elm, Why::Withdrawn)
        } else {
            (&mut elm, &mut oak, Why::Declined)
        };
        one.end(id, at(2)).unwrap();
        tell(one, other, at(3));
        for book in [&oak, &elm] {
            assert_eq!(book.standing(id, at(3)), Some(Standing::Over(why)));
        }
    }
}

#[test]
fn a_peer_cannot_say_what_is_not_its_own_to_say() {
    let (oak, _, id) = agreed(watch(), None);
    let record = |terms: Terms, act, generation| Record {
        id,
        generation,
        terms,
        act,
    };
    let terms = oak.entries()[&id].terms.clone();
    let other_terms = Terms {
        grant: Grant::Watch { silence: 1000 },
        ..terms.clone()
    };
    let of_others = Terms {
        receiver: BoardKey([3; 32]),
        ..terms.clone()
    };
    let mad = Terms {
        grant: Grant::Watch { silence: 0 },
        ..terms.clone()
    };
    for (record, refusal) in [
        (record(other_terms, Act::Ended, 9), Refusal::Invalid),
        (record(of_others, Act::Ended, 9), Refusal::Invalid),
        (record(mad, Act::Ended, 9), Refusal::Invalid),
        (record(terms.clone(), Act::Proposed, 9), Refusal::TooLate),
        (record(terms.clone(), Act::Withdrawn, 9), Refusal::TooLate),
    ] {
        let mut oak = oak.clone();
        assert_eq!(oak.hear(&record, at(5)).refused, Some(refusal), "{record:?}");
        assert_eq!(oak.standing(id, at(5)), Some(Standing::InForce));
    }
    let (mut fresh, _) = books();
    let unknown = record(terms, Act::Accepted, 1);
    assert_eq!(fresh.hear(&unknown, at(5)).refused, Some(Refusal::Unknown));
    assert!(fresh.entries().is_empty());
}

#[test]
fn a_peer_that_proposes_without_end_fills_its_own_book_only() {
    let (mut oak, _) = books();
    let mut refused = 0;
    for _ in 0..10 * MOST {
        let mut elm = Book::new(ELM, OAK, BTreeMap::new());
        elm.propose(id(), watch(), true, None, at(0)).unwrap();
        let record = elm.records().next().unwrap();
        refused += usize::from(oak.hear(&record, at(0)).refused == Some(Refusal::Full));
    }
    assert_eq!((oak.entries().len(), refused), (MOST, 9 * MOST));
    assert_eq!(
        oak.propose(id(), watch(), true, None, at(0)),
        Err(CannotSay::Full)
    );
    let (declined, _) = oak.entries().iter().next().unwrap();
    oak.end(*declined, at(1)).unwrap();
    assert_eq!(oak.propose(id(), watch(), true, None, at(2)), Ok(()));
}

#[test]
fn what_is_over_is_forgotten_and_does_not_come_back() {
    let (mut oak, mut elm, _) = agreed(watch(), Some(at(100)));
    for day in 0..100 {
        for book in [&mut oak, &mut elm] {
            book.tick(at(day * DAY));
        }
        tell(&mut oak, &mut elm, at(day * DAY));
        tell(&mut elm, &mut oak, at(day * DAY));
    }
    assert!(oak.entries().is_empty() && elm.entries().is_empty());
}

/// What can happen to two boards.
#[derive(Clone, Copy, Debug)]
enum Event {
    Propose {
        by_oak: bool,
        data: bool,
        we_give: bool,
    },
    Accept {
        by_oak: bool,
        which: prop::sample::Index,
    },
    End {
        by_oak: bool,
        which: prop::sample::Index,
    },
    /// What a board says is put on the way.
    Send {
        by_oak: bool,
    },
    /// Something on the way arrives, and stays on the way: it may come again, and later.
    Arrive {
        which: prop::sample::Index,
    },
    Lose {
        which: prop::sample::Index,
    },
    /// A power cut: what was written down is read again.
    Cut {
        by_oak: bool,
    },
    /// A board is restored from a copy of its database.
    Copy {
        of_oak: bool,
    },
    Restore {
        of_oak: bool,
    },
    Pass {
        hours: u8,
    },
}

fn event() -> impl Strategy<Value = Event> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        any::<(bool, bool, bool)>().prop_map(|(by_oak, data, we_give)| Event::Propose {
            by_oak,
            data,
            we_give
        }),
        (any::<bool>(), index()).prop_map(|(by_oak, which)| Event::Accept { by_oak, which }),
        (any::<bool>(), index()).prop_map(|(by_oak, which)| Event::End { by_oak, which }),
        any::<bool>().prop_map(|by_oak| Event::Send { by_oak }),
        any::<bool>().prop_map(|by_oak| Event::Send { by_oak }),
        index().prop_map(|which| Event::Arrive { which }),
        index().prop_map(|which| Event::Arrive { which }),
        index().prop_map(|which| Event::Arrive { which }),
        index().prop_map(|which| Event::Lose { which }),
        any::<bool>().prop_map(|by_oak| Event::Cut { by_oak }),
        any::<bool>().prop_map(|of_oak| Event::Copy { of_oak }),
        any::<bool>().prop_map(|of_oak| Event::Restore { of_oak }),
        any::<u8>().prop_map(|hours| Event::Pass { hours }),
    ]
}

enum Letter {
    Record(Record),
    Heard(Heard),
}

/// As it is read from the database again.
fn reread(book: &Book) -> Book {
    let text = serde_json::to_string(book.entries()).unwrap();
    Book::new(book.us(), book.them(), serde_json::from_str(&text).unwrap())
}

struct World {
    /// Oak and elm.
    books: [Book; 2],
    copies: [Book; 2],
    /// To whom, and what.
    wire: Vec<(usize, Letter)>,
    now: Timestamp,
}

impl World {
    fn happen(&mut self, event: Event) {
        let now = self.now;
        match event {
            Event::Propose {
                by_oak,
                data,
                we_give,
            } => {
                let grant = if data { hold() } else { watch() };
                let _ = self.books[usize::from(!by_oak)].propose(id(), grant, we_give, None, now);
            }
            Event::Accept { by_oak, which } => self.one(by_oak, which, |book, id| book.accept(id, now)),
            Event::End { by_oak, which } => self.one(by_oak, which, |book, id| book.end(id, now)),
            Event::Send { by_oak } => {
                let from = usize::from(!by_oak);
                let records = self.books[from].records();
                self.wire
                    .extend(records.map(|record| (1 - from, Letter::Record(record))));
            }
            Event::Arrive { which } if !self.wire.is_empty() => {
                let (to, letter) = &self.wire[which.index(self.wire.len())];
                let to = *to;
                match letter {
                    Letter::Record(record) => {
                        let heard = self.books[to].hear(record, now);
                        self.wire.push((1 - to, Letter::Heard(heard)));
                    }
                    Letter::Heard(heard) => self.books[to].heard(heard, now),
                }
            }
            Event::Lose { which } if !self.wire.is_empty() => {
                self.wire.swap_remove(which.index(self.wire.len()));
            }
            Event::Arrive { .. } | Event::Lose { .. } => {}
            Event::Cut { by_oak } => {
                let book = &mut self.books[usize::from(!by_oak)];
                *book = reread(book);
            }
            Event::Copy { of_oak } => {
                let of = usize::from(!of_oak);
                self.copies[of] = self.books[of].clone();
            }
            Event::Restore { of_oak } => {
                let of = usize::from(!of_oak);
                self.books[of] = self.copies[of].clone();
            }
            Event::Pass { hours } => {
                self.now.0 += i64::from(hours) * 3600;
                for book in &mut self.books {
                    book.tick(self.now);
                }
            }
        }
    }

    fn one(
        &mut self,
        by_oak: bool,
        which: prop::sample::Index,
        say: impl FnOnce(&mut Book, AgreementId) -> Result<(), CannotSay>,
    ) {
        let book = &mut self.books[usize::from(!by_oak)];
        let ids: Vec<AgreementId> = book.entries().keys().copied().collect();
        if !ids.is_empty() {
            let _ = say(book, ids[which.index(ids.len())]);
        }
    }

    /// The link is good again: both say everything until nothing changes.
    fn heal(&mut self) {
        for _ in 0..6 {
            let [oak, elm] = &mut self.books;
            tell(oak, elm, self.now);
            tell(elm, oak, self.now);
        }
    }
}

proptest! {
    /// Whatever is lost, late, repeated, cut off or restored from an old copy: once the boards talk again, both say
    /// the same of every agreement.
    #[test]
    fn whatever_happens_both_boards_come_to_say_the_same(events in prop::collection::vec(event(), 0..80)) {
        let (oak, elm) = books();
        let mut world = World {
            copies: [oak.clone(), elm.clone()],
            books: [oak, elm],
            wire: Vec::new(),
            now: at(0),
        };
        for event in events {
            world.happen(event);
        }
        world.heal();
        // A board that was restored asks again about what it forgot to have accepted. Nobody can tell it that it did:
        // that would be the peer's word. Whatever the person there says then is the same for both again.
        let now = world.now;
        for book in &mut world.books {
            let ids: Vec<AgreementId> = book.entries().keys().copied().collect();
            for id in ids {
                if book.standing(id, now) == Some(Standing::Proposed { by_us: false }) {
                    prop_assert_eq!(book.end(id, now), Ok(()));
                }
            }
        }
        world.heal();
        // Notices run by each board's own count; after the longest one both are through.
        world.now.0 += 31 * DAY;
        let [oak, elm] = &world.books;
        for id in oak.entries().keys().chain(elm.entries().keys()) {
            let holds = |book: &Book| book.standing(*id, world.now).map(Standing::holds);
            match (holds(oak), holds(elm)) {
                (Some(here), Some(there)) => {
                    prop_assert_eq!(here, there, "{:?}\n{:?}", oak.entries().get(id), elm.entries().get(id));
                }
                (alone, None) | (None, alone) => prop_assert_ne!(alone, Some(true), "{}", id),
            }
        }
    }
}
