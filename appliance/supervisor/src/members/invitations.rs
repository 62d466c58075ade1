// SPDX-License-Identifier: AGPL-3.0-or-later
//! Inviting, and joining by an invitation.

use super::{Opened, check_new, groups::parse_groups, hash, name_taken, open_session};
use crate::{
    ApiError, App,
    access::{Caller, secret},
    state::{Invitation, Joined, Role},
    views::{NewInvitation, NewMember},
};
use http::StatusCode;
use types::{MemberName, Timestamp};

/// People one link may let in.
const MOST_USES: u32 = 500;
/// Days a link may work.
const MOST_DAYS: u32 = 90;

/// Makes an invitation; its code is returned once.
///
/// # Errors
/// 422 for values that do not fit.
pub async fn invite(
    app: &App,
    new: NewInvitation,
    by: &MemberName,
) -> Result<(Invitation, String), ApiError> {
    let mut errors = Vec::new();
    let note = new.note.trim().to_owned();
    if note.chars().count() > 60 || note.chars().any(char::is_control) {
        errors.push((
            "note".to_owned(),
            "must be one line of at most 60 characters".to_owned(),
        ));
    }
    let uses = new.uses.unwrap_or(1);
    if !(1..=MOST_USES).contains(&uses) {
        errors.push(("uses".to_owned(), format!("must be from 1 to {MOST_USES}")));
    }
    let days = new.days.unwrap_or(7);
    if !(1..=MOST_DAYS).contains(&days) {
        errors.push(("days".to_owned(), format!("must be from 1 to {MOST_DAYS}")));
    }
    let role = new.role.unwrap_or(Role::Member);
    if role == Role::Steward {
        // A link can be passed on; the keys of the board must not be.
        let message = "must be member or guest; make somebody a steward once they have joined";
        errors.push(("role".to_owned(), message.to_owned()));
    }
    let groups = parse_groups(&new.groups).map_err(|message| errors.push(("groups".to_owned(), message)));
    let (Ok(groups), true) = (groups, errors.is_empty()) else {
        return Err(ApiError::fields(errors));
    };
    let (code, now) = (secret::app_password(), app.now());
    let invitation = Invitation {
        id: secret::identifier(),
        note,
        role,
        groups,
        uses,
        used: 0,
        by: by.clone(),
        created: now,
        expires: Timestamp(now.0 + i64::from(days) * 86_400),
    };
    app.store
        .add_invitation(invitation.clone(), secret::hash_typed(&code))
        .await?;
    Ok((invitation, code))
}

fn gone() -> ApiError {
    let message = "This invitation was used, taken back, or is too old. Ask for a new one.";
    ApiError::new(StatusCode::GONE, "invitation_gone", message)
}

/// The invitation behind a code, and what the one who made it is called.
///
/// # Errors
/// 410 when it cannot be used (any more).
pub async fn invited(app: &App, code: &str) -> Result<(Invitation, String), ApiError> {
    let found = app.store.invitation(secret::hash_typed(code), app.now()).await?;
    let invitation = found.ok_or_else(gone)?;
    let by = app.store.member(invitation.by.clone()).await?;
    // Root on the board may invite as well, and those who invited may have left.
    let name = by.map_or_else(|| invitation.by.to_string(), |(member, _)| member.display_name);
    Ok((invitation, name))
}

/// Makes an account by an invitation and signs the newcomer in.
///
/// # Errors
/// 409 when the name is taken (the invitation stays good), 410 when it cannot be used (any more), 422 for values
/// that do not fit.
pub async fn join(app: &App, code: &str, new: NewMember, caller: &Caller) -> Result<Opened, ApiError> {
    // Known to be good before a password is hashed: strangers must not keep the processor busy.
    invited(app, code).await?;
    let mut newcomer = check_new(app, &new, "").await?;
    newcomer.created = app.now();
    let hash = hash(new.password).await?;
    match app
        .store
        .join(secret::hash_typed(code), newcomer.clone(), hash)
        .await?
    {
        Joined::Done(member) => open_session(app, member, caller).await,
        Joined::NameTaken => Err(name_taken(&newcomer.name)),
        Joined::Gone => Err(gone()),
    }
}

/// Takes an invitation back.
///
/// # Errors
/// 404 when there is none with this id.
pub async fn revoke_invitation(app: &App, id: &str, by: &MemberName) -> Result<(), ApiError> {
    let missing =
        || ApiError::not_found("There is no invitation with this id; it may have been taken back already.");
    let found = app.store.revoke_invitation(id.to_owned(), by, app.now()).await?;
    found.then_some(()).ok_or_else(missing)
}
