// SPDX-License-Identifier: AGPL-3.0-or-later
//! The nine digits that one person reads out and another types.
//!
//! The first two only say which board on the network is meant, and are announced there; the other seven are the
//! secret. A code can be tried once, so somebody who guesses is right once in ten million.

use ring::{
    error::Unspecified,
    rand::{SecureRandom, SystemRandom},
};
use std::{fmt, str::FromStr};

/// A pairing code: `472-938-105`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code(u32);

/// How many codes there are.
const CODES: u32 = 1_000_000_000;

/// Not nine digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the nine digits that the other board shows, like 472-938-105")]
pub struct NotACode;

impl Code {
    /// A random one.
    ///
    /// # Errors
    /// When the kernel gives no random bytes.
    pub fn random() -> Result<Self, Unspecified> {
        loop {
            let mut bytes = [0; 4];
            SystemRandom::new().fill(&mut bytes)?;
            // Four times as many numbers as codes, and the rest thrown away: all codes are equally likely.
            let number = u32::from_le_bytes(bytes);
            if number < 4 * CODES {
                return Ok(Self(number % CODES));
            }
        }
    }

    /// Which board is meant: the first two digits. Not secret.
    pub fn hint(self) -> u8 {
        u8::try_from(self.0 / 10_000_000).unwrap_or(0)
    }

    /// The secret, as the key exchange takes it.
    pub(crate) fn password(self) -> String {
        format!("{:09}", self.0)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (a, b, c) = (self.0 / 1_000_000, self.0 / 1000 % 1000, self.0 % 1000);
        write!(f, "{a:03}-{b:03}-{c:03}")
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

impl FromStr for Code {
    type Err = NotACode;

    /// Takes digits with blanks, hyphens and dots between them, as people type them.
    fn from_str(text: &str) -> Result<Self, NotACode> {
        let mut digits = String::new();
        for c in text.trim().chars() {
            match c {
                '0'..='9' => digits.push(c),
                '-' | '.' | '‑' | '–' => {}
                c if c.is_whitespace() => {}
                _ => return Err(NotACode),
            }
        }
        if digits.len() != 9 {
            return Err(NotACode);
        }
        digits.parse().map(Self).map_err(|_| NotACode)
    }
}

/// What the QR code holds: a code, and where the board is. `472-938-105@192.168.1.20`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The code.
    pub code: Code,
    /// Host or host:port; empty when it has to be found on the network.
    pub address: String,
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.address.is_empty() {
            return self.code.fmt(f);
        }
        write!(f, "{}@{}", self.code, self.address)
    }
}

impl FromStr for Ticket {
    type Err = NotACode;

    /// A code alone is a ticket too.
    fn from_str(text: &str) -> Result<Self, NotACode> {
        let (code, address) = text.split_once('@').unwrap_or((text, ""));
        Ok(Self {
            code: code.parse()?,
            address: address.trim().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn people_type_codes_in_many_ways() {
        for text in [
            "472-938-105",
            "472938105",
            " 472 938 105 ",
            "472.938.105",
            "47-29-38-10-5",
            "472–938–105",
        ] {
            let code: Code = text.parse().unwrap();
            assert_eq!((code.to_string().as_str(), code.hint()), ("472-938-105", 47));
        }
        for bad in [
            "",
            "472-938-10",
            "472-938-1055",
            "472-938-10a",
            "tree-lamp-sea",
            "٤٧٢٩٣٨١٠٥",
        ] {
            assert_eq!(bad.parse::<Code>(), Err(NotACode), "{bad}");
        }
        assert_eq!("000-000-007".parse::<Code>().unwrap().to_string(), "000-000-007");
    }

    #[test]
    fn a_ticket_is_a_code_with_or_without_an_address() {
        let ticket: Ticket = "472-938-105@192.168.1.20".parse().unwrap();
        assert_eq!(ticket.address, "192.168.1.20");
        assert_eq!(ticket.to_string(), "472-938-105@192.168.1.20");
        let bare: Ticket = "472938105".parse().unwrap();
        assert_eq!(
            (bare.address.as_str(), bare.to_string().as_str()),
            ("", "472-938-105")
        );
    }

    #[test]
    fn random_codes_differ() {
        assert_ne!(Code::random(), Code::random());
    }

    proptest! {
        #[test]
        fn every_code_is_read_as_it_was_written(number in 0..CODES) {
            let code = Code(number);
            prop_assert_eq!(code.to_string().parse(), Ok(code));
            prop_assert!(code.hint() < 100);
        }

        #[test]
        fn no_text_is_too_strange(text in ".{0,40}") {
            let _ = text.parse::<Ticket>();
        }
    }
}
