// SPDX-License-Identifier: AGPL-3.0-or-later
//! The first page after signing in.

use super::{
    facts,
    jobs::row,
    shell::{Visit, show},
};
use crate::{
    ApiError,
    access::{Policy, rules::may_use},
    api::Route,
    checks, roots,
    state::{Job, JobState, Role},
};
use axum::response::Response;
use host::sensors::Readings;
use http::Method;
use std::time::Duration;
use types::Timestamp;
use web_ui::{BoardHealth, Filled, HomePage, RootNews, ServiceRow};

/// Seconds for which a job that failed is still shown.
const JUST_ENDED: u64 = 600;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::new(
        Method::GET,
        "/home",
        Policy::Guest,
        "How the board is.",
        home,
    )]
}

async fn home(visit: Visit) -> Result<Response, ApiError> {
    let language = visit.language();
    let trusted = visit.trusted_names();
    let services = facts::enabled(&visit.app).await?;
    let (rules, member) = (visit.app.rules.load_full(), visit.caller.member()?);
    let mine = services
        .iter()
        .filter(|service| may_use(&rules, &service.name, member));
    let rows = mine.map(|service| ServiceRow {
        name: service.name.clone(),
        title: service.title(language),
        icon: service.icon(),
        state: service.state,
        open_url: service.open_url(&trusted, &visit.links),
    });
    let findings = if visit.is_steward() {
        let findings = checks::findings(&visit.app).await?;
        findings.iter().map(checks::Finding::shown).collect()
    } else {
        Vec::new()
    };
    let now = visit.layout.now;
    let roots = roots::view(&visit.app);
    let next = roots.next.map(|root| RootNews::Next(root.at));
    let jobs = if member.role == Role::Guest {
        Vec::new()
    } else {
        visit.app.store.jobs(10).await?
    };
    let jobs = jobs.into_iter().filter(|job| is_current(job, now));
    let waiting = crate::members::to_approve(&visit.app, member).await?.len();
    let acts = if visit.is_steward() {
        let waiting = crate::two_person::waiting(&visit.app).await?;
        waiting.iter().filter(|act| act.by != member.name).count()
    } else {
        0
    };
    let page = HomePage {
        acts: u32::try_from(acts).unwrap_or(u32::MAX),
        forgotten: u32::try_from(waiting).unwrap_or(u32::MAX),
        health: health(&visit.app.readings()),
        services: rows.collect(),
        findings,
        root: next.or_else(|| roots.former.map(|root| RootNews::Changed(root.at))),
        jobs: jobs.map(|job| row(&visit.app, &job, language)).collect(),
        layout: visit.layout,
    };
    Ok(show(&page))
}

fn is_current(job: &Job, now: Timestamp) -> bool {
    let recent = |at: Timestamp| now.since(at).as_secs() < JUST_ENDED;
    match job.state {
        JobState::Running => true,
        // What is done shows in the list of services.
        JobState::Done => false,
        JobState::Failed => job.ended.is_some_and(recent),
    }
}

/// What the sensors say, as pages show it.
fn health(readings: &Readings) -> BoardHealth {
    let filled = |total: u64, free: u64| Filled {
        used: total.saturating_sub(free),
        total,
    };
    let disk = readings.disk_total.zip(readings.disk_available);
    BoardHealth {
        cpu_percent: readings.cpu.map(|share| share * 100.0),
        memory: (readings.memory_total > 0).then(|| filled(readings.memory_total, readings.memory_available)),
        disk: disk.map(|(total, free)| filled(total, free)),
        temperature_celsius: readings.temperature,
        uptime: (readings.uptime > 0).then(|| Duration::from_secs(readings.uptime)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_measured_is_not_shown() {
        assert_eq!(health(&Readings::default()), BoardHealth::default());
        let readings = Readings {
            memory_total: 100,
            memory_available: 40,
            ..Readings::default()
        };
        assert_eq!(health(&readings).memory, Some(Filled { used: 60, total: 100 }));
    }
}
