// SPDX-License-Identifier: AGPL-3.0-or-later
//! When checks run: the cheap ones whenever somebody looks, the others twice a day, on change and when asked.

use super::{ALL, Check, CheckStatus, Finding, Outcome, Pace, Report, digest};
use crate::{ApiError, App, app::lock, state::Sighting};
use futures_util::future::join_all;
use std::{collections::BTreeMap, sync::Mutex, time::Duration};
use tokio::sync::Notify;
use types::{Language, Timestamp};
use web_ui::CheckState;

/// How often everything is checked.
const ROUND: Duration = Duration::from_hours(12);
/// How often the cheap checks are written down.
const LOOK: Duration = Duration::from_mins(1);
/// The start is over, and what was started has had time to answer.
const SETTLED: Duration = Duration::from_secs(20);
/// A check that takes longer does not tell.
const PATIENCE: Duration = Duration::from_secs(90);

/// What the last round found.
#[derive(Debug, Default)]
pub struct Rounds {
    last: Mutex<Last>,
    asked: Notify,
    /// One round at a time.
    running: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Last {
    outcomes: BTreeMap<&'static str, Outcome>,
    ran: Option<Timestamp>,
}

impl Rounds {
    /// Something changed that checks look at: a round begins soon.
    pub fn soon(&self) {
        self.asked.notify_one();
    }
}

/// The cheap checks now, and what the last round found.
///
/// # Errors
/// When the database fails.
pub async fn report(app: &App) -> Result<Report, ApiError> {
    let cheap = run(app, Pace::Always).await;
    let (mut outcomes, ran) = {
        let last = lock(&app.rounds.last);
        (last.outcomes.clone(), last.ran)
    };
    outcomes.extend(cheap);
    put_together(app, &outcomes, ran).await
}

/// Every check now.
///
/// # Errors
/// When the database fails.
pub async fn run_all(app: &App) -> Result<Report, ApiError> {
    let asked = app.now();
    let running = app.rounds.running.lock().await;
    // Somebody else's round that began after we asked is ours too.
    let begun = lock(&app.rounds.last).ran;
    if begun.is_none_or(|begun| begun < asked || begun > app.now()) {
        let now = app.now();
        let outcomes = run(app, Pace::Round).await;
        *lock(&app.rounds.last) = Last {
            outcomes: outcomes.into_iter().collect(),
            ran: Some(now),
        };
    }
    drop(running);
    let report = report(app).await?;
    write_down(app, &report).await?;
    Ok(report)
}

async fn run(app: &App, pace: Pace) -> Vec<(&'static str, Outcome)> {
    let checks = ALL.iter().filter(|check| check.pace == pace);
    join_all(checks.map(|check| look(app, check))).await
}

async fn look(app: &App, check: &Check) -> (&'static str, Outcome) {
    let outcome = match tokio::time::timeout(PATIENCE, (check.look)(app)).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => {
            log::warn!("the check {} failed: {error}", check.name);
            Outcome::Unknown
        }
        Err(_) => {
            log::warn!("the check {} took too long", check.name);
            Outcome::Unknown
        }
    };
    (check.name, outcome)
}

async fn put_together(
    app: &App,
    outcomes: &BTreeMap<&'static str, Outcome>,
    ran: Option<Timestamp>,
) -> Result<Report, ApiError> {
    let now = app.now();
    let quiet = app.store.silences().await?;
    let sightings = app.store.sightings().await?;
    let since: BTreeMap<&str, Timestamp> = sightings
        .iter()
        .filter(|sighting| sighting.ended.is_none())
        .map(|sighting| (sighting.key.as_str(), sighting.since))
        .collect();
    let mut all: Vec<Finding> = Vec::new();
    for outcome in outcomes.values() {
        let Outcome::Found(found) = outcome else { continue };
        all.extend(found.iter().cloned().map(|finding| {
            Finding {
                since: Some(
                    since
                        .get(finding.key.as_str())
                        .map_or(now, |since| (*since).min(now)),
                ),
                silenced_until: quiet.get(&finding.key).copied().filter(|until| *until > now),
                ..finding
            }
        }));
    }
    all.sort_by(|a, b| (a.severity, &a.key).cmp(&(b.severity, &b.key)));
    let checks = ALL
        .iter()
        .map(|check| status(check, outcomes.get(check.name)))
        .collect();
    let (silenced, findings) = all
        .into_iter()
        .partition(|finding| finding.silenced_until.is_some());
    Ok(Report {
        ran,
        findings,
        silenced,
        checks,
    })
}

fn status(check: &Check, outcome: Option<&Outcome>) -> CheckStatus {
    let (word, state) = match outcome {
        None => ("waiting", CheckState::Waiting),
        Some(Outcome::Unknown) => ("unknown", CheckState::Unknown),
        Some(Outcome::Found(found)) => match found.iter().map(|finding| finding.severity).min() {
            None => ("good", CheckState::Good),
            Some(worst) => (worst.word(), CheckState::Found(worst.shown())),
        },
    };
    CheckStatus {
        name: check.name.into(),
        area: check.area.code().into(),
        title: (check.title)(Language::En).into(),
        state: word.into(),
        row: (check.area, check.title, state),
    }
}

/// Remembers since when findings are there. With a clock that cannot be right nothing is remembered.
async fn write_down(app: &App, report: &Report) -> Result<(), ApiError> {
    let now = app.now();
    if !host::clock::is_plausible(now) {
        return Ok(());
    }
    let seen = report.findings.iter().chain(&report.silenced).map(|finding| {
        let what = |language: Language| {
            let text = finding.words.text(language).what.clone();
            (language.code().to_owned(), text)
        };
        Sighting {
            key: finding.key.clone(),
            what: Language::ALL.map(what).into(),
            since: now,
            ended: None,
        }
    });
    app.store.see(seen.collect(), now).await?;
    Ok(())
}

/// What a round depends on: another network or another name is looked at at once.
async fn circumstances(app: &App) -> (Option<host::sensors::Network>, Vec<String>) {
    let domains = app.store.domains().await.unwrap_or_default();
    let names = domains.iter().map(|domain| domain.name.to_string()).collect();
    (app.readings().network, names)
}

/// Looks every minute, and at everything twice a day, on change and when asked. Never ends.
pub async fn watch(app: App) {
    tokio::time::sleep(SETTLED).await;
    let mut before = None;
    let mut asked = true;
    loop {
        let now = app.now();
        let present = circumstances(&app).await;
        let ran = lock(&app.rounds.last).ran;
        // A round that lies in the future was made by a clock that was wrong.
        let due = ran.is_none_or(|ran| ran > now || now.since(ran) >= ROUND);
        let changed = before.as_ref() != Some(&present);
        let looked = if due || asked || changed {
            before = Some(present);
            run_all(&app).await.map(drop)
        } else {
            async { write_down(&app, &report(&app).await?).await }.await
        };
        let summed_up = match looked {
            Ok(()) => digest::when_due(&app).await,
            Err(error) => Err(error),
        };
        if let Err(error) = summed_up {
            log::warn!("what was found could not be written down: {error}");
        }
        asked = tokio::time::timeout(LOOK, app.rounds.asked.notified())
            .await
            .is_ok();
    }
}
