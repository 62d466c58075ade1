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

/// Where a service reaches the board's front door: a loopback address of its own, so that it may reach no other.
pub(super) const FRONT_DOOR: &str = "127.0.0.80";
/// Name of [`render_hosts`] in a service's folder of files; no file of a manifest is called so.
pub(crate) const HOSTS: &str = ".hosts";

/// `/etc/hosts` of a service that signs members in by `OpenID` Connect: it finds the board's own name at the front door,
/// whatever resolver the network has. `None` for a service that has no need of it, or a name that is none.
pub(crate) fn render_hosts(input: &RenderInput) -> Option<String> {
    let host = &input.openid.as_ref()?.host;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let good = !host.is_empty() && host.bytes().all(plain);
    good.then(|| format!("127.0.0.1 localhost\n::1 localhost\n{FRONT_DOOR} {host}\n"))
}

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
    let openid = input.openid.as_ref().map(|client| {
        context! {
            issuer => format!("https://{}", client.host),
            client => input.service.as_str(),
            secret => client.secret.as_str(),
            authority => client.authority.as_str(),
        }
    });
    let context = context! {
        openid => openid.unwrap_or(Value::UNDEFINED),
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
