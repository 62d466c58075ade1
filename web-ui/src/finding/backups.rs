// SPDX-License-Identifier: AGPL-3.0-or-later
//! Findings about backups.

use super::{Text, Words};

/// No place for backups is chosen.
pub fn none() -> Words {
    let words = Words::new(|t| Text::new(t.backup_none(), t.backup_none_meaning(), t.backup_none_remedy()));
    words.at("/backups")
}

/// The newest backup of a service is so many days old.
pub fn old(title: &str, days: u64) -> Words {
    let words = Words::new(|t| {
        let what = t.backup_old(days, title);
        Text::new(what, t.backup_old_meaning(), t.backup_old_remedy())
    });
    words.at("/backups")
}

/// It was tried to back a service up, and that never worked.
pub fn never(title: &str) -> Words {
    let words = Words::new(|t| {
        let what = t.backup_never(title);
        Text::new(what, t.backup_never_meaning(), t.backup_never_remedy())
    });
    words.at("/backups")
}

/// The backup of a service was restored as a test, and that failed.
pub fn broken(title: &str) -> Words {
    let words = Words::new(|t| {
        let what = t.backup_broken(title);
        Text::new(what, t.backup_broken_meaning(), t.backup_broken_remedy())
    });
    words.at("/backups")
}

/// Damage was found in the backups at a place.
pub fn damaged(place: &str) -> Words {
    let words = Words::new(|t| {
        let what = t.backup_damaged(place);
        Text::new(what, t.backup_damaged_meaning(), t.backup_damaged_remedy())
    });
    words.at("/backups")
}
