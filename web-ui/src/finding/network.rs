// SPDX-License-Identifier: AGPL-3.0-or-later
//! Findings about the way from the board to the internet and back.

use super::{Text, Words};

/// No cable is plugged in and no Wi-Fi is joined.
pub fn no_link() -> Words {
    Words::new(|t| {
        Text::new(
            t.network_no_link(),
            t.network_no_link_meaning(),
            t.network_no_link_remedy(),
        )
    })
}

/// The link is slower than the cable and the board can do, in megabits per second.
pub fn slow_link(interface: &str, mbit: u32) -> Words {
    Words::new(|t| {
        let what = t.network_slow_link(interface, mbit);
        Text::new(what, t.network_slow_link_meaning(), t.network_slow_link_remedy())
    })
}

/// The router gave the board no address.
pub fn no_address() -> Words {
    Words::new(|t| {
        let what = t.network_no_address();
        Text::new(
            what,
            t.network_no_address_meaning(),
            t.network_no_address_remedy(),
        )
    })
}

/// The board knows no way out of its network.
pub fn no_gateway() -> Words {
    Words::new(|t| {
        let what = t.network_no_gateway();
        Text::new(
            what,
            t.network_no_gateway_meaning(),
            t.network_no_gateway_remedy(),
        )
    })
}
