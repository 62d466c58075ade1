// SPDX-License-Identifier: AGPL-3.0-or-later
//! One method per text, so that a text that is missing in a language, or asked for under a wrong name or with
//! the wrong parameters, does not compile, and one that nobody uses is a warning.
//!
//! `key = "…{name}…"` in `locales/<language>/<section>.toml` becomes `section_key(self, name: impl Display) -> String`;
//! without parameters it returns `&'static str`. `key = { one = "…", other = "…{count}…" }` becomes
//! `section_key(self, count: impl Count)` with the plural rules of CLDR for whole numbers (English: one is 1; French:
//! one is 0 and 1). Non-breaking spaces before French punctuation are added here.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

/// Code of the language, its variant in `types::Language`, and the rule for the singular.
const LANGUAGES: [(&str, &str, &str); 2] = [("en", "En", "count == 1"), ("fr", "Fr", "count < 2")];

pub(crate) fn generate(out: &Path) {
    let tables: Vec<Table> = LANGUAGES.iter().map(|(code, ..)| read(code)).collect();
    let english = &tables[0];
    let mut code = String::from("impl T {\n");
    for (index, table) in tables.iter().enumerate() {
        complete(english, table, LANGUAGES[index].0);
        complete(table, english, "en");
    }
    for (section, texts) in english {
        for key in texts.as_table().expect("a section is a table").keys() {
            let per_language: Vec<&Value> = tables.iter().map(|table| &table[section][key]).collect();
            method(&mut code, &format!("{section}_{key}"), &per_language);
        }
    }
    code.push_str("}\n");
    fs::write(out.join("translations.rs"), code).expect("OUT_DIR can be written");
}

/// One table a section: a file of the language's folder, named by it.
fn read(language: &str) -> Table {
    let folder = format!("locales/{language}");
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let section = |path: PathBuf| {
        let name = path.file_stem()?.to_str()?.to_owned();
        (path.extension()? == "toml").then(|| (name, Value::Table(texts(&path, language))))
    };
    files
        .map(|file| file.expect("a file of locales").path())
        .filter_map(section)
        .collect()
}

fn texts(path: &Path, language: &str) -> Table {
    let path = path.display();
    let text = fs::read_to_string(path.to_string()).unwrap_or_else(|error| panic!("{path}: {error}"));
    let text = if language == "fr" {
        french_spaces(&text)
    } else {
        text
    };
    text.parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// No line may break before French double punctuation, so the spaces there become no-break ones.
fn french_spaces(text: &str) -> String {
    [
        (" :", ":"),
        (" ;", ";"),
        (" ?", "?"),
        (" !", "!"),
        (" »", "»"),
        (" %", "%"),
    ]
    .iter()
    .fold(text.replace("« ", "«\u{a0}"), |text, (spaced, mark)| {
        text.replace(spaced, &format!("\u{a0}{mark}"))
    })
}

/// Everything in `wanted` must be in `table`.
fn complete(wanted: &Table, table: &Table, language: &str) {
    for (section, texts) in wanted {
        for key in texts.as_table().expect("a section is a table").keys() {
            let found = table.get(section).and_then(|texts| texts.get(key));
            assert!(found.is_some(), "locales/{language}/{section}.toml lacks {key}");
        }
    }
}

fn method(code: &mut String, name: &str, texts: &[&Value]) {
    let parameters = parameters(texts[0]);
    for text in texts {
        let others = self::parameters(text);
        assert!(
            others == parameters,
            "{name}: parameters differ between languages: {parameters:?} and {others:?}"
        );
    }
    let plural = texts[0].is_table();
    let mut signature = String::new();
    for parameter in &parameters {
        let kind = if plural && parameter == "count" {
            "Count"
        } else {
            "std::fmt::Display"
        };
        let _ = write!(signature, ", {parameter}: impl {kind}");
    }
    let returns = if parameters.is_empty() {
        "&'static str"
    } else {
        "String"
    };
    let _ = writeln!(code, "pub(crate) fn {name}(self{signature}) -> {returns} {{");
    if plural {
        code.push_str("let count = count.number();\n");
    }
    code.push_str("match self.0 {\n");
    for ((_, variant, singular), text) in LANGUAGES.iter().zip(texts) {
        let body = match text {
            Value::String(text) => literal(text, &parameters),
            Value::Table(forms) => format!(
                "if {singular} {{ {} }} else {{ {} }}",
                literal(form(forms, name, "one"), &parameters),
                literal(form(forms, name, "other"), &parameters)
            ),
            other => panic!("{name} is neither a text nor a plural: {other}"),
        };
        let _ = writeln!(code, "types::Language::{variant} => {body},");
    }
    code.push_str("}\n}\n");
}

fn form<'a>(forms: &'a Table, name: &str, which: &str) -> &'a str {
    forms
        .get(which)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{name} lacks the form {which}"))
}

fn literal(text: &str, parameters: &BTreeSet<String>) -> String {
    if parameters.is_empty() {
        return format!("{text:?}");
    }
    if text.contains('{') {
        format!("format!({text:?})")
    } else {
        format!("{text:?}.to_owned()")
    }
}

/// The names in braces. A plural always has `count`.
fn parameters(text: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut collect = |text: &str| {
        for rest in text.split('{').skip(1) {
            let name = rest.split('}').next().unwrap_or_default();
            names.insert(name.to_owned());
        }
    };
    match text {
        Value::Table(forms) => {
            forms.values().filter_map(Value::as_str).for_each(&mut collect);
            names.insert("count".into());
        }
        other => collect(other.as_str().unwrap_or_default()),
    }
    names
}
