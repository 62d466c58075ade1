// SPDX-License-Identifier: AGPL-3.0-or-later
//! The texts of `locales/*.toml`, one method each (see `build/translations.rs`).

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

include!(concat!(env!("OUT_DIR"), "/translations.rs"));
