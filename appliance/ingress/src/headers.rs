// SPDX-License-Identifier: AGPL-3.0-or-later
//! Which headers pass, in each direction.

use crate::route::RouteTable;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONNECTION, COOKIE, SET_COOKIE, STRICT_TRANSPORT_SECURITY, TRANSFER_ENCODING, UPGRADE},
};

/// The board's own session cookies (over TLS, and without): no service gets to see or set them.
const OWN_COOKIES: [&str; 2] = ["__Host-commonhost", "commonhost"];

/// Whether a header belongs to one connection (RFC 9110 section 7.6.1), beside those that `Connection` names; or asks
/// what hyper has answered already. Names are lower case here.
fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "expect"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// Prefixes of headers by which proxies tell services who somebody is or where a request comes from.
const CLAIM_PREFIXES: [&str; 14] = [
    "x-forwarded",
    "x-remote-",
    "remote-",
    "x-auth-request-",
    "x-authentik-",
    "x-authenticated-",
    "x-webauth-",
    "x-original-",
    "x-rewrite-",
    "x-ssl-",
    "ssl-client-",
    "x-client-",
    "x-commonhost-",
    "x-token-",
];

/// Such headers that share no prefix. `proxy` becomes the variable `HTTP_PROXY` in CGI (CVE-2016-5385).
const CLAIMS: [&str; 18] = [
    "forwarded",
    "via",
    "proxy",
    "client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "true-client-ip",
    "front-end-https",
    "x-cluster-client-ip",
    "x-envoy-external-address",
    "x-groups",
    "x-proxy-user",
    "x-real-ip",
    "x-real-name",
    "x-scheme",
    "x-url-scheme",
    "x-user",
    "x-username",
];

/// Removes what claims an identity or an origin, in every spelling a service could read as one: CGI and WSGI make
/// `_` of every character that is no letter or digit, so only letters, digits and hyphens pass at all.
pub(crate) fn remove_claims(headers: &mut HeaderMap, routes: &RouteTable) {
    remove_all(headers, |name| {
        is_claim(name.as_str()) || routes.carries_identity(name)
    });
}

fn is_claim(name: &str) -> bool {
    !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        // Most headers begin with none of these letters.
        || (matches!(name.as_bytes().first(), Some(b'c' | b'f' | b'p' | b'r' | b's' | b't' | b'v' | b'x'))
            && (CLAIM_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || CLAIMS.contains(&name)))
}

/// Whether the message framing is one that no two servers can read in two ways (RFC 9112 section 6.3). hyper has
/// refused or resolved the rest already: lengths that differ, a length beside chunked, an unknown last coding.
pub(crate) fn has_plain_framing(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    }
}

/// Takes the protocol of an upgrade that is asked for, or agreed to, out of the headers.
pub(crate) fn upgrade_of(headers: &HeaderMap) -> Option<HeaderValue> {
    let upgrade = headers.get(UPGRADE)?;
    let named = |value: &HeaderValue| {
        value.to_str().is_ok_and(|text| {
            text.split(',')
                .any(|word| word.trim().eq_ignore_ascii_case("upgrade"))
        })
    };
    headers
        .get_all(CONNECTION)
        .iter()
        .any(named)
        .then(|| upgrade.clone())
}

/// Removes the headers that belong to one connection only.
pub(crate) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    remove_connection(headers);
    remove_all(headers, is_hop_by_hop);
}

/// Removes the headers that `Connection` names.
fn remove_connection(headers: &mut HeaderMap) {
    if !headers.contains_key(CONNECTION) {
        return;
    }
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(',').map(str::trim))
        // The usual words are no headers, or headers that are removed anyway.
        .filter(|word| {
            !["keep-alive", "close", "upgrade"]
                .iter()
                .any(|usual| word.eq_ignore_ascii_case(usual))
        })
        .filter_map(|word| word.parse().ok())
        // A client must not have headers removed that the next hop decides by.
        .filter(|name| !matches!(*name, http::header::HOST | http::header::CONTENT_LENGTH | COOKIE))
        .collect();
    for name in named {
        headers.remove(name);
    }
}

/// Removes every header that `unwanted` names. One look at each name that is there costs less than looking up each
/// name that could be, and nearly always nothing is found: `Vec::new` allocates nothing.
fn remove_all(headers: &mut HeaderMap, unwanted: impl Fn(&HeaderName) -> bool) {
    let found: Vec<HeaderName> = headers.keys().filter(|name| unwanted(name)).cloned().collect();
    for name in found {
        headers.remove(name);
    }
}

/// Joins what HTTP/2 may have split (RFC 9113 section 8.2.3), so that nobody behind reads half of the cookies.
pub(crate) fn join_cookies(headers: &mut HeaderMap) {
    if headers.get_all(COOKIE).iter().nth(1).is_none() {
        return;
    }
    let values: Vec<&[u8]> = headers
        .get_all(COOKIE)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    // Values joined by characters that may stand in one are one.
    if let Ok(joined) = HeaderValue::from_bytes(&values.join(&b"; "[..])) {
        headers.insert(COOKIE, joined);
    }
}

/// Removes the board's own cookies from what a service gets.
pub(crate) fn remove_own_cookies(headers: &mut HeaderMap) {
    let Some(value) = headers.get(COOKIE).map(HeaderValue::as_bytes) else {
        return;
    };
    if !memmem(value, b"commonhost") {
        return;
    }
    let mut kept: Vec<u8> = Vec::with_capacity(value.len());
    for pair in value.split(|b| *b == b';').map(<[u8]>::trim_ascii) {
        let name = pair.split(|b| *b == b'=').next().unwrap_or(pair).trim_ascii();
        if pair.is_empty() || OWN_COOKIES.iter().any(|own| own.as_bytes() == name) {
            continue;
        }
        if !kept.is_empty() {
            kept.extend_from_slice(b"; ");
        }
        kept.extend_from_slice(pair);
    }
    headers.remove(COOKIE);
    if !kept.is_empty()
        && let Ok(value) = HeaderValue::from_bytes(&kept)
    {
        headers.insert(COOKIE, value);
    }
}

/// Removes from a service's answer what is the board's to say: its cookies, and that a host wants TLS for ever.
pub(crate) fn clean_answer(headers: &mut HeaderMap) {
    remove_connection(headers);
    remove_all(headers, |name| {
        is_hop_by_hop(name) || *name == STRICT_TRANSPORT_SECURITY
    });
    let ours = |value: &HeaderValue| {
        let name = value
            .as_bytes()
            .split(|b| matches!(b, b'=' | b';'))
            .next()
            .unwrap_or_default();
        OWN_COOKIES
            .iter()
            .any(|own| own.as_bytes().eq_ignore_ascii_case(name.trim_ascii()))
    };
    if headers.get_all(SET_COOKIE).iter().any(ours) {
        let kept: Vec<HeaderValue> = headers
            .get_all(SET_COOKIE)
            .iter()
            .filter(|value| !ours(value))
            .cloned()
            .collect();
        headers.remove(SET_COOKIE);
        for value in kept {
            headers.append(SET_COOKIE, value);
        }
    }
}

fn memmem(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn map(fields: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        map
    }

    #[test]
    fn nobody_outside_can_say_who_they_are() {
        for name in [
            "X-Remote-User",
            "x_remote_user",
            "X-Remote_User",
            "X.Remote.User",
            "Remote-User",
            "REMOTE_USER",
            "Remote-Groups",
            "X-Remote-Groups",
            "X-Forwarded-For",
            "X-Forwarded-User",
            "X-Forwarded-Email",
            "X_Forwarded_For",
            "Forwarded",
            "X-Real-IP",
            "X-Auth-Request-User",
            "X-WEBAUTH-USER",
            "X-Original-URL",
            "Proxy",
        ] {
            let mut headers = map(&[(name, "mallory"), ("accept", "*/*"), ("x-requested-with", "a")]);
            remove_claims(&mut headers, &RouteTable::default());
            assert_eq!(headers.len(), 2, "{name}");
        }
    }

    #[test]
    fn every_claim_is_found_by_its_first_letter() {
        for name in CLAIM_PREFIXES.iter().chain(&CLAIMS) {
            assert!(is_claim(name), "{name}");
        }
    }

    #[test]
    fn cookies_of_the_board_stay_with_the_board() {
        let mut headers = map(&[
            ("cookie", "a=1; __Host-commonhost=s"),
            ("cookie", "commonhost = t ;b=2;; c"),
        ]);
        join_cookies(&mut headers);
        remove_own_cookies(&mut headers);
        assert_eq!(
            headers.get_all(COOKIE).iter().collect::<Vec<_>>(),
            ["a=1; b=2; c"]
        );
        let mut headers = map(&[("cookie", "__Host-commonhost=s")]);
        remove_own_cookies(&mut headers);
        assert!(!headers.contains_key(COOKIE));
        let mut headers = map(&[("cookie", "xcommonhost=1")]);
        remove_own_cookies(&mut headers);
        assert_eq!(headers[COOKIE], "xcommonhost=1");

        let mut answer = map(&[
            ("set-cookie", "__Host-commonhost=x; Path=/"),
            ("set-cookie", "a=1"),
            ("strict-transport-security", "max-age=1"),
            ("connection", "close, x-hop"),
            ("x-hop", "1"),
        ]);
        clean_answer(&mut answer);
        assert_eq!(answer, map(&[("set-cookie", "a=1")]));
    }

    #[test]
    fn only_one_way_to_frame_a_message_passes() {
        assert!(has_plain_framing(&map(&[])));
        assert!(has_plain_framing(&map(&[("transfer-encoding", "Chunked")])));
        for bad in [
            "gzip, chunked",
            "chunked, chunked",
            "xchunked",
            "chunked;a=b",
            "identity",
        ] {
            assert!(!has_plain_framing(&map(&[("transfer-encoding", bad)])), "{bad}");
        }
        assert!(!has_plain_framing(&map(&[
            ("transfer-encoding", "chunked"),
            ("transfer-encoding", "chunked")
        ])));
    }

    #[test]
    fn an_upgrade_needs_both_headers() {
        assert!(
            upgrade_of(&map(&[
                ("connection", "keep-alive, Upgrade"),
                ("upgrade", "websocket")
            ]))
            .is_some()
        );
        assert!(upgrade_of(&map(&[("connection", "keep-alive"), ("upgrade", "websocket")])).is_none());
        assert!(upgrade_of(&map(&[("connection", "upgrade")])).is_none());
    }

    proptest! {
        #[test]
        fn no_spelling_of_an_identity_header_passes(mask in any::<u32>(), junk in "[_.!#$%&'*+^`|~-]") {
            let spelled: String = "x-remote-user".chars().enumerate().map(|(i, c)| match c {
                '-' if mask >> i & 1 == 1 => junk.chars().next().unwrap(),
                c if mask >> i & 1 == 1 => c.to_ascii_uppercase(),
                c => c,
            }).collect();
            let mut headers = map(&[(&spelled, "mallory")]);
            remove_claims(&mut headers, &RouteTable::default());
            prop_assert!(headers.is_empty(), "{}", spelled);
        }

        #[test]
        fn no_cookie_header_makes_it_panic_or_keeps_ours(text in "[ -~]{0,60}", own in 0usize..2) {
            let text = format!("{text}; {}=secret", OWN_COOKIES[own]);
            let mut headers = map(&[("cookie", &text)]);
            remove_own_cookies(&mut headers);
            let kept = headers.get(COOKIE).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
            prop_assert!(!kept.split(';').any(|pair| pair.trim().starts_with("commonhost=secret")));
        }
    }
}
