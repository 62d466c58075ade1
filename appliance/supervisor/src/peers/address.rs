// SPDX-License-Identifier: AGPL-3.0-or-later
//! Where another board is, as a person writes it.

use std::{fmt, net::Ipv6Addr, str::FromStr};

/// Host and port of another board's front door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
}

impl FromStr for Address {
    type Err = ();

    /// `192.168.1.20`, `oak.local`, `[2001:db8::1]:8443` or `https://oak.example.org/`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim().to_ascii_lowercase();
        let text = text
            .strip_prefix("https://")
            .or(text.strip_prefix("http://"))
            .unwrap_or(&text);
        let text = text.split('/').next().unwrap_or_default();
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            let host = address.to_string();
            return Ok(Self { host, port: 443 });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| ())?),
            None => (text, 443),
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        if let Some(bare) = bare {
            let address: Ipv6Addr = bare.parse().map_err(|_| ())?;
            let host = address.to_string();
            return Ok(Self { host, port });
        }
        let good = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if port == 0 || host.len() > 253 || !host.trim_end_matches('.').split('.').all(good) {
            return Err(());
        }
        let host = host.to_owned();
        Ok(Self { host, port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = if self.host.contains(':') {
            ("[", "]")
        } else {
            ("", "")
        };
        write!(f, "{open}{}{close}", self.host)?;
        if self.port == 443 {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn people_write_addresses_in_many_ways() {
        for (text, written) in [
            ("192.168.1.20", "192.168.1.20"),
            (" https://Oak.local/ ", "oak.local"),
            ("oak.example.org:8443/peers", "oak.example.org:8443"),
            ("2001:db8::1", "[2001:db8::1]"),
            ("[2001:db8::1]:8443", "[2001:db8::1]:8443"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), written, "{text}");
        }
        for bad in [
            "",
            "a b",
            "oak:port",
            "oak:0",
            "oak..local",
            "user@oak",
            "[oak]:443",
            "oak:70000",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(text in "\\PC{0,40}") {
            if let Ok(address) = text.parse::<Address>() {
                prop_assert_eq!(address.to_string().parse(), Ok(address));
            }
        }
    }
}
