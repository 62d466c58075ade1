// SPDX-License-Identifier: AGPL-3.0-or-later
//! `murmurations.json`: a profile for `organizations_schema-v1.0.0` of the Murmurations network.

use super::{Model, pretty};
use serde_json::{Map, Value, json};

/// Renders it. A place finer than the country is never told.
pub fn murmurations(model: &Model) -> String {
    let profile = &model.profile;
    let mut urls = vec![
        json!({ "name": "librehost.json", "url": model.page("/librehost.json") }),
        json!({ "name": "librehost extended profile", "url": model.page("/librehost-extended.json") }),
    ];
    for (name, key) in [
        ("Terms of service", "termsOfServiceUrl"),
        ("Privacy policy", "privacyPolicyUrl"),
    ] {
        urls.push(json!({ "name": name, "url": profile.get(key) }));
    }
    let mut tags = vec!["librehoster".to_owned(), "hosting".into(), "free software".into()];
    tags.extend(model.services.iter().map(|service| service.software.clone()));
    let mut all: Map<String, Value> = Map::new();
    let mut put = |key: &str, value: Value| {
        if !value.is_null() {
            all.insert(key.to_owned(), value);
        }
    };
    put("linked_schemas", json!(["organizations_schema-v1.0.0"]));
    put("name", json!(profile.get("name")));
    put("primary_url", json!(profile.get("homeUrl")));
    put("tags", json!(tags));
    put("urls", json!(urls));
    put("description", json!(profile.get("description")));
    put("mission", json!(profile.get("tagLine")));
    put("status", json!("active"));
    put("country_iso_3166", json!(model.value("country")));
    put("image", json!(profile.get("logo")));
    let founded = format!("{}-01-01", profile.get("foundingDate"));
    put(
        "starts_at",
        json!(crate::date::parse_day(&founded).map(|at| at.0)),
    );
    let mut contact = Map::new();
    contact.insert("contact_form".into(), json!(profile.get("contactUrl")));
    if let Some(mail) = model.mail() {
        contact.insert("email".into(), json!(mail));
    }
    put("contact_details", Value::Object(contact));
    put("geographic_scope", json!("local"));
    pretty(&all)
}
