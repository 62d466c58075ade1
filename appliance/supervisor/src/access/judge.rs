// SPDX-License-Identifier: AGPL-3.0-or-later
//! Judges a new password in a process of its own, which takes its word lists away with it when it ends: they would stay
//! with the daemon for good otherwise.

use super::strength::{self, Weak};
use serde::{Deserialize, Serialize};
use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::{io::AsyncWriteExt, process::Command, sync::Semaphore};

/// The command line's word for it; no person needs it.
pub const WORD: &str = "judge-password";
/// Longest question that the process reads, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Where new passwords are judged, one at a time.
#[derive(Debug)]
pub struct Judge {
    program: PathBuf,
    turn: Semaphore,
}

#[derive(Serialize, Deserialize)]
struct Question {
    password: String,
    name: String,
}

impl Judge {
    /// `program` is the command line.
    pub fn new(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            turn: Semaphore::new(1),
        }
    }

    /// Whether a member called `name` may choose this password ([`strength::check`]).
    ///
    /// # Errors
    /// When the process cannot be started or does not answer.
    pub async fn ask(&self, password: &str, name: &str) -> io::Result<Result<(), Weak>> {
        // What is wrong at a glance needs no process.
        if let Err(weak) = strength::check_length(password) {
            return Ok(Err(weak));
        }
        let question = Question {
            password: password.to_owned(),
            name: name.to_owned(),
        };
        let _turn = self.turn.acquire().await.map_err(io::Error::other)?;
        let mut process = Command::new(&self.program)
            .arg(WORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut input) = process.stdin.take() {
            input.write_all(&serde_json::to_vec(&question)?).await?;
        }
        let output = process.wait_with_output().await?;
        if !output.status.success() {
            return Err(io::Error::other(format!("{WORD} ended with {}", output.status)));
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// What the process does: a question from standard input, the answer to standard output.
///
/// # Errors
/// When the question cannot be read, or the answer not be written.
pub fn answer() -> io::Result<()> {
    let mut question = Vec::new();
    io::stdin().take(LONGEST).read_to_end(&mut question)?;
    let Question { password, name } = serde_json::from_slice(&question)?;
    let judged = strength::check(&password, &name);
    io::stdout().write_all(&serde_json::to_vec(&judged)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_its_process_nothing_passes() {
        for program in ["/nonexistent", "/bin/false", "/bin/true"] {
            let judge = Judge::new(Path::new(program));
            assert!(
                judge.ask("garden teapot moon", "alice").await.is_err(),
                "{program}"
            );
            assert_eq!(judge.ask("short", "alice").await.unwrap(), Err(Weak::Short));
        }
    }
}
