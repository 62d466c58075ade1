// SPDX-License-Identifier: AGPL-3.0-or-later
//! `librehost.json`: exactly the 17 keys of librehost-api 0.0.1, in its order, or nothing.

use super::{
    Document,
    profile::{FIELDS, FieldKind, Profile},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Why it is not published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LibrehostError {
    /// Per field, what is missing.
    pub missing: BTreeMap<String, String>,
}

/// In the order of the format's README.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Librehost<'a> {
    #[serde(rename = "@context")]
    context: &'static str,
    version: &'static str,
    #[serde(rename = "@type")]
    kind: &'static str,
    organization_type: &'a str,
    name: &'a str,
    tag_line: &'a str,
    home_url: &'a str,
    logo: &'a str,
    description: &'a str,
    communication_languages: Vec<&'a str>,
    contact_url: &'a str,
    privacy_policy_url: &'a str,
    terms_of_service_url: &'a str,
    is_service_provider: bool,
    founding_date: &'a str,
    date_created: &'a str,
    date_modified: &'a str,
}

/// Renders it; refused while a value is empty or still a placeholder.
///
/// # Errors
/// Every field that is missing.
pub fn render(profile: &Profile) -> Result<Document, LibrehostError> {
    let problem = |key: &str, kind: FieldKind| {
        let value = profile.get(key).trim();
        if value.is_empty() {
            return Some("is empty");
        }
        (kind != FieldKind::Bool && is_placeholder(value)).then_some("is still a placeholder")
    };
    let missing: BTreeMap<String, String> = FIELDS
        .iter()
        .filter(|field| field.needed)
        .filter_map(|field| Some((field.key.to_owned(), problem(field.key, field.kind)?.to_owned())))
        .collect();
    if !missing.is_empty() {
        return Err(LibrehostError { missing });
    }
    let document = Librehost {
        context: "http://schema.org",
        version: "0.0.1",
        kind: "Organization",
        organization_type: profile.get("organizationType"),
        name: profile.get("name"),
        tag_line: profile.get("tagLine"),
        home_url: profile.get("homeUrl"),
        logo: profile.get("logo"),
        description: profile.get("description"),
        communication_languages: profile.languages(),
        contact_url: profile.get("contactUrl"),
        privacy_policy_url: profile.get("privacyPolicyUrl"),
        terms_of_service_url: profile.get("termsOfServiceUrl"),
        is_service_provider: profile.get("isServiceProvider") == "true",
        founding_date: profile.get("foundingDate"),
        date_created: profile.get("dateCreated"),
        date_modified: profile.get("dateModified"),
    };
    let body = serde_json::to_string_pretty(&document).unwrap_or_default() + "\n";
    Ok(Document::json(body))
}

/// What templates and published files of others have in place of a value.
fn is_placeholder(value: &str) -> bool {
    let lower = value.to_lowercase();
    matches!(
        lower.as_str(),
        "-" | "todo" | "tbd" | "n/a" | "none" | "example" | "your name"
    ) || lower.contains("example.com")
        || lower.contains("<your")
        || lower.contains("{{")
        || lower.contains("lorem ipsum")
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn complete() -> Profile {
        let mut values: BTreeMap<String, String> = FIELDS
            .iter()
            .map(|field| {
                let value = match field.kind {
                    FieldKind::Url | FieldKind::Contact => "https://oak.example.org/x",
                    FieldKind::Languages => "en,fr",
                    FieldKind::Year => "2026",
                    FieldKind::Bool => "true",
                    FieldKind::Country => "FR",
                    FieldKind::Line | FieldKind::Paragraphs => "Oak \"Street\"",
                };
                (field.key.to_owned(), value.to_owned())
            })
            .collect();
        values.insert("dateCreated".into(), "2026-11-20T10:00:00Z".into());
        values.insert("dateModified".into(), "2026-11-21T10:00:00Z".into());
        Profile(values)
    }

    #[test]
    fn it_has_the_seventeen_keys_in_their_order_and_nothing_else() {
        let document = render(&complete()).unwrap();
        let keys: Vec<&str> = document
            .body
            .lines()
            .filter_map(|line| line.strip_prefix("  \"")?.split_once("\":").map(|(key, _)| key))
            .collect();
        assert_eq!(keys, KEYS);
        let parsed: serde_json::Value = serde_json::from_str(&document.body).unwrap();
        assert_eq!(parsed["foundingDate"], "2026");
        assert_eq!(parsed["isServiceProvider"], true);
        assert_eq!(parsed["communicationLanguages"], serde_json::json!(["en", "fr"]));
    }

    #[test]
    fn an_empty_value_or_a_placeholder_keeps_it_unpublished_and_says_which() {
        for (key, value) in [
            ("termsOfServiceUrl", "-"),
            ("logo", ""),
            ("homeUrl", "https://example.com/"),
        ] {
            let mut profile = complete();
            profile.0.insert(key.into(), value.into());
            let error = render(&profile).unwrap_err();
            assert_eq!(error.missing.keys().collect::<Vec<_>>(), [key]);
        }
        assert_eq!(render(&Profile::default()).unwrap_err().missing.len(), 12);
    }
}
