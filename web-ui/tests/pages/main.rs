// SPDX-License-Identifier: AGPL-3.0-or-later
//! What holds for every page in every language, whatever stands in it.

mod html;
#[path = "../../examples/gallery/samples/mod.rs"]
mod samples;

use html::{Element, elements};
use std::collections::BTreeSet;
use types::Language;

/// What somebody might put into a name, a summary, a log line or an address.
const HOSTILE: [&str; 3] = [
    "\"'><script>alert(1)</script><svg onload=alert(1)>",
    "javascript:alert(1)",
    "</title></textarea></script><style>*{}</style>&lt;",
];

fn every(says: &dyn Fn(&str) -> String, check: &dyn Fn(&str, &str, &[Element])) {
    for language in Language::ALL {
        for (name, html) in samples::pages(language, says) {
            let name = format!("{name}.{}", language.code());
            check(&name, &html, &elements(&name, &html));
        }
    }
}

fn every_page(check: &dyn Fn(&str, &str, &[Element])) {
    every(&|text| text.to_owned(), check);
}

/// Every page once as it is and once with each hostile text, appended to and in place of the good ones.
fn every_page_whatever_it_holds(check: &dyn Fn(&str, &str, &[Element])) {
    every_page(check);
    for hostile in HOSTILE {
        every(&|text| format!("{text}{hostile}"), check);
        every(&|_| hostile.to_owned(), check);
    }
}

#[test]
fn hostile_texts_stay_texts() {
    every_page_whatever_it_holds(&|name, html, elements| {
        for element in elements {
            for (attribute, value) in &element.attributes {
                assert!(!attribute.starts_with("on"), "{name}: handler {attribute}");
                assert_ne!(attribute, "style", "{name}: inline style");
                let link = matches!(attribute.as_str(), "href" | "src" | "action" | "formaction");
                let scheme = value.trim().to_ascii_lowercase();
                assert!(
                    !link || !scheme.starts_with("javascript:"),
                    "{name}: link to {value}"
                );
            }
            match element.name.as_str() {
                "style" | "iframe" | "object" | "embed" | "base" | "img" => {
                    panic!("{name}: <{}>", element.name)
                }
                "script" => {
                    let own = element.get("src").is_some_and(|src| src.starts_with("/assets/"));
                    let data = element.get("type") == Some("application/ld+json");
                    assert!(own || data, "{name}: an inline script");
                }
                _ => {}
            }
        }
        assert!(!html.contains("<script>"), "{name}: a script got through");
    });
}

#[test]
fn schema_org_data_is_json_whatever_the_profile_holds() {
    every_page_whatever_it_holds(&|name, html, _| {
        if let Some((_, rest)) = html.split_once("<script type=\"application/ld+json\">") {
            let data = rest.split("</script>").next().unwrap_or_default();
            let value: serde_json::Value = serde_json::from_str(data).expect(name);
            assert_eq!(value["@type"], "Organization");
        }
    });
}

#[test]
fn ids_are_unique_and_everything_that_refers_to_one_finds_it() {
    every_page(&|name, _, elements| {
        let mut ids = BTreeSet::new();
        for id in elements.iter().filter_map(|element| element.get("id")) {
            assert!(ids.insert(id), "{name}: {id} twice");
            assert!(
                !id.is_empty() && !id.contains(char::is_whitespace),
                "{name}: id {id:?}"
            );
        }
        for element in elements {
            for attribute in ["for", "aria-labelledby", "aria-describedby", "data-copy"] {
                for id in element.get(attribute).into_iter().flat_map(str::split_whitespace) {
                    assert!(ids.contains(id), "{name}: {attribute} refers to {id}");
                }
            }
            if let Some(id) = element.get("href").and_then(|href| href.strip_prefix('#')) {
                assert!(ids.contains(id), "{name}: a link to #{id}");
            }
        }
    });
}

#[test]
fn every_field_has_a_label_and_every_form_can_be_sent() {
    every_page(&|name, _, elements| {
        let labels: BTreeSet<&str> = elements.iter().filter_map(|element| element.get("for")).collect();
        for element in elements {
            let field = matches!(element.name.as_str(), "input" | "select" | "textarea");
            if field && element.get("type") != Some("hidden") {
                let id = element.get("id").unwrap_or_default();
                assert!(labels.contains(id), "{name}: {element:?} has no label");
                assert!(element.get("name").is_some(), "{name}: {element:?} has no name");
            }
            if element.name == "form" {
                assert_eq!(element.get("method"), Some("post"), "{name}");
                assert!(
                    element
                        .get("action")
                        .is_some_and(|action| action.starts_with('/')),
                    "{name}"
                );
            }
        }
        let count = |wanted: &str| elements.iter().filter(|element| element.name == wanted).count();
        assert!(
            count("button") >= count("form"),
            "{name}: a form without a button"
        );
        assert_eq!((count("main"), count("h1"), count("title")), (1, 1, 1), "{name}");
    });
}

#[test]
fn headings_do_not_skip_a_level() {
    every_page(&|name, _, elements| {
        let mut last = 0;
        for element in elements {
            let level = match element.name.as_bytes() {
                [b'h', digit @ b'1'..=b'6'] => digit - b'0',
                _ => continue,
            };
            assert!(level <= last + 1, "{name}: h{level} after h{last}");
            last = level;
        }
    });
}

#[test]
fn buttons_and_links_have_a_name() {
    every_page(&|name, _, elements| {
        for element in elements {
            if matches!(
                element.name.as_str(),
                "a" | "button" | "summary" | "label" | "legend" | "h1" | "h2" | "h3"
            ) {
                let named = element
                    .get("aria-label")
                    .is_some_and(|label| !label.trim().is_empty());
                assert!(
                    named || !element.text.trim().is_empty(),
                    "{name}: {element:?} has no name"
                );
            }
        }
    });
}

#[test]
fn pages_say_their_language_and_differ_by_it() {
    let of = |language| samples::pages(language, &|text| text.to_owned());
    for ((name, english), (_, french)) in of(Language::En).into_iter().zip(of(Language::Fr)) {
        assert!(english.contains("<html lang=\"en\">"), "{name}");
        assert!(french.contains("<html lang=\"fr\">"), "{name}");
        let text = |html: &str| html.split_once("<main").map(|(_, main)| main.to_owned());
        assert_ne!(
            text(&english),
            text(&french),
            "{name} is the same in both languages"
        );
    }
}

#[test]
fn pages_can_be_opened_without_javascript() {
    every_page(&|name, _, elements| {
        for element in elements {
            if element.name == "button" && element.get("type") == Some("button") {
                assert!(
                    element.get("hidden").is_some(),
                    "{name}: {element:?} does nothing without the script"
                );
            }
        }
    });
}

#[test]
fn the_first_page_weighs_little() {
    let assets = |of: fn(&web_ui::Asset) -> usize| web_ui::assets().iter().map(of).sum::<usize>();
    let (brotli, gzip) = (
        assets(|asset| asset.brotli.len()),
        assets(|asset| asset.gzip.len()),
    );
    for language in Language::ALL {
        for (name, html) in samples::pages(language, &|text| text.to_owned()) {
            println!("{name}: {} + {brotli} (br) or {gzip} (gzip)", html.len());
            if name.starts_with("public") || name.starts_with("sign-in") || name.starts_with("claim") {
                // The document is counted as if the server did not compress it.
                let total = html.len() + gzip;
                assert!(total <= 20 * 1024, "{name} weighs {total} bytes");
            }
        }
    }
    let script = web_ui::assets()
        .iter()
        .find(|asset| asset.content_type.starts_with("text/javascript"));
    assert!(script.is_some_and(|script| script.bytes.len() <= 4096));
}
