// SPDX-License-Identifier: AGPL-3.0-or-later
//! Files rendered from settings.

use crate::error::MachineError;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context, syntax::SyntaxConfig};
use std::collections::BTreeMap;
use types::{
    CatalogEntry, Manifest, SettingValue,
    host::RenderInput,
    manifest::{LDAP_FOLDER, LDAP_GROUPS, LDAP_MEMBERS, LDAP_SOCKET, LDAP_URI},
};

/// Every file of `[files]`, by name.
///
/// # Errors
/// When a template is missing or fails; an undefined variable is an error, not an empty text.
pub fn render_files(
    manifest: &Manifest,
    entry: &CatalogEntry,
    input: &RenderInput,
) -> Result<BTreeMap<String, String>, MachineError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .keep_trailing_newline(true)
        .build()
        .unwrap_or_default();
    environment.set_syntax(syntax);
    environment.set_auto_escape_callback(|name| {
        if name.contains(".json") {
            AutoEscape::Json
        } else {
            AutoEscape::None
        }
    });
    let host = input.hosts.first().map_or("localhost", String::as_str);
    let context = context! {
        settings => Value::from_pairs(input.settings.iter().map(value)),
        service => input.service.as_str(),
        board => input.board.as_str(),
        host => host,
        hosts => input.hosts.clone(),
        origin => format!("https://{host}"),
        ldap => context! {
            uri => LDAP_URI,
            socket => format!("{LDAP_FOLDER}/{LDAP_SOCKET}"),
            members => LDAP_MEMBERS,
            groups => LDAP_GROUPS,
        },
    };
    let mut files = BTreeMap::new();
    for (name, file) in &manifest.files {
        let failed = |source| MachineError::Template {
            service: input.service.clone(),
            file: name.clone(),
            source,
        };
        let template = entry.templates.get(&file.template).map_or("", String::as_str);
        if template.is_empty() {
            let missing = minijinja::Error::new(
                minijinja::ErrorKind::TemplateNotFound,
                format!("{} is not in the catalog", file.template),
            );
            return Err(failed(missing));
        }
        let text = environment
            .template_from_named_str(&file.template, template)
            .and_then(|template| template.render(&context))
            .map_err(failed)?;
        files.insert(name.clone(), text);
    }
    Ok(files)
}

fn value((key, value): (&String, &SettingValue)) -> (Value, Value) {
    let value = match value {
        SettingValue::Bool(yes) => Value::from(*yes),
        SettingValue::Integer(number) => Value::from(*number),
        SettingValue::Text(text) => Value::from(text.as_str()),
    };
    (Value::from(key.as_str()), value)
}
