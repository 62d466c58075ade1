// SPDX-License-Identifier: AGPL-3.0-or-later
//! Members' own passwords.

use super::{get, wait};
use crate::{
    ApiError, App,
    access::{Caller, limits::Who, password},
    app::lock,
    state::Role,
    two_person::{self, Kind},
};
use http::StatusCode;
use types::MemberName;

/// Says so when a member called `name` may not choose this password.
pub(super) async fn judge(app: &App, password: &str, name: &str) -> Result<Result<(), String>, ApiError> {
    let judged = app.judge.ask(password, name).await.map_err(|error| {
        log::error!("a new password cannot be judged: {}", host::chain(&error));
        let message = "The new password could not be judged. Nothing was changed; please try again.";
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    })?;
    Ok(judged.map_err(|weak| weak.to_string()))
}

pub(super) async fn hash(text: String) -> Result<String, ApiError> {
    password::hash(text).await.ok_or_else(|| {
        let message = "The password could not be stored. Nothing was changed; please try again.";
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    })
}

/// Sets a member's own password, which ends all other sessions.
///
/// # Errors
/// 403 when the present one is wrong, 422 when the new one is too weak.
pub async fn change_password(
    app: &App,
    caller: &Caller,
    present: String,
    new: String,
) -> Result<(), ApiError> {
    let name = caller.name()?.clone();
    let judged = judge(app, &new, name.as_str()).await?;
    judged.map_err(|weak| ApiError::field("new", weak))?;
    verify(app, caller, present, "present").await?;
    app.store
        .set_password(name.clone(), hash(new).await?, caller.session.clone())
        .await?;
    app.store
        .record(app.now(), name.as_str(), "change-password", name.as_str())
        .await?;
    Ok(())
}

/// Whoever is signed in proves to be who they are.
///
/// # Errors
/// 422 for `password` when it is wrong, 429 after too many tries.
pub async fn prove(app: &App, caller: &Caller, password: String) -> Result<(), ApiError> {
    verify(app, caller, password, "password").await
}

async fn verify(app: &App, caller: &Caller, password: String, field: &str) -> Result<(), ApiError> {
    let name = caller.name()?;
    let who = Who::Known(caller.session.as_deref().unwrap_or(name.as_str()));
    lock(&app.guesses).count(who, app.now()).map_err(wait)?;
    let hash = app.store.member(name.clone()).await?.map(|(_, hash)| hash);
    let right = password::KNOWN.verify(password, hash).await.map_err(wait)?;
    if !right {
        return Err(ApiError::field(field, "is not your present password"));
    }
    lock(&app.guesses).give_back(who);
    Ok(())
}

/// A steward sets a new password for a member who forgot it; ends all of that member's sessions.
///
/// # Errors
/// 404, or 422 when it is too weak; 409 for another steward when acts upon stewards need two.
pub async fn reset_password(app: &App, name: &str, new: String, by: &MemberName) -> Result<(), ApiError> {
    let member = get(app, name).await?;
    let other = member.role == Role::Steward && member.name != *by;
    if other && two_person::holds(app, Kind::Stewards, by).await? {
        let message = "On this board no steward sets another one's password. Whom that steward chose can help, by \
                       \"Forgotten your password?\"; or RESET-STEWARD on the card.";
        return Err(ApiError::conflict("two_stewards_needed", message));
    }
    let judged = judge(app, &new, member.name.as_str()).await?;
    judged.map_err(|weak| ApiError::field("password", weak))?;
    app.store
        .set_password(member.name.clone(), hash(new).await?, None)
        .await?;
    app.store
        .record(app.now(), by.as_str(), "reset-password", member.name.as_str())
        .await?;
    Ok(())
}
