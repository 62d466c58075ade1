// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a steward asks for.

use super::{
    announce,
    choice::{Choice, MOST_DAYS},
    offer::offer,
    run::facts,
    views,
};
use crate::{ApiError, App};
use std::time::Duration;
use types::{MemberName, Timestamp, system::SystemFacts};

/// Looks for releases now.
///
/// # Errors
/// 409 on a board that takes none.
pub(crate) async fn look_now(app: &App) -> Result<(), ApiError> {
    let choice = app.store.update_choice().await?;
    card(app).await?;
    if app.updates.source(&choice).is_empty() {
        return Err(ApiError::conflict(
            "no_source",
            "Nobody has told this board where releases come from. Set the address first.",
        ));
    }
    let mut memory = app.store.update_memory().await?;
    memory.looked = None;
    app.store.set_update_memory(&memory).await?;
    app.updates.wake();
    Ok(())
}

/// Chooses how the board is updated.
///
/// # Errors
/// 422 when a field does not fit.
pub(crate) async fn choose(app: &App, choice: &Choice, by: &MemberName) -> Result<(), ApiError> {
    choice
        .check()
        .map_err(|(field, message)| ApiError::field(field, message))?;
    let before = app.store.update_choice().await?;
    if before == *choice {
        return Ok(());
    }
    let mut memory = app.store.update_memory().await?;
    if before.source != choice.source {
        memory.looked = None;
        app.store.set_update_memory(&memory).await?;
    }
    // It is told anew, for another time or not at all.
    announce::take_back(app, &mut memory).await?;
    app.store.set_update_choice(choice).await?;
    record(app, by, "choose-updates", choice.channel.as_str()).await?;
    app.updates.wake();
    Ok(())
}

/// Takes the release on offer as soon as possible. Returns its version.
///
/// # Errors
/// 409 when there is none, or it cannot be taken.
pub(crate) async fn take_now(app: &App, by: &MemberName) -> Result<String, ApiError> {
    let facts = card(app).await?;
    let choice = app.store.update_choice().await?;
    let Some(offer) = offer(app, &facts, &choice).await? else {
        return Err(ApiError::conflict(
            "no_release",
            "There is no newer release. Look for updates first.",
        ));
    };
    if let Some(blocked) = offer.blocked {
        return Err(ApiError::conflict(
            "release_blocked",
            views::blocked_words(blocked),
        ));
    }
    let version = offer.release.version.to_string();
    want(app, &version).await?;
    record(app, by, "update-board", &version).await?;
    Ok(version)
}

/// Puts the next update off, for at most [`MOST_DAYS`] days. Returns until when.
///
/// # Errors
/// 409 on a board that takes none.
pub(crate) async fn defer(app: &App, days: u64, by: &MemberName) -> Result<Timestamp, ApiError> {
    card(app).await?;
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(ApiError::field("days", "must be a number from 1 to 7"));
    }
    let until = app.now().plus(Duration::from_hours(24 * days));
    let mut memory = app.store.update_memory().await?;
    memory.deferred_until = Some(until);
    memory.wanted = None;
    app.store.set_update_memory(&memory).await?;
    announce::take_back(app, &mut memory).await?;
    record(app, by, "defer-update", &days.to_string()).await?;
    app.updates.wake();
    Ok(until)
}

/// Goes back to the version before. Returns it.
///
/// # Errors
/// 409 when it is not on the card any more.
pub(crate) async fn go_back(app: &App, by: &MemberName) -> Result<String, ApiError> {
    let facts = card(app).await?;
    let version = views::back(&facts).ok_or_else(|| {
        ApiError::conflict(
            "no_version_before",
            "The version before is not on the card any more.",
        )
    })?;
    let mut memory = app.store.update_memory().await?;
    memory.skipped.clone_from(&facts.version);
    app.store.set_update_memory(&memory).await?;
    want(app, &version).await?;
    record(app, by, "go-back", &version).await?;
    Ok(version)
}

async fn want(app: &App, version: &str) -> Result<(), ApiError> {
    let mut memory = app.store.update_memory().await?;
    memory.wanted = Some(version.to_owned());
    memory.deferred_until = None;
    app.store.set_update_memory(&memory).await?;
    app.updates.wake();
    Ok(())
}

async fn record(app: &App, by: &MemberName, act: &'static str, subject: &str) -> Result<(), ApiError> {
    Ok(app.store.record(app.now(), by.as_str(), act, subject).await?)
}

async fn card(app: &App) -> Result<SystemFacts, ApiError> {
    facts(app).await?.ok_or_else(|| {
        ApiError::conflict(
            "no_slots",
            "This board does not run from a card with two systems: it is updated with the machine it runs on.",
        )
    })
}
