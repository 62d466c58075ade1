// SPDX-License-Identifier: AGPL-3.0-or-later
//! What restic said: exit statuses and JSON lines
//! (<https://restic.readthedocs.io/en/v0.18.0/075_scripting.html>).

use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};
use types::{BackupId, Timestamp, backup::Subject};

/// Why a run did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "problem", content = "detail", rename_all = "snake_case")]
pub enum Problem {
    /// The key does not open the repository.
    WrongKey,
    /// There is no repository at that place.
    NoRepository,
    /// Another run has it.
    Locked,
    /// A newer restic made it.
    NewerFormat,
    /// The place cannot be reached.
    Unreachable(String),
    /// The place, or the board's disk, is full.
    Full,
    /// Data in the repository are damaged.
    Damaged(String),
    /// Some files could not be read; the rest was backed up.
    Incomplete(String),
    /// Anything else, in restic's words.
    Other(String),
}

impl Problem {
    /// The word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongKey => "wrong_key",
            Self::NoRepository => "no_repository",
            Self::Locked => "repository_locked",
            Self::NewerFormat => "newer_format",
            Self::Unreachable(_) => "unreachable",
            Self::Full => "repository_full",
            Self::Damaged(_) => "repository_damaged",
            Self::Incomplete(_) => "incomplete",
            Self::Other(_) => "backup_failed",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongKey => f.write_str(
                "The recovery key does not open this repository. It was made with another key: find the sheet that \
                 belongs to it, or choose another place.",
            ),
            Self::NoRepository => f.write_str(
                "There is no repository at this place. It was moved or deleted, or the disk is another one.",
            ),
            Self::Locked => f.write_str("Somebody else works on this repository. It is tried again later."),
            Self::NewerFormat => f.write_str(
                "A newer version of restic made this repository. Update the board, then try again.",
            ),
            Self::Unreachable(why) => write!(
                f,
                "The place cannot be reached. Check that it is on and that address and password are right: {why}."
            ),
            Self::Full => f.write_str("There is no room left at this place. Make room there, or use another one."),
            Self::Damaged(why) => write!(
                f,
                "The repository is damaged. Do not delete it; begin a second one at another place now: {why}."
            ),
            Self::Incomplete(why) => write!(f, "Some files could not be read, the rest was backed up: {why}."),
            Self::Other(why) => write!(f, "It ended with an error: {why}."),
        }
    }
}

/// What a run came to.
///
/// # Errors
/// What went wrong.
pub fn ended(status: i32, out: &str, err: &str) -> Result<(), Problem> {
    let words = format!("{}\n{}", messages(out), messages(err));
    let lower = words.to_lowercase();
    let says = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    let why = || told(&words);
    match status {
        0 => Ok(()),
        10 => Err(Problem::NoRepository),
        11 => Err(Problem::Locked),
        12 => Err(Problem::WrongKey),
        _ if says(&[
            "no space left",
            "disk quota exceeded",
            "insufficient storage",
            "507",
        ]) =>
        {
            Err(Problem::Full)
        }
        _ if says(&["unsupported repository version", "newer version of restic"]) => {
            Err(Problem::NewerFormat)
        }
        3 => Err(Problem::Incomplete(why())),
        _ if says(&[
            "ciphertext verification failed",
            "is damaged",
            "invalid data returned",
            "repository contains errors",
            "not contained in the index",
            "does not match id",
            "data seems to be missing",
        ]) =>
        {
            Err(Problem::Damaged(why()))
        }
        _ if says(&[
            "connection refused",
            "no such host",
            "i/o timeout",
            "no route to host",
            "network is unreachable",
            "connection reset",
            "unauthorized",
            "access denied",
            "forbidden",
            "tls:",
            "x509",
            "eof",
            "server response unexpected",
        ]) =>
        {
            Err(Problem::Unreachable(why()))
        }
        _ => Err(Problem::Other(why())),
    }
}

/// The texts of restic's JSON lines, and lines that are not JSON.
fn messages(text: &str) -> String {
    let line = |line: &str| match serde_json::from_str::<serde_json::Value>(line) {
        Ok(value) => {
            let kind = value["message_type"].as_str().unwrap_or_default();
            let text = match kind {
                "exit_error" => value["message"].as_str(),
                "error" => value["error"]["message"].as_str().or(value["message"].as_str()),
                _ => None,
            };
            text.unwrap_or_default().to_owned()
        }
        Err(_) => line.to_owned(),
    };
    let lines: Vec<String> = text.lines().map(line).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// The last sentence, short enough for a page.
fn told(words: &str) -> String {
    let line = words.lines().rev().find(|line| !line.trim().is_empty());
    let line = line.unwrap_or("restic did not say why").trim();
    let line = line.strip_prefix("Fatal: ").unwrap_or(line);
    line.trim_end_matches('.').chars().take(300).collect()
}

/// What a backup did.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Its id.
    pub backup: BackupId,
    /// Bytes of all files.
    pub bytes: u64,
    /// Bytes that were not in the repository yet.
    pub added: u64,
    /// How long it took.
    pub took: Duration,
}

#[derive(Deserialize)]
struct SummaryLine {
    snapshot_id: BackupId,
    #[serde(default)]
    total_bytes_processed: u64,
    #[serde(default)]
    data_added: u64,
    #[serde(default)]
    total_duration: f64,
}

/// The summary in the output of a backup.
pub fn summary(out: &str) -> Option<Summary> {
    let line = out.lines().rev().find(|line| line.contains("\"summary\""))?;
    let line: SummaryLine = serde_json::from_str(line).ok()?;
    Some(Summary {
        backup: line.snapshot_id,
        bytes: line.total_bytes_processed,
        added: line.data_added,
        took: Duration::try_from_secs_f64(line.total_duration).unwrap_or_default(),
    })
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// From 0 to 1.
    pub percent_done: f32,
    /// Seconds left, as restic guesses; 0 when it does not know.
    pub seconds_remaining: u64,
}

/// What a line of status says.
pub fn progress(line: &str) -> Option<Progress> {
    line.contains("\"status\"")
        .then(|| serde_json::from_str(line).ok())
        .flatten()
}

/// A backup in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its id.
    pub id: BackupId,
    /// When it was begun.
    pub at: Timestamp,
    /// Of what.
    pub subject: Subject,
    /// Bytes of all files; 0 when it does not say.
    pub bytes: u64,
}

#[derive(Deserialize)]
struct BackupLine {
    id: BackupId,
    time: String,
    #[serde(default)]
    tags: Vec<String>,
    summary: Option<SummaryOf>,
}

#[derive(Deserialize)]
struct SummaryOf {
    #[serde(default)]
    total_bytes_processed: u64,
}

/// The backups in a listing, newest first; those of others are left out.
pub fn backups(out: &str) -> Vec<Backup> {
    let lines: Vec<BackupLine> = serde_json::from_str(out.trim()).unwrap_or_default();
    let one = |line: BackupLine| {
        let at: jiff::Timestamp = line.time.parse().ok()?;
        Some(Backup {
            subject: line.tags.iter().find_map(|tag| Subject::from_word(tag))?,
            id: line.id,
            at: Timestamp(at.as_second()),
            bytes: line.summary.map_or(0, |summary| summary.total_bytes_processed),
        })
    };
    let mut backups: Vec<Backup> = lines.into_iter().filter_map(one).collect();
    backups.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
    backups
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_restic_says_is_understood() {
        let says = |status, err| ended(status, "", err).unwrap_err().code();
        assert!(ended(0, "", "").is_ok());
        let wrong =
            r#"{"message_type":"exit_error","code":12,"message":"Fatal: wrong password or no key found"}"#;
        assert_eq!(says(12, wrong), "wrong_key");
        assert_eq!(says(10, ""), "no_repository");
        let damaged = "Fatal: config or key eb44 is damaged: ciphertext verification failed";
        assert_eq!(says(1, damaged), "repository_damaged");
        assert_eq!(
            says(1, "Fatal: write: no space left on device"),
            "repository_full"
        );
        let gone = "Fatal: unable to open config file: dial tcp 10.0.0.1:80: connect: connection refused";
        assert_eq!(says(1, gone), "unreachable");
        assert_eq!(says(1, "Fatal: unsupported repository version"), "newer_format");
        let text = ended(1, "", "Fatal: it broke.").unwrap_err().to_string();
        assert!(text.contains("it broke"), "{text}");
    }

    #[test]
    fn a_backup_is_summed_up_and_found_again() {
        let id = "2c120dde16e010b609c94fa7cbb444fe3bacce73f95ee161e979505d302fe446";
        let out = format!(
            "{{\"message_type\":\"status\",\"percent_done\":0.5,\"seconds_remaining\":3}}\n{{\"message_type\":\"summary\",\"data_added\":7,\"total_bytes_processed\":9,\"total_duration\":0.25,\"snapshot_id\":\"{id}\"}}\n"
        );
        let summed = summary(&out).unwrap();
        assert_eq!((summed.backup.as_str(), summed.bytes, summed.added), (id, 9, 7));
        let at = progress(out.lines().next().unwrap()).unwrap();
        assert!((at.percent_done - 0.5).abs() < 0.01 && at.seconds_remaining == 3);
        let list = format!(
            "[{{\"time\":\"2026-11-25T11:01:59.7Z\",\"tags\":[\"commonhost\",\"service-radicale\"],\"id\":\"{id}\"}},{{\"time\":\"2026-11-25T11:01:59Z\",\"tags\":[\"mine\"],\"id\":\"{id}\"}}]"
        );
        let found = backups(&list);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].at, Timestamp(1_795_604_519));
        assert_eq!(found[0].subject, Subject::Service("radicale".parse().unwrap()));
    }

    proptest! {
        #[test]
        fn no_output_makes_it_panic(status: i32, text: String) {
            let _ = ended(status, &text, &text);
            let _ = (summary(&text), progress(&text), backups(&text));
        }
    }
}
