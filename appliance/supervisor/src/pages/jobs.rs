// SPDX-License-Identifier: AGPL-3.0-or-later
//! How far a job is.

use super::{
    facts,
    shell::{Visit, show},
};
use crate::{
    ApiError, App,
    access::Policy,
    api::Route,
    state::{Job, JobKind, JobState},
};
use axum::{extract::Path, response::Response};
use http::Method;
use types::{Language, backup::Subject};
use web_ui::{JobPage, JobRow, StepKind, StepRow};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::new(
        Method::GET,
        "/jobs/{id}",
        Policy::Member,
        "How far a job is.",
        job,
    )]
}

async fn job(visit: Visit, Path(id): Path<String>) -> Result<Response, ApiError> {
    let found = visit.app.store.job(id).await?;
    let job = found.ok_or_else(|| ApiError::not_found("There is no such job; it may be too old."))?;
    let state = state(job.state);
    let steps = match job.kind {
        JobKind::Backup => backup_steps(&visit).await?,
        JobKind::RestoreBoard => restore_steps(&visit).await?,
        kind => steps(kind),
    };
    let page = JobPage {
        kind: kind(job.kind, facts::title(&visit.app, &job.service, visit.language())),
        state,
        progress: job.progress,
        steps: StepRow::list(&steps, &job.step, state),
        started: job.created,
        finished: job.ended,
        error: (!job.message.is_empty()).then(|| job.message.clone()),
        next: next(&job),
        id: job.id,
        layout: visit.layout,
    };
    Ok(show(&page))
}

/// A job in a list.
pub(super) fn row(app: &App, job: &Job, language: Language) -> JobRow {
    JobRow {
        id: job.id.clone(),
        kind: kind(job.kind, facts::title(app, &job.service, language)),
        state: state(job.state),
        progress: job.progress,
        started: job.created,
    }
}

fn state(state: JobState) -> web_ui::JobState {
    match state {
        JobState::Running => web_ui::JobState::Running,
        JobState::Done => web_ui::JobState::Done,
        JobState::Failed => web_ui::JobState::Failed,
    }
}

fn kind(kind: JobKind, title: String) -> web_ui::JobKind {
    match kind {
        JobKind::Enable => web_ui::JobKind::Enable(title),
        JobKind::Settings => web_ui::JobKind::Configure(title),
        JobKind::Start => web_ui::JobKind::Start(title),
        JobKind::Stop => web_ui::JobKind::Stop(title),
        JobKind::Restart => web_ui::JobKind::Restart(title),
        JobKind::Update => web_ui::JobKind::Update(title),
        JobKind::Rollback => web_ui::JobKind::Rollback(title),
        JobKind::Remove => web_ui::JobKind::Remove(title),
        JobKind::Snapshot => web_ui::JobKind::Snapshot(title),
        JobKind::Revert => web_ui::JobKind::Revert(title),
        JobKind::Connect => web_ui::JobKind::Connect,
        JobKind::Backup => web_ui::JobKind::Backup,
        JobKind::Restore => web_ui::JobKind::Restore(title),
        JobKind::Test => web_ui::JobKind::RestoreTest(title),
        JobKind::RestoreBoard => web_ui::JobKind::RestoreBoard,
        JobKind::Export => web_ui::JobKind::Export(title),
    }
}

/// What a backup goes through: one step for the board and one for each service.
async fn backup_steps(visit: &Visit) -> Result<Vec<StepKind>, ApiError> {
    let language = visit.language();
    let service = |service: facts::Enabled| StepKind::Backup {
        word: Subject::Service(service.name.clone()).word(),
        title: service.title(language),
    };
    let mut all = vec![StepKind::Backup {
        word: Subject::Board.word(),
        title: visit.layout.board.clone(),
    }];
    all.extend(facts::enabled(&visit.app).await?.into_iter().map(service));
    all.extend(steps(JobKind::Backup));
    Ok(all)
}

/// What getting a board back goes through: one step for each service.
async fn restore_steps(visit: &Visit) -> Result<Vec<StepKind>, ApiError> {
    let language = visit.language();
    let service = |service: facts::Enabled| StepKind::Restore {
        word: Subject::Service(service.name.clone()).word(),
        title: service.title(language),
    };
    let mut all = steps(JobKind::RestoreBoard);
    all.extend(facts::enabled(&visit.app).await?.into_iter().map(service));
    Ok(all)
}

/// What a job goes through, in the order of the plan (see `reconcile::Plan`).
fn steps(kind: JobKind) -> Vec<StepKind> {
    use StepKind::{
        Archive, Check, Copy, Exchange, Fetch, Init, MountBundles, Open, Pack, Remove, Render, Snapshot,
        Start, Stop, Try, WaitReady,
    };
    match kind {
        JobKind::Enable => vec![MountBundles, Render, Start, WaitReady],
        JobKind::Update | JobKind::Rollback => {
            vec![MountBundles, Stop, Snapshot, Render, Start, WaitReady]
        }
        JobKind::Settings => vec![Stop, Snapshot, Render, Start, WaitReady],
        JobKind::Snapshot => vec![Snapshot],
        JobKind::Revert => vec![Copy, Stop, Exchange, WaitReady],
        JobKind::Connect => vec![Open, Init],
        JobKind::Restore => vec![Fetch, Stop, Exchange, WaitReady],
        JobKind::Test => vec![Fetch, Check, Try],
        JobKind::Backup => vec![StepKind::Forget, StepKind::LookOver],
        JobKind::RestoreBoard => vec![Open],
        JobKind::Export => vec![Pack],
        JobKind::Restart => vec![Render, Start, WaitReady],
        JobKind::Start => vec![Start, WaitReady],
        JobKind::Stop => vec![Stop],
        JobKind::Remove => vec![Remove, Archive],
    }
}

fn next(job: &Job) -> String {
    match job.kind {
        JobKind::Remove => "/archives".into(),
        JobKind::RestoreBoard => "/home".into(),
        JobKind::Export => "/backups#exports".into(),
        JobKind::Snapshot | JobKind::Connect | JobKind::Backup | JobKind::Test => "/backups".into(),
        _ => format!("/services/{}", job.service),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_a_job_has_a_word_of_its_own() {
        for kind in [
            JobKind::Enable,
            JobKind::Settings,
            JobKind::Remove,
            JobKind::Revert,
            JobKind::Connect,
            JobKind::Restore,
            JobKind::Test,
        ] {
            for step in steps(kind) {
                assert_eq!(StepKind::from_code(&step.code()), step);
            }
        }
    }
}
