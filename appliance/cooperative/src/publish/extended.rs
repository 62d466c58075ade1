// SPDX-License-Identifier: AGPL-3.0-or-later
//! `librehost-extended.json`: the 17 keys with their values, and one object `meta`. Ours; not part of librehost-api.

use super::{Model, PublicService, pretty};
use crate::{
    date::{self, DAY},
    text::{Fee, Joining, TextKind, Voting},
};
use serde_json::{Map, Value, json};
use types::Timestamp;

/// Renders it; the core must be complete.
pub fn extended(model: &Model) -> String {
    let core = super::librehost(&model.profile)
        .map(|document| document.body)
        .unwrap_or_default();
    let mut all: Map<String, Value> = serde_json::from_str(&core).unwrap_or_default();
    all.insert("meta".into(), meta(model));
    pretty(&all)
}

fn meta(model: &Model) -> Value {
    let text = |kind| model.text(kind);
    let answers = model.answers.as_ref();
    let services: Vec<Value> = model
        .services
        .iter()
        .map(|service| service_value(model, service))
        .collect();
    let items: Vec<Value> = model
        .commitments
        .iter()
        .map(|item| json!({ "id": item.id, "state": item.state, "checkedBy": item.by, "evidence": item.evidence, "date": item.date }))
        .collect();
    let admins: Vec<Value> = model
        .delegates
        .iter()
        .map(|delegate| json!({ "name": delegate.name, "role": "delegate", "consent": delegate.consent }))
        .collect();
    let mut contacts = Vec::new();
    for (role, key) in [("general", "contact"), ("security", "securityContact")] {
        if let Some(value) = model.value(key) {
            let kind = if value.contains("://") { "url" } else { "email" };
            contacts.push(json!({ "role": role, kind: value }));
        }
    }
    json!({
        "profileVersion": "0.1.0",
        "note": "Extension by Commonhost. Not part of librehost-api 0.0.1.",
        "coreUrl": model.page("/librehost.json"),
        "generatedAt": date::moment(model.changed),
        "expires": date::moment(Timestamp(model.changed.0 + 7 * DAY)),
        "generator": { "name": "Commonhost", "version": model.generator.version, "license": "AGPL-3.0-or-later" },
        "links": {
            "statusUrl": model.page("/"),
            "feedUrl": model.page("/news.atom"),
            "calendarUrl": model.page("/downtime.ics"),
            "securityTxt": model.value("securityContact").map(|_| model.page("/.well-known/security.txt")),
            "chatonsinfos": model.page(&super::chatons::path("organization")),
            "murmurations": model.page("/murmurations.json"),
            "directory": model.directory.as_ref().map(|_| model.page("/directory.json")),
        },
        "contacts": contacts,
        "admins": admins,
        "locations": model.value("country").map(|country| vec![json!({ "country": country, "precision": "country" })]),
        "cluster": { "nodesTotal": model.boards.0, "nodesUp": model.boards.1 },
        "services": services,
        "policies": {
            "privacy": model.profile.get("privacyPolicyUrl"),
            "termsOfService": model.profile.get("termsOfServiceUrl"),
            "codeOfConduct": text(TextKind::Conduct),
            "changePassword": model.page("/.well-known/change-password"),
            "proprietarySoftware": [],
        },
        "governance": {
            "legalForm": model.profile.get("organizationType"),
            "jurisdiction": model.value("country"),
            "decisionMaking": answers.map(|answers| match answers.voting {
                Voting::Consent => "consent",
                Voting::Majority => "majority, one member one vote",
                Voting::Stewards => "stewards",
            }),
            "membership": {
                "open": answers.map(|answers| answers.joining != Joining::Closed),
                "howToJoin": model.page("/join"),
                "members": model.members,
            },
        },
        "economicModel": {
            "url": text(TextKind::Economy),
            "income": answers.map(|answers| match answers.fee {
                Fee::None => vec![],
                Fee::Donations => vec!["donations"],
                Fee::Dues => vec!["membership fees"],
            }),
        },
        "commitments": { "items": items },
        "ends": model.ends,
    })
}

fn service_value(model: &Model, service: &PublicService) -> Value {
    json!({
        "id": service.id,
        "name": service.title,
        "category": service.category,
        "description": service.summary,
        "url": service.url,
        "software": {
            "name": service.software,
            "version": service.version,
            "website": service.website,
            "sourceUrl": service.source,
            "license": service.licence,
        },
        "status": service.health,
        "since": service.since.map(date::day),
        "registration": { "policy": "members", "load": super::chatons::load(model).to_lowercase(), "url": model.page("/join") },
        "federation": { "protocols": service.protocols, "nodeInfo": service.node_info() },
        "legalUrl": model.profile.get("termsOfServiceUrl"),
        "contactUrl": model.profile.get("contactUrl"),
    })
}
