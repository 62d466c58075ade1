// SPDX-License-Identifier: AGPL-3.0-or-later
//! The names of the slots, and of what is in them.

use std::{fmt, str::FromStr};

/// One of a card's two complete systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// The second partition; what a new card starts from.
    A,
    /// The third partition.
    B,
}

impl Slot {
    /// Both, in the order of their partitions.
    pub const BOTH: [Self; 2] = [Self::A, Self::B];

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    /// The number of its partition on the card, counted from 1.
    pub fn partition(self) -> u32 {
        match self {
            Self::A => 2,
            Self::B => 3,
        }
    }

    /// The slot in this partition.
    pub fn of_partition(number: u32) -> Option<Self> {
        Self::BOTH.into_iter().find(|slot| slot.partition() == number)
    }

    /// `a` or `b`.
    pub fn letter(self) -> char {
        match self {
            Self::A => 'a',
            Self::B => 'b',
        }
    }

    /// Where it stands in an array of two.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::A => 0,
            Self::B => 1,
        }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter())
    }
}

impl FromStr for Slot {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "a" => Ok(Self::A),
            "b" => Ok(Self::B),
            _ => Err(()),
        }
    }
}

/// The version of a system, such as `0.2.0` or `0.2.0+20261125`: 1 to 45 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(String);

impl Version {
    /// The longest there can be, in bytes.
    pub const MAX_BYTES: usize = 45;

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Version {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let fits = (1..=Self::MAX_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self(text.into())).ok_or(())
    }
}
