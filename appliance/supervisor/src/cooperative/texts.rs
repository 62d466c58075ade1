// SPDX-License-Identifier: AGPL-3.0-or-later
//! Texts: written from answers or by hand, published in versions, told before they hold.

use crate::{
    ApiError, App, publish,
    state::{Answered, StateError, latest},
};
use ::cooperative::{
    Version,
    text::{Answers, Change, NOTICE_DAYS, TextError, TextKind, diff, first_text, next_version, standing},
};
use std::collections::BTreeMap;
use types::{Language, MemberName, Timestamp};

/// The answers the texts were last written from.
///
/// # Errors
/// When the database fails.
pub async fn answers(app: &App) -> Result<Option<Answers>, StateError> {
    Ok(latest(app.store.statements::<Answered>().await?)
        .pop()
        .map(|answered| answered.0))
}

/// Days between telling of a change and its effect, as the terms promise.
///
/// # Errors
/// When the database fails.
pub async fn notice_days(app: &App) -> Result<u16, StateError> {
    Ok(answers(app)
        .await?
        .map_or(NOTICE_DAYS, |answers| answers.notice_days.max(1)))
}

/// Keeps answers and writes the first texts from them: drafts, nothing is published.
///
/// # Errors
/// 422 per field.
pub async fn draft(
    app: &App,
    answers: Answers,
    language: Language,
    by: &MemberName,
) -> Result<BTreeMap<&'static str, String>, ApiError> {
    let problems = answers.problems();
    if !problems.is_empty() {
        let fields = problems
            .into_iter()
            .map(|(field, message)| (field.to_owned(), message.to_owned()));
        return Err(ApiError::fields(fields));
    }
    let kept = answers.clone();
    app.store
        .state(
            (by.as_str(), app.now(), "answer-questions"),
            move |before: &[Answered]| {
                let same = before.last().is_some_and(|last| last.0 == kept);
                Ok::<_, ApiError>((if same { vec![] } else { vec![Answered(kept)] }, ()))
            },
        )
        .await??;
    publish::refresh(app).await?;
    let one = |kind: TextKind| (kind.word(), first_text(kind, language, &answers));
    Ok(TextKind::ALL.into_iter().map(one).collect())
}

/// Publishes a text. The first of its kind holds at once, a change after the notice; members are told.
///
/// # Errors
/// 409 when it is the same as before, 422 when it cannot be published as it is.
pub async fn publish_text(
    app: &App,
    which: (TextKind, Language),
    text: &str,
    effective: Option<Timestamp>,
    by: &MemberName,
) -> Result<Version, ApiError> {
    let (now, notice, text, author) = (
        app.now(),
        notice_days(app).await?,
        text.to_owned(),
        by.to_string(),
    );
    let version = app
        .store
        .state((by.as_str(), now, "publish-text"), move |before: &[Version]| {
            let next = next_version(before, which, &text, effective, (&author, now, notice));
            next.map(|version| (vec![version.clone()], version))
        })
        .await?
        .map_err(|error| refused(&error))?;
    own_page(app, which.0, by).await?;
    publish::refresh(app).await?;
    Ok(version)
}

fn refused(error: &TextError) -> ApiError {
    match error {
        TextError::Same => ApiError::conflict("same_text", "This is the text that was published last."),
        TextError::TooSoon(_) => ApiError::field("effective", error.to_string()),
        _ => ApiError::field("text", error.to_string()),
    }
}

/// A text that is written here is a page of this board: its address goes into the profile, unless there is another.
pub(super) async fn own_page(app: &App, kind: TextKind, by: &MemberName) -> Result<(), ApiError> {
    let key = match kind {
        TextKind::Terms => "termsOfServiceUrl",
        TextKind::Privacy => "privacyPolicyUrl",
        TextKind::Contact => "contactUrl",
        TextKind::Economy | TextKind::Conduct => return Ok(()),
    };
    if app
        .store
        .profile()
        .await?
        .get(key)
        .is_some_and(|url| !url.is_empty())
    {
        return Ok(());
    }
    let seen = app.seen.load();
    let Some(host) = seen.addresses.board.first() else {
        return Ok(());
    };
    let values = BTreeMap::from([(key.to_owned(), format!("https://{host}/{}", kind.word()))]);
    publish::set_profile(app, &values, by).await
}

/// A version, or 404.
///
/// # Errors
/// When there is none.
pub fn version(
    versions: &[Version],
    kind: TextKind,
    language: Language,
    number: u32,
) -> Result<&Version, ApiError> {
    let found = versions
        .iter()
        .find(|version| version.kind == kind && version.language == language && version.number == number);
    found.ok_or_else(|| ApiError::not_found("There is no such version of this text."))
}

/// What a version changed: pieces of text, kept, added or removed, compared with the version before it.
///
/// # Errors
/// 404 when there is no such version.
pub fn changes(
    versions: &[Version],
    kind: TextKind,
    language: Language,
    number: u32,
) -> Result<Vec<Change>, ApiError> {
    let new = version(versions, kind, language, number)?;
    let old = version(versions, kind, language, number.saturating_sub(1));
    Ok(diff(old.map_or("", |old| &old.text), &new.text))
}

/// Versions that will hold and that this member has not marked as read.
///
/// # Errors
/// When the database fails.
pub async fn news_for(
    app: &App,
    member: &MemberName,
    language: Language,
) -> Result<Vec<Version>, StateError> {
    let documents = app.published.get();
    let seen = app.store.texts_seen(member.clone()).await?;
    let unread = |version: &&Version| {
        !seen.contains(&(
            version.kind.word().to_owned(),
            version.language.code().to_owned(),
            version.number,
        ))
    };
    let now = app.now();
    let coming = TextKind::ALL.into_iter().filter_map(|kind| {
        let of = |language| standing(&documents.texts, kind, language, now).coming;
        // In the member's language, or in the one there is.
        of(language).or_else(|| Language::ALL.into_iter().find_map(of))
    });
    Ok(coming.filter(unread).cloned().collect())
}
