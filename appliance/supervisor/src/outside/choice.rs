// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a steward chose about the way from outside. Secrets are stored, and never shown again.

use crate::ApiError;
use reach::{
    dyndns::{Dyndns2, Rfc2136, TsigAlgorithm},
    ports::Consent,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, net::SocketAddr, time::Duration};
use types::{Domain, MemberName, Timestamp};

/// Everything chosen. Stored as it is, so with secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choice {
    /// Web addresses that answer with the address they see, asked when the router does not tell.
    pub echo: Vec<String>,
    /// Whether ports may be opened in the router.
    pub ports: Option<Consent>,
    /// The name that follows the board's address.
    pub dynamic: Option<Dynamic>,
}

/// A name that follows the board's address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "way", rename_all = "lowercase")]
pub enum Dynamic {
    /// By a provider's dyndns2 protocol.
    Dyndns2 {
        /// The provider's address, like `https://members.dyndns.org`.
        server: String,
        /// The name.
        name: Domain,
        /// User name.
        user: String,
        /// Password or token.
        password: String,
    },
    /// By RFC 2136 at the domain's own server.
    Rfc2136 {
        /// How.
        #[serde(flatten)]
        tsig: Tsig,
        /// The name.
        name: Domain,
    },
}

/// A zone that takes updates (RFC 2136) signed by a key (TSIG, RFC 8945).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tsig {
    /// The zone's primary server.
    pub server: SocketAddr,
    /// The zone.
    pub zone: Domain,
    /// The key's name.
    pub key_name: String,
    /// The key, in base64.
    pub key: String,
    /// The key's algorithm.
    pub algorithm: TsigAlgorithm,
}

impl std::fmt::Debug for Dynamic {
    /// Without secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dynamic({} by {})", self.name(), self.way())
    }
}

impl std::fmt::Debug for Tsig {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tsig({} at {})", self.zone, self.server)
    }
}

impl Dynamic {
    /// The name that follows the address.
    pub fn name(&self) -> &Domain {
        match self {
            Self::Dyndns2 { name, .. } | Self::Rfc2136 { name, .. } => name,
        }
    }

    /// Who keeps it.
    pub fn server(&self) -> String {
        match self {
            Self::Dyndns2 { server, .. } => server.clone(),
            Self::Rfc2136 { tsig, .. } => tsig.server.to_string(),
        }
    }

    /// The word for programs.
    pub fn way(&self) -> &'static str {
        match self {
            Self::Dyndns2 { .. } => "dyndns2",
            Self::Rfc2136 { .. } => "rfc2136",
        }
    }
}

impl Tsig {
    /// Ready to send updates of `name`; `None` when the key is damaged.
    pub fn client(&self, name: &Domain) -> Option<Rfc2136> {
        Some(Rfc2136 {
            server: self.server,
            zone: self.zone.clone(),
            name: name.clone(),
            key_name: self.key_name.clone(),
            key: decode(&self.key)?,
            algorithm: self.algorithm,
            within: Duration::from_secs(20),
        })
    }
}

/// A key in base64, with or without padding.
fn decode(key: &str) -> Option<Vec<u8>> {
    use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
    let key = key.trim().trim_end_matches('=');
    STANDARD_NO_PAD.decode(key).ok().filter(|key| key.len() >= 16)
}

/// Body of `PUT /reach/settings`: what is absent stays, `null` takes away.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Web addresses that answer with the address they see. None is built in.
    pub echo: Option<Vec<String>>,
    /// Whether the board may open ports 80 and 443 in the router.
    pub open_ports: Option<bool>,
    /// The name that follows the board's address: `way` is `dyndns2` (with `server`, `name`, `user`, `password`),
    /// `rfc2136` (with `server`, `zone`, `name`, `key_name`, `key`, `algorithm`) or `none`.
    pub dynamic: Option<BTreeMap<String, String>>,
}

/// Applies a change to what was chosen. A secret that is left out stays as it was.
///
/// # Errors
/// 422 with what is wrong per field.
pub fn check(
    before: &Choice,
    change: &Settings,
    by: &MemberName,
    now: Timestamp,
) -> Result<Choice, ApiError> {
    let mut choice = before.clone();
    if let Some(echo) = &change.echo {
        let echo: Vec<String> = echo
            .iter()
            .map(|url| url.trim().to_owned())
            .filter(|url| !url.is_empty())
            .collect();
        let good = |url: &String| {
            url.parse::<http::Uri>()
                .is_ok_and(|uri| matches!(uri.scheme_str(), Some("https" | "http")) && uri.host().is_some())
        };
        if echo.len() > 5 || !echo.iter().all(good) {
            return Err(ApiError::field(
                "echo",
                "must be at most five web addresses like https://address.example.org/",
            ));
        }
        choice.echo = echo;
    }
    match change.open_ports {
        Some(true) if before.ports.is_none() => {
            choice.ports = Some(Consent {
                by: by.clone(),
                at: now,
            });
        }
        Some(false) => choice.ports = None,
        _ => {}
    }
    if let Some(fields) = &change.dynamic {
        choice.dynamic = dynamic(before.dynamic.as_ref(), fields)?;
    }
    Ok(choice)
}

fn dynamic(before: Option<&Dynamic>, fields: &BTreeMap<String, String>) -> Result<Option<Dynamic>, ApiError> {
    let get = |key: &str| fields.get(key).map(|text| text.trim()).unwrap_or_default();
    let needed = |key: &str| match get(key) {
        "" => Err(ApiError::field(key, "is needed")),
        text => Ok(text.to_owned()),
    };
    let name = |key: &str| -> Result<Domain, ApiError> {
        let text = needed(key)?.to_lowercase();
        text.trim_end_matches('.')
            .parse()
            .map_err(|error: types::NameError| ApiError::field(key, error.to_string()))
    };
    match get("way") {
        "none" => Ok(None),
        "dyndns2" => {
            let server = needed("server")?;
            let good = |uri: http::Uri| uri.scheme_str() == Some("https") && uri.host().is_some();
            if !server.parse::<http::Uri>().is_ok_and(good) {
                // The password goes with every update.
                return Err(ApiError::field(
                    "server",
                    "must be an https:// address like https://members.dyndns.org",
                ));
            }
            let kept = match before {
                Some(Dynamic::Dyndns2 { password, .. }) => Some(password.clone()),
                _ => None,
            };
            Ok(Some(Dynamic::Dyndns2 {
                server,
                name: name("name")?,
                user: needed("user")?,
                password: secret(get("password"), kept, "password")?,
            }))
        }
        "rfc2136" => {
            let kept = match before {
                Some(Dynamic::Rfc2136 { tsig, .. }) => Some(tsig.key.clone()),
                _ => None,
            };
            Ok(Some(Dynamic::Rfc2136 {
                tsig: tsig(fields, kept)?,
                name: name("name")?,
            }))
        }
        _ => Err(ApiError::field("way", "must be dyndns2, rfc2136 or none")),
    }
}

/// Reads a zone and its key from fields.
pub(super) fn tsig(fields: &BTreeMap<String, String>, kept: Option<String>) -> Result<Tsig, ApiError> {
    let get = |key: &str| fields.get(key).map(|text| text.trim()).unwrap_or_default();
    let server = get("server");
    let with_port = server.parse().or_else(|_| format!("{server}:53").parse());
    let zone = get("zone").trim_end_matches('.').to_lowercase();
    let key = secret(get("key"), kept, "key")?;
    if decode(&key).is_none() {
        return Err(ApiError::field(
            "key",
            "must be a key in base64, as in the server's settings",
        ));
    }
    let key_name = get("key_name");
    if key_name.is_empty() || key_name.len() > 253 || !key_name.is_ascii() {
        return Err(ApiError::field(
            "key_name",
            "must be the key's name, as in the server's settings",
        ));
    }
    Ok(Tsig {
        server: with_port.map_err(|_| ApiError::field("server", "must be an address like 192.0.2.53"))?,
        zone: zone
            .parse()
            .map_err(|error: types::NameError| ApiError::field("zone", error.to_string()))?,
        key_name: key_name.to_owned(),
        key,
        algorithm: match get("algorithm") {
            "" | "hmac-sha256" => TsigAlgorithm::HmacSha256,
            "hmac-sha384" => TsigAlgorithm::HmacSha384,
            "hmac-sha512" => TsigAlgorithm::HmacSha512,
            _ => {
                let message = "must be hmac-sha256, hmac-sha384 or hmac-sha512";
                return Err(ApiError::field("algorithm", message));
            }
        },
    })
}

/// What was typed, else what was there.
pub(super) fn secret(typed: &str, kept: Option<String>, field: &str) -> Result<String, ApiError> {
    match (typed, kept) {
        ("", Some(kept)) => Ok(kept),
        ("", None) => Err(ApiError::field(field, "is needed")),
        (typed, _) => Ok(typed.to_owned()),
    }
}

/// A provider's account, ready to send.
pub(super) fn dyndns2(server: &str, name: &Domain, user: &str, password: &str) -> Dyndns2 {
    Dyndns2::new(server.into(), name.clone(), user.into(), password.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Settings {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Settings {
            dynamic: Some(pairs.iter().map(owned).collect()),
            ..Settings::default()
        }
    }

    fn apply(before: &Choice, change: &Settings) -> Result<Choice, ApiError> {
        check(before, change, &"ada".parse().unwrap(), Timestamp(7))
    }

    #[test]
    fn a_secret_that_is_left_out_stays_and_is_never_shown() {
        let first = [
            ("way", "dyndns2"),
            ("server", "https://dyn.example"),
            ("name", "Board.example.org."),
            ("user", "ada"),
            ("password", "very secret"),
        ];
        let choice = apply(&Choice::default(), &fields(&first)).unwrap();
        assert!(!format!("{choice:?}").contains("very secret"));
        let again = apply(&choice, &fields(&first[..4])).unwrap();
        assert_eq!(again, choice);
        assert_eq!(
            choice.dynamic.as_ref().unwrap().name().as_str(),
            "board.example.org"
        );
        let none = apply(&choice, &fields(&[("way", "none")])).unwrap();
        assert_eq!(none.dynamic, None);
        assert!(apply(&none, &fields(&first[..4])).is_err(), "nothing was kept");
    }

    #[test]
    fn what_cannot_work_is_refused_with_the_field() {
        for (pairs, field) in [
            (
                vec![("way", "dyndns2"), ("server", "http://dyn.example")],
                "server",
            ),
            (
                vec![
                    ("way", "rfc2136"),
                    ("server", "192.0.2.53"),
                    ("zone", "example.org"),
                    ("key", "!"),
                ],
                "key",
            ),
            (vec![("way", "telepathy")], "way"),
        ] {
            let error = apply(&Choice::default(), &fields(&pairs)).unwrap_err();
            assert!(error.fields.contains_key(field), "{error:?}");
        }
        let echo = Settings {
            echo: Some(vec!["ftp://x".into()]),
            ..Settings::default()
        };
        assert!(
            apply(&Choice::default(), &echo)
                .unwrap_err()
                .fields
                .contains_key("echo")
        );
    }

    #[test]
    fn consent_says_who_and_when_and_can_be_taken_back() {
        let yes = Settings {
            open_ports: Some(true),
            ..Settings::default()
        };
        let choice = apply(&Choice::default(), &yes).unwrap();
        assert_eq!(choice.ports.as_ref().unwrap().by.as_str(), "ada");
        // A second yes does not change who said it first.
        let again = check(&choice, &yes, &"ben".parse().unwrap(), Timestamp(9)).unwrap();
        assert_eq!(again, choice);
        let no = Settings {
            open_ports: Some(false),
            ..Settings::default()
        };
        assert_eq!(apply(&choice, &no).unwrap().ports, None);
    }
}
