// SPDX-License-Identifier: AGPL-3.0-or-later
//! All agreements with one peer.

use super::{Act, AgreementId, Grant, Heard, Record, Refusal, Terms};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use types::{BoardKey, Timestamp};

/// Agreements with one peer that are kept, whatever it sends.
pub const MOST: usize = 64;
/// Seconds that an agreement is still shown after it was over.
const KEPT: i64 = 90 * 86_400;

/// What a board said, and how often it had said something before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Grows.
    pub generation: u64,
    /// What.
    pub act: Act,
}

/// One agreement, as this board knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What is agreed.
    pub terms: Terms,
    /// What this board said.
    pub ours: Option<Said>,
    /// What the other board said.
    pub theirs: Option<Said>,
    /// Since when both sides agree, by this board's clock.
    pub since: Option<Timestamp>,
    /// When this board said or heard that it ends, and whether it was this board that did.
    pub ended: Option<(Timestamp, bool)>,
    /// Why the other board did not take what this one said.
    pub refused: Option<Refusal>,
    /// Why it is over, once it is.
    pub over: Option<Why>,
    /// When anything last changed.
    pub changed: Timestamp,
}

/// How an agreement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// One side proposed it.
    Proposed {
        /// This one.
        by_us: bool,
    },
    /// It holds.
    InForce,
    /// It was ended, and holds until then: data are concerned.
    Ending {
        /// When the notice is over.
        until: Timestamp,
        /// Whether this board ended it.
        by_us: bool,
    },
    /// It does not hold.
    Over(Why),
}

/// Why an agreement does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It was not accepted.
    Declined,
    /// The proposal was taken back.
    Withdrawn,
    /// This board ended it.
    EndedByUs,
    /// The other board ended it.
    EndedByThem,
    /// Its time is up.
    Expired,
    /// The other board does not take it.
    Refused(Refusal),
}

/// Why this board cannot say that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotSay {
    /// There is no such agreement.
    #[error("there is no such agreement")]
    Missing,
    /// It does not stand so.
    #[error("this agreement does not stand so any more; look how it stands now")]
    NotNow,
    /// Too many.
    #[error("there are {MOST} agreements with this board already; end some of them first")]
    Full,
}

impl Standing {
    /// Whether what is agreed is to be done.
    pub fn holds(self) -> bool {
        matches!(self, Self::InForce | Self::Ending { .. })
    }
}

impl Entry {
    fn new(terms: Terms, now: Timestamp) -> Self {
        Self {
            terms,
            ours: None,
            theirs: None,
            since: None,
            ended: None,
            refused: None,
            over: None,
            changed: now,
        }
    }

    /// How it stands. A pure function of both records, of when this board heard of an end, and of the time.
    pub fn standing(&self, us: &BoardKey, now: Timestamp) -> Standing {
        if let Some(why) = self.over {
            return Standing::Over(why);
        }
        if let Some(refusal) = self.refused {
            return Standing::Over(Why::Refused(refusal));
        }
        let act = |said: Option<Said>| said.map(|said| said.act);
        let (ours, theirs) = (act(self.ours), act(self.theirs));
        if ours == Some(Act::Withdrawn) || theirs == Some(Act::Withdrawn) {
            return Standing::Over(Why::Withdrawn);
        }
        if ours == Some(Act::Declined) || theirs == Some(Act::Declined) {
            return Standing::Over(Why::Declined);
        }
        let why = |by_us| if by_us { Why::EndedByUs } else { Why::EndedByThem };
        if let Some((at, by_us)) = self.ended {
            let both = (ours, theirs) == (Some(Act::Ended), Some(Act::Ended));
            let giver = (self.terms.giver == *us) == by_us;
            let notice = i64::try_from(self.terms.grant.notice()).unwrap_or(i64::MAX);
            let until = Timestamp(at.0.saturating_add(notice));
            // Only who holds the other's data must give notice; who owns them may take them away at once.
            return if both || !giver || self.since.is_none() || now >= until {
                Standing::Over(why(by_us))
            } else {
                Standing::Ending { until, by_us }
            };
        }
        if self.terms.until.is_some_and(|until| now > until) {
            return Standing::Over(Why::Expired);
        }
        if self.since.is_some() {
            Standing::InForce
        } else {
            Standing::Proposed {
                by_us: self.terms.proposer == *us,
            }
        }
    }

    /// Takes down what follows from the two records.
    fn note(&mut self, by_us: bool, now: Timestamp) {
        let said = |act: Act| {
            [self.ours, self.theirs]
                .iter()
                .flatten()
                .any(|said| said.act == act)
        };
        if said(Act::Accepted) && self.since.is_none() {
            self.since = Some(now);
        }
        if said(Act::Ended) && self.ended.is_none() {
            self.ended = Some((now, by_us));
        }
        self.changed = now;
    }

    fn record(&self, id: AgreementId) -> Option<Record> {
        self.ours.map(|said| Record {
            id,
            generation: said.generation,
            terms: self.terms.clone(),
            act: said.act,
        })
    }
}

/// All agreements between two boards, as one of them knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    us: BoardKey,
    them: BoardKey,
    entries: BTreeMap<AgreementId, Entry>,
}

impl Book {
    /// What was written down.
    pub fn new(us: BoardKey, them: BoardKey, entries: BTreeMap<AgreementId, Entry>) -> Self {
        Self { us, them, entries }
    }

    /// The board whose book it is.
    pub fn us(&self) -> BoardKey {
        self.us
    }

    /// The peer.
    pub fn them(&self) -> BoardKey {
        self.them
    }

    /// Every agreement.
    pub fn entries(&self) -> &BTreeMap<AgreementId, Entry> {
        &self.entries
    }

    /// How one stands.
    pub fn standing(&self, id: AgreementId, now: Timestamp) -> Option<Standing> {
        Some(self.entries.get(&id)?.standing(&self.us, now))
    }

    /// What holds, and whether this board is the one that does it.
    pub fn in_force(&self, now: Timestamp) -> impl Iterator<Item = (&Grant, bool)> {
        let holds = move |entry: &&Entry| entry.standing(&self.us, now).holds();
        let held = self.entries.values().filter(holds);
        held.map(|entry| (&entry.terms.grant, entry.terms.giver == self.us))
    }

    /// Proposes something.
    ///
    /// # Errors
    /// When there are too many agreements.
    pub fn propose(
        &mut self,
        id: AgreementId,
        grant: Grant,
        we_give: bool,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), CannotSay> {
        self.make_room(now).ok_or(CannotSay::Full)?;
        let (giver, receiver) = if we_give {
            (self.us, self.them)
        } else {
            (self.them, self.us)
        };
        let terms = Terms {
            giver,
            receiver,
            proposer: self.us,
            grant,
            until,
        };
        let mut entry = Entry::new(terms, now);
        entry.ours = Some(Said {
            generation: 1,
            act: Act::Proposed,
        });
        self.entries.insert(id, entry);
        Ok(())
    }

    /// Accepts what the other board proposed.
    ///
    /// # Errors
    /// When there is no such proposal any more.
    pub fn accept(&mut self, id: AgreementId, now: Timestamp) -> Result<(), CannotSay> {
        match self.standing(id, now).ok_or(CannotSay::Missing)? {
            Standing::Proposed { by_us: false } => self.say(id, Act::Accepted, now),
            _ => Err(CannotSay::NotNow),
        }
    }

    /// Ends an agreement, takes a proposal back, or declines one: whatever it takes so that nothing holds.
    ///
    /// # Errors
    /// When it is over, or ending because of this board already.
    pub fn end(&mut self, id: AgreementId, now: Timestamp) -> Result<(), CannotSay> {
        let act = match self.standing(id, now).ok_or(CannotSay::Missing)? {
            Standing::Proposed { by_us: true } => Act::Withdrawn,
            Standing::Proposed { by_us: false } => Act::Declined,
            Standing::InForce | Standing::Ending { by_us: false, .. } => Act::Ended,
            _ => return Err(CannotSay::NotNow),
        };
        self.say(id, act, now)
    }

    fn say(&mut self, id: AgreementId, act: Act, now: Timestamp) -> Result<(), CannotSay> {
        let entry = self.entries.get_mut(&id).ok_or(CannotSay::Missing)?;
        let generation = entry.ours.map_or(0, |said| said.generation).saturating_add(1);
        entry.ours = Some(Said { generation, act });
        entry.note(true, now);
        Ok(())
    }

    /// Everything this board has to say, to be sent until the other one heard it.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        self.entries.iter().filter_map(|(id, entry)| entry.record(*id))
    }

    /// The other board says something. What is answered; it may be answered once the book is written down.
    pub fn hear(&mut self, record: &Record, now: Timestamp) -> Heard {
        let refused = self.take(record, now).err();
        let held = self.entries.get(&record.id).and_then(|entry| entry.theirs);
        Heard {
            id: record.id,
            sent: record.generation,
            generation: held.map_or(0, |said| said.generation),
            act: held.map(|said| said.act),
            refused,
        }
    }

    fn take(&mut self, record: &Record, now: Timestamp) -> Result<(), Refusal> {
        let theirs = record.terms.proposer == self.them;
        let known = self.entries.get(&record.id);
        if !record.terms.fit(&self.us, &self.them) || known.is_some_and(|entry| entry.terms != record.terms) {
            return Err(Refusal::Invalid);
        }
        let before = known.and_then(|entry| entry.theirs);
        if before.is_some_and(|before| record.generation <= before.generation) {
            return Ok(());
        }
        if !record.act.may_follow(before.map(|said| said.act), theirs) {
            return Err(Refusal::TooLate);
        }
        if known.is_none() {
            if record.act.closes() {
                return Ok(());
            }
            if !theirs {
                return Err(Refusal::Unknown);
            }
            self.make_room(now).ok_or(Refusal::Full)?;
            self.entries
                .insert(record.id, Entry::new(record.terms.clone(), now));
        }
        if let Some(entry) = self.entries.get_mut(&record.id) {
            entry.theirs = Some(Said {
                generation: record.generation,
                act: record.act,
            });
            entry.note(false, now);
        }
        Ok(())
    }

    /// The other board says what it holds of a record of ours.
    pub fn heard(&mut self, heard: &Heard, now: Timestamp) {
        let Some(entry) = self.entries.get_mut(&heard.id) else {
            return;
        };
        let Some(ours) = entry.ours else { return };
        if heard.sent != ours.generation {
            return;
        }
        if heard.generation >= ours.generation {
            // It holds more than we remember to have said: our database is an older copy.
            match heard.act {
                Some(act) if act == ours.act => {
                    entry.ours = Some(Said {
                        generation: heard.generation,
                        act,
                    });
                    return;
                }
                Some(act) if act.closes() => {
                    entry.ours = Some(Said {
                        generation: heard.generation,
                        act,
                    });
                    return entry.note(true, now);
                }
                _ => {
                    entry.ours = Some(Said {
                        generation: heard.generation.saturating_add(1),
                        act: ours.act,
                    });
                    return;
                }
            }
        }
        if let Some(refusal) = heard.refused
            && !ours.act.closes()
        {
            entry.refused = Some(refusal);
            entry.changed = now;
        }
    }

    /// Time passed: what is over is closed for good, and what was over for long is forgotten.
    pub fn tick(&mut self, now: Timestamp) {
        for entry in self.entries.values_mut() {
            let Standing::Over(why) = entry.standing(&self.us, now) else {
                continue;
            };
            if entry.over.is_some() {
                continue;
            }
            entry.over = Some(why);
            entry.changed = now;
            // A proposal that stays open in our record would be one again for a board that forgot its answer.
            if let Some(ours) = entry.ours
                && !ours.act.closes()
            {
                let act = if entry.since.is_none() {
                    Act::Withdrawn
                } else {
                    Act::Ended
                };
                entry.ours = Some(Said {
                    generation: ours.generation.saturating_add(1),
                    act,
                });
            }
        }
        self.entries
            .retain(|_, entry| entry.over.is_none() || entry.changed.0.saturating_add(KEPT) > now.0);
    }

    /// Forgets what was over for longest, if there must be room.
    fn make_room(&mut self, now: Timestamp) -> Option<()> {
        self.tick(now);
        if self.entries.len() < MOST {
            return Some(());
        }
        let over = self.entries.iter().filter(|(_, entry)| entry.over.is_some());
        let oldest = over.min_by_key(|(_, entry)| entry.changed).map(|(id, _)| *id)?;
        self.entries.remove(&oldest);
        Some(())
    }
}
