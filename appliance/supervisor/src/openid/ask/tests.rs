// SPDX-License-Identifier: AGPL-3.0-or-later
use super::*;
use proptest::prelude::*;

const GOOD: [(&str, &str); 6] = [
    ("client_id", "miniflux"),
    ("redirect_uri", "https://miniflux-oak.local/back"),
    ("response_type", "code"),
    ("scope", "openid profile email"),
    ("code_challenge_method", "S256"),
    ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
];

fn query(changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let kept = GOOD
        .iter()
        .filter(|(key, _)| changes.iter().all(|(name, _)| name != key));
    let pairs = kept.chain(changes.iter().filter(|(_, value)| *value != "-"));
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn refused(changes: &[(&str, &str)]) -> &'static str {
    match Ask::parse(&query(changes)) {
        Err(Problem::Tell(denied)) => denied.code,
        Err(Problem::Stay(_)) => "stay",
        Ok(_) => "accepted",
    }
}

#[test]
fn a_request_is_read_and_what_is_unknown_in_it_ignored() {
    let asked = Ask::parse(&query(&[
        ("state", "a b"),
        ("nonce", "n"),
        ("max_age", "60"),
        ("display", "page"),
    ]));
    let asked = asked.unwrap();
    assert_eq!(asked.scopes.to_string(), "openid profile");
    assert_eq!(asked.state.as_deref(), Some("a b"));
    assert_eq!((asked.nonce.as_deref(), asked.max_age), (Some("n"), Some(60)));
    assert_eq!(asked.prompt, Prompt::default());
}

#[test]
fn the_client_is_told_what_is_wrong() {
    for (changes, code) in [
        (&[("response_type", "token")][..], "unsupported_response_type"),
        (&[("response_type", "-")], "invalid_request"),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("scope", "profile")], "invalid_scope"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "-")], "invalid_request"),
        (&[("code_challenge", "-")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "dance")], "invalid_request"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("nonce", "a"), ("nonce", "b")], "invalid_request"),
        (&[("state", "a"), ("state", "b")], "invalid_request"),
        (&[("request", "eyJ")], "request_not_supported"),
        (
            &[("request_uri", "https://a.example")],
            "request_uri_not_supported",
        ),
        (&[("client_id", "-")], "stay"),
        (&[("redirect_uri", "-")], "stay"),
        (&[("client_id", "a"), ("client_id", "b")], "stay"),
        (
            &[
                ("redirect_uri", "https://a.example"),
                ("redirect_uri", "https://b.example"),
            ],
            "stay",
        ),
    ] {
        assert_eq!(refused(changes), code, "{changes:?}");
    }
}

#[test]
fn the_password_is_asked_again_when_the_client_wants_it() {
    let fresh = |changes: &[(&str, &str)], signed_in| {
        Ask::parse(&query(changes))
            .unwrap()
            .is_fresh(Timestamp(signed_in), Timestamp(1000))
    };
    assert!(fresh(&[], 0));
    assert!(fresh(&[("max_age", "60")], 940) && !fresh(&[("max_age", "60")], 939));
    assert!(!fresh(&[("prompt", "login")], 1000) && !fresh(&[("prompt", "select_account")], 1000));
    assert!(fresh(&[("since", "900")], 900) && !fresh(&[("since", "900")], 899));
    assert!(!fresh(&[("since", "2000")], 3000), "a clock that went back");
    assert!(!fresh(&[("max_age", "60")], 1001), "a sign-in that is to come");
}

proptest! {
    /// Whatever a browser brings, only an address that stood in the request is ever told anything, and what is
    /// accepted has all that the rest relies on.
    #[test]
    fn any_query_is_answered(pairs in proptest::collection::vec(
        (prop_oneof![Just("client_id"), Just("redirect_uri"), Just("response_type"), Just("scope"), Just("state"),
            Just("code_challenge"), Just("code_challenge_method"), Just("prompt"), Just("max_age"), Just("nonce"),
            Just("since"), Just("x")],
         prop_oneof![Just("code".to_owned()), Just("openid".to_owned()), Just("S256".to_owned()),
            Just(GOOD[5].1.to_owned()), "\\PC{0,20}"]), 0..14)
    ) {
        let query: Vec<(String, String)> = pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        match Ask::parse(&query) {
            Ok(ask) => {
                prop_assert!(ask.scopes.has(Scope::OpenId) && ask.challenge.len() == 43);
                prop_assert!(!ask.client.is_empty() && !ask.redirect.is_empty());
            }
            Err(Problem::Tell(denied)) => {
                prop_assert!(query.iter().any(|(key, value)| key == "redirect_uri" && *value == denied.redirect));
            }
            Err(Problem::Stay(_)) => prop_assert!(Ask::sender(&query).is_err()),
        }
    }
}
