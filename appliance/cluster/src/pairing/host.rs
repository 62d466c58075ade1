// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board that shows the code.

use super::{
    Ask, Decision, Failure, Hex, Introduction, Refusal, Reply, Stage, VERSION,
    secrets::{Secrets, Side, Transcript, start},
};
use crate::{
    Code, Identity,
    offers::{LIFE, apart},
    words::Words,
};
use types::Timestamp;

/// A code that is open, and what came of it.
pub struct Host {
    code: Code,
    us: Introduction,
    made: Timestamp,
    state: State,
}

enum State {
    Waiting,
    Met(Box<Met>),
    Failed(Failure),
}

/// Somebody said hello.
struct Met {
    hello: Ask,
    answer: Reply,
    them: Introduction,
    secrets: Secrets,
    /// Our proof, once theirs was right.
    proof: Option<(Ask, Reply)>,
    proven: Timestamp,
    ours: bool,
    theirs: bool,
}

impl Host {
    /// Shows `code` from now on.
    pub fn new(code: Code, us: Introduction, now: Timestamp) -> Self {
        Self {
            code,
            us,
            made: now,
            state: State::Waiting,
        }
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// When nothing more can come of it, unless somebody met us before.
    pub fn expires(&self) -> Timestamp {
        let from = match &self.state {
            State::Met(met) if met.proof.is_some() => met.proven,
            _ => self.made,
        };
        Timestamp(from.0.saturating_add(i64::try_from(LIFE).unwrap_or(0)))
    }

    /// How it stands.
    pub fn stage(&self) -> Stage {
        match &self.state {
            State::Waiting => Stage::Waiting,
            State::Failed(_) => Stage::Failed,
            State::Met(met) if met.proof.is_none() => Stage::Meeting,
            State::Met(met) if met.ours && met.theirs => Stage::Paired,
            State::Met(_) => Stage::Comparing,
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
            State::Met(met) if met.proof.is_some() => Some(&met.them),
            _ => None,
        }
    }

    /// The three words, from then on.
    pub fn words(&self) -> Option<Words> {
        match &self.state {
            State::Met(met) if met.proof.is_some() => Some(met.secrets.words()),
            _ => None,
        }
    }

    /// What the person here said.
    pub fn decision(&self) -> Decision {
        match &self.state {
            State::Failed(_) => Decision::Declined,
            State::Met(met) if met.ours && met.theirs => Decision::Paired,
            State::Met(met) if met.ours => Decision::Agreed,
            State::Met(_) | State::Waiting => Decision::Undecided,
        }
    }

    /// Time passed: what is too old is over.
    pub fn tick(&mut self, now: Timestamp) {
        let from = match &self.state {
            State::Met(met) if met.ours && met.theirs => return,
            State::Met(met) if met.proof.is_some() => met.proven,
            State::Failed(_) => return,
            _ => self.made,
        };
        if apart(from, now) >= LIFE {
            self.state = State::Failed(Failure::Expired);
        }
    }

    /// The person here says that the words are the same. True when that paired the boards.
    pub fn agree(&mut self, now: Timestamp) -> bool {
        self.tick(now);
        match &mut self.state {
            State::Met(met) if met.proof.is_some() && !met.ours => {
                met.ours = true;
                met.theirs
            }
            _ => false,
        }
    }

    /// The person here calls it off. Two boards that are paired stay so.
    pub fn decline(&mut self) {
        if self.stage() != Stage::Paired {
            self.fail(Failure::Declined);
        }
    }

    fn fail(&mut self, failure: Failure) {
        if !matches!(self.state, State::Failed(_)) {
            self.state = State::Failed(failure);
        }
    }

    /// Takes a message and answers it.
    pub fn take(&mut self, us: &Identity, ask: &Ask, now: Timestamp) -> Reply {
        self.tick(now);
        let taken = match ask {
            Ask::Hello { .. } => self.hello(ask),
            Ask::Proof { proof, signature, .. } => self.proof(us, ask, proof, signature, now),
            Ask::Decision {
                attempt,
                decision,
                mac,
            } => self.decide(attempt, *decision, mac),
        };
        taken.unwrap_or_else(|reason| Reply::Refused { reason })
    }

    fn hello(&mut self, ask: &Ask) -> Result<Reply, Refusal> {
        let Ask::Hello {
            version,
            hint,
            attempt,
            board,
            exchange,
        } = ask
        else {
            return Err(Refusal::Malformed);
        };
        if *hint != self.code.hint() {
            return Err(Refusal::NoCode);
        }
        // Nobody loses the code to a message that cannot be an attempt.
        if *version != VERSION || attempt.0.len() != 16 || exchange.0.len() != 33 || board.key == self.us.key
        {
            return Err(Refusal::Malformed);
        }
        match &self.state {
            State::Failed(Failure::Expired) => return Err(Refusal::Expired),
            State::Met(met) if met.hello == *ask => return Ok(met.answer.clone()),
            State::Failed(_) | State::Met(_) => return Err(Refusal::Used),
            State::Waiting => {}
        }
        let (exchanging, ours) = start(Side::Host, self.code);
        let Ok(shared) = exchanging.finish(&exchange.0) else {
            return Err(Refusal::Malformed);
        };
        let transcript = Transcript::new(*hint, attempt, (board, &exchange.0), (&self.us, &ours));
        let answer = Reply::Answer {
            board: self.us.clone(),
            exchange: Hex(ours),
        };
        self.state = State::Met(Box::new(Met {
            hello: ask.clone(),
            answer: answer.clone(),
            them: board.clone(),
            secrets: Secrets::new(&shared, transcript),
            proof: None,
            proven: self.made,
            ours: false,
            theirs: false,
        }));
        Ok(answer)
    }

    /// The meeting that a message belongs to.
    fn met(&mut self, attempt: &Hex) -> Result<&mut Met, Refusal> {
        match &mut self.state {
            State::Met(met) if met.hello.attempt() == attempt => Ok(met),
            State::Waiting => Err(Refusal::NoCode),
            State::Failed(Failure::Expired) => Err(Refusal::Expired),
            State::Failed(Failure::NotProven) => Err(Refusal::WrongCode),
            State::Met(_) | State::Failed(_) => Err(Refusal::Used),
        }
    }

    fn proof(
        &mut self,
        us: &Identity,
        ask: &Ask,
        proof: &Hex,
        signature: &Hex,
        now: Timestamp,
    ) -> Result<Reply, Refusal> {
        let met = self.met(ask.attempt())?;
        if let Some((asked, reply)) = &met.proof {
            return if asked == ask {
                Ok(reply.clone())
            } else {
                Err(Refusal::Used)
            };
        }
        if !met.secrets.proven(Side::Guest, &met.them.key, proof, signature) {
            self.fail(Failure::NotProven);
            return Err(Refusal::WrongCode);
        }
        let reply = Reply::Proof {
            proof: met.secrets.proof(Side::Host),
            signature: Hex(us.sign(Side::Host.context(), met.secrets.transcript.bytes())),
        };
        met.proof = Some((ask.clone(), reply.clone()));
        met.proven = now;
        Ok(reply)
    }

    fn decide(&mut self, attempt: &Hex, decision: Decision, mac: &Hex) -> Result<Reply, Refusal> {
        // After the person here called it off the other side is told so; whoever asks learns nothing else.
        if matches!(self.state, State::Failed(Failure::Declined)) {
            return Err(Refusal::Used);
        }
        let met = self.met(attempt)?;
        if met.proof.is_none() || !met.secrets.decided(Side::Guest, decision, mac) {
            return Err(Refusal::Malformed);
        }
        let paired = met.ours && met.theirs;
        match decision {
            Decision::Agreed => met.theirs = true,
            Decision::Declined if !paired => {
                self.fail(Failure::Declined);
                return Err(Refusal::Used);
            }
            _ => {}
        }
        let ours = self.decision();
        let met = self.met(attempt)?;
        Ok(Reply::Decision {
            decision: ours,
            mac: met.secrets.mac(Side::Host, ours),
        })
    }
}
