// SPDX-License-Identifier: AGPL-3.0-or-later
//! Settings of a service: declared once in the manifest, rendered as a form, validated here and nowhere else.

use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The values a steward chose; what is absent has the manifest's default.
pub type Settings = BTreeMap<String, SettingValue>;

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SettingValue {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A text or one of several choices.
    Text(String),
}

/// `[settings.<key>]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// What is asked, as a label.
    pub title: Text,
    /// What it means, below the field.
    #[serde(default)]
    pub help: Text,
    /// Type, default and range.
    #[serde(flatten)]
    pub kind: SettingKind,
}

/// Type, default and range of a setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum SettingKind {
    /// A check box.
    Bool {
        /// Unless chosen otherwise.
        default: bool,
    },
    /// A whole number in a range.
    Integer {
        /// Unless chosen otherwise.
        default: i64,
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
        /// Unit shown behind the field, such as `MiB`.
        #[serde(default)]
        unit: String,
    },
    /// One line of text.
    Text {
        /// Unless chosen otherwise.
        default: String,
        /// Characters at most.
        max_length: usize,
    },
    /// One of several.
    Choice {
        /// Unless chosen otherwise.
        default: String,
        /// Value and what it is called.
        choices: BTreeMap<String, Text>,
    },
}

/// Why a value was refused; `message` says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {message}")]
pub struct SettingError {
    /// Which setting.
    pub key: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Setting {
    /// The value it has unless chosen otherwise.
    pub fn default_value(&self) -> SettingValue {
        match &self.kind {
            SettingKind::Bool { default } => SettingValue::Bool(*default),
            SettingKind::Integer { default, .. } => SettingValue::Integer(*default),
            SettingKind::Text { default, .. } | SettingKind::Choice { default, .. } => {
                SettingValue::Text(default.clone())
            }
        }
    }

    /// Whether `value` may be set; the message says what would be right.
    ///
    /// # Errors
    /// When the type is wrong or the value out of range.
    pub fn check(&self, value: &SettingValue) -> Result<(), String> {
        match (&self.kind, value) {
            (SettingKind::Bool { .. }, SettingValue::Bool(_)) => Ok(()),
            (SettingKind::Integer { min, max, .. }, SettingValue::Integer(number)) => {
                if (min..=max).contains(&number) {
                    Ok(())
                } else {
                    Err(format!("must be from {min} to {max}, not {number}"))
                }
            }
            (SettingKind::Text { max_length, .. }, SettingValue::Text(text)) => {
                if text.chars().count() > *max_length {
                    Err(format!("may be at most {max_length} characters long"))
                } else if text.chars().any(char::is_control) {
                    Err("must be one line without control characters".into())
                } else {
                    Ok(())
                }
            }
            (SettingKind::Choice { choices, .. }, SettingValue::Text(text)) => {
                if choices.contains_key(text) {
                    Ok(())
                } else {
                    let known: Vec<&str> = choices.keys().map(String::as_str).collect();
                    Err(format!("must be one of {}", known.join(", ")))
                }
            }
            (SettingKind::Bool { .. }, _) => Err("must be true or false".into()),
            (SettingKind::Integer { .. }, _) => Err("must be a whole number".into()),
            (SettingKind::Text { .. } | SettingKind::Choice { .. }, _) => Err("must be a text".into()),
        }
    }

    /// Reads what a form or a command line gives as text.
    ///
    /// # Errors
    /// When the text is not of the setting's type.
    pub fn parse(&self, text: &str) -> Result<SettingValue, String> {
        let value = match &self.kind {
            SettingKind::Bool { .. } => match text.trim() {
                "true" | "on" | "yes" | "1" => SettingValue::Bool(true),
                "false" | "off" | "no" | "0" | "" => SettingValue::Bool(false),
                _ => return Err("must be true or false".into()),
            },
            SettingKind::Integer { .. } => SettingValue::Integer(
                text.trim()
                    .parse()
                    .map_err(|_| "must be a whole number".to_owned())?,
            ),
            SettingKind::Text { .. } | SettingKind::Choice { .. } => {
                SettingValue::Text(text.trim().to_owned())
            }
        };
        self.check(&value)?;
        Ok(value)
    }

    pub(crate) fn verify(&self) -> Result<(), String> {
        self.check(&self.default_value())
            .map_err(|error| format!("default {error}"))
    }
}

/// Checks chosen values against their declarations and fills in the defaults.
///
/// # Errors
/// Every value that is unknown, of the wrong type or out of range.
pub fn complete(
    declared: &BTreeMap<String, Setting>,
    chosen: &Settings,
) -> Result<Settings, Vec<SettingError>> {
    let mut errors = Vec::new();
    for (key, value) in chosen {
        let outcome = declared.get(key).map_or_else(
            || {
                let known: Vec<&str> = declared.keys().map(String::as_str).collect();
                Err(format!(
                    "there is no such setting; known are {}",
                    known.join(", ")
                ))
            },
            |setting| setting.check(value),
        );
        if let Err(message) = outcome {
            errors.push(SettingError {
                key: key.clone(),
                message,
            });
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let value = |key: &String, setting: &Setting| {
        chosen
            .get(key)
            .cloned()
            .unwrap_or_else(|| setting.default_value())
    };
    Ok(declared
        .iter()
        .map(|(key, setting)| (key.clone(), value(key, setting)))
        .collect())
}
