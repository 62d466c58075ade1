// SPDX-License-Identifier: AGPL-3.0-or-later
//! A small service for tests.

use crate::machine::EntrySource;
use std::collections::BTreeMap;
use types::{CatalogEntry, Digest, ServiceName, SettingValue, catalog::Bundle, host::RenderInput};

pub(crate) const MANIFEST: &str = r#"
[service]
name = "diary"
title = { en = "Diary", fr = "Journal" }
summary = { en = "Write down what happened.", fr = "Noter ce qui se passe." }
category = "notes"
version = "1.0"
licence = "MIT"
source = "https://example.org/source"
website = "https://example.org"

[process.main]
command = ["/usr/bin/diary", "--config", "%d/config", "a \"b\" $HOME"]
prepare = [["/usr/bin/diary-init", "%S/diary"]]
environment = { MODE = "quiet" }
ready = { listen = "web", path = "/", status = [200] }

[limits]
memory_expected_mib = 16
memory_max_mib = 64
tasks = 32

[listen.web]
kind = "http"
socket = "http.sock"
access = "members"

[sign_in]
method = "header"
header = "X-Remote-User"

[settings.title]
title = { en = "Title", fr = "Titre" }
type = "text"
default = "Our diary"
max_length = 40

[files.config]
template = "config.txt"

[data]
paths = ["."]
class = "personal"
backup = "hot"
"#;

pub(crate) fn entry() -> CatalogEntry {
    CatalogEntry {
        manifest: MANIFEST.into(),
        templates: BTreeMap::from([(
            "config.txt".into(),
            "title={{ settings.title }}\nurl={{ origin }}\n".into(),
        )]),
        icon: String::new(),
        bundles: vec![Bundle {
            digest: Digest::from_bytes(&[1; 32]),
            size: 1,
            packages: BTreeMap::new(),
        }],
    }
}

pub(crate) fn input() -> RenderInput {
    RenderInput {
        service: "diary".parse().unwrap(),
        entry: Digest::from_bytes(&[2; 32]),
        settings: BTreeMap::from([("title".to_owned(), SettingValue::Text("Our diary".into()))]),
        board: "oak".parse().unwrap(),
        hosts: vec!["diary.example.org".into(), "diary-oak.local".into()],
        restarts: 0,
        openid: None,
    }
}

pub(crate) struct Catalog;

impl EntrySource for Catalog {
    fn entry(&self, service: &ServiceName, digest: &Digest) -> Option<CatalogEntry> {
        (service.as_str() == "diary" && *digest == input().entry).then(entry)
    }
}
