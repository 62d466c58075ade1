// SPDX-License-Identifier: AGPL-3.0-or-later
//! Until when a domain is paid for, as its registry says (RDAP, RFC 9082 and 9083): pure. Which registry is asked, IANA's
//! list says (RFC 9224). Not every registry takes part: then nobody knows.

use serde::Deserialize;
use types::{Domain, Timestamp};

/// IANA's list of registries.
pub const REGISTRIES: &str = "https://data.iana.org/rdap/dns.json";

#[derive(Deserialize)]
struct List {
    /// Each with two lists: what is below, and where to ask.
    services: Vec<Vec<Vec<String>>>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    event_action: String,
    event_date: String,
}

/// Where to ask about a domain, by IANA's list: an `https` address that ends in a slash. The longest match counts.
pub fn registry(list: &str, domain: &Domain) -> Option<String> {
    let list: List = serde_json::from_str(list).ok()?;
    let below = |top: &str| {
        let rest = domain.as_str().strip_suffix(&top.to_ascii_lowercase())?;
        rest.ends_with('.').then_some(top.len())
    };
    let mut best: Option<(usize, String)> = None;
    for service in &list.services {
        let [tops, servers, ..] = service.as_slice() else {
            continue;
        };
        let length = tops.iter().filter_map(|top| below(top)).max();
        let server = servers.iter().find(|server| server.starts_with("https://"));
        if let (Some(length), Some(server)) = (length, server)
            && best.as_ref().is_none_or(|(longest, _)| length > *longest)
        {
            best = Some((length, format!("{}/", server.trim_end_matches('/'))));
        }
    }
    best.map(|(_, server)| server)
}

/// The question to a registry.
pub fn question(registry: &str, domain: &Domain) -> String {
    format!("{registry}domain/{domain}")
}

/// What was registered, if it is not the domain itself: the domain, then each name above it that has a dot.
pub fn candidates(domain: &Domain) -> Vec<Domain> {
    let mut names = vec![domain.clone()];
    let mut rest = domain.as_str();
    while let Some((_, above)) = rest.split_once('.') {
        if above.contains('.')
            && let Ok(name) = above.parse()
        {
            names.push(name);
        }
        rest = above;
    }
    names
}

/// Until when it is paid for, by a registry's answer.
pub fn expiry(answer: &str) -> Option<Timestamp> {
    let answer: Answer = serde_json::from_str(answer).ok()?;
    let ends = answer
        .events
        .iter()
        .find(|event| event.event_action == "expiration")?;
    let at: jiff::Timestamp = ends.event_date.parse().ok()?;
    Some(Timestamp(at.as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIST: &str = r#"{"version":"1.0","services":[
        [["org","ngo"],["http://plain.example/","https://rdap.example/org"]],
        [["co.org"],["https://rdap.example/co/"]],
        [["old"],["http://plain.example/"]]]}"#;

    fn domain(name: &str) -> Domain {
        name.parse().unwrap()
    }

    #[test]
    fn the_registry_of_the_longest_match_is_asked_and_only_over_tls() {
        let of = |name| registry(LIST, &domain(name));
        assert_eq!(of("oak.example.org").unwrap(), "https://rdap.example/org/");
        assert_eq!(of("oak.co.org").unwrap(), "https://rdap.example/co/");
        assert_eq!(of("oak.old"), None);
        assert_eq!(of("oak.test"), None);
        assert_eq!(of("taco.org").unwrap(), "https://rdap.example/org/");
        assert_eq!(
            question("https://rdap.example/org/", &domain("example.org")),
            "https://rdap.example/org/domain/example.org"
        );
        let names: Vec<String> = candidates(&domain("a.b.example.org"))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names, ["a.b.example.org", "b.example.org", "example.org"]);
    }

    #[test]
    fn the_end_is_found_among_other_events() {
        let answer = r#"{"objectClassName":"domain","events":[
            {"eventAction":"registration","eventDate":"1995-08-31T04:00:00Z"},
            {"eventAction":"expiration","eventDate":"2027-08-30T04:00:00+00:00"}]}"#;
        assert_eq!(expiry(answer), Some(Timestamp(1_819_598_400)));
        assert_eq!(expiry(r#"{"events":[]}"#), None);
        assert_eq!(expiry(r#"{"errorCode":404}"#), None);
    }

    proptest! {
        #[test]
        fn no_answer_is_too_strange(text in "\\PC{0,200}") {
            let _ = (registry(&text, &domain("example.org")), expiry(&text));
            let _ = expiry(&format!(r#"{{"events":[{{"eventAction":"expiration","eventDate":{text:?}}}]}}"#));
        }
    }
}
