// SPDX-License-Identifier: AGPL-3.0-or-later
//! Claiming the board.

use super::{
    form::{Fields, display_name_error, message, password_error, required_or},
    shell::{INVALID, Visit, show, show_as},
    sign_in::signed_in,
};
use crate::{
    ApiError,
    access::{Policy, secret},
    api::Route,
    members,
    views::{Claim, NewMember},
};
use axum::response::Response;
use http::{Method, StatusCode};
use types::Timestamp;
use web_ui::{ClaimPage, ClaimState, FieldError, Notice};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/claim", Policy::Public, "The claim form.", form),
        Route::new(Method::POST, "/claim", Policy::Public, "Claim the board.", claim),
    ]
}

async fn form(visit: Visit) -> Result<Response, ApiError> {
    let claimed = visit.app.store.is_claimed().await?;
    let state = if claimed {
        ClaimState::Claimed
    } else {
        ClaimState::Open
    };
    Ok(show(&ClaimPage::new(visit.layout, state)))
}

async fn claim(mut visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    visit.at("/claim");
    let differs = fields.get("password") != fields.get("password_again");
    // A typing mistake must not cost a try.
    if differs && !visit.app.store.is_claimed().await? {
        let mut page = filled(ClaimPage::new(visit.layout, ClaimState::Open), &fields);
        page.password_again_error = Some(FieldError::Different);
        return Ok(show_as(INVALID, &page));
    }
    let claim = Claim {
        code: fields.owned("code"),
        board_name: fields.owned("board_name"),
        member: NewMember {
            name: fields.owned("name"),
            display_name: fields.owned("display_name"),
            password: fields.owned("password"),
            role: None,
        },
    };
    let before = format!("{}.local", visit.layout.board);
    match members::claim(&visit.app, claim, &visit.caller).await {
        Ok(opened) => {
            let board = visit.app.store.board_name().await?;
            visit.greet(&secret::hash(&opened.secret), Notice::Claimed(board.to_string()));
            let local = format!("{board}.local");
            let moved = super::links::host(&visit.caller.authority) == before && before != local;
            // The old name leads nowhere from now on, and its cookie stays behind.
            let to = if moved {
                visit.links.open(&local) + "/sign-in"
            } else {
                "/home".to_owned()
            };
            Ok(signed_in(&opened, &visit.caller, &to))
        }
        Err(error) => refused(visit, &fields, &error),
    }
}

fn refused(visit: Visit, fields: &Fields, error: &ApiError) -> Result<Response, ApiError> {
    let now = visit.layout.now;
    let Some((status, state)) = outcome(error, now) else {
        return Err(error.clone());
    };
    let mut page = filled(ClaimPage::new(visit.layout, state), fields);
    mark(&mut page, fields, error);
    Ok(show_as(status, &page))
}

/// When a code may be tried again after too many tries; `None`: only a restart of the board helps.
pub(super) fn pause(error: &ApiError, now: Timestamp) -> Option<Timestamp> {
    // Nobody waits an hour for a minute's limit.
    let seconds = error.retry_after.unwrap_or(60);
    (seconds < 3600).then(|| now.plus(std::time::Duration::from_secs(seconds)))
}

/// What is wrong with the code that was typed.
pub(super) fn code_error(error: &ApiError, fields: &Fields) -> FieldError {
    match error.code.as_str() {
        "wrong_code" => FieldError::WrongCode,
        _ => required_or(fields.get("code"), FieldError::NotACode),
    }
}

/// What the page says after a failed claim; `None` when it is none of the form's business.
fn outcome(error: &ApiError, now: Timestamp) -> Option<(StatusCode, ClaimState)> {
    let state = match error.code.as_str() {
        "wrong_code" | "invalid" => return Some((INVALID, ClaimState::Open)),
        "claimed" => ClaimState::Claimed,
        "too_many_tries" => pause(error, now).map_or(ClaimState::Exhausted, ClaimState::Wait),
        _ => return None,
    };
    Some((error.status, state))
}

fn filled(mut page: ClaimPage, fields: &Fields) -> ClaimPage {
    page.code = fields.text("code");
    page.board_name = fields.text("board_name");
    page.name = fields.text("name");
    page.display_name = fields.text("display_name");
    page
}

fn mark(page: &mut ClaimPage, fields: &Fields, error: &ApiError) {
    let wrong = |field: &str, kind: FieldError| message(error, field).map(|_| kind);
    page.code.error = wrong("code", code_error(error, fields));
    page.board_name.error = wrong(
        "board_name",
        required_or(fields.get("board_name"), FieldError::NotABoardName),
    );
    page.name.error = wrong(
        "member.name",
        match fields.trimmed("name").to_lowercase().as_str() {
            "" => FieldError::Required,
            "board" => FieldError::Taken,
            _ => FieldError::NotAMemberName,
        },
    );
    page.display_name.error = message(error, "member.display_name")
        .map(|message| display_name_error(fields.get("display_name"), message));
    page.password_error =
        message(error, "member.password").map(|why| password_error(fields.get("password"), why));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failed_claim_says_what_to_do_next() {
        let now = Timestamp(1000);
        let error = |status, code: &str, wait| ApiError {
            retry_after: wait,
            ..ApiError::new(StatusCode::from_u16(status).unwrap(), code, "")
        };
        let state = |error| outcome(&error, now).map(|(_, state)| state);
        assert_eq!(state(error(403, "wrong_code", None)), Some(ClaimState::Open));
        assert_eq!(state(error(409, "claimed", None)), Some(ClaimState::Claimed));
        assert_eq!(
            state(error(429, "too_many_tries", Some(12))),
            Some(ClaimState::Wait(Timestamp(1012)))
        );
        assert_eq!(
            state(error(429, "too_many_tries", Some(3600))),
            Some(ClaimState::Exhausted)
        );
        assert_eq!(state(error(500, "internal", None)), None);
    }
}
