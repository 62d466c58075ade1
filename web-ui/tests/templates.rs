// SPDX-License-Identifier: AGPL-3.0-or-later
//! No text stands in a template: all of it comes from `locales/`.

use std::{fs, path::Path};

/// Names of products, the same in every language.
const NAMES: [&str; 6] = ["Android", "iPhone, iPad", "Windows", "macOS", "Firefox", "Linux"];

#[test]
fn templates_hold_no_text() {
    let mut seen = 0;
    for folder in ["templates", "templates/part"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
        {
            if entry.extension().is_none_or(|extension| extension != "html") {
                continue;
            }
            seen += 1;
            // Nothing but the attributes of the field around it.
            if entry.ends_with("describe.html") {
                continue;
            }
            let template = fs::read_to_string(&entry).expect("a template");
            let text = without(&without(&without(&template, "{%", "%}"), "{{", "}}"), "<", ">");
            for line in text.lines().map(str::trim).filter(|line| !NAMES.contains(line)) {
                // A block may hold attributes for the element around it.
                let mut words = line
                    .split_whitespace()
                    .filter(|word| !word.contains("=\"") && !word.starts_with("data-"));
                let text = words.find(|word| word.chars().any(char::is_alphabetic));
                assert_eq!(text, None, "{}: {line}", entry.display());
            }
            for attribute in ["aria-label", "title", "alt"] {
                for value in template.split(&format!(" {attribute}=\"")).skip(1) {
                    assert!(
                        value.starts_with('{'),
                        "{}: {attribute} holds text",
                        entry.display()
                    );
                }
            }
        }
    }
    assert!(seen > 20, "the templates were not found");
}

/// `text` with everything from `start` to `end` replaced by a line break.
fn without(text: &str, start: &str, end: &str) -> String {
    let mut parts = text.split(start);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut kept, part| {
        kept.push('\n');
        kept.push_str(part.split_once(end).map_or("", |(_, after)| after));
        kept
    })
}
