// SPDX-License-Identifier: AGPL-3.0-or-later
//! Golden files in `golden/`: written anew with `GOLDEN=write cargo test -p cooperative`, and read before they are
//! committed.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;
use crate::{
    commitment::{self, Facts},
    text::{Answers, Joining, TextKind},
};
use proptest::prelude::*;
use serde_json::Value;
use std::{fs, path::Path};
use types::Timestamp;

const CHANGED: Timestamp = Timestamp(1_795_183_200);

fn model() -> Model {
    let values = [
        ("name", "Oak Street"),
        ("tagLine", "Hosting among neighbours"),
        (
            "description",
            "Nine households who host for each other.\nOn small boards.",
        ),
        ("organizationType", "Cooperative"),
        ("foundingDate", "2026"),
        ("communicationLanguages", "en,fr"),
        ("isServiceProvider", "true"),
        ("homeUrl", "https://oak.test/"),
        ("logo", "https://oak.test/logo.svg"),
        ("contactUrl", "https://oak.test/contact"),
        ("termsOfServiceUrl", "https://oak.test/terms"),
        ("privacyPolicyUrl", "https://oak.test/privacy"),
        ("country", "FR"),
        ("contact", "hello@oak.test"),
        ("securityContact", "security@oak.test"),
        ("dateCreated", "2026-01-10T09:00:00Z"),
        ("dateModified", "2026-02-03T18:30:00Z"),
    ];
    let service = |id: &str, title: &str, url: Option<&str>, health| PublicService {
        id: id.into(),
        title: title.into(),
        summary: format!("{title} that everybody shares."),
        category: id.into(),
        url: url.map(str::to_owned),
        software: id.into(),
        version: "3.2".into(),
        website: format!("https://{id}.test/"),
        source: format!("https://{id}.test/src"),
        licence: "GPL-3.0-or-later".into(),
        protocols: vec!["ActivityPub".into()],
        health,
        since: Some(Timestamp(1_768_435_200)),
    };
    Model {
        profile: Profile(
            values
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
        ),
        generator: Generator {
            version: "0.1.0".into(),
        },
        base: "https://oak.test".into(),
        texts: TextKind::ALL.into(),
        answers: Some(Answers {
            joining: Joining::Asking,
            ..Answers::default()
        }),
        services: vec![
            service(
                "snac",
                "Microblog",
                Some("https://social.oak.test/"),
                Health::Operational,
            ),
            service("radicale", "Calendars", None, Health::Maintenance),
        ],
        members: 12,
        boards: (3, 2),
        delegates: vec![Delegate {
            name: "A. Member".into(),
            consent: "2026-01-10".into(),
        }],
        commitments: commitment::published(
            &Facts {
                terms: true,
                ..Facts::default()
            },
            &[],
            CHANGED,
        ),
        directory: Some([("elm".to_owned(), "https://elm.test/librehost.json".to_owned())].into()),
        ends: None,
        changed: CHANGED,
    }
}

fn everything(model: &Model) -> BTreeMap<String, Document> {
    let mut all = neighbours(model);
    all.insert("/librehost.json".into(), librehost(&model.profile).unwrap());
    all.insert("/json-ld.json".into(), Document::json(pretty(&json_ld(model))));
    let text = security_txt(&model.profile, &model.base, CHANGED).unwrap();
    all.insert("/security.txt".into(), Document::new("text/plain", text));
    all
}

#[test]
fn every_document_is_as_it_was() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/publish/golden");
    let all = everything(&model());
    assert_eq!(all.len(), 9);
    for (path, document) in all {
        let file = folder.join(path.rsplit('/').next().unwrap());
        if std::env::var_os("GOLDEN").is_some() {
            fs::write(&file, &document.body).unwrap();
        }
        assert_eq!(document.body, fs::read_to_string(&file).unwrap(), "{path}");
    }
}

/// `path = value`, as the format's readers read it.
fn properties(text: &str) -> BTreeMap<&str, &str> {
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(" = ").unwrap()).collect()
}

fn agree(model: &Model) -> Result<(), TestCaseError> {
    let all = everything(model);
    let json = |path: &str| -> Value { serde_json::from_str(&all[path].body).unwrap() };
    let (core, extended) = (json("/librehost.json"), json("/librehost-extended.json"));
    let (murmurations, ld) = (json("/murmurations.json"), json("/json-ld.json"));
    let chatons = properties(&all["/.well-known/chatonsinfos/organization.properties"].body);
    for (key, value) in core.as_object().unwrap() {
        prop_assert_eq!(&extended[key], value, "{}", key);
    }
    prop_assert_eq!(extended.as_object().unwrap().len(), 18);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = text(&core["name"]);
    prop_assert_eq!(&text(&murmurations["name"]), &name);
    prop_assert_eq!(&text(&ld["name"]), &name);
    prop_assert_eq!(chatons["organization.name"], name.trim());
    let home = text(&core["homeUrl"]);
    prop_assert_eq!(&text(&murmurations["primary_url"]), &home);
    prop_assert_eq!(&text(&ld["url"]), &home);
    prop_assert_eq!(chatons["organization.website"], home);
    let contact = text(&core["contactUrl"]);
    prop_assert_eq!(&text(&murmurations["contact_details"]["contact_form"]), &contact);
    prop_assert_eq!(chatons["organization.contact.url"], contact);
    prop_assert_eq!(
        &extended["meta"]["locations"][0]["country"],
        &murmurations["country_iso_3166"]
    );
    prop_assert_eq!(
        chatons["organization.legal.url"],
        text(&core["termsOfServiceUrl"])
    );
    let listed: Vec<String> = extended["meta"]["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| text(&s["id"]))
        .collect();
    let subs = chatons.keys().filter_map(|key| key.strip_prefix("subs."));
    let mut sorted = listed.clone();
    sorted.sort();
    prop_assert_eq!(subs.collect::<Vec<_>>(), sorted);
    for (id, service) in listed
        .iter()
        .zip(extended["meta"]["services"].as_array().unwrap())
    {
        let file = properties(&all[&chatons::path(id)].body);
        prop_assert_eq!(file["service.name"], text(&service["name"]));
        prop_assert_eq!(
            file["software.license.name"],
            text(&service["software"]["license"])
        );
        prop_assert_eq!(
            file["service.registration.load"].to_lowercase(),
            text(&service["registration"]["load"])
        );
    }
    Ok(())
}

proptest! {
    #[test]
    fn all_documents_say_the_same(
        name in "[^\\p{C}{]{1,40}",
        host in "[a-z]{1,10}",
        closed in any::<bool>(),
        services in 0_usize..3,
    ) {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut model = model();
        let url = format!("https://{host}.test/");
        for (key, value) in [("name", format!("N{name}")), ("homeUrl", url.clone()), ("contactUrl", url)] {
            model.profile.0.insert(key.into(), value);
        }
        model.services.truncate(services);
        if closed {
            model.answers.as_mut().unwrap().joining = Joining::Closed;
        }
        agree(&model)?;
    }
}

#[test]
fn a_value_of_several_lines_begins_no_line_of_its_own() {
    let mut model = model();
    model.profile.0.insert(
        "description".into(),
        "Good people.\norganization.name = Evil".into(),
    );
    let text = organization(&model);
    let found = properties(&text);
    assert_eq!(found["organization.name"], "Oak Street");
    assert_eq!(
        found["organization.description"],
        "Good people. organization.name = Evil"
    );
}

#[test]
fn what_is_off_by_default_is_nowhere() {
    let mut model = model();
    model.directory = None;
    model.delegates.clear();
    model.services.clear();
    let all = neighbours(&model);
    assert!(!all.contains_key("/directory.json"));
    let text: String = all.values().map(|document| document.body.as_str()).collect();
    for private in ["latitude", "A. Member", "locality", "memoryBytes", "elm.test"] {
        assert!(!text.contains(private), "{private}");
    }
}

/// What the schema of Murmurations demands of an organisation, as written on its site: required fields, and the
/// kinds of those that are there.
#[test]
fn murmurations_has_what_its_schema_asks_for() {
    let value: Value = serde_json::from_str(&murmurations(&model())).unwrap();
    let object = value.as_object().unwrap();
    for required in ["linked_schemas", "name", "primary_url", "tags"] {
        assert!(object.contains_key(required), "{required}");
    }
    assert!(value["tags"].as_array().unwrap().iter().all(Value::is_string));
    assert!(value["starts_at"].is_i64());
    assert_eq!(value["country_iso_3166"].as_str().unwrap().len(), 2);
    for url in value["urls"].as_array().unwrap() {
        assert!(url["name"].is_string() && is_https(url["url"].as_str().unwrap()));
    }
}

/// RFC 9116: lines end in CRLF; `Contact` is a URI; `Expires` is there once, in the future, less than a year ahead.
#[test]
fn security_txt_follows_its_rfc_and_renews_itself() {
    let profile = model().profile;
    let read = |now: i64| {
        let text = security_txt(&profile, "https://oak.test", Timestamp(now)).unwrap();
        assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']));
        let fields: Vec<(String, String)> = text
            .lines()
            .map(|line| line.split_once(": ").unwrap())
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let all = |key: &str| {
            fields
                .iter()
                .filter(|(k, _)| k == key)
                .map(|(_, v)| v.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(all("Contact"), ["mailto:security@oak.test"]);
        assert_eq!(all("Canonical"), ["https://oak.test/.well-known/security.txt"]);
        let [expires] = &all("Expires")[..] else {
            panic!("one Expires")
        };
        let at = crate::date::parse_moment(expires).unwrap();
        assert!(at.0 > now + 80 * 86_400 && at.0 < now + 365 * 86_400);
        at
    };
    assert!(read(CHANGED.0) < read(CHANGED.0 + 86_400));
    assert_eq!(read(CHANGED.0), read(CHANGED.0 + 60));
    assert_eq!(security_txt(&Profile::default(), "", CHANGED), None);
}
