// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board where the code is typed.

use super::{
    Ask, Decision, Failure, Hex, Introduction, Refusal, Reply, Stage, VERSION,
    secrets::{Secrets, Side, Transcript, start},
};
use crate::{
    Code, Identity,
    offers::{LIFE, apart},
    words::Words,
};
use ring::{
    error::Unspecified,
    rand::{SecureRandom, SystemRandom},
};
use spake2::{Ed25519Group, Spake2};
use types::Timestamp;

/// A code that was typed here.
pub struct Guest {
    attempt: Hex,
    us: Introduction,
    began: Timestamp,
    ours: Decision,
    state: State,
}

enum State {
    /// Hello was said.
    Asked {
        hello: Ask,
        exchange: Vec<u8>,
        exchanging: Option<Spake2<Ed25519Group>>,
        hint: u8,
    },
    /// The host answered; our proof is on its way.
    Answered {
        ask: Ask,
        met: Box<Met>,
    },
    /// Both have proven themselves.
    Comparing(Box<Met>),
    Paired(Box<Met>),
    Failed(Failure),
}

struct Met {
    them: Introduction,
    secrets: Secrets,
}

impl Guest {
    /// Somebody typed `code`.
    ///
    /// # Errors
    /// When the kernel gives no random bytes.
    pub fn new(code: Code, us: Introduction, now: Timestamp) -> Result<Self, Unspecified> {
        let mut attempt = [0; 16];
        SystemRandom::new().fill(&mut attempt)?;
        let attempt = Hex(attempt.to_vec());
        let (exchanging, exchange) = start(Side::Guest, code);
        let hello = Ask::Hello {
            version: VERSION,
            hint: code.hint(),
            attempt: attempt.clone(),
            board: us.clone(),
            exchange: Hex(exchange.clone()),
        };
        let state = State::Asked {
            hello,
            exchange,
            exchanging: Some(exchanging),
            hint: code.hint(),
        };
        Ok(Self {
            attempt,
            us,
            began: now,
            ours: Decision::Undecided,
            state,
        })
    }

    /// How it stands.
    pub fn stage(&self) -> Stage {
        match &self.state {
            State::Asked { .. } | State::Answered { .. } => Stage::Meeting,
            State::Comparing(_) => Stage::Comparing,
            State::Paired(_) => Stage::Paired,
            State::Failed(_) => Stage::Failed,
        }
    }

    /// Why nothing came of it.
    pub fn failure(&self) -> Option<Failure> {
        match &self.state {
            State::Failed(failure) => Some(*failure),
            _ => None,
        }
    }

    /// The board on the other side, once it proved that it knows the code.
    pub fn peer(&self) -> Option<&Introduction> {
        match &self.state {
            State::Comparing(met) | State::Paired(met) => Some(&met.them),
            _ => None,
        }
    }

    /// The three words, from then on.
    pub fn words(&self) -> Option<Words> {
        match &self.state {
            State::Comparing(met) | State::Paired(met) => Some(met.secrets.words()),
            _ => None,
        }
    }

    /// What the person here said.
    pub fn decision(&self) -> Decision {
        match self.state {
            State::Paired(_) => Decision::Paired,
            _ => self.ours,
        }
    }

    /// When the words must have been confirmed.
    pub fn expires(&self) -> Timestamp {
        Timestamp(self.began.0.saturating_add(i64::try_from(LIFE).unwrap_or(0)))
    }

    /// Time passed: what is too old is over.
    pub fn tick(&mut self, now: Timestamp) {
        let open = !matches!(self.state, State::Paired(_) | State::Failed(_));
        if open && apart(self.began, now) >= LIFE {
            self.state = State::Failed(Failure::Expired);
        }
    }

    /// What to send now; nothing when it is over. Send it again when no reply comes.
    pub fn ask(&self) -> Option<Ask> {
        match &self.state {
            State::Asked { hello, .. } => Some(hello.clone()),
            State::Answered { ask, .. } => Some(ask.clone()),
            State::Comparing(met) => Some(Ask::Decision {
                attempt: self.attempt.clone(),
                decision: self.ours,
                mac: met.secrets.mac(Side::Guest, self.ours),
            }),
            State::Paired(_) | State::Failed(_) => None,
        }
    }

    /// The person here says that the words are the same.
    pub fn agree(&mut self, now: Timestamp) {
        self.tick(now);
        if matches!(self.state, State::Comparing(_)) && self.ours == Decision::Undecided {
            self.ours = Decision::Agreed;
        }
    }

    /// The person here calls it off. Gives what the host has to be told, if anything.
    pub fn decline(&mut self) -> Option<Ask> {
        let farewell = match &self.state {
            State::Comparing(met) => Some(Ask::Decision {
                attempt: self.attempt.clone(),
                decision: Decision::Declined,
                mac: met.secrets.mac(Side::Guest, Decision::Declined),
            }),
            State::Paired(_) => return None,
            _ => None,
        };
        self.fail(Failure::Declined);
        farewell
    }

    fn fail(&mut self, failure: Failure) {
        if !matches!(self.state, State::Paired(_) | State::Failed(_)) {
            self.state = State::Failed(failure);
        }
    }

    /// Takes the host's reply to what [`Self::ask`] gave last. True when it paired the boards.
    pub fn take(&mut self, us: &Identity, reply: &Reply, now: Timestamp) -> bool {
        self.tick(now);
        match reply {
            Reply::Answer { board, exchange } => self.answered(us, board, exchange),
            Reply::Proof { proof, signature } => self.proven(proof, signature, now),
            Reply::Decision { decision, mac } => return self.decided(*decision, mac),
            Reply::Refused { reason } => self.refused(*reason),
        }
        false
    }

    fn answered(&mut self, us: &Identity, board: &Introduction, theirs: &Hex) {
        // A late copy of an answer changes nothing.
        let State::Asked {
            exchange,
            exchanging,
            hint,
            ..
        } = &mut self.state
        else {
            return;
        };
        if board.key == self.us.key {
            return self.fail(Failure::Ourselves);
        }
        let shared = exchanging
            .take()
            .and_then(|exchanging| exchanging.finish(&theirs.0).ok());
        let Some(shared) = shared else {
            return self.fail(Failure::NotProven);
        };
        let transcript = Transcript::new(*hint, &self.attempt, (&self.us, exchange), (board, &theirs.0));
        let secrets = Secrets::new(&shared, transcript);
        let ask = Ask::Proof {
            attempt: self.attempt.clone(),
            proof: secrets.proof(Side::Guest),
            signature: Hex(us.sign(Side::Guest.context(), secrets.transcript.bytes())),
        };
        let them = board.clone();
        self.state = State::Answered {
            ask,
            met: Box::new(Met { them, secrets }),
        };
    }

    fn proven(&mut self, proof: &Hex, signature: &Hex, now: Timestamp) {
        let State::Answered { met, .. } = &self.state else {
            return;
        };
        if !met.secrets.proven(Side::Host, &met.them.key, proof, signature) {
            return self.fail(Failure::NotProven);
        }
        let before = std::mem::replace(&mut self.state, State::Failed(Failure::NotProven));
        if let State::Answered { met, .. } = before {
            self.state = State::Comparing(met);
            self.began = now;
        }
    }

    fn decided(&mut self, decision: Decision, mac: &Hex) -> bool {
        let State::Comparing(met) = &self.state else {
            return false;
        };
        // What nobody who knows the code said is no decision.
        if !met.secrets.decided(Side::Host, decision, mac) {
            return false;
        }
        match decision {
            Decision::Declined => self.fail(Failure::Declined),
            Decision::Paired if self.ours == Decision::Agreed => {
                let before = std::mem::replace(&mut self.state, State::Failed(Failure::NotProven));
                if let State::Comparing(met) = before {
                    self.state = State::Paired(met);
                    return true;
                }
            }
            _ => {}
        }
        false
    }

    fn refused(&mut self, reason: Refusal) {
        let failure = match (&self.state, reason) {
            // Nobody signs a refusal. Once both proved themselves it says: the person there called it off, or is gone.
            (State::Comparing(_), Refusal::Used | Refusal::NoCode) => Failure::Declined,
            (State::Comparing(_), Refusal::Expired) => Failure::Expired,
            // Somebody in between may say anything; the person waits and the time runs out.
            (State::Comparing(_), _) => return,
            (_, reason) => Failure::Refused(reason),
        };
        self.fail(failure);
    }
}
