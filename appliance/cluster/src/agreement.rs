// SPDX-License-Identifier: AGPL-3.0-or-later
//! What one board does for another because both owners agreed: proposed by one side, accepted by the other, with
//! limits and an end. Either side ends it at any time.
//!
//! Each board keeps one record an agreement: the last thing it said about it. Boards send each other their own
//! records, as often as they like and in any order; what holds is a pure function of the two records. So a lost, late
//! or repeated message changes nothing, and neither does a power cut, as long as a board writes its record down before
//! it sends it, and the other's before it says that it heard it.
//!
//! A peer may lie. It can say things about itself only: a record is taken from its writer, over a connection that
//! proved the writer's key; it must name exactly the two boards, keep to the limits below, and never takes back what
//! cannot be taken back.

mod book;
mod record;
mod terms;
#[cfg(test)]
mod tests;

pub use book::{Book, CannotSay, Entry, MOST, Standing, Why};
pub use record::{Act, Heard, Record, Refusal};
pub use terms::{BadTerms, Grant, Kind, Terms};

use crate::pairing::Hex;
use ring::{
    error::Unspecified,
    rand::{SecureRandom, SystemRandom},
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Names an agreement: 16 random bytes that the board chose which proposed it. Written as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Hex", into = "String")]
pub struct AgreementId([u8; 16]);

/// Not 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the 32 hexadecimal digits of an agreement")]
pub struct NotAnId;

impl AgreementId {
    /// A new one.
    ///
    /// # Errors
    /// When the kernel gives no random bytes.
    pub fn random() -> Result<Self, Unspecified> {
        let mut bytes = [0; 16];
        SystemRandom::new().fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

impl TryFrom<Hex> for AgreementId {
    type Error = NotAnId;
    fn try_from(hex: Hex) -> Result<Self, NotAnId> {
        hex.0.try_into().map(Self).map_err(|_| NotAnId)
    }
}

impl FromStr for AgreementId {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Hex::try_from(text.to_owned()).map_err(|_| NotAnId)?.try_into()
    }
}

impl fmt::Display for AgreementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl From<AgreementId> for String {
    fn from(id: AgreementId) -> Self {
        id.to_string()
    }
}
