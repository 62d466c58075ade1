// SPDX-License-Identifier: AGPL-3.0-or-later
//! Texts, commitments, news, the end.

use super::super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    cooperative::{
        news::{self, NewNews},
        promises, texts,
        winding::{self, NewWinding},
    },
};
use ::cooperative::{
    Version,
    commitment::{self, Published},
    date,
    news::News,
    text::{Answers, Change, TextKind},
    uptime::{self, Day},
    winding::{Stage, Winding},
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use types::Language;

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Member, Public, Steward};
    const POLICIES: &str = "/api/v1/cooperative/policies";
    const COMMITMENTS: &str = "/api/v1/cooperative/commitments";
    const NEWS: &str = "/api/v1/cooperative/news";
    const END: &str = "/api/v1/cooperative/wind-down";
    vec![
        Route::new(
            Method::GET,
            POLICIES,
            Public,
            "Every version of every text.",
            policies,
        )
        .gives::<Vec<Version>>(),
        Route::new(
            Method::POST,
            "/api/v1/cooperative/policies/draft",
            Steward,
            "First texts, written from answers; nothing is published.",
            draft,
        )
        .takes::<Draft>()
        .gives::<BTreeMap<String, String>>(),
        Route::new(
            Method::PUT,
            "/api/v1/cooperative/policies/{kind}/{language}",
            Steward,
            "Publish a text; a change takes effect after the notice.",
            publish,
        )
        .takes::<NewText>()
        .gives::<Version>(),
        Route::new(
            Method::GET,
            "/api/v1/cooperative/policies/{kind}/{language}/{number}/changes",
            Public,
            "What a version changed.",
            changes,
        )
        .gives::<Vec<Change>>(),
        Route::new(
            Method::POST,
            "/api/v1/cooperative/policies/{kind}/{language}/{number}/read",
            Member,
            "You have read this version.",
            read,
        ),
        Route::new(
            Method::GET,
            COMMITMENTS,
            Public,
            "Promises and how they stand.",
            commitments,
        )
        .gives::<Vec<Published>>(),
        Route::new(
            Method::PUT,
            "/api/v1/cooperative/commitments/{item}",
            Steward,
            "Declare how a promise stands that the board cannot verify.",
            declare,
        )
        .takes::<NewDeclaration>(),
        Route::new(
            Method::GET,
            NEWS,
            Public,
            "Incidents and planned downtime.",
            all_news,
        )
        .gives::<Vec<News>>(),
        Route::new(Method::POST, NEWS, Steward, "Write news.", write_news)
            .takes::<NewNews>()
            .gives::<News>(),
        Route::new(
            Method::PUT,
            "/api/v1/cooperative/news/{id}",
            Steward,
            "Change news.",
            change_news,
        )
        .takes::<NewNews>()
        .gives::<News>(),
        Route::new(
            Method::POST,
            "/api/v1/cooperative/news/{id}/end",
            Steward,
            "It is over, or will not happen.",
            end_news,
        )
        .gives::<News>(),
        Route::new(
            Method::GET,
            "/api/v1/cooperative/history",
            Public,
            "How each listed service was in the last 90 days.",
            history,
        )
        .gives::<BTreeMap<String, History>>(),
        Route::new(Method::GET, END, Public, "The end, if one is announced.", end).gives::<End>(),
        Route::new(
            Method::PUT,
            END,
            Steward,
            "Announce the end, or change the announcement.",
            announce,
        )
        .takes::<NewWinding>()
        .gives::<Winding>(),
        Route::new(Method::DELETE, END, Steward, "Call the end off.", call_off),
    ]
}

/// A text's kind, or 404.
pub(crate) fn kind(word: &str) -> Result<TextKind, ApiError> {
    let words = "terms, privacy, economy, conduct, contact";
    TextKind::from_word(word)
        .ok_or_else(|| ApiError::not_found(format!("There is no such text; there are {words}.")))
}

/// A language, or 404.
pub(crate) fn language(code: &str) -> Result<Language, ApiError> {
    Language::ALL
        .into_iter()
        .find(|language| language.code() == code)
        .ok_or_else(|| ApiError::not_found("Texts are kept in en and fr."))
}

async fn policies(State(app): State<App>) -> Json<Vec<Version>> {
    Json(app.published.get().texts.clone())
}

/// Body of `POST /policies/draft`.
#[derive(Deserialize, JsonSchema)]
struct Draft {
    /// `en` or `fr`.
    language: String,
    /// The answers.
    #[serde(flatten)]
    answers: Answers,
}

async fn draft(
    State(app): State<App>,
    caller: Caller,
    Body(draft): Body<Draft>,
) -> Result<Json<BTreeMap<&'static str, String>>, ApiError> {
    let language = language(&draft.language)?;
    texts::draft(&app, draft.answers, language, caller.name()?)
        .await
        .map(Json)
}

/// Body of `PUT /policies/{kind}/{language}`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewText {
    /// The whole text; empty lines separate paragraphs.
    text: String,
    /// The day it takes effect, `YYYY-MM-DD`; absent: as soon as the notice allows.
    #[serde(default)]
    effective: Option<String>,
}

async fn publish(
    State(app): State<App>,
    Path((word, code)): Path<(String, String)>,
    caller: Caller,
    Body(new): Body<NewText>,
) -> Result<Json<Version>, ApiError> {
    let effective = new.effective.filter(|day| !day.trim().is_empty()).map(|day| {
        date::parse_day(&day).ok_or_else(|| ApiError::field("effective", "must be a day, like 2026-12-01"))
    });
    let which = (kind(&word)?, language(&code)?);
    let version = texts::publish_text(&app, which, &new.text, effective.transpose()?, caller.name()?).await?;
    Ok(Json(version))
}

async fn changes(
    State(app): State<App>,
    Path((word, code, number)): Path<(String, String, String)>,
) -> Result<Json<Vec<Change>>, ApiError> {
    let documents = app.published.get();
    let number = number.parse().unwrap_or(0);
    texts::changes(&documents.texts, kind(&word)?, language(&code)?, number).map(Json)
}

async fn read(
    State(app): State<App>,
    Path((word, code, number)): Path<(String, String, String)>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let documents = app.published.get();
    let number = number.parse().unwrap_or(0);
    let version = texts::version(&documents.texts, kind(&word)?, language(&code)?, number)?;
    app.store
        .see_text(caller.member()?.name.clone(), version, app.now())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn commitments(State(app): State<App>) -> Result<Json<Vec<Published>>, ApiError> {
    Ok(Json(promises::commitments(&app, app.now()).await?))
}

/// Body of `PUT /commitments/{item}`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewDeclaration {
    /// How it stands.
    state: commitment::State,
    /// Why anybody should believe it.
    evidence: String,
}

async fn declare(
    State(app): State<App>,
    Path(item): Path<String>,
    caller: Caller,
    Body(new): Body<NewDeclaration>,
) -> Result<StatusCode, ApiError> {
    promises::declare(&app, &item, new.state, &new.evidence, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn all_news(State(app): State<App>) -> Result<Json<Vec<News>>, ApiError> {
    Ok(Json(news::all(&app).await?))
}

async fn write_news(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewNews>,
) -> Result<(StatusCode, Json<News>), ApiError> {
    let news = news::write(&app, None, new, caller.name()?).await?;
    Ok((StatusCode::CREATED, Json(news)))
}

async fn change_news(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
    Body(new): Body<NewNews>,
) -> Result<Json<News>, ApiError> {
    news::write(&app, Some(&id), new, caller.name()?).await.map(Json)
}

async fn end_news(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<News>, ApiError> {
    news::end(&app, &id, caller.name()?).await.map(Json)
}

/// How a service was.
#[derive(Serialize, JsonSchema)]
struct History {
    /// Share of the measured time it answered or was off as announced, in hundredths of a percent.
    share: Option<u32>,
    /// The last 90 days, the oldest first, in seconds.
    days: Vec<Day>,
}

async fn history(State(app): State<App>) -> Result<Json<BTreeMap<String, History>>, ApiError> {
    let documents = app.published.get();
    let listed = documents
        .model
        .as_ref()
        .map(|model| &model.services[..])
        .unwrap_or_default();
    let mut all = news::history(&app).await?;
    all.retain(|service, _| listed.iter().any(|listed| listed.id == service.as_str()));
    let one = |(service, days): (types::ServiceName, Vec<Day>)| {
        (
            service.to_string(),
            History {
                share: uptime::share(&days),
                days,
            },
        )
    };
    Ok(Json(all.into_iter().map(one).collect()))
}

/// The end.
#[derive(Serialize, JsonSchema)]
struct End {
    /// How far it is.
    stage: Stage,
    /// What was announced.
    announcement: Option<Winding>,
}

async fn end(State(app): State<App>) -> Result<Json<End>, ApiError> {
    let announcement = winding::current(&app).await?;
    let stage = announcement
        .as_ref()
        .map_or(Stage::None, |winding| winding.stage(app.now()));
    Ok(Json(End { stage, announcement }))
}

async fn announce(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewWinding>,
) -> Result<Json<Winding>, ApiError> {
    winding::announce(&app, new, caller.name()?).await.map(Json)
}

async fn call_off(State(app): State<App>, caller: Caller) -> Result<StatusCode, ApiError> {
    winding::withdraw(&app, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
