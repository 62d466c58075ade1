// SPDX-License-Identifier: AGPL-3.0-or-later
//! Opening sessions.

use super::wait;
use crate::{
    ApiError, App,
    access::{Caller, password, secret},
    app::lock,
    state::{Member, Session},
};
use http::StatusCode;
use types::MemberName;

/// What opens a session: the secret goes to the browser, once.
pub struct Opened {
    /// Who.
    pub member: Member,
    /// The cookie's value.
    pub secret: String,
}

pub(super) async fn open_session(app: &App, member: Member, caller: &Caller) -> Result<Opened, ApiError> {
    let secret = secret::secret();
    let session = Session {
        id: String::new(),
        member: member.name.clone(),
        host: None,
        agent: caller.agent.clone(),
        created: app.now(),
        last_used: app.now(),
    };
    app.store
        .open_session(secret::hash(&secret), session, None)
        .await?;
    Ok(Opened { member, secret })
}

/// Signs a member in.
///
/// # Errors
/// 401 for a wrong name or password (never saying which), 429 after too many tries from one address.
pub async fn sign_in(app: &App, name: &str, password: String, caller: &Caller) -> Result<Opened, ApiError> {
    let name = name.trim().to_lowercase().parse::<MemberName>().ok();
    let found = match name {
        Some(name) => app.store.member(name).await?,
        None => None,
    };
    if let Some(address) = caller.address {
        lock(&app.sign_in_attempts)
            .count(address, app.now())
            .map_err(wait)?;
    }
    let (member, hash) = found.map_or((None, None), |(member, hash)| (Some(member), Some(hash)));
    let right = password::verify(password, hash).await;
    let Some(member) = member.filter(|_| right) else {
        let message = "Name or password is wrong. Please try again; a steward can set a new password.";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "wrong_password", message));
    };
    if let Some(address) = caller.address {
        lock(&app.sign_in_attempts).forget(address);
    }
    open_session(app, member, caller).await
}

/// Opens a session on a service's host from a ticket; returns the cookie's value.
///
/// # Errors
/// 403 when the ticket is unknown, used, too old or for another host.
pub async fn redeem(app: &App, ticket: &str, host: &str, caller: &Caller) -> Result<String, ApiError> {
    let ticket = lock(&app.tickets).redeem(ticket, host, app.now());
    let ticket = ticket.ok_or_else(|| {
        let message = "This sign-in took too long or was used already. Open the service again.";
        ApiError::new(StatusCode::FORBIDDEN, "ticket_used", message)
    })?;
    let secret = secret::secret();
    let session = Session {
        id: String::new(),
        member: ticket.member,
        host: Some(host.to_owned()),
        agent: caller.agent.clone(),
        created: app.now(),
        last_used: app.now(),
    };
    app.store
        .open_session(secret::hash(&secret), session, Some(ticket.session))
        .await?;
    Ok(secret)
}
