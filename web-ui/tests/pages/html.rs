// SPDX-License-Identifier: AGPL-3.0-or-later
//! As much of an HTML reader as the tests need. It is stricter than a browser: tags must be balanced, attribute
//! values quoted, and attributes unique.

use std::collections::BTreeMap;

/// An element, with all the text within it.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).map(String::as_str)
    }
}

const VOID: [&str; 6] = ["meta", "link", "input", "br", "hr", "img"];

/// The elements of a page, in order.
pub(crate) fn elements(page: &str, html: &str) -> Vec<Element> {
    let mut found: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut rest = html.strip_prefix("<!doctype html>").expect(page);
    while let Some(start) = rest.find('<') {
        for at in &open {
            found[*at].text.push_str(&rest[..start]);
        }
        let (tag, after) = cut_tag(page, &rest[start + 1..]);
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let last = open
                .pop()
                .unwrap_or_else(|| panic!("{page}: </{name}> without a start"));
            assert_eq!(found[last].name, name, "{page}: wrong end");
            continue;
        }
        let empty = tag.ends_with('/');
        let element = element(page, tag.trim_end_matches('/'));
        let raw = matches!(element.name.as_str(), "script" | "style" | "textarea" | "title")
            .then(|| element.name.clone());
        if !empty && !VOID.contains(&element.name.as_str()) {
            open.push(found.len());
        }
        found.push(element);
        if let Some(name) = raw {
            let end = rest
                .find(&format!("</{name}>"))
                .unwrap_or_else(|| panic!("{page}: <{name}> has no end"));
            found.last_mut().expect("just pushed").text.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    assert!(open.is_empty(), "{page}: {} elements without an end", open.len());
    found
}

/// Up to the `>` that is not within quotes.
fn cut_tag<'a>(page: &str, text: &'a str) -> (&'a str, &'a str) {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return (&text[..at], &text[at + 1..]),
            '<' if !quoted => panic!("{page}: < within a tag"),
            _ => {}
        }
    }
    panic!("{page}: a tag without an end");
}

fn element(page: &str, tag: &str) -> Element {
    let name: String = tag.chars().take_while(|c| !c.is_whitespace()).collect();
    assert!(
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()),
        "{page}: <{tag}>"
    );
    let mut attributes = BTreeMap::new();
    let mut rest = tag[name.len()..].trim();
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix("=\"") {
            Some(quoted) => quoted
                .split_once('"')
                .unwrap_or_else(|| panic!("{page}: <{tag}>")),
            None => ("", after),
        };
        assert!(
            !after.starts_with('='),
            "{page}: a value without quotes in <{tag}>"
        );
        let old = attributes.insert(key.to_ascii_lowercase(), value.to_owned());
        assert!(old.is_none(), "{page}: {key} twice in <{tag}>");
        rest = after.trim_start();
    }
    Element {
        name: name.to_ascii_lowercase(),
        attributes,
        text: String::new(),
    }
}
