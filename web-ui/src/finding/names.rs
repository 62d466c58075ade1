// SPDX-License-Identifier: AGPL-3.0-or-later
//! Findings about names and their certificates.

use super::{Text, Words};
use types::Timestamp;

/// A certificate could not be got, and the board's own is served.
pub fn no_certificate(name: &str) -> Words {
    let words = Words::new(|t| {
        let what = t.finding_certificate(name);
        Text::new(
            what,
            t.finding_certificate_meaning(),
            t.finding_certificate_remedy(),
        )
    });
    words.at("/certificates")
}

/// A certificate could not be renewed so far, and ends soon.
pub fn certificate_ends(name: &str, at: Timestamp) -> Words {
    let words = Words::new(|t| {
        let what = t.names_ends(crate::format::date(at), name);
        Text::new(what, t.names_ends_meaning(), t.names_ends_remedy())
    });
    words.at("/certificates")
}

/// There are domains, and nobody accepted the authority's terms.
pub fn terms_not_accepted() -> Words {
    let words = Words::new(|t| Text::new(t.names_terms(), t.names_terms_meaning(), t.names_terms_remedy()));
    words.at("/certificates")
}
