// SPDX-License-Identifier: AGPL-3.0-or-later
//! Findings about the people behind the board.

use super::{Text, Words};

/// Only one steward: nobody else could step in.
pub fn one_steward() -> Words {
    let words = Words::new(|t| {
        let what = t.finding_one_steward();
        Text::new(
            what,
            t.finding_one_steward_meaning(),
            t.finding_one_steward_remedy(),
        )
    });
    words.at("/members")
}

/// The cooperative's profile lacks so many values, so it is not published.
pub fn profile_incomplete(missing: u32) -> Words {
    let words = Words::new(|t| {
        let what = t.finding_profile(missing);
        Text::new(what, t.finding_profile_meaning(), t.finding_profile_remedy())
    });
    words.at("/cooperative/profile")
}

/// The audit log was changed from outside.
pub fn audit_broken() -> Words {
    let words = Words::new(|t| {
        Text::new(
            t.finding_audit(),
            t.finding_audit_meaning(),
            t.finding_audit_remedy(),
        )
    });
    words.at("/audit")
}
