// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether a service may be enabled: pure, with the numbers in the answer.

use crate::ApiError;
use host::sensors::Readings;
use std::collections::BTreeMap;
use types::{Manifest, SettingValue, Settings, Timestamp};

/// Memory that stays free for the board itself, in MiB.
pub(crate) const RESERVE_MIB: u64 = 64;

/// Why something was refused.
pub type Refusal = ApiError;

/// Refuses a service that will not fit into the memory that is free now.
///
/// # Errors
/// With what it needs and what is there.
pub fn check_memory(manifest: &Manifest, readings: &Readings) -> Result<(), Refusal> {
    let needed = u64::from(manifest.limits.memory_expected_mib);
    let free = readings.memory_available / (1024 * 1024);
    if free >= needed + RESERVE_MIB {
        return Ok(());
    }
    let name = &manifest.service.name;
    let message = format!(
        "Not enough memory: {name} needs about {needed} MiB and the board keeps {RESERVE_MIB} MiB for itself, but only \
         {free} MiB are free. Stop or remove another service first."
    );
    Err(ApiError::conflict("memory", message))
}

/// Refuses a service that opens a port of the board which another one has.
///
/// # Errors
/// With the port and who has it.
pub fn check_ports<'a>(
    manifest: &Manifest,
    others: impl IntoIterator<Item = &'a Manifest>,
) -> Result<(), Refusal> {
    let ports = manifest.ports();
    let name = &manifest.service.name;
    for other in others.into_iter().filter(|other| other.service.name != *name) {
        if let Some((port, _)) = other.ports().intersection(&ports).next() {
            let message = format!(
                "{name} needs port {port} of the board, which {other} has. Remove {other} first.",
                other = other.service.name
            );
            return Err(ApiError::conflict("port", message));
        }
    }
    Ok(())
}

pub(super) fn expired(expires: Timestamp) -> String {
    let date = jiff::Timestamp::from_second(expires.0).map(|at| at.strftime("%Y-%m-%d").to_string());
    let date = date.unwrap_or_else(|_| "an unknown day".into());
    format!(
        "The catalog expired on {date}, so nothing new is taken from it; what runs goes on. Connect the board to the \
         internet, or update it, to get a newer catalog."
    )
}

/// Reads chosen values as JSON has them. A text is also taken for a number or a yes/no, as forms and command lines
/// have nothing else.
///
/// # Errors
/// Every value that is unknown, of the wrong type or out of range.
pub fn parse_settings(
    manifest: &Manifest,
    values: &BTreeMap<String, serde_json::Value>,
) -> Result<Settings, Refusal> {
    let mut settings = Settings::new();
    let mut errors = BTreeMap::new();
    for (key, value) in values {
        let Some(setting) = manifest.settings.get(key) else {
            let known: Vec<&str> = manifest.settings.keys().map(String::as_str).collect();
            let key = key.chars().take(40).collect();
            errors.insert(
                key,
                format!("is not a setting of this service; it has {}", known.join(", ")),
            );
            continue;
        };
        let parsed = match value {
            serde_json::Value::Bool(yes) => Ok(SettingValue::Bool(*yes)),
            serde_json::Value::Number(number) => number
                .as_i64()
                .map(SettingValue::Integer)
                .ok_or_else(|| "must be a whole number".to_owned()),
            serde_json::Value::String(text) => setting.parse(text),
            _ => Err("must be a text, a number, true or false".into()),
        };
        match parsed.and_then(|value| setting.check(&value).map(|()| value)) {
            Ok(value) => {
                settings.insert(key.clone(), value);
            }
            Err(message) => {
                errors.insert(key.clone(), message);
            }
        }
    }
    if errors.is_empty() {
        Ok(settings)
    } else {
        Err(ApiError::fields(errors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_ports(name: &str, ports: &[(&str, u16)]) -> Manifest {
        let listen = |(kind, port): &(&str, u16)| {
            format!("[listen.{kind}{port}]\nkind = \"{kind}\"\nport = {port}\naccess = \"public\"\n")
        };
        let listen = ports.iter().map(listen).collect::<Vec<_>>().concat();
        let text = format!(
            r#"
[service]
name = "{name}"
title = {{ en = "x", fr = "x" }}
summary = {{ en = "x", fr = "x" }}
category = "tools"
version = "1"
licence = "MIT"
source = "https://example.org"
website = "https://example.org"
[process.main]
command = ["/usr/bin/x"]
ready = {{ listen = "web", path = "/", status = [200] }}
[limits]
memory_expected_mib = 1
memory_max_mib = 1
tasks = 1
[permissions]
network = "outbound"
[listen.web]
kind = "http"
socket = "http.sock"
access = "members"
{listen}
[data]
paths = ["."]
class = "technical"
backup = "hot"
"#
        );
        Manifest::parse(&text).unwrap()
    }

    #[test]
    fn a_port_has_one_owner_per_protocol() {
        let chat = with_ports("chat", &[("tcp", 5222), ("udp", 5222)]);
        let other = with_ports("other", &[("tcp", 5222)]);
        let third = with_ports("third", &[("tcp", 5223)]);
        assert!(
            check_ports(&chat, [&chat, &third]).is_ok(),
            "its own do not count"
        );
        let said = format!("{:?}", check_ports(&other, [&third, &chat]).unwrap_err());
        assert!(said.contains("5222") && said.contains("chat"), "{said}");
        assert!(check_ports(&with_ports("fourth", &[("udp", 5223)]), [&third]).is_ok());
    }
}
