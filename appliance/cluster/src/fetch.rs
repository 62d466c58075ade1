// SPDX-License-Identifier: AGPL-3.0-or-later
//! How a board that was lost gets its backups from a board that keeps them, when all it has is a code.
//!
//! A steward of the board that keeps them makes the code and tells it to the people of the lost board. It has 100
//! random bits; from it both sides make the same two keys, one for each, that nobody else can make. So the connection
//! is an ordinary [`crate::channel`] between two keys that know each other, and who listens in or stands in between
//! learns nothing to guess from. The code lets its holder read, for some days.

use crate::{Identity, identity::NoKey};
use data_encoding::HEXLOWER;
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use std::str::FromStr;

/// What server names of such connections end in.
const END: &str = ".fetch.commonhost.internal";

/// A code: twenty letters and digits.
#[derive(Clone, PartialEq, Eq)]
pub struct FetchCode(String);

/// Not such a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the code of the board that keeps the backups, twenty letters and digits")]
pub struct NotACode;

impl FromStr for FetchCode {
    type Err = NotACode;

    /// As people write it: blanks and dashes, large and small letters do not matter.
    fn from_str(text: &str) -> Result<Self, NotACode> {
        let letters = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        let code: String = letters.map(|c| c.to_ascii_lowercase()).collect();
        let good = code.len() == 20 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        good.then_some(Self(code)).ok_or(NotACode)
    }
}

struct Bytes32;

impl KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

impl FetchCode {
    fn derive(&self, what: &[u8]) -> [u8; 32] {
        let mut out = [0; 32];
        let secret = Salt::new(HKDF_SHA256, b"commonhost fetch 1").extract(self.0.as_bytes());
        let filled = secret.expand(&[what], Bytes32).and_then(|okm| okm.fill(&mut out));
        debug_assert!(filled.is_ok(), "32 bytes are not too many for HKDF-SHA256");
        out
    }

    /// The key that the board which keeps the backups shows.
    ///
    /// # Errors
    /// Never in practice.
    pub fn keeper(&self) -> Result<Identity, NoKey> {
        Identity::from_seed(self.derive(b"keeper"))
    }

    /// The key that the board which fetches them shows.
    ///
    /// # Errors
    /// Never in practice.
    pub fn fetcher(&self) -> Result<Identity, NoKey> {
        Identity::from_seed(self.derive(b"fetcher"))
    }

    /// The server name that is asked for.
    pub fn server_name(&self) -> String {
        format!("{}{END}", HEXLOWER.encode(&self.derive(b"name")[..16]))
    }
}

/// Whether a server name is one of these.
pub fn is_fetch(server_name: &str) -> bool {
    server_name.ends_with(END)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_make_the_same_keys_from_a_code_however_it_is_written() {
        let one: FetchCode = "ab2c4-EFGHJ-k3mnp-qrstv".parse().unwrap();
        let other: FetchCode = " AB2C4 efghj K3MNP qrstv\n".parse().unwrap();
        assert_eq!(one.server_name(), other.server_name());
        assert!(is_fetch(&one.server_name()));
        assert_eq!(one.keeper().unwrap().key(), other.keeper().unwrap().key());
        assert_ne!(one.keeper().unwrap().key(), one.fetcher().unwrap().key());
        let third: FetchCode = "ab2c4-EFGHJ-k3mnp-qrstw".parse().unwrap();
        assert_ne!(one.fetcher().unwrap().key(), third.fetcher().unwrap().key());
        for bad in ["", "ab2c4", "ab2c4-efghj-k3mnp-qrst!", "ab2c4-efghj-k3mnp-qrstvw"] {
            assert!(bad.parse::<FetchCode>().is_err(), "{bad}");
        }
    }
}
