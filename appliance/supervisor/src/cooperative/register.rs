// SPDX-License-Identifier: AGPL-3.0-or-later
//! The register of members and boards, kept by itself; who speaks for the cooperative; applications.

use crate::{
    ApiError, App,
    access::{limits::Network, secret},
    app::lock,
    publish,
    state::{StateError, latest},
};
use ::cooperative::{
    register::{self, Answer, Application, Event, Kind, Line, Row},
    text::Joining,
};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use std::{collections::BTreeMap, net::IpAddr};
use types::{MemberName, Timestamp};

/// Applications that may wait at the same time.
const MOST_WAITING: usize = 50;

/// The register as it stands.
///
/// # Errors
/// When the database fails.
pub async fn rows(app: &App) -> Result<Vec<Row>, StateError> {
    catch_up(app).await?;
    Ok(register::rows(&app.store.statements::<Line>().await?))
}

/// Brings the register to who is there now.
pub(super) async fn catch_up(app: &App) -> Result<(), StateError> {
    let now = app.now();
    let members = app.store.members().await?;
    if members.is_empty() {
        return Ok(());
    }
    let since = members.iter().map(|member| member.created).min().unwrap_or(now);
    let members: BTreeMap<String, Timestamp> = members
        .into_iter()
        .map(|member| (member.name.to_string(), member.created))
        .collect();
    let boards = BTreeMap::from([(app.store.board_name().await?.to_string(), since)]);
    app.store
        .state(("board", now, "keep-register"), move |lines: &[Line]| {
            let mut new = register::catch_up(lines, Kind::Member, &members, now);
            new.extend(register::catch_up(lines, Kind::Board, &boards, now));
            Ok::<_, StateError>((new, ()))
        })
        .await?
}

/// Whether a member speaks for the cooperative, and under which name that is published. Only the person can consent;
/// a steward can only end it.
///
/// # Errors
/// 403 for consenting in somebody else's place, 404 for no member, 422 for a name that does not fit.
pub async fn set_delegate(
    app: &App,
    member: &str,
    name: Option<&str>,
    by: &MemberName,
    steward: bool,
) -> Result<(), ApiError> {
    let member: MemberName = member
        .parse()
        .map_err(|_| ApiError::not_found("There is no such member."))?;
    if app.store.member(member.clone()).await?.is_none() {
        return Err(ApiError::not_found("There is no such member."));
    }
    if member != *by && (name.is_some() || !steward) {
        let message = "Only the person can agree to be named in public.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "not_yours", message));
    }
    let event = match name.map(str::trim) {
        None => Event::NoDelegate,
        Some(name) if (1..=80).contains(&name.chars().count()) && !name.chars().any(char::is_control) => {
            Event::Delegate {
                published: name.to_owned(),
            }
        }
        Some(_) => {
            return Err(ApiError::field(
                "name",
                "must be one line of at most 80 characters",
            ));
        }
    };
    catch_up(app).await?;
    let line = Line {
        at: app.now(),
        kind: Kind::Member,
        name: member.to_string(),
        event,
    };
    app.store
        .state((by.as_str(), app.now(), "name-delegate"), |_: &[Line]| {
            Ok::<_, ApiError>((vec![line], ()))
        })
        .await??;
    Ok(publish::refresh(app).await?)
}

/// Somebody asks to join.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApplication {
    /// The name they give.
    pub name: String,
    /// A mail address or another way to reach them.
    pub contact: String,
    /// Why, and what they hope for.
    #[serde(default)]
    pub text: String,
}

/// All applications, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn applications(app: &App) -> Result<Vec<Application>, StateError> {
    let mut all: Vec<Application> = latest(app.store.statements().await?);
    all.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
    Ok(all)
}

/// Whether strangers can ask to join.
///
/// # Errors
/// When the database fails.
pub async fn joining(app: &App) -> Result<Joining, StateError> {
    Ok(super::texts::answers(app)
        .await?
        .map_or(Joining::Invited, |answers| answers.joining))
}

/// Takes an application.
///
/// # Errors
/// 409 when nobody can apply, 422 per field, 429 after too many.
pub async fn apply(app: &App, new: NewApplication, address: Option<IpAddr>) -> Result<Application, ApiError> {
    if joining(app).await? != Joining::Asking {
        let message = "This cooperative takes no applications. Write to its contact instead.";
        return Err(ApiError::conflict("no_applications", message));
    }
    let mut errors = Vec::new();
    for (field, text, most) in [("name", &new.name, 80), ("contact", &new.contact, 200)] {
        let length = text.trim().chars().count();
        if length == 0 || length > most || text.chars().any(char::is_control) {
            errors.push((
                field.to_owned(),
                format!("must be one line of at most {most} characters"),
            ));
        }
    }
    if new.text.chars().count() > 2_000 {
        errors.push((
            "text".to_owned(),
            "may be at most 2000 characters long".to_owned(),
        ));
    }
    if !errors.is_empty() {
        return Err(ApiError::fields(errors));
    }
    let too_many = || {
        let message = "Too many applications wait at present. Try again tomorrow, or write to the contact.";
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many", message)
    };
    if let Some(address) = address {
        let counted = lock(&app.applications).count(Network::from(address), app.now());
        counted.map_err(|_| too_many())?;
    }
    let application = Application {
        id: secret::identifier(),
        name: new.name.trim().to_owned(),
        contact: new.contact.trim().to_owned(),
        text: new.text.replace("\r\n", "\n").trim().to_owned(),
        at: app.now(),
        answer: Answer::Waiting,
        member: None,
    };
    let stored = application.clone();
    app.store
        .state(
            ("visitor", app.now(), "apply"),
            move |before: &[Application]| {
                let waiting = latest(before.to_vec())
                    .into_iter()
                    .filter(|one| one.answer == Answer::Waiting);
                if waiting.count() >= MOST_WAITING {
                    return Err(too_many());
                }
                Ok((vec![stored], ()))
            },
        )
        .await??;
    Ok(application)
}

/// Admits or declines. Admitting makes no account: a steward invites the person then.
///
/// # Errors
/// 404 when there is none, 409 when it was answered before.
pub async fn answer(app: &App, id: &str, answer: Answer, by: &MemberName) -> Result<Application, ApiError> {
    let id = id.to_owned();
    app.store
        .state(
            (by.as_str(), app.now(), "answer-application"),
            move |before: &[Application]| {
                let known = before.iter().rev().find(|one| one.id == id);
                let known = known.ok_or_else(|| ApiError::not_found("There is no such application."))?;
                if known.answer != Answer::Waiting {
                    return Err(ApiError::conflict(
                        "answered",
                        "This application was answered already.",
                    ));
                }
                let answered = Application {
                    answer,
                    ..known.clone()
                };
                Ok((vec![answered.clone()], answered))
            },
        )
        .await?
}
