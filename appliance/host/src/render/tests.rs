// SPDX-License-Identifier: AGPL-3.0-or-later
use super::{fixtures::*, unit::*, *};
use crate::layout::Layout;
use proptest::prelude::*;
use std::{fmt::Write as _, path::Path};
use types::{
    CatalogEntry, Manifest,
    host::{OpenIdClient, RenderInput},
    manifest::SignIn,
};

fn layout() -> Layout {
    Layout::new("/")
}

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Compares with the golden file; `COMMONHOST_UPDATE_GOLDEN=1` writes it anew.
fn golden(path: &Path, text: &str) {
    if std::env::var_os("COMMONHOST_UPDATE_GOLDEN").is_some() {
        std::fs::write(path, text).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        text,
        expected,
        "{} is out of date; run with COMMONHOST_UPDATE_GOLDEN=1",
        path.display()
    );
}

#[test]
fn words_of_a_command_cannot_break_out_of_their_quotes() {
    let units = render_units(&Manifest::parse(MANIFEST).unwrap(), &entry(), &input(), &layout());
    let unit = &units["service-diary.service"];
    assert!(
        unit.contains(r#"ExecStart="/usr/bin/diary" "--config" "%d/config" "a \"b\" $$HOME""#),
        "{unit}"
    );
}

#[test]
fn a_file_is_rendered_from_settings_and_an_unknown_variable_is_an_error() {
    let manifest = Manifest::parse(MANIFEST).unwrap();
    let files = render_files(&manifest, &entry(), &input()).unwrap();
    assert_eq!(
        files["config"],
        "title=Our diary\nurl=https://diary.example.org\n"
    );
    let mut broken = entry();
    broken
        .templates
        .insert("config.txt".into(), "{{ settings.tilte }}".into());
    assert!(render_files(&manifest, &broken, &input()).is_err());
    broken.templates.clear();
    assert!(render_files(&manifest, &broken, &input()).is_err());
}

#[test]
fn a_service_that_signs_in_by_openid_finds_the_board_and_nothing_else_on_its_loopback() {
    let text = MANIFEST
        .replace(
            "method = \"header\"\nheader = \"X-Remote-User\"",
            "method = \"openid\"\nredirect = \"/back\"",
        )
        .replace(
            "[listen.web]",
            "[permissions]\nnetwork = \"outbound\"\n\n[listen.web]",
        );
    let manifest = Manifest::parse(&text).unwrap();
    let client = |host: &str| OpenIdClient {
        host: host.into(),
        secret: Digest::from_bytes(&[7; 32]),
        authority: "-----BEGIN CERTIFICATE-----\n".into(),
    };
    let mut input = RenderInput {
        openid: Some(client("oak.local")),
        ..input()
    };
    let mut entry = entry();
    let template = "{{ openid.issuer }} {{ openid.client }} {{ openid.secret }} {{ openid.authority }}";
    entry.templates.insert("config.txt".into(), template.into());
    let secret = "07".repeat(32);
    assert_eq!(
        render_files(&manifest, &entry, &input).unwrap()["config"],
        format!("https://oak.local diary {secret} -----BEGIN CERTIFICATE-----\n")
    );
    let hosts = "127.0.0.1 localhost\n::1 localhost\n127.0.0.80 oak.local\n";
    assert_eq!(render_hosts(&input).as_deref(), Some(hosts));
    let unit = |input: &RenderInput| {
        let mut units = render_units(&manifest, &entry, input, &layout());
        units.remove("service-diary.service").unwrap()
    };
    let text = unit(&input);
    assert!(
        text.contains(":/etc/hosts\n") && text.contains("IPAddressAllow=127.0.0.80\n"),
        "{text}"
    );
    // A name that is none writes no second line, and opens nothing.
    input.openid = Some(client("oak.local\n127.0.0.1 bank.example"));
    assert_eq!(render_hosts(&input), None);
    assert!(!unit(&input).contains("127.0.0.80"));
    input.openid = None;
    assert!(
        render_files(&manifest, &entry, &input).is_err(),
        "nothing is rendered half"
    );
    assert!(!unit(&input).contains("/etc/hosts"));
}

/// Every manifest of the repository: its unit and its files with default settings are golden files beside it.
#[test]
fn every_service_renders_as_its_golden_files_say() {
    let mut seen = 0;
    for folder in std::fs::read_dir(repository().join("services"))
        .unwrap()
        .flatten()
    {
        let Ok(text) = std::fs::read_to_string(folder.path().join("service.toml")) else {
            continue;
        };
        let manifest = Manifest::parse(&text).unwrap_or_else(|error| panic!("{:?}: {error}", folder.path()));
        assert_eq!(
            manifest.service.name.as_str(),
            folder.file_name().to_str().unwrap()
        );
        let templates = manifest.files.values().map(|file| {
            let path = folder.path().join(&file.template);
            (
                file.template.clone(),
                std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}")),
            )
        });
        let entry = CatalogEntry {
            manifest: text.clone(),
            templates: templates.collect(),
            ..entry()
        };
        let input = RenderInput {
            service: manifest.service.name.clone(),
            settings: types::settings::complete(&manifest.settings, &types::Settings::new()).unwrap(),
            hosts: vec![format!("{}.example.org", manifest.service.name)],
            ..input()
        };
        let mut rendered = String::new();
        for (name, text) in render_units(&manifest, &entry, &input, &layout()) {
            writeln!(rendered, "==> {name} <==\n{text}").unwrap();
        }
        for (name, text) in render_files(&manifest, &entry, &input).unwrap() {
            writeln!(rendered, "==> %d/{name} <==\n{text}").unwrap();
        }
        // The digest changes with every release; all else must not change unnoticed.
        let digest = rendering_digest(&input);
        golden(
            &folder.path().join("rendered.golden"),
            &rendered.replace(digest.as_str(), "RENDERED"),
        );
        seen += 1;
    }
    assert!(seen >= 3, "only {seen} services found");
}

#[test]
fn unit_names_lead_back_to_their_service() {
    for (service, process) in [("radicale", "main"), ("a-b", "db"), ("host", "main")] {
        let (service, process) = (service.parse().unwrap(), process.parse().unwrap());
        assert_eq!(
            parse_unit_name(&unit_name(&service, &process)),
            Some((service, process))
        );
    }
    assert_eq!(parse_unit_name("commonhost-host.service"), None);
}

proptest! {
    #[test]
    fn no_display_name_adds_a_line_or_a_specifier_to_a_unit(name in "\\PC{0,40}|[\\x00-\\x7f]{0,40}") {
        let mut manifest = Manifest::parse(MANIFEST).unwrap();
        manifest.sign_in = SignIn::Provision { add: vec!["/bin/true".into()], remove: vec!["/bin/true".into()] };
        let member = "alice".parse().unwrap();
        let command = ["/bin/true".to_owned()];
        let account = Account { member: &member, display_name: &name, command: &command, password: None };
        let plain = Account { display_name: "", ..Account { member: &member, display_name: "", command: &command, password: None } };
        let render = |account: &Account<'_>| render_account_unit(&manifest, &entry(), &input(), &layout(), account);
        prop_assert_eq!(render(&account).lines().count(), render(&plain).lines().count());
        let unit = render(&account);
        let line = unit.lines().find(|line| line.contains("DISPLAY_NAME=")).unwrap();
        prop_assert!(!line.replace("%%", "").contains('%'));
    }
}
