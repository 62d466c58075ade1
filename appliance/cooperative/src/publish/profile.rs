// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the cooperative says of itself, field by field.

use std::collections::BTreeMap;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// One line.
    Line,
    /// Several lines.
    Paragraphs,
    /// An `https://` address.
    Url,
    /// ISO 639-1 codes, separated by commas.
    Languages,
    /// A year.
    Year,
    /// Yes or no.
    Bool,
    /// A mail address or an `https://` address.
    Contact,
    /// An ISO 3166-1 code of two letters.
    Country,
}

/// A field of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its key, as in `librehost.json` where it is there.
    pub key: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether `librehost.json` needs it.
    pub needed: bool,
}

const fn field(key: &'static str, kind: FieldKind, needed: bool) -> Field {
    Field { key, kind, needed }
}

/// Every field a steward can fill in.
pub const FIELDS: &[Field] = &[
    field("name", FieldKind::Line, true),
    field("tagLine", FieldKind::Line, true),
    field("description", FieldKind::Paragraphs, true),
    field("organizationType", FieldKind::Line, true),
    field("foundingDate", FieldKind::Year, true),
    field("communicationLanguages", FieldKind::Languages, true),
    field("isServiceProvider", FieldKind::Bool, true),
    field("homeUrl", FieldKind::Url, true),
    field("logo", FieldKind::Url, true),
    field("contactUrl", FieldKind::Url, true),
    field("termsOfServiceUrl", FieldKind::Url, true),
    field("privacyPolicyUrl", FieldKind::Url, true),
    field("country", FieldKind::Country, false),
    field("contact", FieldKind::Contact, false),
    field("securityContact", FieldKind::Contact, false),
    field("availability", FieldKind::Paragraphs, false),
    field("publishDirectory", FieldKind::Bool, false),
];

/// The stored values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile(pub BTreeMap<String, String>);

impl Profile {
    /// A value; empty when it is not there.
    pub fn get(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }

    /// The languages it communicates in.
    pub fn languages(&self) -> Vec<&str> {
        let codes = self.get("communicationLanguages").split(',');
        codes.map(str::trim).filter(|code| !code.is_empty()).collect()
    }
}

/// Most characters of a field.
fn longest(kind: FieldKind) -> usize {
    match kind {
        FieldKind::Paragraphs => 20_000,
        FieldKind::Url | FieldKind::Contact => 500,
        FieldKind::Line | FieldKind::Languages | FieldKind::Year | FieldKind::Bool | FieldKind::Country => {
            200
        }
    }
}

/// Checks values that are to be stored; an empty one is fine, it just keeps `librehost.json` unpublished.
///
/// # Errors
/// Per field, what is wrong and what would be right.
pub fn check(
    values: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, BTreeMap<String, String>> {
    let mut checked = BTreeMap::new();
    let mut errors = BTreeMap::new();
    for (key, value) in values {
        let Some(field) = FIELDS.iter().find(|field| field.key == key) else {
            errors.insert(
                key.chars().take(40).collect(),
                "is not part of the profile".to_owned(),
            );
            continue;
        };
        match check_one(field.kind, value) {
            Ok(value) => {
                checked.insert(key.clone(), value);
            }
            Err(message) => {
                errors.insert(key.clone(), message);
            }
        }
    }
    if errors.is_empty() {
        Ok(checked)
    } else {
        Err(errors)
    }
}

fn check_one(kind: FieldKind, value: &str) -> Result<String, String> {
    let value = value.trim().replace("\r\n", "\n");
    if value.chars().count() > longest(kind) {
        return Err(format!("may be at most {} characters long", longest(kind)));
    }
    if value
        .chars()
        .any(|c| c.is_control() && !(c == '\n' && kind == FieldKind::Paragraphs))
    {
        return Err("must not hold control characters".into());
    }
    if value.is_empty() {
        return Ok(value);
    }
    match kind {
        FieldKind::Line | FieldKind::Paragraphs => Ok(value),
        FieldKind::Url if is_https(&value) => Ok(value),
        FieldKind::Url => Err("must be a whole address that starts with https://".into()),
        FieldKind::Contact if is_https(&value) || is_mail(&value) => Ok(value),
        FieldKind::Contact => {
            Err("must be a mail address, or a whole address that starts with https://".into())
        }
        FieldKind::Year if value.len() == 4 && value.bytes().all(|b| b.is_ascii_digit()) => Ok(value),
        FieldKind::Year => Err("must be a year, like 2026".into()),
        FieldKind::Country if value.len() == 2 && value.bytes().all(|b| b.is_ascii_alphabetic()) => {
            Ok(value.to_uppercase())
        }
        FieldKind::Country => Err("must be a country code of two letters, like FR".into()),
        FieldKind::Bool => match value.as_str() {
            "true" | "on" | "yes" => Ok("true".into()),
            "false" | "off" | "no" => Ok("false".into()),
            _ => Err("must be true or false".into()),
        },
        FieldKind::Languages => {
            let codes: Vec<String> = value
                .split([',', ' '])
                .map(|code| code.trim().to_lowercase())
                .collect();
            let codes: Vec<String> = codes.into_iter().filter(|code| !code.is_empty()).collect();
            if codes
                .iter()
                .all(|code| code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase()))
            {
                Ok(codes.join(","))
            } else {
                Err("must be language codes of two letters, like en, fr".into())
            }
        }
    }
}

/// Whether a text is a whole `https://` address.
pub(crate) fn is_https(text: &str) -> bool {
    let rest = text.strip_prefix("https://").unwrap_or_default();
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host_fits = !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    host_fits && !text.contains(char::is_whitespace) && !text.contains(['"', '<', '>'])
}

/// Whether a text looks like a mail address.
pub(crate) fn is_mail(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    !local.is_empty() && domain.contains('.') && !text.contains(char::is_whitespace) && !domain.contains('@')
}
