// SPDX-License-Identifier: AGPL-3.0-or-later
//! The first steward.

use super::{Opened, check_new, hash, open_session, wait};
use crate::{
    ApiError, App,
    access::{Caller, secret},
    app::lock,
    state::Role,
    views::Claim,
};
use http::StatusCode;
use types::{BoardName, ClaimCode, host::HostRequest};

fn taken() -> ApiError {
    ApiError::conflict("claimed", "This board has been claimed already. Sign in instead.")
}

/// Refuses what is only for boards that nobody has claimed.
///
/// # Errors
/// 409 when somebody has.
pub async fn must_be_unclaimed(app: &App) -> Result<(), ApiError> {
    if app.store.is_claimed().await? {
        return Err(taken());
    }
    Ok(())
}

/// Whoever knows the code that the board shows is its owner.
///
/// # Errors
/// 403 for a wrong code, 422 for what is no code, 429 after too many tries.
pub async fn check_claim_code(app: &App, code: &str) -> Result<(), ApiError> {
    let code = code
        .parse::<ClaimCode>()
        .map_err(|error| ApiError::field("code", error.to_string()))?;
    let right = app.store.claim_code(secret::claim_code).await?;
    let message =
        "This is not the code that the board shows. Look at its screen, or at the file CLAIM-CODE.TXT.";
    compare(app, &code, &right, message)
}

/// Counts a try of a code that the board shows, and says `message` when it is another than `right`.
///
/// # Errors
/// 403 for a wrong code, 429 after too many tries.
pub(super) fn compare(app: &App, code: &ClaimCode, right: &ClaimCode, message: &str) -> Result<(), ApiError> {
    lock(&app.claim_attempts).count(app.now()).map_err(wait)?;
    if secret::same(code.as_str(), right.as_str()) {
        return Ok(());
    }
    let error = ApiError::new(StatusCode::FORBIDDEN, "wrong_code", message);
    Err(ApiError {
        fields: [("code".to_owned(), message.to_owned())].into(),
        ..error
    })
}

/// Makes the first steward of an unclaimed board. Of many at the same time exactly one wins.
///
/// # Errors
/// 403 for a wrong code, 409 when somebody was faster, 422 for values that do not fit, 429 after too many tries.
pub async fn claim(app: &App, claim: Claim, caller: &Caller) -> Result<Opened, ApiError> {
    must_be_unclaimed(app).await?;
    // Every field first, so that a typing mistake in a name costs no try.
    let mut errors = Vec::new();
    let board = claim.board_name.trim().to_lowercase().parse::<BoardName>();
    let board = board
        .map_err(|error| errors.push(("board_name".to_owned(), error.to_string())))
        .ok();
    let member = check_new(app, &claim.member, "member.").await;
    let member = match member {
        Err(error) if error.fields.is_empty() => return Err(error),
        other => other.map_err(|error| errors.extend(error.fields)).ok(),
    };
    if let Err(error) = claim.code.parse::<ClaimCode>() {
        errors.push(("code".to_owned(), error.to_string()));
    }
    let (Some(board), Some(mut member), true) = (board, member, errors.is_empty()) else {
        return Err(ApiError::fields(errors));
    };
    if let Err(error) = check_claim_code(app, &claim.code).await {
        // Whoever was faster meanwhile took the code away.
        must_be_unclaimed(app).await?;
        return Err(error);
    }
    (member.role, member.created) = (Role::Steward, app.now());
    let hash = hash(claim.member.password).await?;
    if !app.store.claim(board.clone(), member.clone(), hash).await? {
        return Err(taken());
    }
    // The claim stands from here on; what follows is repeated at every start. Whoever reads the answer goes to the
    // new name at once, so it leads here first.
    crate::reconcile::open_doors(app).await?;
    for request in [
        HostRequest::ClaimCode {
            code: None,
            board: board.clone(),
        },
        HostRequest::HostName { board },
    ] {
        if let Err(error) = app.host.ask(request).await {
            log::warn!("{}", host::chain(&error));
        }
    }
    app.wake.now();
    open_session(app, member, caller).await
}
