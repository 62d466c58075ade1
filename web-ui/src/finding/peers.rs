// SPDX-License-Identifier: AGPL-3.0-or-later
//! Findings about other boards, and what they see of this one.

use super::{Text, Words};
use types::Timestamp;

/// A board that this one watches does not answer.
pub fn silent(name: &str, page: &str) -> Words {
    let words = Words::new(|t| {
        Text::new(
            t.agreements_silent(name),
            t.agreements_silent_meaning(),
            t.agreements_silent_remedy(),
        )
    });
    words.at(page)
}

/// A board that this one watches answers, but not at its public name.
pub fn face(name: &str, domain: &str, page: &str) -> Words {
    let words = Words::new(|t| {
        Text::new(
            t.agreements_not_seen(domain, name),
            t.agreements_not_seen_meaning(),
            t.agreements_not_seen_remedy(),
        )
    });
    words.at(page)
}

/// A board ended the pairing.
pub fn left(name: &str, page: &str) -> Words {
    let words = Words::new(|t| {
        Text::new(
            t.agreements_left(name),
            t.agreements_left_meaning(),
            t.agreements_left_remedy(),
        )
    });
    words.at(page)
}

/// Boards that watch this one do not see it at its public name.
pub fn own_face(watcher: &str, domain: &str) -> Words {
    let words = Words::new(|t| {
        Text::new(
            t.agreements_unseen(domain, watcher),
            t.agreements_unseen_meaning(),
            t.agreements_unseen_remedy(),
        )
    });
    words.at("/checks")
}

/// The agreement by which a board keeps backups of this one ends.
pub fn keeping_ends(name: &str, at: Timestamp, page: &str) -> Words {
    let words = Words::new(|t| {
        let meaning = t.held_ends_meaning(crate::format::date(at));
        Text::new(t.held_ends(name), meaning, t.held_ends_remedy())
    });
    words.at(page)
}

/// A board is a place for backups, but nothing is agreed with it.
pub fn keeping_ended(name: &str, page: &str) -> Words {
    let words = Words::new(|t| Text::new(t.held_ended(name), t.held_ended_meaning(), t.held_ended_remedy()));
    words.at(page)
}

/// A board says that it would keep less than was agreed: so many bytes of so many.
pub fn gives_less(name: &str, (bytes, room): (u64, u64), page: &str) -> Words {
    let words = Words::new(|t| {
        let meaning = t.held_gives_less_meaning(t.bytes(bytes), t.bytes(room));
        Text::new(t.held_gives_less(name), meaning, t.held_gives_less_remedy())
    });
    words.at(page)
}
