// SPDX-License-Identifier: AGPL-3.0-or-later
//! What changes, as it changes (server-sent events, WHATWG HTML section 9.2): states, jobs, log lines.

use super::Route;
use crate::{ApiError, App, access::Policy, services};
use axum::{
    Json,
    extract::{Path, Query, State},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{Stream, StreamExt, stream};
use http::Method;
use serde::Deserialize;
use std::{convert::Infallible, time::Duration};
use tokio_stream::wrappers::BroadcastStream;
use types::{
    ServiceName,
    host::{HostReply, HostRequest, JournalLine},
};

/// How often new log lines are looked for while somebody looks at them.
const LOG_EVERY: Duration = Duration::from_secs(1);

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

async fn events(State(app): State<App>) -> Response {
    let events = BroadcastStream::new(app.events.listen());
    let stream = events.filter_map(async |event| {
        let event = event.ok()?;
        Some(
            Event::default()
                .event(event.name())
                .data(serde_json::to_string(&event).ok()?),
        )
    });
    // At once, so that the browser knows that the stream is open.
    live(stream::once(async { Event::default().comment("open") }).chain(stream.boxed()))
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
    Query(log): Query<Log>,
) -> Result<Response, ApiError> {
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
