// SPDX-License-Identifier: AGPL-3.0-or-later
//! What changes, as it changes (server-sent events, WHATWG HTML section 9.2): states, jobs, log lines.

use super::{
    Route,
    address::{Path, Query},
};
use crate::{ApiError, App, access::Policy, events, services, state::Job};
use axum::{
    Json,
    extract::State,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{Stream, StreamExt, stream};
use host::sensors::Readings;
use http::{HeaderMap, Method};
use serde::Deserialize;
use std::{convert::Infallible, time::Duration};
use tokio_stream::wrappers::BroadcastStream;
use types::{
    ServiceName,
    host::{HostReply, HostRequest, JournalLine},
};

/// How often new log lines are looked for while somebody looks at them.
const LOG_EVERY: Duration = Duration::from_secs(1);
/// How often the sensors are read for an open page.
const BOARD_EVERY: Duration = Duration::from_secs(5);
/// For so long a job that ended is news to a page that was just loaded.
const JUST_ENDED: Duration = Duration::from_mins(1);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/api/v1/events",
            Policy::Member,
            "What changes, as it changes.",
            events,
        ),
        Route::new(
            Method::GET,
            "/api/v1/services/{name}/logs",
            Policy::Steward,
            "A service's log; follow=true goes on.",
            logs,
        )
        .gives::<serde_json::Value>(),
    ]
}

fn live<S>(stream: S) -> Response
where
    S: Stream<Item = Event> + Send + 'static,
{
    let keep = KeepAlive::new().interval(Duration::from_secs(15));
    let mut response = Sse::new(stream.map(Ok::<_, Infallible>))
        .keep_alive(keep)
        .into_response();
    response
        .headers_mut()
        .insert("x-accel-buffering", http::HeaderValue::from_static("no"));
    response
}

async fn events(State(app): State<App>) -> Result<Response, ApiError> {
    // Listening begins before the present is read, so that nothing falls in between.
    let later = BroadcastStream::new(app.events.listen());
    let present = present(&app).await?;
    let later = later.filter_map(async |event| event.ok().and_then(|event| say(&event)));
    let board = stream::unfold(app, async |app| {
        tokio::time::sleep(BOARD_EVERY).await;
        let data = serde_json::to_string(&board(&app.readings())).ok()?;
        Some((Event::default().event("board").data(data), app))
    });
    // At once, so that the browser knows that the stream is open.
    let first = stream::iter([Event::default().comment("open")].into_iter().chain(present));
    Ok(live(first.chain(stream::select(later.boxed(), board.boxed()))))
}

fn say(event: &events::Event) -> Option<Event> {
    let data = serde_json::to_string(event).ok()?;
    Some(Event::default().event(event.name()).data(data))
}

/// How everything is now: whoever loaded a page a moment ago misses nothing.
async fn present(app: &App) -> Result<Vec<Event>, ApiError> {
    let now = app.now();
    let recent = |job: &Job| job.ended.is_none_or(|at| now.since(at) < JUST_ENDED);
    let jobs = app.store.jobs(20).await?;
    let jobs = jobs.into_iter().rev().filter(recent).map(events::Event::Job);
    let states = app.seen.load_full();
    let states = states
        .states
        .iter()
        .map(|(name, (state, _))| events::Event::Service {
            name: name.clone(),
            state: *state,
        });
    Ok(states.chain(jobs).filter_map(|event| say(&event)).collect())
}

/// What the sensors say, as open pages show it.
#[expect(clippy::cast_precision_loss, reason = "percentages for people")]
fn board(readings: &Readings) -> web_ui::events::BoardEvent {
    let percent = |total: u64, free: u64| {
        let used = total.saturating_sub(free);
        (total > 0).then(|| used as f32 / total as f32 * 100.0)
    };
    let disk = readings.disk_total.zip(readings.disk_available);
    web_ui::events::BoardEvent {
        cpu_percent: readings.cpu.map(|share| share * 100.0),
        memory_percent: percent(readings.memory_total, readings.memory_available),
        disk_percent: disk.and_then(|(total, free)| percent(total, free)),
        temperature_celsius: readings.temperature,
    }
}

/// Query of the log.
#[derive(Deserialize)]
struct Log {
    lines: Option<u16>,
    after: Option<String>,
    #[serde(default)]
    follow: bool,
}

async fn read(
    app: &App,
    service: &ServiceName,
    lines: u16,
    after: Option<String>,
) -> Result<Vec<JournalLine>, ApiError> {
    let request = HostRequest::Journal {
        service: service.clone(),
        lines,
        after,
    };
    match app.host.ask(request).await? {
        HostReply::Journal { lines } => Ok(lines),
        _ => Ok(Vec::new()),
    }
}

async fn logs(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(mut log): Query<Log>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    // A browser whose connection broke says what it had last (WHATWG HTML section 9.2.4).
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    log.after = last.map(str::to_owned).or(log.after);
    let service = services::parse_name(&name)?;
    services::view(&app, &service).await?;
    let lines = read(
        &app,
        &service,
        log.lines.unwrap_or(100).min(1000),
        log.after.clone(),
    )
    .await?;
    if !log.follow {
        return Ok(Json(lines).into_response());
    }
    let cursor = lines.last().map(|line| line.cursor.clone()).or(log.after);
    let later = stream::unfold((app, service, cursor), async |(app, service, cursor)| {
        tokio::time::sleep(LOG_EVERY).await;
        let lines = read(&app, &service, 200, cursor.clone())
            .await
            .unwrap_or_default();
        let cursor = lines.last().map(|line| line.cursor.clone()).or(cursor);
        Some((lines, (app, service, cursor)))
    });
    let stream = stream::once(async { lines }).chain(later).flat_map(|lines| {
        let event = |line: JournalLine| {
            let data = serde_json::to_string(&line).unwrap_or_default();
            Event::default().event("log").id(line.cursor).data(data)
        };
        stream::iter(lines.into_iter().map(event).collect::<Vec<_>>())
    });
    Ok(live(stream.boxed()))
}
