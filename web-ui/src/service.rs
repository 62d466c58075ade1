// SPDX-License-Identifier: AGPL-3.0-or-later
//! How a service is doing.

use crate::i18n::T;
use types::Timestamp;

/// State of a service, as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServiceState {
    /// On its way up, or being prepared for its first start.
    Starting,
    /// Up and answering.
    Running,
    /// Should run and does not.
    Failing,
    /// On its way down.
    Stopping,
    /// Stopped on purpose.
    Stopped,
    /// Being removed.
    Removing,
    /// Not known: the host process does not answer.
    Unknown,
}

impl ServiceState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Starting,
        Self::Running,
        Self::Failing,
        Self::Stopping,
        Self::Stopped,
        Self::Removing,
        Self::Unknown,
    ];

    /// The word for programs and events.
    pub fn code(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Failing => "failing",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Removing => "removing",
            Self::Unknown => "unknown",
        }
    }

    pub(crate) fn label(self, t: T) -> &'static str {
        match self {
            Self::Starting => t.state_starting(),
            Self::Running => t.state_running(),
            Self::Failing => t.state_failing(),
            Self::Stopping => t.state_stopping(),
            Self::Stopped => t.state_stopped(),
            Self::Removing => t.state_removing(),
            Self::Unknown => t.state_unknown(),
        }
    }

    /// One sentence for the service's own page.
    pub(crate) fn sentence(self, t: T) -> &'static str {
        match self {
            Self::Starting => t.state_starting_long(),
            Self::Running => t.state_running_long(),
            Self::Failing => t.state_failing_long(),
            Self::Stopping => t.state_stopping_long(),
            Self::Stopped => t.state_stopped_long(),
            Self::Removing => t.state_removing_long(),
            Self::Unknown => t.state_unknown_long(),
        }
    }

    /// For visitors: only whether it works.
    pub(crate) fn public_label(self, t: T) -> &'static str {
        match self {
            Self::Running => t.state_public_up(),
            Self::Starting | Self::Stopping | Self::Unknown => t.state_public_soon(),
            Self::Failing | Self::Stopped | Self::Removing => t.state_public_down(),
        }
    }
}

/// Why a service does not run although it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened last.
    pub reason: FailureReason,
    /// Automatic restarts so far.
    pub restarts: u32,
    /// When it is tried again; `None` when it is not.
    pub next_try: Option<Timestamp>,
    /// Its last words, oldest first.
    pub last_lines: Vec<LogLine>,
}

/// What made a service fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureReason {
    /// It ended by itself with this exit status.
    Exited(i32),
    /// It was ended by this signal.
    Signal(i32),
    /// It used more memory than its limit, in bytes.
    OutOfMemory(u64),
    /// It did not answer within so many seconds of its start.
    NotReady(u32),
    /// It stopped answering its health check.
    NotAnswering,
    /// Its software is damaged or missing.
    SoftwareDamaged,
    /// Anything else, in words that somebody else chose.
    Other(String),
}

impl FailureReason {
    pub(crate) fn text(&self, t: T) -> String {
        match self {
            Self::Exited(status) => t.failure_exited(status),
            Self::Signal(signal) => t.failure_signal(signal),
            Self::OutOfMemory(limit) => t.failure_memory(t.bytes(*limit)),
            Self::NotReady(seconds) => t.failure_not_ready(seconds),
            Self::NotAnswering => t.failure_not_answering().into(),
            Self::SoftwareDamaged => t.failure_damaged().into(),
            Self::Other(text) => text.clone(),
        }
    }
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub at: Timestamp,
    /// Syslog priority, 0 (emergency) to 7 (debug).
    pub priority: u8,
    /// The text.
    pub message: String,
}

impl LogLine {
    /// How loud it is shown.
    pub(crate) fn tone(&self) -> &'static str {
        match self.priority {
            0..=3 => "bad",
            4 => "warn",
            _ => "plain",
        }
    }
}
