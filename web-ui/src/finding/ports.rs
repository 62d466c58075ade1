// SPDX-License-Identifier: AGPL-3.0-or-later
//! Findings about ports, as they look from outside and from home.

use super::{Text, Words};

/// Nobody outside gets in at port 443.
pub fn closed() -> Words {
    let words = Words::new(|t| {
        Text::new(
            t.ports_closed(),
            t.ports_closed_meaning(),
            t.ports_closed_remedy(),
        )
    });
    words.at("/reach")
}

/// Nobody outside gets in at port 80.
pub fn closed_plain() -> Words {
    let words = Words::new(|t| {
        Text::new(
            t.ports_closed_plain(),
            t.ports_closed_plain_meaning(),
            t.ports_closed_plain_remedy(),
        )
    });
    words.at("/reach")
}

/// At this port something else answers who comes from outside.
pub fn taken(port: u16) -> Words {
    let words = Words::new(|t| {
        Text::new(
            t.ports_taken(port),
            t.ports_taken_meaning(),
            t.ports_taken_remedy(port),
        )
    });
    words.at("/reach")
}

/// Devices at home do not get through by this name.
pub fn no_hairpin(name: &str) -> Words {
    let words = Words::new(|t| {
        Text::new(
            t.ports_hairpin(name),
            t.ports_hairpin_meaning(),
            t.ports_hairpin_remedy(),
        )
    });
    words.at("/reach")
}

/// Devices at home get to something else by this name.
pub fn hairpin_elsewhere(name: &str) -> Words {
    let words = Words::new(|t| {
        Text::new(
            t.ports_elsewhere(name),
            t.ports_elsewhere_meaning(),
            t.ports_elsewhere_remedy(),
        )
    });
    words.at("/reach")
}
