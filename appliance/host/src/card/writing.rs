// SPDX-License-Identifier: AGPL-3.0-or-later
//! Writing a release takes minutes on a slow card: it goes on beside the requests, one at a time.

use super::Found;
use crate::error::{MachineError, chain};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use types::{
    release::{Release, ReleaseVersion},
    system::{SystemFacts, WriteProblem},
};

/// What is being written, and why the last one was not.
#[derive(Clone, Default)]
pub(crate) struct Writing(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    version: Option<String>,
    problem: Option<WriteProblem>,
}

impl Writing {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this version is being written.
    pub(crate) fn is(&self, version: &ReleaseVersion) -> bool {
        self.state().version.as_deref() == Some(version.as_str())
    }

    /// Begins to write a release.
    pub(crate) fn begin(&self, found: Found, release: Release) -> Result<(), MachineError> {
        found.check(&release)?;
        {
            let mut state = self.state();
            state.version = Some(release.version.to_string());
            state.problem = None;
        }
        let this = self.clone();
        tokio::task::spawn_blocking(move || {
            let version = release.version.to_string();
            log::info!("{version} is written into the idle slot");
            let problem = found.stage(&release).err().map(|error| {
                let message = chain(&error);
                log::warn!("{version} could not be written: {message}");
                WriteProblem { version, message }
            });
            let mut state = this.state();
            (state.version, state.problem) = (None, problem);
        });
        Ok(())
    }

    /// Refuses what must not come in between.
    pub(crate) fn must_rest(&self) -> Result<(), MachineError> {
        match &self.state().version {
            None => Ok(()),
            Some(version) => Err(MachineError::Refused(format!(
                "{version} is being written to the card; wait until that is done"
            ))),
        }
    }

    /// With what goes on here.
    pub(crate) fn tell(&self, facts: SystemFacts) -> SystemFacts {
        let state = self.state();
        SystemFacts {
            writing: state.version.clone(),
            write_problem: state.problem.clone(),
            ..facts
        }
    }
}
