// SPDX-License-Identifier: AGPL-3.0-or-later
//! A service's settings as a form.

use crate::field::FieldError;
use std::collections::BTreeMap;
use types::{
    Language, SettingError, SettingValue, Settings,
    settings::{Setting, SettingKind},
};

/// One setting as a field. Its form field is called `setting.<key>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingField {
    /// Key in the manifest.
    pub key: String,
    /// What is asked.
    pub title: String,
    /// What it means; may be empty.
    pub help: String,
    /// What it holds and what it may hold.
    pub input: SettingInput,
    /// What is wrong with it.
    pub error: Option<FieldError>,
}

/// What a setting holds and what it may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingInput {
    /// A check box: `true` when ticked, absent when not.
    Bool {
        /// Whether it is ticked.
        checked: bool,
        /// Unless chosen otherwise.
        default: bool,
    },
    /// A whole number.
    Integer {
        /// As it stands in the field.
        value: String,
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
        /// Shown behind the field; may be empty.
        unit: String,
        /// Unless chosen otherwise.
        default: i64,
    },
    /// One line of text.
    Text {
        /// As it stands in the field.
        value: String,
        /// Characters at most.
        max_length: usize,
    },
    /// One of several.
    Choice {
        /// The chosen one.
        value: String,
        /// Value and label, in order.
        choices: Vec<(String, String)>,
    },
}

/// The fields for a manifest's settings: `chosen` values where there are some, else the defaults; over them what
/// was `entered` in a form that failed (by key, without `setting.`), and its `errors`.
///
/// When `entered` is not `None`, a check box that is absent from it is not ticked.
pub fn setting_fields(
    declared: &BTreeMap<String, Setting>,
    chosen: &Settings,
    entered: Option<&BTreeMap<String, String>>,
    errors: &[SettingError],
    language: Language,
) -> Vec<SettingField> {
    let field = |(key, setting): (&String, &Setting)| {
        let value = chosen
            .get(key)
            .cloned()
            .unwrap_or_else(|| setting.default_value());
        let mut input = input(setting, &value, language);
        if let Some(entered) = entered {
            input.enter(entered.get(key).map(String::as_str));
        }
        let error = errors
            .iter()
            .any(|error| error.key == *key)
            .then(|| expectation(&setting.kind));
        SettingField {
            key: key.clone(),
            title: setting.title.get(language).to_owned(),
            help: setting.help.get(language).to_owned(),
            input,
            error,
        }
    };
    declared.iter().map(field).collect()
}

fn input(setting: &Setting, value: &SettingValue, language: Language) -> SettingInput {
    let text = match value {
        SettingValue::Bool(value) => value.to_string(),
        SettingValue::Integer(value) => value.to_string(),
        SettingValue::Text(value) => value.clone(),
    };
    match &setting.kind {
        SettingKind::Bool { default } => SettingInput::Bool {
            checked: text == "true",
            default: *default,
        },
        SettingKind::Integer {
            default,
            min,
            max,
            unit,
        } => SettingInput::Integer {
            value: text,
            min: *min,
            max: *max,
            unit: unit.clone(),
            default: *default,
        },
        SettingKind::Text { max_length, .. } => SettingInput::Text {
            value: text,
            max_length: *max_length,
        },
        SettingKind::Choice { choices, .. } => SettingInput::Choice {
            value: text,
            choices: choices
                .iter()
                .map(|(value, label)| (value.clone(), label.get(language).to_owned()))
                .collect(),
        },
    }
}

/// What would have been right, which is what a person needs to know, in any language.
fn expectation(kind: &SettingKind) -> FieldError {
    match kind {
        SettingKind::Bool { .. } | SettingKind::Choice { .. } => FieldError::NotAChoice,
        SettingKind::Integer { min, max, .. } => FieldError::OutOfRange { min: *min, max: *max },
        SettingKind::Text { max_length, .. } => FieldError::NotOneLine(*max_length),
    }
}

impl SettingInput {
    fn enter(&mut self, text: Option<&str>) {
        match (self, text) {
            (Self::Bool { checked, .. }, text) => *checked = text.is_some_and(|text| text != "false"),
            (
                Self::Integer { value, .. } | Self::Text { value, .. } | Self::Choice { value, .. },
                Some(text),
            ) => text.clone_into(value),
            _ => {}
        }
    }
}

impl SettingField {
    /// Unique on the page, whatever stands in the key.
    pub(crate) fn id(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        format!("setting-{}", self.key.chars().map(plain).collect::<String>())
    }
}
