// SPDX-License-Identifier: AGPL-3.0-or-later
//! A steward whom nobody can let in any more: whoever holds the board's card in their hands sets a new password.

use super::{Opened, claim::compare, get, hash, judge, open_session};
use crate::{ApiError, App, access::Caller, state::Reset, views::ResetSteward};
use types::{ClaimCode, MemberName, host::HostRequest};

/// Sets a steward's password with the code from the card, and signs them in.
///
/// # Errors
/// 403 for a wrong code, 409 when nobody asked for a way back, 422 for values that do not fit, 429 after too many tries.
pub async fn reset_steward(app: &App, wanted: ResetSteward, caller: &Caller) -> Result<Opened, ApiError> {
    let closed = || {
        let message = "Nobody asked for a way back in. Put an empty file named RESET-STEWARD on the board's memory card, \
                       start the board with it, and come back within a day.";
        ApiError::conflict("no_reset", message)
    };
    let Some(right) = app.store.reset_code(app.now()).await? else {
        return Err(closed());
    };
    // Every field first, so that a typing mistake costs no try.
    let mut errors = Vec::new();
    let name = wanted.name.trim().to_lowercase().parse::<MemberName>();
    let name = name
        .map_err(|error| errors.push(("name".to_owned(), error.to_string())))
        .ok();
    let code = wanted.code.parse::<ClaimCode>();
    let code = code
        .map_err(|error| errors.push(("code".to_owned(), error.to_string())))
        .ok();
    if let Err(weak) = judge(app, &wanted.password, wanted.name.trim()).await? {
        errors.push(("password".to_owned(), weak));
    }
    let (Some(name), Some(code), true) = (name, code, errors.is_empty()) else {
        return Err(ApiError::fields(errors));
    };
    let message =
        "This is not the code. Look at the board's screen, or at the file RESET-CODE.TXT on its card.";
    compare(app, &code, &right, message)?;
    let hash = hash(wanted.password).await?;
    match app
        .store
        .reset_steward(name.clone(), hash, code, app.now())
        .await?
    {
        Reset::Done => {}
        Reset::NotASteward => return Err(ApiError::field("name", "is not a steward of this board")),
        Reset::Closed => return Err(closed()),
    }
    let board = app.store.board_name().await?;
    if let Err(error) = app.host.ask(HostRequest::ClaimCode { code: None, board }).await {
        log::warn!("{}", host::chain(&error));
    }
    open_session(app, get(app, name.as_str()).await?, caller).await
}
