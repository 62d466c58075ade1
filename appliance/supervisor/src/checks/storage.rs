// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether the card or disk is wearing out or failing.

use super::{Check, Finding, Outcome, Pace};
use host::sensors::Storage;
use web_ui::{Area, finding::machine, title};

pub(super) const CHECK: Check = Check {
    name: "storage",
    area: Area::Machine,
    title: title::storage,
    pace: Pace::Always,
    look: |app| {
        let outcome = judge(&app.readings().storage);
        Box::pin(async move { Ok(outcome) })
    },
};

/// A card that says so is replaced while it still works, in percent of its life.
const WORN: u8 = 80;
/// What a 32 GB consumer card bears by its makers' endurance figures for continuous recording (about 10 000 h of
/// 26 Mbit/s video for "high endurance" ones, a tenth of it for others): 12 TB, in bytes.
const MUCH: u64 = 12_000_000_000_000;

fn judge(storage: &Storage) -> Outcome {
    if *storage == Storage::default() {
        return Outcome::Unknown;
    }
    let read_only = || Finding::error("storage-read-only", machine::storage_read_only());
    let erred = |count| Finding::error("storage-errors", machine::storage_errors(count));
    let worn = |percent| Finding::warning("card-worn", machine::card_worn(percent, storage.written));
    let written = |bytes| Finding::warning("card-written", machine::card_written(bytes));
    let silent_card = storage.is_card && storage.life_used.is_none();
    let found = [
        (storage.read_only == Some(true)).then(read_only),
        storage.errors.filter(|count| *count > 0).map(erred),
        storage.life_used.filter(|percent| *percent >= WORN).map(worn),
        storage
            .written
            .filter(|bytes| silent_card && *bytes > MUCH)
            .map(written),
    ];
    Outcome::Found(found.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_replaced_before_it_fails() {
        let codes = |storage: &Storage| match judge(storage) {
            Outcome::Found(found) => found.into_iter().map(|finding| finding.code).collect::<Vec<_>>(),
            Outcome::Unknown => panic!("known"),
        };
        let card = Storage {
            is_card: true,
            read_only: Some(false),
            errors: Some(0),
            written: Some(MUCH + 1),
            life_used: None,
        };
        assert_eq!(codes(&card), ["card-written"]);
        // One that tells its health is believed.
        assert!(
            codes(&Storage {
                life_used: Some(30),
                ..card.clone()
            })
            .is_empty()
        );
        let failing = Storage {
            read_only: Some(true),
            errors: Some(4),
            life_used: Some(90),
            ..card
        };
        assert_eq!(
            codes(&failing),
            ["storage-read-only", "storage-errors", "card-worn"]
        );
        assert_eq!(judge(&Storage::default()), Outcome::Unknown);
    }
}
