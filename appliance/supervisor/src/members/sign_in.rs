// SPDX-License-Identifier: AGPL-3.0-or-later
//! Opening sessions.

use super::{second_step::check_code, wait};
use crate::{
    ApiError, App,
    access::{Caller, devices, limits::Who, password, seal::Seal, secret},
    app::lock,
    state::{Member, Session},
};
use http::StatusCode;
use types::MemberName;

/// What opens a session: the secret goes to the browser, once.
pub struct Opened {
    /// Who.
    pub member: Member,
    /// The session cookie's value.
    pub secret: String,
    /// The value of the cookie by which this device is known from now on.
    pub device: String,
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
    let name = member.name.as_str();
    let device = devices::remember(&app.seal, &caller.device, name, &secret::identifier());
    Ok(Opened {
        member,
        secret,
        device,
    })
}

/// How far a sign-in came.
pub enum SignIn {
    /// All the way.
    Done(Box<Opened>),
    /// The password was right. With this proof, which is good for five minutes, [`sign_in_by_code`] goes on.
    CodeNeeded(String),
}

/// Seconds within which the second step follows the first.
const PROOF_LIFE: i64 = 300;

/// Signs a member in. With an empty `code` a member who has a second step is asked for it.
///
/// # Errors
/// 401 for a wrong name or password (never saying which) and for a wrong code, 429 after too many tries (see
/// [`crate::access::limits`]) or while too many others wait for their turn.
pub async fn sign_in(
    app: &App,
    name: &str,
    password: String,
    code: &str,
    caller: &Caller,
) -> Result<SignIn, ApiError> {
    let typed = name.trim().to_lowercase();
    let who = who(app, &typed, caller);
    lock(&app.guesses).count(who, app.now()).map_err(wait)?;
    let found = match typed.parse::<MemberName>() {
        Ok(name) => app.store.member(name).await?,
        Err(_) => None,
    };
    let (member, hash) = found.map_or((None, None), |(member, hash)| (Some(member), Some(hash)));
    let right = lane(who).verify(password, hash.clone()).await;
    let right = right.map_err(|seconds| {
        lock(&app.guesses).give_back(who);
        wait(seconds)
    })?;
    let (Some(member), Some(hash), true) = (member, hash, right) else {
        let message = "Name or password is wrong. Please try again; a steward can set a new password.";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "wrong_password", message));
    };
    lock(&app.guesses).give_back(who);
    if code.trim().is_empty() && app.store.second_step(member.name.clone()).await?.is_some() {
        let until = app.now().0 + PROOF_LIFE;
        return Ok(SignIn::CodeNeeded(proof(&app.seal, &member.name, until, &hash)));
    }
    check_code(app, &member, code, who).await?;
    open_session(app, member, caller)
        .await
        .map(|opened| SignIn::Done(Box::new(opened)))
}

/// The second step after [`SignIn::CodeNeeded`].
///
/// # Errors
/// 401 for a wrong code (`wrong_code`), and for a proof that is too old or none (`proof_gone`); 429 after too many
/// tries.
pub async fn sign_in_by_code(
    app: &App,
    proven: &str,
    code: &str,
    caller: &Caller,
) -> Result<Opened, ApiError> {
    let gone = || {
        let message = "This took too long. Please sign in again.";
        ApiError::new(StatusCode::UNAUTHORIZED, "proof_gone", message)
    };
    let mut parts = proven.split('~');
    let name = parts.next().and_then(|name| name.parse::<MemberName>().ok());
    let until = parts.next().and_then(|until| until.parse::<i64>().ok());
    let (Some(name), Some(until)) = (name, until) else {
        return Err(gone());
    };
    let Some((member, hash)) = app.store.member(name).await? else {
        return Err(gone());
    };
    let left = until - app.now().0;
    let right = secret::same(proven, &proof(&app.seal, &member.name, until, &hash));
    if !right || !(0..=PROOF_LIFE).contains(&left) {
        return Err(gone());
    }
    let name = member.name.to_string();
    check_code(app, &member, code, who(app, &name, caller)).await?;
    open_session(app, member, caller).await
}

/// Shows later that somebody knew the password: as long as it is the same one, until then.
fn proof(seal: &Seal, name: &MemberName, until: i64, password: &str) -> String {
    let until = until.to_string();
    let sealed = seal.of(&["password", name.as_str(), &until, password]);
    format!("{name}~{until}~{sealed}")
}

/// Whose tries a sign-in counts among.
fn who<'a>(app: &App, typed: &'a str, caller: &'a Caller) -> Who<'a> {
    devices::known(&app.seal, &caller.device, typed).map_or_else(
        || Who::Stranger {
            network: caller.address.map(Into::into),
            name: typed,
        },
        Who::Known,
    )
}

/// Strangers wait for each other, and never in front of those who are known.
fn lane(who: Who<'_>) -> &'static password::Lane {
    match who {
        Who::Known(_) => &password::KNOWN,
        Who::Stranger { .. } => &password::STRANGERS,
    }
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
