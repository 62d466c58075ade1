// SPDX-License-Identifier: AGPL-3.0-or-later
//! Which host a request asks for, read once and in one way.

use http::{HeaderMap, Uri, header::HOST};
use std::{borrow::Cow, net::IpAddr};

/// Why a request names no host that can be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Neither a `Host` header nor an authority.
    #[error("the request does not say which host it is for")]
    Missing,
    /// More than one, and they differ; or more than one `Host` header.
    #[error("the request names more than one host")]
    Ambiguous,
    /// Not a host name or address, with or without a port.
    #[error("the request's host is not a host name")]
    Malformed,
}

/// The authority (host and port as sent) of a request: `:authority` or the absolute form's, else `Host`
/// (RFC 9112 section 3.2, RFC 9113 section 8.3.1). Both may be there only if they are equal.
pub(crate) fn authority<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Result<&'a str, HostError> {
    let mut values = headers.get_all(HOST).iter();
    let header = values
        .next()
        .map(|value| value.to_str().map_err(|_| HostError::Malformed))
        .transpose()?;
    if values.next().is_some() {
        return Err(HostError::Ambiguous);
    }
    match (uri.authority(), header) {
        (Some(authority), Some(header)) if !authority.as_str().eq_ignore_ascii_case(header) => {
            Err(HostError::Ambiguous)
        }
        (Some(authority), _) => Ok(authority.as_str()),
        (None, Some(header)) if !header.is_empty() => Ok(header),
        (None, _) => Err(HostError::Missing),
    }
}

/// The host name in an authority: lower case, without port, without a dot at the end. Allocates only for upper case.
pub(crate) fn name(authority: &str) -> Result<Cow<'_, str>, HostError> {
    let (host, port) = if authority.starts_with('[') {
        let (host, rest) = authority.split_at(authority.find(']').ok_or(HostError::Malformed)? + 1);
        let port = if rest.is_empty() {
            Some("")
        } else {
            rest.strip_prefix(':')
        };
        (host, port.ok_or(HostError::Malformed)?)
    } else {
        authority.split_once(':').unwrap_or((authority, ""))
    };
    if !port.bytes().all(|b| b.is_ascii_digit()) || port.len() > 5 {
        return Err(HostError::Malformed);
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    let good = if host.starts_with('[') {
        is_address(host)
    } else {
        host.bytes().all(plain)
    };
    if host.is_empty() || host.len() > 253 || !good {
        return Err(HostError::Malformed);
    }
    Ok(if host.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(host.to_ascii_lowercase())
    } else {
        Cow::Borrowed(host)
    })
}

/// Whether `host` is a literal address, as written in a URL.
pub(crate) fn is_address(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => matches!(host.parse::<IpAddr>(), Ok(IpAddr::V4(_))),
    }
}

/// Whether `host` only exists on the local network, where no public certificate can be had: `*.local`,
/// `localhost`, literal addresses. These are served on port 80 as well.
pub fn is_local(host: &str) -> bool {
    host == "localhost" || host.strip_suffix(".local").is_some() || is_address(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn ask(uri: &str, hosts: &[&str]) -> Result<String, HostError> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, HeaderValue::from_str(host).unwrap());
        }
        let uri = uri.parse::<Uri>().unwrap();
        name(authority(&uri, &headers)?).map(Cow::into_owned)
    }

    #[test]
    fn one_host_is_read_in_one_way() {
        assert_eq!(ask("/", &["Board.Local:8443"]).unwrap(), "board.local");
        assert_eq!(ask("/", &["board.local."]).unwrap(), "board.local");
        assert_eq!(ask("/", &["[::1]:443"]).unwrap(), "[::1]");
        assert_eq!(ask("https://a.test/", &[]).unwrap(), "a.test");
        assert_eq!(ask("https://a.test/", &["A.test"]).unwrap(), "a.test");
        assert_eq!(ask("/", &[]), Err(HostError::Missing));
        assert_eq!(ask("/", &[""]), Err(HostError::Missing));
        assert_eq!(ask("/", &["a", "a"]), Err(HostError::Ambiguous));
        assert_eq!(ask("https://a.test/", &["b.test"]), Err(HostError::Ambiguous));
        for bad in [
            "a b", "a/b", "user@a", "a:b", "[::1", "[::1]x", "[zz]", ":443", "a:443:1", ".", "a,b",
        ] {
            assert_eq!(ask("/", &[bad]), Err(HostError::Malformed), "{bad}");
        }
    }

    #[test]
    fn local_names_are_told_from_public_ones() {
        for local in ["localhost", "board.local", "10.0.0.1", "[fe80::1]"] {
            assert!(is_local(local), "{local}");
        }
        for public in ["example.org", "local", "local.example.org"] {
            assert!(!is_local(public), "{public}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_what_passes_is_canonical(text: String) {
            if let Ok(found) = name(&text) {
                prop_assert_eq!(name(&found).unwrap(), found.clone());
                prop_assert!(!found.bytes().any(|b| b.is_ascii_uppercase()));
            }
        }
    }
}
