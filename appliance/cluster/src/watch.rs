// SPDX-License-Identifier: AGPL-3.0-or-later
//! When a board talks with a peer, and when a peer counts as silent.
//!
//! Whoever has not heard from the other for a while asks; so a board that nobody can reach from outside is watched as
//! well, because it comes by itself, and two boards that can reach each other do not talk twice.

use crate::offers::apart;
use types::Timestamp;

/// Seconds without a word after which the board that watches asks.
pub const WATCHING: u64 = 60;
/// Seconds after which the board that is watched comes by itself.
pub const WATCHED: u64 = 75;
/// Seconds between talks when nothing is to be said.
pub const SELDOM: u64 = 3600;
/// Seconds until something that could not be said is said again; twice as long every time.
const AGAIN: u64 = 15;
/// Tries in vain before a peer counts as silent: one alone may be a clock that was set.
const TRIES: u32 = 2;

/// When a peer was heard last, and how often it was asked in vain since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// When it was heard last, or since when it should be.
    pub heard: Option<Timestamp>,
    tried: Option<Timestamp>,
    vain: u32,
    again: u32,
    asked: bool,
}

/// Why boards should talk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reasons {
    /// This board watches the other.
    pub watching: bool,
    /// The other board watches this one.
    pub watched: bool,
    /// Something was said that the other board has not heard.
    pub unsaid: bool,
}

impl Contact {
    /// A talk begins. Whoever asks for one from now on, asks for another.
    pub fn begin(&mut self) {
        self.asked = false;
    }

    /// The other board was heard.
    pub fn heard(&mut self, now: Timestamp) {
        (self.heard, self.tried, self.vain) = (Some(now), Some(now), 0);
    }

    /// It was asked in vain.
    pub fn vain(&mut self, now: Timestamp) {
        self.tried = Some(now);
        self.vain = self.vain.saturating_add(1);
        self.again = self.again.saturating_add(1);
    }

    /// It answered, and still has not taken everything.
    pub fn unsaid(&mut self) {
        self.again = self.again.saturating_add(1);
    }

    /// They are to talk now: there is something new to say, or somebody wants them to.
    pub fn ask(&mut self) {
        (self.asked, self.again) = (true, 0);
    }

    /// Nothing is left to say.
    pub fn said(&mut self) {
        self.again = 0;
    }

    /// Seconds until they should talk; 0: now.
    pub fn due(&self, why: Reasons, now: Timestamp) -> u64 {
        let Some(last) = self.tried.max(self.heard).filter(|_| !self.asked) else {
            return 0;
        };
        let mut pause = SELDOM;
        if why.watching {
            pause = WATCHING;
        } else if why.watched {
            pause = WATCHED;
        }
        if why.unsaid {
            let again = match self.again {
                0 => 0,
                times => AGAIN.saturating_mul(1 << times.min(8)) / 2,
            };
            pause = pause.min(again);
        }
        // A clock that was set, in either direction, only means that they talk sooner.
        pause.saturating_sub(apart(last, now))
    }

    /// Whether it is silent: nothing for so many minutes, and asked in vain more than once.
    pub fn silent(&self, minutes: u16, now: Timestamp) -> bool {
        let quiet = self.heard.map_or(0, |heard| apart(heard, now));
        self.vain >= TRIES && quiet >= u64::from(minutes) * 60
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WATCH: Reasons = Reasons {
        watching: true,
        watched: false,
        unsaid: false,
    };
    const UNSAID: Reasons = Reasons {
        watching: false,
        watched: false,
        unsaid: true,
    };

    #[test]
    fn a_board_that_watches_asks_every_minute_and_what_is_new_is_said_at_once() {
        let mut contact = Contact::default();
        assert_eq!(contact.due(Reasons::default(), Timestamp(0)), 0, "never yet");
        contact.heard(Timestamp(100));
        assert_eq!(contact.due(WATCH, Timestamp(130)), 30);
        assert_eq!(contact.due(Reasons::default(), Timestamp(130)), 3570);
        assert_eq!(contact.due(UNSAID, Timestamp(100)), 0);
        let mut pauses = Vec::new();
        for _ in 0..10 {
            contact.vain(Timestamp(200));
            pauses.push(contact.due(UNSAID, Timestamp(200)));
        }
        assert_eq!(pauses, [15, 30, 60, 120, 240, 480, 960, 1920, 1920, 1920]);
        contact.said();
        assert_eq!(contact.due(UNSAID, Timestamp(200)), 0);
    }

    #[test]
    fn what_is_asked_for_while_they_talk_is_not_forgotten() {
        let mut contact = Contact::default();
        contact.begin();
        contact.ask();
        contact.vain(Timestamp(100));
        assert_eq!(contact.due(UNSAID, Timestamp(100)), 0);
        contact.begin();
        contact.vain(Timestamp(100));
        assert_eq!(contact.due(UNSAID, Timestamp(100)), 30);
    }

    #[test]
    fn a_clock_that_was_set_is_no_silence() {
        let mut contact = Contact::default();
        contact.heard(Timestamp(0));
        let right = Timestamp(1_800_000_000);
        assert_eq!(contact.due(WATCH, right), 0);
        contact.vain(right);
        assert!(!contact.silent(5, right), "one try says nothing");
        contact.heard(right);
        contact.vain(right);
        contact.vain(Timestamp(right.0 + 60));
        assert!(!contact.silent(5, Timestamp(right.0 + 60)));
        assert!(contact.silent(5, Timestamp(right.0 + 300)));
    }

    proptest! {
        /// One word in fifteen minutes is enough, however many tries are lost: 5 % loss never makes an alarm alone.
        #[test]
        fn whoever_is_heard_often_enough_is_never_silent(lost in prop::collection::vec(0..14u8, 1..60)) {
            let (mut contact, mut now) = (Contact::default(), Timestamp(0));
            contact.heard(now);
            for lost in lost {
                for _ in 0..lost {
                    now.0 += 60;
                    contact.vain(now);
                    prop_assert!(!contact.silent(15, now));
                }
                now.0 += 60;
                contact.heard(now);
            }
        }

        #[test]
        fn whoever_is_gone_is_silent_in_time(minutes in 2u16..60) {
            let (mut contact, mut now) = (Contact::default(), Timestamp(0));
            contact.heard(now);
            while !contact.silent(minutes, now) {
                now.0 += i64::try_from(contact.due(WATCH, now)).unwrap();
                contact.vain(now);
                prop_assert!(now.0 <= i64::from(minutes) * 60 + 60);
            }
        }
    }
}
