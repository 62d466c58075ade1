// SPDX-License-Identifier: AGPL-3.0-or-later
//! Answers as people read them: lists as columns, things as lines.

use serde_json::Value;
use std::io::Write;

/// Prints an answer; JSON as it came with `json`.
pub(super) fn print(value: &Value, json: bool) {
    let text = if json {
        serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
    } else {
        readable(value)
    };
    // A closed pipe is the reader's choice.
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn readable(value: &Value) -> String {
    match value {
        Value::Array(items) if items.iter().any(|item| item.get("remedy").is_some()) => findings(items),
        Value::Array(items) if items.iter().all(Value::is_object) => table(items),
        Value::Array(items) => items.iter().map(|item| cell(item) + "\n").collect(),
        Value::Object(fields) => {
            if let (Some(Value::Array(items)), Some(_)) = (fields.get("findings"), fields.get("checks")) {
                return findings(items);
            }
            // A list inside an envelope is what was asked for.
            if let Some(Value::Array(items)) = fields.get("services") {
                return table(items);
            }
            let width = fields.keys().map(String::len).max().unwrap_or(0);
            let line = |(key, value)| format!("{key:<width$}  {}", cell(value));
            let lines: Vec<String> = fields.iter().map(line).collect();
            lines.join("\n") + "\n"
        }
        Value::Null => "Done.\n".into(),
        other => cell(other) + "\n",
    }
}

/// Findings as paragraphs: columns would be too wide.
fn findings(items: &[Value]) -> String {
    if items.is_empty() {
        return "Nothing needs attention.\n".into();
    }
    let paragraph = |item: &Value| {
        let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        format!(
            "[{}] {}\n  {}\n  {}\n  {}\n",
            text("severity"),
            text("what"),
            text("meaning"),
            text("remedy"),
            text("key")
        )
    };
    items.iter().map(paragraph).collect::<Vec<_>>().join("\n")
}

/// Columns that fit a line: short values only, longest list first.
fn table(items: &[Value]) -> String {
    let hidden = [
        "settings",
        "summary",
        "source",
        "agent",
        "hash",
        "covers",
        "app_address",
        "cursor",
        "records",
        "names",
    ];
    let Some(Value::Object(first)) = items.first() else {
        return "Nothing yet.\n".into();
    };
    let keys: Vec<&String> = first
        .keys()
        .filter(|key| !hidden.contains(&key.as_str()))
        .collect();
    let mut rows: Vec<Vec<String>> = vec![keys.iter().map(|key| key.to_uppercase()).collect()];
    rows.extend(
        items
            .iter()
            .map(|item| keys.iter().map(|key| cell(&item[key.as_str()])).collect()),
    );
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..keys.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(" "),
        // A text per language: English reads everywhere.
        Value::Object(fields) => fields.get("en").map_or_else(|| value.to_string(), cell),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_are_columns_and_things_are_lines() {
        let list =
            json!([{"name": "radicale", "title": {"en": "Calendars", "fr": "Agendas"}, "state": "running"}]);
        assert_eq!(
            readable(&list),
            "NAME      STATE    TITLE\nradicale  running  Calendars\n"
        );
        assert_eq!(readable(&json!([])), "Nothing yet.\n");
        assert_eq!(readable(&json!({"a": 1, "long": [1, 2]})), "a     1\nlong  1 2\n");
        assert_eq!(readable(&Value::Null), "Done.\n");
    }
}
