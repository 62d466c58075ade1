// SPDX-License-Identifier: AGPL-3.0-or-later
//! Requests that another site made a member's browser send. Source: the algorithm of Go 1.25's
//! `http.CrossOriginProtection` (Fetch Metadata, then Origin against Host).

use http::{HeaderMap, Method, header};

/// Whether a request may change something. `ambient` says that the browser added the caller's identity by itself
/// (a cookie); such a request must prove where it comes from.
pub fn allowed(method: &Method, headers: &HeaderMap, authority: &str, ambient: bool) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return true;
    }
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("unreadable"))
    };
    let same_origin = text(header::ORIGIN.as_str()).map(|origin| {
        origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"))
            == Some(authority)
    });
    match (text("sec-fetch-site"), same_origin) {
        (Some("same-origin"), None | Some(true)) | (None, Some(true)) => true,
        (None, None) => !ambient,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed_with(pairs: &[(&'static str, &str)], ambient: bool) -> bool {
        let headers = pairs.iter().map(|(name, value)| {
            (
                http::HeaderName::from_static(name),
                http::HeaderValue::from_str(value).unwrap(),
            )
        });
        allowed(&Method::POST, &headers.collect(), "oak.local:8441", ambient)
    }

    #[test]
    fn only_the_same_origin_may_post_with_a_cookie() {
        assert!(allowed_with(&[("sec-fetch-site", "same-origin")], true));
        assert!(allowed_with(&[("origin", "https://oak.local:8441")], true));
        for bad in [
            "https://evil.example",
            "null",
            "https://oak.local",
            "https://oak.local:8441.evil.example",
        ] {
            assert!(!allowed_with(&[("origin", bad)], true), "{bad}");
            assert!(!allowed_with(&[("origin", bad)], false), "{bad}");
            assert!(
                !allowed_with(&[("origin", bad), ("sec-fetch-site", "same-origin")], true),
                "{bad}"
            );
        }
        for bad in ["cross-site", "same-site", "none"] {
            assert!(!allowed_with(&[("sec-fetch-site", bad)], false), "{bad}");
        }
        assert!(!allowed_with(&[], true), "a cookie without a proof of origin");
        assert!(allowed_with(&[], false), "a script with a token");
    }
}
