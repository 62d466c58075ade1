// SPDX-License-Identifier: AGPL-3.0-or-later
//! Work that goes on after a request was answered.

use crate::i18n::T;
use std::borrow::Cow;
use types::Timestamp;

/// What a job is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// Enabling the service with this title.
    Enable(String),
    /// New settings for a service.
    Configure(String),
    /// Starting.
    Start(String),
    /// Stopping.
    Stop(String),
    /// Restarting.
    Restart(String),
    /// Updating.
    Update(String),
    /// Going back to the version before.
    Rollback(String),
    /// Removing, with its data archived.
    Remove(String),
    /// Copying its data on the board.
    Snapshot(String),
    /// Putting a copy in the place of its data.
    Revert(String),
    /// Making a place for backups ready.
    Connect,
    /// Backing everything up.
    Backup,
    /// Putting a backup in the place of its data.
    Restore(String),
    /// Trying whether its backup can be restored.
    RestoreTest(String),
    /// Packing its data to take along.
    Export(String),
    /// Getting everything back onto this board.
    RestoreBoard,
    /// Getting a certificate for a name.
    Certificate(String),
    /// Anything else, in words that somebody else chose.
    Other(String),
}

impl JobKind {
    pub(crate) fn text(&self, t: T) -> String {
        match self {
            Self::Enable(title) => t.job_enable(title),
            Self::Configure(title) => t.job_configure(title),
            Self::Start(title) => t.job_start(title),
            Self::Stop(title) => t.job_stop(title),
            Self::Restart(title) => t.job_restart(title),
            Self::Update(title) => t.job_update(title),
            Self::Rollback(title) => t.job_rollback(title),
            Self::Remove(title) => t.job_remove(title),
            Self::Snapshot(title) => t.job_snapshot(title),
            Self::Revert(title) => t.job_revert(title),
            Self::Connect => t.job_connect().into(),
            Self::Backup => t.job_backup().into(),
            Self::Restore(title) => t.job_restore(title),
            Self::RestoreTest(title) => t.job_restore_test(title),
            Self::Export(title) => t.job_export(title),
            Self::RestoreBoard => t.job_restore_board().into(),
            Self::Certificate(name) => t.job_certificate(name),
            Self::Other(text) => text.clone(),
        }
    }
}

/// State of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It waits for others.
    Waiting,
    /// It is being worked on.
    Running,
    /// Done.
    Done,
    /// Given up.
    Failed,
}

impl JobState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Running, Self::Done, Self::Failed];

    /// The word for programs and events.
    pub fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more will happen.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }

    pub(crate) fn label(self, t: T) -> &'static str {
        match self {
            Self::Waiting => t.job_state_waiting(),
            Self::Running => t.job_state_running(),
            Self::Done => t.job_state_done(),
            Self::Failed => t.job_state_failed(),
        }
    }
}

/// A job in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// Its id, as in `/jobs/<id>`.
    pub id: String,
    /// What it is for.
    pub kind: JobKind,
    /// How it is doing.
    pub state: JobState,
    /// Percent done.
    pub progress: u8,
    /// When it was asked for.
    pub started: Timestamp,
}

impl JobRow {
    pub(crate) fn segment(&self) -> String {
        crate::url::segment(&self.id)
    }
}

/// One step of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    /// What it does.
    pub kind: StepKind,
    /// How it is doing.
    pub state: StepState,
}

impl StepRow {
    /// The rows of a job that works through `kinds` in order and is now at the step with the word `at`
    /// ([`StepKind::code`]). With a word that is none of them, all are done or none has begun, by the job's `state`.
    pub fn list(kinds: &[StepKind], at: &str, state: JobState) -> Vec<Self> {
        let here = kinds.iter().position(|kind| kind.code() == at);
        let row = |(index, kind): (usize, &StepKind)| {
            let state = match (state, here) {
                (JobState::Done, _) => StepState::Done,
                (_, Some(here)) if index < here => StepState::Done,
                (JobState::Running, Some(here)) if index == here => StepState::Running,
                (JobState::Failed, Some(here)) if index == here => StepState::Failed,
                _ => StepState::Waiting,
            };
            Self {
                kind: kind.clone(),
                state,
            }
        };
        kinds.iter().enumerate().map(row).collect()
    }
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Verify the software's signature and mount it.
    MountBundles,
    /// Write configuration and units.
    Render,
    /// Start.
    Start,
    /// Wait for the first good answer.
    WaitReady,
    /// Let the front door know the names.
    Route,
    /// Ask for certificates.
    Certificate,
    /// Make the members' accounts.
    Provision,
    /// Stop.
    Stop,
    /// Remove units and files.
    Remove,
    /// Put the data into the archive.
    Archive,
    /// Unmount software nobody uses.
    Unmount,
    /// Copy the data as a snapshot.
    Snapshot,
    /// Copy data beside the live ones.
    Copy,
    /// Put them in the place of the live ones.
    Exchange,
    /// Open a repository.
    Open,
    /// Make a repository.
    Init,
    /// Fetch a backup.
    Fetch,
    /// Check what was restored.
    Check,
    /// Start the service on what was restored.
    Try,
    /// Back up.
    Backup {
        /// The word of what is backed up: `board`, or `service-` and a name.
        word: String,
        /// What people call it.
        title: String,
    },
    /// Get data back.
    Restore {
        /// The word of what comes back: `service-` and a name.
        word: String,
        /// What people call it.
        title: String,
    },
    /// Pack data into one archive.
    Pack,
    /// Become the board that was fetched.
    Adopt,
    /// Forget old backups.
    Forget,
    /// Check a repository.
    LookOver,
    /// Anything else, in words that somebody else chose.
    Other(String),
}

impl StepKind {
    /// The word for programs and events.
    pub fn code(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Restore { word, .. } => return Cow::Owned(format!("restore {word}")),
            Self::Backup { word, .. } => return Cow::Owned(format!("backup {word}")),
            Self::Pack => "pack",
            Self::Adopt => "adopt",
            Self::Forget => "forget",
            Self::LookOver => "look_over",
            Self::MountBundles => "mount",
            Self::Render => "render",
            Self::Start => "start",
            Self::WaitReady => "ready",
            Self::Route => "route",
            Self::Certificate => "certificate",
            Self::Provision => "provision",
            Self::Stop => "stop",
            Self::Remove => "remove",
            Self::Archive => "archive",
            Self::Unmount => "unmount",
            Self::Snapshot => "snapshot",
            Self::Copy => "copy",
            Self::Exchange => "exchange",
            Self::Open => "open",
            Self::Init => "init",
            Self::Fetch => "fetch",
            Self::Check => "check",
            Self::Try => "try",
            Self::Other(_) => "other",
        })
    }

    /// The step with this word; an unknown word stays as it is.
    pub fn from_code(code: &str) -> Self {
        let known = [
            Self::MountBundles,
            Self::Render,
            Self::Start,
            Self::WaitReady,
            Self::Route,
            Self::Certificate,
            Self::Provision,
            Self::Stop,
            Self::Remove,
            Self::Archive,
            Self::Unmount,
            Self::Snapshot,
            Self::Copy,
            Self::Exchange,
            Self::Open,
            Self::Init,
            Self::Fetch,
            Self::Check,
            Self::Try,
            Self::Pack,
            Self::Adopt,
            Self::Forget,
            Self::LookOver,
        ];
        known
            .into_iter()
            .find(|step| step.code() == code)
            .unwrap_or_else(|| Self::Other(code.to_owned()))
    }

    pub(crate) fn text(&self, t: T) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Self::Restore { title, .. } => return Cow::Owned(t.step_restore(title)),
            Self::Backup { title, .. } => return Cow::Owned(t.step_backup(title)),
            Self::Pack => t.step_pack(),
            Self::Adopt => t.step_adopt(),
            Self::Forget => t.step_forget(),
            Self::LookOver => t.step_look_over(),
            Self::MountBundles => t.step_mount(),
            Self::Render => t.step_render(),
            Self::Start => t.step_start(),
            Self::WaitReady => t.step_wait(),
            Self::Route => t.step_route(),
            Self::Certificate => t.step_certificate(),
            Self::Provision => t.step_provision(),
            Self::Stop => t.step_stop(),
            Self::Remove => t.step_remove(),
            Self::Archive => t.step_archive(),
            Self::Unmount => t.step_unmount(),
            Self::Snapshot => t.step_snapshot(),
            Self::Copy => t.step_copy(),
            Self::Exchange => t.step_exchange(),
            Self::Open => t.step_open(),
            Self::Init => t.step_init(),
            Self::Fetch => t.step_fetch(),
            Self::Check => t.step_check(),
            Self::Try => t.step_try(),
            Self::Other(text) => text,
        })
    }
}

/// State of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Not yet begun.
    Waiting,
    /// Being worked on.
    Running,
    /// Done.
    Done,
    /// It failed.
    Failed,
}

impl StepState {
    /// The word for programs and styles.
    pub fn code(self) -> &'static str {
        self.as_job().code()
    }

    pub(crate) fn label(self, t: T) -> &'static str {
        self.as_job().label(t)
    }

    fn as_job(self) -> JobState {
        match self {
            Self::Waiting => JobState::Waiting,
            Self::Running => JobState::Running,
            Self::Done => JobState::Done,
            Self::Failed => JobState::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_before_the_one_at_hand_are_done() {
        use StepState::{Done, Failed, Running, Waiting};
        let kinds = [StepKind::MountBundles, StepKind::Start, StepKind::WaitReady];
        let states = |at, state| {
            let rows = StepRow::list(&kinds, at, state);
            rows.iter().map(|row| row.state).collect::<Vec<_>>()
        };
        assert_eq!(states("start", JobState::Running), [Done, Running, Waiting]);
        assert_eq!(states("ready", JobState::Failed), [Done, Done, Failed]);
        assert_eq!(states("done", JobState::Done), [Done, Done, Done]);
        assert_eq!(states("mount", JobState::Waiting), [Waiting, Waiting, Waiting]);
        assert_eq!(StepKind::from_code("ready"), StepKind::WaitReady);
    }
}
