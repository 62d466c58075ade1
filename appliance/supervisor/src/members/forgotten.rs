// SPDX-License-Identifier: AGPL-3.0-or-later
//! A forgotten password: asked for at the sign-in page, approved by a steward or by somebody the member chose, and
//! set where it was asked for, with a code that goes from one to the other by word of mouth.
//!
//! Neither alone is enough: whoever approves does not have the browser that asked, and whoever asks does not have the
//! code. Asking looks the same, and costs the same, whoever it is for.

use super::{hash, judge, wait};
use crate::{
    ApiError, App,
    access::{Caller, limits::Network, secret, strength},
    app::lock,
    state::{Member, PasswordRequest, Redeemed, Role},
    two_person::{self, Kind},
};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;
use types::{ClaimCode, MemberName};

/// People a member may choose.
const MOST_CONTACTS: usize = 3;

/// What whoever asks is given.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Forgotten {
    /// Belongs to the device that asked; the code works there only.
    pub token: String,
    /// To be told to whoever approves.
    pub number: String,
}

/// Asks for a new password.
///
/// # Errors
/// 429 after too many of one network.
pub async fn ask_for_password(app: &App, name: &str, caller: &Caller) -> Result<Forgotten, ApiError> {
    let network = caller.address.map(Network::from);
    lock(&app.forgotten).count(network, app.now()).map_err(wait)?;
    let typed: String = name.trim().to_lowercase().chars().take(64).collect();
    let token = secret::secret();
    let [high, low] = secret::random::<2>();
    let number = format!("{:04}", u16::from_be_bytes([high, low]) % 10_000);
    let id = secret::identifier();
    app.store
        .ask_for_password(
            id,
            secret::hash(&token),
            typed,
            number.clone(),
            caller.agent.clone(),
            app.now(),
        )
        .await?;
    Ok(Forgotten { token, number })
}

/// The number of a request, for whoever comes back to it.
///
/// # Errors
/// When the database fails.
pub async fn forgotten(app: &App, token: &str) -> Result<Option<String>, ApiError> {
    let hash = secret::hash(token);
    Ok(app.store.password_request_number(hash, app.now()).await?)
}

/// The requests that somebody may approve.
///
/// # Errors
/// When the database fails.
pub async fn to_approve(app: &App, member: &Member) -> Result<Vec<PasswordRequest>, ApiError> {
    let mine = Some(member.name.clone());
    let chosen = app.store.password_requests(None, mine, app.now()).await?;
    let mut all = if member.role == Role::Steward {
        app.store.password_requests(None, None, app.now()).await?
    } else {
        chosen.clone()
    };
    all.retain(|request| request.member != member.name);
    if two_person::holds(app, Kind::Stewards, &member.name).await? {
        let members = app.store.members().await?;
        let steward = |name: &MemberName| {
            let found = members.iter().find(|member| member.name == *name);
            found.is_some_and(|member| member.role == Role::Steward)
        };
        all.retain(|request| !steward(&request.member) || chosen.contains(request));
    }
    Ok(all)
}

/// The requests for somebody's own password.
///
/// # Errors
/// When the database fails.
pub async fn asked_for(app: &App, member: &Member) -> Result<Vec<PasswordRequest>, ApiError> {
    Ok(app
        .store
        .password_requests(Some(member.name.clone()), None, app.now())
        .await?)
}

fn gone() -> ApiError {
    ApiError::not_found("There is no such request for you to answer; it may be too old, or answered already.")
}

/// Approves a request; the code is to be told to the member, and is shown this once.
///
/// # Errors
/// 404 for a request that is not there, or not for this one to approve.
pub async fn approve_password(app: &App, id: &str, by: &Member) -> Result<ClaimCode, ApiError> {
    let mine = to_approve(app, by).await?;
    if !mine.iter().any(|request| request.id == id) {
        return Err(gone());
    }
    let code = secret::claim_code();
    let hash = secret::hash(code.as_str());
    let approved = app
        .store
        .approve_password_request(id.to_owned(), hash, &by.name, app.now());
    approved.await?.then_some(code).ok_or_else(gone)
}

/// Drops a request: by whoever may approve it, or by the member who did not ask.
///
/// # Errors
/// 404 for a request that is not there, or not for this one to answer.
pub async fn refuse_password(app: &App, id: &str, by: &Member) -> Result<(), ApiError> {
    let (others, own) = (to_approve(app, by).await?, asked_for(app, by).await?);
    if !others.iter().chain(&own).any(|request| request.id == id) {
        return Err(gone());
    }
    let dropped = app.store.drop_password_request(id.to_owned()).await?;
    dropped.then_some(()).ok_or_else(gone)
}

/// Sets the new password, with the code that whoever approved passed on. A second step stays asked for.
///
/// # Errors
/// 403 for a wrong code, whatever is wrong about it (after five of them the request is worth nothing); 422 for a password
/// that is too weak; 429 after too many tries of one network.
pub async fn redeem_password(
    app: &App,
    token: &str,
    code: &str,
    password: String,
    caller: &Caller,
) -> Result<(), ApiError> {
    let wrong = || {
        let message = "This is not the code, or nobody has approved this request yet. After five wrong codes the \
                       request is worth nothing: ask again.";
        ApiError::new(StatusCode::FORBIDDEN, "wrong_code", message)
    };
    let code = code
        .parse::<ClaimCode>()
        .map_err(|error| ApiError::field("code", error.to_string()))?;
    // Its length only: the rest is work that strangers cannot ask for.
    strength::check_length(&password).map_err(|weak| ApiError::field("password", weak.to_string()))?;
    let network = caller.address.map(Network::from);
    lock(&app.forgotten).count(network, app.now()).map_err(wait)?;
    let (token, code) = (secret::hash(token), secret::hash(code.as_str()));
    let found = app
        .store
        .password_request_of(token.clone(), code.clone(), app.now())
        .await?;
    let name = found.ok_or_else(wrong)?;
    lock(&app.forgotten).give_back(network);
    let judged = judge(app, &password, name.as_str()).await?;
    judged.map_err(|weak| ApiError::field("password", weak))?;
    let hash = hash(password).await?;
    match app
        .store
        .redeem_password_request(token, code, hash, app.now())
        .await?
    {
        Redeemed::Done => Ok(()),
        Redeemed::Wrong => Err(wrong()),
    }
}

/// Chooses who can help a member back in.
///
/// # Errors
/// 422 for too many, for oneself, and for names that are no members'.
pub async fn set_recovery_contacts(
    app: &App,
    member: &MemberName,
    names: &[String],
) -> Result<Vec<MemberName>, ApiError> {
    let wrong = |message: &str| ApiError::field("contacts", message);
    let mut contacts = BTreeSet::new();
    for name in names {
        let parsed = name.trim().to_lowercase().parse::<MemberName>();
        let found = match parsed {
            Ok(name) => app.store.member(name).await?,
            Err(_) => None,
        };
        let found = found.filter(|(found, _)| found.role != Role::Guest && found.name != *member);
        let (found, _) = found.ok_or_else(|| wrong("must be sign-in names of other members, no guests"))?;
        contacts.insert(found.name);
    }
    if contacts.len() > MOST_CONTACTS {
        return Err(wrong("may be three people at most"));
    }
    let contacts: Vec<MemberName> = contacts.into_iter().collect();
    app.store
        .set_recovery_contacts(member.clone(), contacts.clone(), app.now())
        .await?;
    Ok(contacts)
}
