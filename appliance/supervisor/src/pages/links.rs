// SPDX-License-Identifier: AGPL-3.0-or-later
//! Addresses as they stand in links: pure.

use std::collections::BTreeSet;

/// How the page was asked for; links keep its scheme and port, so that they work through a forwarded port as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Links {
    secure: bool,
    port: Option<u16>,
}

impl Links {
    /// Reads `Host` (with port).
    pub(super) fn of(authority: &str, secure: bool) -> Self {
        let usual = if secure { 443 } else { 80 };
        let port = port(authority).filter(|port| *port != usual);
        Self { secure, port }
    }

    /// The origin of another name of this board, to be opened in the browser that asks.
    pub(super) fn open(&self, host: &str) -> String {
        // A public name is never served without TLS.
        if self.secure || !ingress::is_local(host) {
            let port = self.port.filter(|_| self.secure);
            return origin("https", host, port);
        }
        origin("http", host, self.port)
    }

    /// The origin for an app that keeps a password: with TLS, unless an unusual port is all that is known.
    pub(super) fn app(&self, host: &str) -> String {
        if self.secure || self.port.is_none() {
            origin("https", host, self.port)
        } else {
            self.open(host)
        }
    }

    /// The same page with TLS, for one that was asked for without; `None` when nobody knows where that is.
    pub(super) fn upgrade(&self, host: &str, path: &str) -> Option<String> {
        (!self.secure && self.port.is_none() && !host.is_empty()).then(|| format!("https://{host}{path}"))
    }
}

fn origin(scheme: &str, host: &str, port: Option<u16>) -> String {
    port.map_or_else(
        || format!("{scheme}://{host}"),
        |port| format!("{scheme}://{host}:{port}"),
    )
}

fn port(authority: &str) -> Option<u16> {
    let (host, port) = authority.rsplit_once(':')?;
    // The colons of `[::1]` are no port's.
    let plain = !host.contains(':') || host.ends_with(']');
    port.parse().ok().filter(|_| plain)
}

/// The host of an authority, without its port.
pub(super) fn host(authority: &str) -> &str {
    match port(authority) {
        Some(_) => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
        None => authority,
    }
}

/// A service's names, the best first: public ones that every browser trusts, then those of the local network, then
/// public ones that still wait for a certificate.
pub(super) fn best_first(mut names: Vec<String>, trusted: &BTreeSet<String>) -> Vec<String> {
    names.sort_by_key(|name| match (trusted.contains(name), ingress::is_local(name)) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    });
    names
}

/// An address to paste into an app, from the manifest's pattern.
pub(super) fn app_address(pattern: &str, origin: &str, member: &str) -> String {
    let pattern = if pattern.is_empty() { "{origin}" } else { pattern };
    pattern.replace("{origin}", origin).replace("{member}", member)
}

/// The manifest's help text with the address, its host and the member's name in it.
pub(super) fn connect_text(text: &str, address: &str, member: &str) -> String {
    let host = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    text.replace("{url}", address)
        .replace("{host}", host)
        .replace("{member}", member)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_the_scheme_and_an_unusual_port() {
        let plain = Links::of("oak.local", true);
        assert_eq!(plain.open("a-oak.local"), "https://a-oak.local");
        let forwarded = Links::of("127.0.0.1:8441", true);
        assert_eq!(forwarded.open("a-oak.local"), "https://a-oak.local:8441");
        assert_eq!(
            Links::of("[::1]:8441", true).open("a.local"),
            "https://a.local:8441"
        );
        assert_eq!(Links::of("[::1]", true).open("a.local"), "https://a.local");
        let http = Links::of("oak.local", false);
        assert_eq!(http.open("a-oak.local"), "http://a-oak.local");
        assert_eq!(http.open("cal.example.org"), "https://cal.example.org");
        assert_eq!(http.app("a-oak.local"), "https://a-oak.local");
        assert_eq!(
            http.upgrade("oak.local", "/claim").unwrap(),
            "https://oak.local/claim"
        );
        let http = Links::of("oak.local:8081", false);
        assert_eq!(http.app("a-oak.local"), "http://a-oak.local:8081");
        assert_eq!(http.upgrade("oak.local", "/"), None);
        assert_eq!(host("[::1]:8441"), "[::1]");
        assert_eq!(host("oak.local:8441"), "oak.local");
        assert_eq!(host("[::1]"), "[::1]");
    }

    #[test]
    fn a_trusted_name_is_better_than_a_local_one_and_that_than_one_without_certificate() {
        let names = ["new.example.org", "a-oak.local", "cal.example.org"].map(String::from);
        let trusted = BTreeSet::from(["cal.example.org".to_owned()]);
        assert_eq!(
            best_first(names.to_vec(), &trusted),
            ["cal.example.org", "a-oak.local", "new.example.org"]
        );
    }

    #[test]
    fn placeholders_are_filled_in() {
        let address = app_address("{origin}/{member}/", "https://a.local", "alice");
        assert_eq!(address, "https://a.local/alice/");
        assert_eq!(app_address("", "https://a.local", "alice"), "https://a.local");
        let text = connect_text("{url} at {host} as {member}", &address, "alice");
        assert_eq!(text, "https://a.local/alice/ at a.local as alice");
    }
}
