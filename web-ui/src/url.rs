// SPDX-License-Identifier: AGPL-3.0-or-later
//! Which addresses may stand in a link.

use std::fmt::Write as _;

/// `path` if it leads nowhere but to a path on this board: what a form field `to` may ask for.
///
/// Refused are other sites (`https://…`, `//…`, `/\…`), schemes and control characters.
pub fn local_path(path: &str) -> Option<&str> {
    let mut bytes = path.bytes();
    let good = bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && !path.chars().any(|c| c.is_control() || c == '\\')
        && path.len() <= 2048;
    good.then_some(path)
}

/// `address` if a link may lead there, else `#`: http(s), mailto, authenticator apps and local paths only.
pub(crate) fn href(address: &str) -> &str {
    let plain = address.trim();
    let scheme = plain.split(':').next().unwrap_or_default();
    let known = ["https", "http", "mailto", "otpauth"]
        .iter()
        .any(|good| scheme.eq_ignore_ascii_case(good));
    let clean = !plain.chars().any(char::is_control);
    if clean && ((known && plain.contains(':')) || local_path(plain).is_some()) {
        plain
    } else {
        "#"
    }
}

/// `text` as one segment of a path (RFC 3986, section 2.3).
pub(crate) fn segment(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_web_or_this_board_only() {
        for good in [
            "https://a.example/x",
            "http://a.local",
            "mailto:a@b.example",
            "otpauth://totp/oak:ada?secret=GEZDGNBV",
            "/home?x=1",
        ] {
            assert_eq!(href(good), good);
        }
        for bad in [
            "javascript:alert(1)",
            " JavaScript:alert(1)",
            "java\nscript:1",
            "data:text/html,x",
            "//evil.example",
            "/\\evil.example",
            "https",
            "",
        ] {
            assert_eq!(href(bad), "#", "{bad}");
        }
        assert_eq!(local_path("/services/radicale"), Some("/services/radicale"));
        assert_eq!(local_path("https://evil.example"), None);
        assert_eq!(segment("a/b c"), "a%2Fb%20c");
    }
}
