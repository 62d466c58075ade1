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

/// The provider shares one address among customers (RFC 6598); the router has this one.
pub fn shared_address(router: &str) -> Words {
    let words = Words::new(|t| {
        let what = t.network_shared(router);
        Text::new(what, t.network_shared_meaning(), t.network_shared_remedy())
    });
    words.at("/reach")
}

/// The router stands behind another one; it has this inner address.
pub fn two_routers(router: &str) -> Words {
    let words = Words::new(|t| {
        let what = t.network_two_routers(router);
        Text::new(
            what,
            t.network_two_routers_meaning(),
            t.network_two_routers_remedy(),
        )
    });
    words.at("/reach")
}

/// The router refused to open a port, in these words.
pub fn port_refused(port: u16, words: &str) -> Words {
    let words = Words::new(|t| {
        let meaning = t.network_port_refused_meaning(words);
        Text::new(
            t.network_port_refused(port),
            meaning,
            t.network_port_refused_remedy(),
        )
    });
    words.at("/reach")
}

/// Nothing is sent any more about the name that follows the address, for this reason.
pub fn dynamic_stopped(reason: &str) -> Words {
    let words = Words::new(|t| {
        let remedy = t.network_dynamic_remedy(reason);
        Text::new(t.network_dynamic(), t.network_dynamic_meaning(), remedy)
    });
    words.at("/reach")
}
