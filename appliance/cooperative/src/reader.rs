// SPDX-License-Identifier: AGPL-3.0-or-later
//! Other hosters' `librehost.json`, read as liberally as they are written: any version, keys that nobody knows, a year
//! as a number, dashes in place of addresses, dates that are none. What cannot be used is unknown, never an error of
//! the whole.
//!
//! Fetching is the supervisor's; what may be fetched is decided here: [`candidates`] and [`is_public`].

use crate::publish::is_https;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Largest file that is read, in bytes.
pub const LARGEST: usize = 64 * 1024;
/// Most redirects that are followed.
pub const REDIRECTS: usize = 3;
/// Longest text that is kept of one value, in characters.
const LONGEST: usize = 500;

/// A hoster, as far as its file says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Hoster {
    /// Its name.
    pub name: String,
    /// In a few words.
    pub tag_line: String,
    /// In a few sentences.
    pub description: String,
    /// Its site.
    pub home_url: Option<String>,
    /// How to reach it.
    pub contact_url: Option<String>,
    /// Its terms.
    pub terms_url: Option<String>,
    /// Its privacy policy.
    pub privacy_url: Option<String>,
    /// Languages it answers in, ISO 639-1.
    pub languages: Vec<String>,
    /// Whether it serves others; unknown when it does not say.
    pub is_service_provider: Option<bool>,
    /// Year.
    pub founded: Option<i16>,
    /// When its file last changed, `YYYY-MM-DDTHH:MM:SSZ`; unknown when that is no date.
    pub modified: Option<String>,
    /// Version of the format, as it says.
    pub version: String,
    /// What it has of the 17 keys in a form that strict readers take, and has no other.
    pub exact: bool,
    /// Services, when it has an extended file.
    pub services: Vec<Offer>,
    /// Values that could not be used, as they stand: key and text.
    pub unknown: BTreeMap<String, String>,
}

/// A service that a hoster offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Offer {
    /// What it is called.
    pub name: String,
    /// A word to group by.
    pub category: String,
    /// Where it is.
    pub url: Option<String>,
    /// The software.
    pub software: String,
}

/// Why a file cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Too long.
    #[error("the file is longer than 64 KiB")]
    TooLong,
    /// Not JSON, or no object.
    #[error("the file is not JSON: {0}")]
    Syntax(String),
    /// Nobody is named.
    #[error("the file does not say whose it is")]
    Nameless,
}

const KEYS: [&str; 17] = [
    "@context",
    "version",
    "@type",
    "organizationType",
    "name",
    "tagLine",
    "homeUrl",
    "logo",
    "description",
    "communicationLanguages",
    "contactUrl",
    "privacyPolicyUrl",
    "termsOfServiceUrl",
    "isServiceProvider",
    "foundingDate",
    "dateCreated",
    "dateModified",
];

/// Reads a file.
///
/// # Errors
/// When it is no file of a hoster.
pub fn read(bytes: &[u8]) -> Result<Hoster, ReadError> {
    if bytes.len() > LARGEST {
        return Err(ReadError::TooLong);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let file: Map<String, Value> =
        serde_json::from_slice(bytes).map_err(|error| ReadError::Syntax(error.to_string()))?;
    let mut unknown = BTreeMap::new();
    let mut address = |key: &str| {
        let text = text(&file, key);
        if text.is_empty() || text == "-" {
            return None;
        }
        if is_https(&text) {
            return Some(text);
        }
        unknown.insert(key.to_owned(), text);
        None
    };
    let home_url = address("homeUrl");
    let contact_url = address("contactUrl");
    let terms_url = address("termsOfServiceUrl");
    let privacy_url = address("privacyPolicyUrl");
    let year = text(&file, "foundingDate");
    let founded = year
        .get(..4)
        .filter(|_| year.len() == 4)
        .and_then(|year| year.parse().ok());
    if founded.is_none() && !year.is_empty() {
        unknown.insert("foundingDate".into(), year);
    }
    let date = |key: &str| {
        let text = text(&file, key);
        // `2019-11-24T01:14Z` and `2020-12-3T…` are unknown: which day is meant is a guess.
        let exact = text.len() == 20 && text.ends_with('Z');
        (
            crate::date::parse_moment(&text)
                .filter(|_| exact)
                .map(|_| text.clone()),
            text,
        )
    };
    let (modified, raw) = date("dateModified");
    for (key, (date, raw)) in [
        ("dateModified", (modified.clone(), raw)),
        ("dateCreated", date("dateCreated")),
    ] {
        if date.is_none() && !raw.is_empty() {
            unknown.insert(key.into(), raw);
        }
    }
    let name = text(&file, "name");
    if name.is_empty() {
        return Err(ReadError::Nameless);
    }
    let languages = file.get("communicationLanguages").and_then(Value::as_array);
    let exact = file.len() == KEYS.len()
        && KEYS.iter().all(|key| file.contains_key(*key))
        && file.get("version").and_then(Value::as_str) == Some("0.0.1");
    Ok(Hoster {
        tag_line: text(&file, "tagLine"),
        description: text(&file, "description"),
        home_url,
        contact_url,
        terms_url,
        privacy_url,
        languages: languages
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_lowercase)
            .filter(|code| code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase()))
            .take(20)
            .collect(),
        is_service_provider: file.get("isServiceProvider").and_then(Value::as_bool),
        founded,
        modified,
        version: text(&file, "version"),
        exact,
        services: services(&file),
        unknown,
        name,
    })
}

/// A text or number as text, cut, without control characters.
fn text(file: &Map<String, Value>, key: &str) -> String {
    let text = match file.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(LONGEST).collect::<String>().trim().to_owned()
}

/// `meta.services` of an extended file.
fn services(file: &Map<String, Value>) -> Vec<Offer> {
    let services = file
        .get("meta")
        .and_then(|meta| meta.get("services"))
        .and_then(Value::as_array);
    let one = |service: &Value| {
        let service = service.as_object()?;
        let software = service.get("software").and_then(Value::as_object);
        let offer = Offer {
            name: text(service, "name"),
            category: text(service, "category"),
            url: Some(text(service, "url")).filter(|url| is_https(url)),
            software: software
                .map(|software| text(software, "name"))
                .unwrap_or_default(),
        };
        (!offer.name.is_empty()).then_some(offer)
    };
    services.into_iter().flatten().filter_map(one).take(100).collect()
}

/// Where a hoster's file may be, in the order to try: the address that was given, then the two usual places on its
/// host. Only `https`, only the usual port, no user name.
pub fn candidates(address: &str) -> Vec<String> {
    let address = address.trim();
    let whole = if address.contains("://") {
        address.to_owned()
    } else {
        format!("https://{address}")
    };
    let Some((host, path)) = split(&whole) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    if path.len() > 1 {
        all.push(format!("https://{host}{path}"));
    }
    for usual in [
        "/librehost-extended.json",
        "/librehost.json",
        "/.well-known/librehost.json",
    ] {
        let usual = format!("https://{host}{usual}");
        if !all.contains(&usual) {
            all.push(usual);
        }
    }
    all
}

/// Host and path of an address that may be fetched: `https`, a name with a dot, the usual port, no user name.
pub fn split(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("https://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let path = path.split('#').next().unwrap_or_default();
    let host = host.strip_suffix(":443").unwrap_or(host);
    let labels = host.split('.').collect::<Vec<_>>();
    let good = host.len() <= 253
        && labels.len() >= 2
        && labels.iter().all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
        && labels
            .last()
            .is_some_and(|top| top.bytes().any(|b| b.is_ascii_alphabetic()))
        && !host.to_ascii_lowercase().ends_with(".local");
    let fits = url.len() <= 500 && path.bytes().all(|b| b.is_ascii_graphic());
    (good && fits).then_some((host, if path.is_empty() { "/" } else { path }))
}

/// Whether an address belongs to the public internet: the one thing a request that somebody else chose may reach.
///
/// From the special-purpose registries of IANA (RFC 6890 and its updates); everything that is not global unicast is
/// refused, and so are the ways to write an IPv4 address within an IPv6 one.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || a == 10
        || a == 127
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 169 && b == 254)
        || (a == 172 && (16..32).contains(&b))
        || (a == 192 && b == 168)
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // 2000::/3 is all that is global unicast; within it: 2001::/23 (protocols, Teredo), documentation, 6to4.
    segments[0] & 0xe000 == 0x2000
        && !(segments[0] == 0x2001 && (segments[1] < 0x200 || segments[1] == 0xdb8))
        && segments[0] != 0x2002
        && !(segments[0] == 0x3fff && segments[1] < 0x1000)
}

#[cfg(test)]
mod tests;
