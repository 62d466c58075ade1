// SPDX-License-Identifier: AGPL-3.0-or-later
//! A small catalog: `notes` for members, `files` beside it, and `wall`, which keeps accounts of its own.

use std::collections::BTreeMap;
use types::{Catalog, CatalogEntry, Digest, Timestamp, catalog::Bundle};

/// A manifest; `rest` is what follows the common part.
pub fn manifest(name: &str, version: &str, memory_expected_mib: u32, rest: &str) -> String {
    let title = name.to_uppercase();
    format!(
        r#"
[service]
name = "{name}"
title = {{ en = "{title}", fr = "{title} (fr)" }}
summary = {{ en = "A service for tests.", fr = "Un service pour les essais." }}
category = "tests"
version = "{version}"
licence = "MIT"
source = "https://source.test/{name}"
website = "https://{name}.test"
app_passwords = true

[process.main]
command = ["/usr/bin/{name}", "--config", "%d/config"]
ready = {{ listen = "web", path = "/", status = [200], timeout_seconds = 20 }}

[limits]
memory_expected_mib = {memory_expected_mib}
memory_max_mib = {memory_expected_mib}
tasks = 16

[files.config]
template = "config.txt"

[data]
paths = ["."]
class = "personal"
backup = "hot"
{rest}"#
    )
}

const MEMBERS: &str = r#"
[listen.web]
kind = "http"
socket = "http.sock"
access = "members"
public_paths = ["/public/"]

[sign_in]
method = "header"
header = "X-Remote-User"
groups = "X-Remote-Groups"

[settings.title]
title = { en = "Title", fr = "Titre" }
type = "text"
default = "Ours"
max_length = 10

[settings.quota]
title = { en = "Quota", fr = "Quota" }
type = "integer"
default = 10
min = 1
max = 100
unit = "MiB"

[settings.open]
title = { en = "Open", fr = "Ouvert" }
type = "bool"
default = false

[settings.theme]
title = { en = "Theme", fr = "Couleurs" }
type = "choice"
default = "light"
choices = { light = { en = "Light", fr = "Clair" }, dark = { en = "Dark", fr = "Sombre" } }
"#;

const ACCOUNTS: &str = r#"
[listen.web]
kind = "http"
socket = "http.sock"
access = "public"

[sign_in]
method = "provision"
add = ["/usr/bin/wall-add"]
remove = ["/usr/bin/wall-remove"]
"#;

/// An entry with one bundle of its own.
pub fn entry(manifest: String) -> CatalogEntry {
    let mut bytes = [0u8; 32];
    for (at, byte) in manifest.bytes().enumerate() {
        bytes[at % 32] = byte.wrapping_add(bytes[at % 32].rotate_left(3));
    }
    CatalogEntry {
        manifest,
        templates: BTreeMap::from([("config.txt".into(), "url={{ origin }}\n".into())]),
        icon: "<svg xmlns=\"http://www.w3.org/2000/svg\"/>".into(),
        bundles: vec![Bundle {
            digest: Digest::from_bytes(&bytes),
            size: 4096,
            packages: BTreeMap::new(),
        }],
    }
}

/// The catalog in this version, with `notes` in software version `notes`; good for 90 days from `now`.
pub fn with_version(version: u64, notes: &str, now: Timestamp) -> Catalog {
    let service = |name: &str, manifest: String| (name.parse().unwrap(), entry(manifest));
    Catalog {
        version,
        created: now,
        expires: Timestamp(now.0 + 90 * 86_400),
        architecture: "amd64".into(),
        services: BTreeMap::from([
            service("notes", manifest("notes", notes, 16, MEMBERS)),
            service("files", manifest("files", "1.0", 32, MEMBERS)),
            service("wall", manifest("wall", "1.0", 16, ACCOUNTS)),
        ]),
    }
}

/// The catalog as most tests want it.
pub fn catalog(now: Timestamp) -> Catalog {
    with_version(1, "1.0", now)
}
