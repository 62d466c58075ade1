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

/// The board's own root certificate ends soon.
pub fn root_ends(at: Timestamp) -> Words {
    let words = Words::new(|t| {
        let what = t.root_ends(crate::format::date(at));
        Text::new(what, t.root_ends_meaning(), t.root_ends_remedy())
    });
    words.at("/certificates")
}

/// A domain is paid for until then only.
pub fn domain_ends(name: &str, at: Timestamp) -> Words {
    let words = Words::new(|t| {
        let what = t.names_domain_ends(crate::format::date(at), name);
        Text::new(what, t.names_domain_ends_meaning(), t.names_domain_ends_remedy())
    });
    words.at("/certificates")
}

/// There are domains, and nobody accepted the authority's terms.
pub fn terms_not_accepted() -> Words {
    let words = Words::new(|t| Text::new(t.names_terms(), t.names_terms_meaning(), t.names_terms_remedy()));
    words.at("/certificates")
}

/// A finding about a name in DNS, put right on the page of addresses.
fn dns(text: impl Fn(crate::i18n::T) -> Text) -> Words {
    Words::new(text).at("/certificates")
}

/// The name has no address.
pub fn dns_missing(name: &str) -> Words {
    dns(|t| {
        Text::new(
            t.names_missing(name),
            t.names_missing_meaning(),
            t.names_missing_remedy(),
        )
    })
}

/// The name leads elsewhere: to these.
pub fn dns_wrong(name: &str, found: &str) -> Words {
    dns(|t| {
        Text::new(
            t.names_wrong(found, name),
            t.names_wrong_meaning(),
            t.names_wrong_remedy(),
        )
    })
}

/// A record that would help is not there.
pub fn dns_advice(name: &str) -> Words {
    dns(|t| {
        Text::new(
            t.names_advice(name),
            t.names_advice_meaning(),
            t.names_advice_remedy(),
        )
    })
}

/// A CAA record does not let the authority issue.
pub fn caa_forbids(name: &str, issuer: &str) -> Words {
    dns(|t| {
        Text::new(
            t.names_caa(issuer, name),
            t.names_caa_meaning(),
            t.names_caa_remedy(issuer),
        )
    })
}

/// The records are made, and not seen everywhere yet.
pub fn dns_spreading(name: &str) -> Words {
    dns(|t| {
        Text::new(
            t.names_spreading(name),
            t.names_spreading_meaning(),
            t.names_spreading_remedy(),
        )
    })
}

/// No DNS server answers for the name.
pub fn dns_silent(name: &str) -> Words {
    dns(|t| {
        Text::new(
            t.names_silent(name),
            t.names_silent_meaning(),
            t.names_silent_remedy(),
        )
    })
}
