// SPDX-License-Identifier: AGPL-3.0-or-later
//! Pairing by a code, as a protocol without I/O: messages in, messages and state out.
//!
//! One board ([`Host`]) shows a code, a person types it at the other ([`Guest`]). The guest asks, the host answers;
//! so a guest behind a home router can pair with a host it can reach. The guest may send a request again until it
//! has an answer: the same request always gets the same answer.
//!
//! 1. *Hello* and *answer*: who they are, and one message each of a password-authenticated key exchange (SPAKE2).
//! 2. *Proof* and *proof*: each shows that it knows the code and owns its key. Everything said so far is in the key.
//! 3. *Decision* and *decision*, again and again: whether the person there found the same three words on both
//!    screens. A host is paired when both agreed, a guest when its host says that it is.
//!
#![doc = include_str!("pairing/threat-model.md")]

mod guest;
mod host;
mod secrets;
#[cfg(test)]
mod tests;

pub use guest::Guest;
pub use host::Host;

use serde::{Deserialize, Serialize};
use types::{BoardKey, BoardName};

/// The only version there is.
pub const VERSION: u8 = 1;

/// Bytes, written in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hex(pub Vec<u8>);

/// Longest value in a message, in bytes.
const LONGEST: usize = 128;

impl TryFrom<String> for Hex {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() > 2 * LONGEST {
            return Err("too long");
        }
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes());
        bytes.map(Self).map_err(|_| "not hexadecimal")
    }
}

impl From<Hex> for String {
    fn from(hex: Hex) -> Self {
        data_encoding::HEXLOWER.encode(&hex.0)
    }
}

/// What a board says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Introduction {
    /// Its key.
    pub key: BoardKey,
    /// What its owner calls it.
    pub name: BoardName,
}

/// What the guest sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// The first message.
    Hello {
        /// Version of the protocol.
        version: u8,
        /// Which board is meant: the code's first two digits.
        hint: u8,
        /// Names this attempt: 16 random bytes.
        attempt: Hex,
        /// Who asks.
        board: Introduction,
        /// Message of the key exchange.
        exchange: Hex,
    },
    /// The guest knows the code and owns its key.
    Proof {
        /// Which attempt.
        attempt: Hex,
        /// What only one who knows the code can say.
        proof: Hex,
        /// Signature by the guest's key.
        signature: Hex,
    },
    /// What the guest's person said.
    Decision {
        /// Which attempt.
        attempt: Hex,
        /// Agreed or not.
        decision: Decision,
        /// Code of authentication.
        mac: Hex,
    },
}

impl Ask {
    /// Which attempt it belongs to.
    pub fn attempt(&self) -> &Hex {
        match self {
            Self::Hello { attempt, .. } | Self::Proof { attempt, .. } | Self::Decision { attempt, .. } => {
                attempt
            }
        }
    }
}

/// What the host answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Reply {
    /// To the hello.
    Answer {
        /// Who answers.
        board: Introduction,
        /// Message of the key exchange.
        exchange: Hex,
    },
    /// The host knows the code and owns its key.
    Proof {
        /// What only one who knows the code can say.
        proof: Hex,
        /// Signature by the host's key.
        signature: Hex,
    },
    /// What the host's person said.
    Decision {
        /// Agreed or not.
        decision: Decision,
        /// Code of authentication.
        mac: Hex,
    },
    /// No.
    Refused {
        /// Why.
        reason: Refusal,
    },
}

/// What a person said after comparing the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Nothing yet.
    Undecided,
    /// The words are the same.
    Agreed,
    /// Both agreed, and the host wrote it down. Only hosts say this.
    Paired,
    /// They differ, or it was called off.
    Declined,
}

/// Why the host does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No code with this hint is open here.
    #[error("that board shows no such code")]
    NoCode,
    /// The code was tried already.
    #[error("the code was tried before; ask for a new one")]
    Used,
    /// The code is too old, or the words were not confirmed in time.
    #[error("the code is too old; ask for a new one")]
    Expired,
    /// The proof does not fit: another code was typed.
    #[error("the code is not the one that board shows; each code can be tried once, so ask for a new one")]
    WrongCode,
    /// The message makes no sense here.
    #[error("that board did not understand; both boards may need the newest release")]
    Malformed,
}

/// How a pairing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The code waits for somebody.
    Waiting,
    /// Messages go to and fro.
    Meeting,
    /// Both screens show the words; people compare them.
    Comparing,
    /// Each knows the other's key.
    Paired,
    /// Over, without a result.
    Failed,
}

/// Why a pairing is over, without a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The other board refused.
    #[error("{0}")]
    Refused(Refusal),
    /// The other side does not know the code, or somebody is in between.
    #[error("the other board could not prove that it knows the code")]
    NotProven,
    /// One of the two people called it off.
    #[error("one of you said that the words differ, or called it off")]
    Declined,
    /// A board cannot be its own peer.
    #[error("this is the code of this same board; type it at another one")]
    Ourselves,
    /// Not done in time.
    #[error("the code is too old; ask for a new one")]
    Expired,
}
