// SPDX-License-Identifier: AGPL-3.0-or-later
//! One job.

use crate::{
    job::{JobKind, JobState, StepRow},
    layout::{Layout, page},
    url,
};
use types::Timestamp;

/// `GET /jobs/<id>`: how far a job is. No form. Reloads itself without JavaScript until the job is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobPage {
    /// What every page knows.
    pub layout: Layout,
    /// Its id.
    pub id: String,
    /// What it is for.
    pub kind: JobKind,
    /// How it is doing.
    pub state: JobState,
    /// Percent done.
    pub progress: u8,
    /// Its steps, in order.
    pub steps: Vec<StepRow>,
    /// When it was asked for.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// Why it failed, and what to do.
    pub error: Option<String>,
    /// Where to go when it is done, a path on this board: `/services/radicale`.
    pub next: String,
}

impl JobPage {
    pub(crate) fn next(&self) -> &str {
        url::local_path(&self.next).unwrap_or("/home")
    }
}

page!(JobPage, "job.html");
