// SPDX-License-Identifier: AGPL-3.0-or-later
//! Incidents and planned downtime, and how services were.

use crate::{
    ApiError, App,
    access::secret,
    publish, services,
    state::{StateError, latest},
};
use ::cooperative::{
    date,
    news::{News, NewsKind},
    uptime::{self, Day},
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use types::{MemberName, ServiceName};

/// What a steward writes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNews {
    /// `incident` or `planned`.
    pub kind: NewsKind,
    /// In one line.
    pub title: String,
    /// What members should know.
    #[serde(default)]
    pub text: String,
    /// Names of services; empty: all.
    #[serde(default)]
    pub services: Vec<String>,
    /// `YYYY-MM-DDTHH:MM`, UTC; absent: now.
    #[serde(default)]
    pub begins: Option<String>,
    /// `YYYY-MM-DDTHH:MM`, UTC; an incident that goes on has none.
    #[serde(default)]
    pub ends: Option<String>,
}

/// All news as they stand, the latest first.
///
/// # Errors
/// When the database fails.
pub async fn all(app: &App) -> Result<Vec<News>, StateError> {
    let mut all: Vec<News> = latest(app.store.statements().await?);
    all.sort_by(|a, b| (b.begins, &b.id).cmp(&(a.begins, &a.id)));
    Ok(all)
}

fn moment(field: &str, text: Option<&String>) -> Result<Option<types::Timestamp>, ApiError> {
    match text.map(|text| text.trim()).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => date::parse_moment(text)
            .map(Some)
            .ok_or_else(|| ApiError::field(field, "must be a date and a time, like 2026-12-01T18:00")),
    }
}

/// Writes new news (without `id`), or changes what is there.
///
/// # Errors
/// 404 when there is nothing with this id, 422 when a field does not fit.
pub async fn write(app: &App, id: Option<&str>, new: NewNews, by: &MemberName) -> Result<News, ApiError> {
    let now = app.now();
    let mut concerned = BTreeSet::new();
    for name in new.services.iter().filter(|name| !name.trim().is_empty()) {
        let name = services::parse_name(name.trim())?;
        services::view(app, &name).await?;
        concerned.insert(name);
    }
    let news = News {
        id: id.map_or_else(secret::identifier, str::to_owned),
        kind: new.kind,
        title: new.title.trim().to_owned(),
        text: new.text.replace("\r\n", "\n").trim().to_owned(),
        services: concerned,
        begins: moment("begins", new.begins.as_ref())?.unwrap_or(now),
        ends: moment("ends", new.ends.as_ref())?,
        written: now,
        changed: now,
        sequence: 0,
        cancelled: false,
    };
    news.check()
        .map_err(|error| ApiError::field(error.field, error.message))?;
    let known = id.map(str::to_owned);
    put(app, known, news, by.as_str(), |news, before| News {
        written: before.written,
        sequence: before.sequence + 1,
        ..news
    })
    .await
}

/// Says that it is over, or that it will not happen.
///
/// # Errors
/// 404 when there is nothing with this id, 409 when it is over already.
pub async fn end(app: &App, id: &str, by: &MemberName) -> Result<News, ApiError> {
    let now = app.now();
    let news = ended(find(app, id).await?, now)
        .ok_or_else(|| ApiError::conflict("over", "This is over already."))?;
    put(
        app,
        Some(id.to_owned()),
        news,
        by.as_str(),
        move |news, before| News {
            changed: now,
            sequence: before.sequence + 1,
            ..news
        },
    )
    .await
}

/// Tells something in the board's own name.
///
/// # Errors
/// When the database fails.
pub async fn put_by_board(app: &App, news: News, by: &str) -> Result<News, ApiError> {
    put(app, None, news, by, |news, _| news).await
}

/// What the board told is over, or will not happen. It is over already, or gone: nothing.
///
/// # Errors
/// When the database fails.
pub async fn end_by_board(app: &App, id: &str, by: &str) -> Result<(), ApiError> {
    let known = all(app).await?.into_iter().find(|news| news.id == id);
    let ended = known.and_then(|news| ended(news, app.now()));
    if let Some(news) = ended {
        let now = app.now();
        put(app, Some(id.to_owned()), news, by, move |news, before| News {
            changed: now,
            sequence: before.sequence + 1,
            ..news
        })
        .await?;
    }
    Ok(())
}

/// The same when it is said to be over, or not to happen; `None` when it is over already.
fn ended(before: News, now: types::Timestamp) -> Option<News> {
    match before.phase(now) {
        ::cooperative::news::Phase::Ahead => Some(News {
            cancelled: true,
            ..before
        }),
        ::cooperative::news::Phase::Now => Some(News {
            ends: Some(now),
            ..before
        }),
        _ => None,
    }
}

async fn find(app: &App, id: &str) -> Result<News, ApiError> {
    let found = all(app).await?.into_iter().find(|news| news.id == id);
    found.ok_or_else(|| ApiError::not_found("There is no such news."))
}

async fn put(
    app: &App,
    id: Option<String>,
    news: News,
    by: &str,
    join: impl FnOnce(News, &News) -> News + Send + 'static,
) -> Result<News, ApiError> {
    let act = if id.is_some() { "change-news" } else { "write-news" };
    let news = app
        .store
        .state((by, app.now(), act), move |before: &[News]| {
            let news = match id {
                None => news,
                Some(id) => {
                    let known = before.iter().rev().find(|known| known.id == id);
                    let known = known.ok_or_else(|| ApiError::not_found("There is no such news."))?;
                    join(news, known)
                }
            };
            Ok::<_, ApiError>((vec![news.clone()], news))
        })
        .await??;
    publish::refresh(app).await?;
    Ok(news)
}

/// The last 90 days of every service, the oldest day first.
///
/// # Errors
/// When the database fails.
pub async fn history(app: &App) -> Result<BTreeMap<ServiceName, Vec<Day>>, StateError> {
    let today = uptime::day_number(app.now());
    let first = today - i64::try_from(uptime::DAYS).unwrap_or(90) + 1;
    let mut all = app.store.uptime(first).await?;
    super::meter::add_unwritten(app, &mut all);
    Ok(all
        .into_iter()
        .map(|(service, days)| (service, uptime::row(days, today)))
        .collect())
}
