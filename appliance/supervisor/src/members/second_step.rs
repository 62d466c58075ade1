// SPDX-License-Identifier: AGPL-3.0-or-later
//! The second step of signing in: a code of an app on the member's phone, or one of a few codes on paper.

use super::{get, prove, wait};
use crate::{
    ApiError, App,
    access::{
        Caller,
        limits::Who,
        secret,
        totp::{self, Secret},
    },
    app::lock,
    state::{Member, Role, SecondStep},
    two_person::{self, Act},
};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use types::MemberName;

/// Recovery codes that are made at a time.
const CODES: usize = 8;

/// What an authenticator app is given. Nothing is stored until a code proves that it has it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Enrolment {
    /// The secret in base 32, to be typed.
    pub secret: String,
    /// The same for a QR code (`otpauth://`).
    pub uri: String,
}

/// Codes that were just made; they are shown once.
#[derive(Serialize, JsonSchema)]
pub struct RecoveryCodes {
    /// Each opens once.
    pub recovery_codes: Vec<String>,
}

/// A new secret for the caller's app, or the one that `secret` says.
///
/// # Errors
/// When the database fails, or nobody is signed in.
pub async fn enrolment(app: &App, caller: &Caller, secret: Option<Secret>) -> Result<Enrolment, ApiError> {
    let board = app.store.board_name().await?;
    let secret = secret.unwrap_or_else(Secret::random);
    let uri = secret.uri(board.as_str(), caller.name()?.as_str());
    Ok(Enrolment {
        secret: secret.to_string(),
        uri,
    })
}

/// The caller's second step.
///
/// # Errors
/// When the database fails, or nobody is signed in.
pub async fn second_step(app: &App, caller: &Caller) -> Result<Option<SecondStep>, ApiError> {
    Ok(app.store.second_step(caller.name()?.clone()).await?)
}

/// Turns the second step on, or changes to another app.
///
/// # Errors
/// 422 for a wrong password, secret or code; 429 after too many tries.
pub async fn set_second_step(
    app: &App,
    caller: &Caller,
    password: String,
    secret: &str,
    code: &str,
) -> Result<RecoveryCodes, ApiError> {
    let name = caller.name()?.clone();
    let parsed = Secret::parse(secret);
    let secret = parsed.ok_or_else(|| ApiError::field("secret", "is not one that the board made"))?;
    let step = totp::digits(code).and_then(|code| secret.accepts(&code, app.now(), i64::MIN));
    let step = step.ok_or_else(|| {
        let message = "is not the one that the app shows now; it changes every half minute. If it never fits, \
                       the clock of the phone or of the board is wrong";
        ApiError::field("code", message)
    })?;
    prove(app, caller, password).await?;
    let (codes, hashes) = recovery_codes();
    app.store
        .set_second_step(name, secret, step, hashes, app.now())
        .await?;
    Ok(codes)
}

/// Makes new recovery codes; those before are worth nothing any more.
///
/// # Errors
/// 404 without a second step, 422 for a wrong password, 429 after too many tries.
pub async fn renew_recovery_codes(
    app: &App,
    caller: &Caller,
    password: String,
) -> Result<RecoveryCodes, ApiError> {
    prove(app, caller, password).await?;
    let (codes, hashes) = recovery_codes();
    let name = caller.name()?.clone();
    let replaced = app.store.replace_recovery_codes(name, hashes, app.now()).await?;
    replaced.then_some(codes).ok_or_else(off)
}

/// Turns the caller's second step off.
///
/// # Errors
/// 404 without a second step, 422 for a wrong password, 429 after too many tries.
pub async fn remove_second_step(app: &App, caller: &Caller, password: String) -> Result<(), ApiError> {
    prove(app, caller, password).await?;
    let name = caller.name()?;
    let removed = app
        .store
        .remove_second_step(name.clone(), name, app.now())
        .await?;
    removed.then_some(()).ok_or_else(off)
}

/// A steward turns it off for a member whose phone is lost.
///
/// # Errors
/// 404 when there is no such member, or no second step; 202 when another steward has to approve it.
pub async fn take_second_step_from(app: &App, name: &str, by: &MemberName) -> Result<(), ApiError> {
    let member = get(app, name).await?;
    if member.role == Role::Steward {
        let act = Act::TakeSecondStep {
            member: member.name.to_string(),
        };
        two_person::pass(app, by, act).await?;
    }
    take_second_step_now(app, name, by).await
}

/// The same, once nobody else has to approve it.
pub(crate) async fn take_second_step_now(app: &App, name: &str, by: &MemberName) -> Result<(), ApiError> {
    let member = get(app, name).await?;
    let removed = app.store.remove_second_step(member.name, by, app.now()).await?;
    removed.then_some(()).ok_or_else(off)
}

fn off() -> ApiError {
    ApiError::not_found("There is no second step to signing in here.")
}

/// Checks the code of somebody whose password was right. A member without a second step needs none.
///
/// # Errors
/// 401 for a wrong code, or one that was used; 429 after too many tries.
pub(super) async fn check_code(
    app: &App,
    member: &Member,
    typed: &str,
    who: Who<'_>,
) -> Result<(), ApiError> {
    let Some(expected) = app.store.expected_code(member.name.clone()).await? else {
        return Ok(());
    };
    lock(&app.guesses).count_code(who, app.now()).map_err(wait)?;
    let name = member.name.clone();
    let right = if let Some(code) = totp::digits(typed) {
        let step = expected.secret.accepts(&code, app.now(), expected.last_step);
        match step {
            Some(step) => app.store.use_step(name, step).await?,
            None => false,
        }
    } else {
        let hash = secret::hash_typed(typed);
        app.store.use_recovery_code(name, hash, app.now()).await?
    };
    if !right {
        let message = "This code is not right, or was used already. Wait for the app to show the next one.";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "wrong_code", message));
    }
    lock(&app.guesses).give_back_code(who);
    Ok(())
}

/// New codes, and how they are stored.
fn recovery_codes() -> (RecoveryCodes, Vec<String>) {
    let codes: Vec<String> = (0..CODES).map(|_| secret::recovery_code()).collect();
    let hashes = codes.iter().map(|code| secret::hash_typed(code)).collect();
    let codes = RecoveryCodes {
        recovery_codes: codes,
    };
    (codes, hashes)
}
