// SPDX-License-Identifier: AGPL-3.0-or-later
//! Findings about the board's own system.

use super::{Text, Words};
use crate::page::{LastUpdate, UpdateFailure};
use types::Timestamp;

/// An update of the board was not kept.
pub fn update_failed(version: &str, failure: UpdateFailure, detail: &str) -> Words {
    let last = LastUpdate {
        version: version.into(),
        at: Timestamp(0),
        failure: Some(failure),
        detail: detail.into(),
    };
    let words = Words::new(|t| Text::new(last.text(t), t.system_failed_meaning(), t.system_failed_remedy()));
    words.at("/system")
}

/// A newer release waits for somebody to take it.
pub fn update_offered(version: &str) -> Words {
    let words = Words::new(|t| {
        Text::new(
            t.system_offered(version),
            t.system_offered_meaning(),
            t.system_offered_remedy(),
        )
    });
    words.at("/system")
}
