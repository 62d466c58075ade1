// SPDX-License-Identifier: AGPL-3.0-or-later
//! The texts of `locales/*/*.toml`, one method each (see `build/translations.rs`).

use types::Language;

/// Speaks one language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct T(pub(crate) Language);

/// A whole number that decides between singular and plural.
pub(crate) trait Count {
    fn number(self) -> u64;
}

impl Count for u64 {
    fn number(self) -> u64 {
        self
    }
}

impl Count for u32 {
    fn number(self) -> u64 {
        self.into()
    }
}

impl Count for usize {
    fn number(self) -> u64 {
        u64::try_from(self).unwrap_or(u64::MAX)
    }
}

impl<C: Count + Copy> Count for &C {
    fn number(self) -> u64 {
        (*self).number()
    }
}

// Some words are the same in both languages.
mod generated {
    #![allow(clippy::if_same_then_else, clippy::match_same_arms)]
    use super::{Count, T};
    include!(concat!(env!("OUT_DIR"), "/translations.rs"));
}
