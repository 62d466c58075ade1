// SPDX-License-Identifier: AGPL-3.0-or-later
//! Reading the journal, through `journalctl -o json` (systemd.journal-fields(7)).

use crate::{error::MachineError, render::unit_name};
use serde_json::Value;
use tokio::process::Command;
use types::{ProcessId, ServiceName, Timestamp, host::JournalLine};

/// The newest `lines` lines of a service's units, or those after a cursor, oldest first.
pub(crate) async fn read(
    service: &ServiceName,
    processes: &[ProcessId],
    lines: u16,
    after: Option<&str>,
) -> Result<Vec<JournalLine>, MachineError> {
    let failed = |detail: String| MachineError::Command {
        what: format!("reading the journal of {service}"),
        detail,
    };
    let mut command = Command::new("journalctl");
    command.args(["--output=json", "--all", "--quiet", "--no-pager"]);
    command
        .arg("--output-fields=MESSAGE,PRIORITY")
        .arg(format!("--lines={}", lines.min(1000)));
    if let Some(cursor) = after {
        if cursor.starts_with('-') || cursor.len() > 400 || cursor.chars().any(char::is_control) {
            return Err(MachineError::Refused(
                "that is not a journal cursor; ask without one".into(),
            ));
        }
        command.arg(format!("--after-cursor={cursor}"));
    }
    for process in processes {
        command.arg(format!("--unit={}", unit_name(service, process)));
    }
    let output = command
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(parse)
        .collect())
}

fn parse(line: &str) -> Option<JournalLine> {
    let fields: Value = serde_json::from_str(line).ok()?;
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    let message = match fields.get("MESSAGE")? {
        Value::String(text) => text.clone(),
        // Bytes that are not UTF-8 come as an array of numbers.
        Value::Array(bytes) => {
            let bytes: Vec<u8> = bytes
                .iter()
                .filter_map(|byte| u8::try_from(byte.as_u64()?).ok())
                .collect();
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => return None,
    };
    let micros: i64 = text("__REALTIME_TIMESTAMP")?.parse().ok()?;
    Some(JournalLine {
        cursor: text("__CURSOR")?.to_owned(),
        at: Timestamp(micros / 1_000_000),
        priority: text("PRIORITY").and_then(|digit| digit.parse().ok()).unwrap_or(6),
        message: printable(&message),
    })
}

/// Takes out control characters, so that a log line can neither colour a terminal nor break a page.
fn printable(message: &str) -> String {
    message
        .chars()
        .take(4096)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_and_made_harmless() {
        let line = r#"{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1800000000000001","PRIORITY":"3","MESSAGE":"a\u001b[31mb"}"#;
        let parsed = parse(line).unwrap();
        assert_eq!(
            (parsed.at, parsed.priority, parsed.message.as_str()),
            (Timestamp(1_800_000_000), 3, "a [31mb")
        );
        assert_eq!(parse("not json"), None);
        assert_eq!(parse(r#"{"MESSAGE":null}"#), None);
    }
}
