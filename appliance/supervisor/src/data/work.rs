// SPDX-License-Identifier: AGPL-3.0-or-later
//! A piece of work of the host process, followed to its end.

use crate::{
    App,
    peers::{self, Wanted},
};
use host::HostError;
use std::time::Duration;
use types::{
    RepositoryId, WorkId,
    backup::{Place, Run},
    data::{Act, WorkState},
    host::{HostReply, HostRequest},
};

/// Why a task is not done.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It cannot be done.
    Refused {
        /// A word for programs.
        code: String,
        /// For people.
        message: String,
    },
    /// restic ended with this.
    Backup(backup::Problem),
    /// The host process does not answer; it restarts by itself.
    Later(String),
}

impl Trouble {
    /// It cannot be done, for this reason.
    pub(super) fn refused(code: &str, message: impl Into<String>) -> Self {
        Self::Refused {
            code: code.into(),
            message: message.into(),
        }
    }
}

impl From<HostError> for Trouble {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Refused { code, message } => Self::Refused { code, message },
            error => Self::Later(host::chain(&error)),
        }
    }
}

impl From<crate::state::StateError> for Trouble {
    fn from(error: crate::state::StateError) -> Self {
        Self::Later(host::chain(&error))
    }
}

/// First and longest pause between two looks.
const PAUSE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// Begins `act` and waits for its end, telling `progress` the bytes done.
pub(super) async fn follow(
    app: &App,
    work: &WorkId,
    act: &Act,
    mut progress: impl FnMut(u64) + Send,
) -> Result<(), Trouble> {
    let mut pause = PAUSE.0;
    loop {
        let state = app.host.ask(HostRequest::Work { work: work.clone() }).await?;
        match state {
            HostReply::Work(WorkState::Done) => return Ok(()),
            HostReply::Work(WorkState::Failed { code, message }) => {
                return Err(Trouble::Refused { code, message });
            }
            HostReply::Work(WorkState::Running { done, .. }) => progress(done),
            _ => {
                let (work, act) = (work.clone(), act.clone());
                app.host.ask(HostRequest::Begin { work, act }).await?;
                continue;
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE.1);
    }
}

/// Runs restic to its end, telling `progress` how far it is; returns what it wrote.
pub(super) async fn restic(
    app: &App,
    work: &WorkId,
    repository: &RepositoryId,
    run: Run,
    mut progress: impl FnMut(backup::Progress) + Send,
) -> Result<String, Trouble> {
    let act = Act::Restic {
        repository: repository.clone(),
        run: run.clone(),
    };
    let (mut pause, mut reached) = (PAUSE.0, false);
    loop {
        let state = app.host.ask(HostRequest::Work { work: work.clone() }).await?;
        match state {
            HostReply::Work(WorkState::Ended { status, out, err }) => {
                let outcome = backup::ended(status, &out, &err);
                let keep = outcome.is_ok() && matches!(run, Run::Restore { .. });
                let work = work.clone();
                app.host.ask(HostRequest::EndWork { work, keep }).await?;
                return outcome.map(|()| out).map_err(Trouble::Backup);
            }
            HostReply::Work(WorkState::Running { line, .. }) => {
                if let Some(at) = backup::progress(&line) {
                    progress(at);
                }
            }
            _ => {
                if !reached {
                    reach(app, repository, &run).await?;
                    reached = true;
                }
                let (work, act) = (work.clone(), act.clone());
                app.host.ask(HostRequest::Begin { work, act }).await?;
                continue;
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE.1);
    }
}

/// A board that keeps our backups is asked before restic is: it says at once whether it does.
async fn reach(app: &App, repository: &RepositoryId, run: &Run) -> Result<(), Trouble> {
    let wanted = match run {
        Run::Init | Run::Backup { .. } | Run::Forget { .. } => Wanted::Writing,
        Run::Open | Run::Unlock | Run::List | Run::Restore { .. } | Run::Check { .. } => Wanted::Reading,
    };
    let known = super::backups::setup(app).await?.repositories;
    let place = known.into_iter().find(|known| known.id == *repository);
    match place.map(|known| known.place) {
        Some(Place::Peer { board }) => peers::reach(app, board, wanted).await.map_err(Trouble::Backup),
        _ => Ok(()),
    }
}
