// SPDX-License-Identifier: AGPL-3.0-or-later
//! A board of another owner, as this board knows it: by its key.

use crate::{BoardName, NameError, Timestamp};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a board is to others: its Ed25519 public key (RFC 8032). Written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BoardKey(pub [u8; 32]);

impl BoardKey {
    /// The first digits: enough to tell a handful of boards apart, never enough to trust one.
    pub fn short(&self) -> String {
        self.to_string().chars().take(8).collect()
    }

    /// The name of the socket through which this board's restic reaches that one. Half of the key is enough that nobody
    /// makes another with the same, and short enough for a socket's path.
    pub fn socket(&self) -> String {
        let digits: String = self.to_string().chars().take(32).collect();
        format!("{digits}.sock")
    }
}

impl fmt::Display for BoardKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BoardKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BoardKey({})", self.short())
    }
}

impl FromStr for BoardKey {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let bad = || NameError {
            found: text.chars().take(80).collect(),
            expected: "a board's key: 64 hexadecimal digits",
        };
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(bad());
        }
        let mut key = [0; 32];
        for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| bad())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| bad())?;
        }
        Ok(Self(key))
    }
}

impl TryFrom<String> for BoardKey {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<BoardKey> for String {
    fn from(key: BoardKey) -> Self {
        key.to_string()
    }
}

/// A board that was paired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Its key: what it is.
    pub key: BoardKey,
    /// What its owner calls it.
    pub name: BoardName,
    /// Where it was last reached, as host or host:port; empty when it has always come to us.
    pub address: String,
    /// When it was paired.
    pub paired: Timestamp,
    /// When it said that it is paired no more, if it did.
    pub gone: Option<Timestamp>,
    /// Since when it is silent, while this board watches it.
    pub silent: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_and_read_in_one_way() {
        let key = BoardKey(std::array::from_fn(|i| u8::try_from(i * 7).unwrap_or(0)));
        assert_eq!(key.to_string().parse(), Ok(key));
        assert_eq!(key.short(), "00070e15");
        for bad in ["", "00", &"g".repeat(64), &"é".repeat(32), &"0".repeat(66)] {
            assert!(bad.parse::<BoardKey>().is_err(), "{bad}");
        }
    }
}
