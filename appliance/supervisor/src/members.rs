// SPDX-License-Identifier: AGPL-3.0-or-later
//! Claiming, signing in, members and what they sign in with. Used by the API and by the pages alike.

use crate::{
    ApiError, App,
    access::{Caller, password, secret},
    app::lock,
    state::{AppPassword, Member, Role, Session, Token},
    views::{Claim, NewMember},
};
use http::StatusCode;
use types::{
    BoardName, ClaimCode, Domain, Language, MemberName, ServiceName, host::HostRequest, manifest::SignIn,
};

/// The name root on the board acts by; no member may have it.
const BOARD: &str = "board";

/// What opens a session: the secret goes to the browser, once.
pub struct Opened {
    /// Who.
    pub member: Member,
    /// The cookie's value.
    pub secret: String,
}

fn wait(seconds: u64) -> ApiError {
    let message = if seconds == u64::MAX {
        "Too many wrong codes. Restart the board (pull the plug and put it back) and try again.".to_owned()
    } else {
        format!("Too many tries. Wait {seconds} seconds and try again.")
    };
    let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries", message);
    ApiError {
        retry_after: Some(seconds.min(3600)),
        ..error
    }
}

/// Makes the first steward of an unclaimed board. Of many at the same time exactly one wins.
///
/// # Errors
/// 403 for a wrong code, 409 when somebody was faster, 422 for values that do not fit, 429 after too many tries.
pub async fn claim(app: &App, claim: Claim, caller: &Caller) -> Result<Opened, ApiError> {
    let taken = || ApiError::conflict("claimed", "This board has been claimed already. Sign in instead.");
    if app.store.is_claimed().await? {
        return Err(taken());
    }
    // Every field first, so that a typing mistake in a name costs no try.
    let mut errors = Vec::new();
    let board = claim.board_name.trim().to_lowercase().parse::<BoardName>();
    let board = board
        .map_err(|error| errors.push(("board_name".to_owned(), error.to_string())))
        .ok();
    let member = check_new(&claim.member, "member.")
        .map_err(|error| errors.extend(error.fields))
        .ok();
    let code = claim.code.parse::<ClaimCode>();
    let code = code
        .map_err(|error| errors.push(("code".to_owned(), error.to_string())))
        .ok();
    let (Some(board), Some(mut member), Some(code)) = (board, member, code) else {
        return Err(ApiError::fields(errors));
    };
    lock(&app.claim_attempts).count(app.now()).map_err(wait)?;
    let right = app.store.claim_code(secret::claim_code).await?;
    if !secret::same(code.as_str(), right.as_str()) {
        let message =
            "This is not the code that the board shows. Look at its screen, or at the file CLAIM-CODE.TXT.";
        let error = ApiError::new(StatusCode::FORBIDDEN, "wrong_code", message);
        return Err(ApiError {
            fields: [("code".to_owned(), message.to_owned())].into(),
            ..error
        });
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

fn check_new(new: &NewMember, prefix: &str) -> Result<Member, ApiError> {
    let mut errors = Vec::new();
    let name = new.name.trim().to_lowercase();
    if let Err(message) = password::check(&new.password, &name) {
        errors.push((format!("{prefix}password"), message));
    }
    let display_name = check_display_name(&new.display_name, &name);
    let display_name = display_name
        .map_err(|message| errors.push((format!("{prefix}display_name"), message)))
        .ok();
    let name = name.parse::<MemberName>();
    let name = name
        .map_err(|error| errors.push((format!("{prefix}name"), error.to_string())))
        .ok();
    let (Some(name), Some(display_name), true) = (name, display_name, errors.is_empty()) else {
        return Err(ApiError::fields(errors));
    };
    if name.as_str() == BOARD {
        return Err(ApiError::field(
            &format!("{prefix}name"),
            "is kept for the board itself; choose another",
        ));
    }
    let role = new.role.unwrap_or(Role::Member);
    Ok(Member {
        name,
        display_name,
        role,
        language: None,
        created: types::Timestamp::default(),
    })
}

fn check_display_name(text: &str, name: &str) -> Result<String, String> {
    let text = text.trim();
    if text.chars().count() > 60 {
        return Err("may be at most 60 characters long".into());
    }
    if text.chars().any(char::is_control) {
        return Err("must be one line without control characters".into());
    }
    Ok(if text.is_empty() {
        name.to_owned()
    } else {
        text.to_owned()
    })
}

async fn hash(text: String) -> Result<String, ApiError> {
    password::hash(text).await.ok_or_else(|| {
        let message = "The password could not be stored. Nothing was changed; please try again.";
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    })
}

async fn open_session(app: &App, member: Member, caller: &Caller) -> Result<Opened, ApiError> {
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

/// Adds a member.
///
/// # Errors
/// 409 when the name is taken, 422 for values that do not fit.
pub async fn add(app: &App, new: NewMember, by: &MemberName) -> Result<Member, ApiError> {
    let mut member = check_new(&new, "")?;
    member.created = app.now();
    let hash = hash(new.password).await?;
    if !app.store.add_member(member.clone(), hash, by).await? {
        let message = format!("The name {} is taken. Choose another.", member.name);
        let error = ApiError::conflict("name_taken", message);
        return Err(ApiError {
            fields: [("name".to_owned(), "is taken; choose another".to_owned())].into(),
            ..error
        });
    }
    Ok(member)
}

fn last_steward() -> ApiError {
    let message = "This would leave the board without a steward. Make another member a steward first.";
    ApiError::conflict("last_steward", message)
}

/// A member, or 404.
///
/// # Errors
/// When there is none of this name.
pub async fn get(app: &App, name: &str) -> Result<Member, ApiError> {
    let found = match name.parse::<MemberName>() {
        Ok(name) => app.store.member(name).await?,
        Err(_) => None,
    };
    let missing = || {
        let name: String = name.chars().take(40).collect();
        ApiError::not_found(format!(
            "There is no member called {name}. The member list shows all."
        ))
    };
    found.map(|(member, _)| member).ok_or_else(missing)
}

/// Removes a member, with the accounts that services keep of their own taken out of use.
///
/// # Errors
/// 404, or 409 for the last steward.
pub async fn remove(app: &App, name: &str, by: &MemberName) -> Result<(), ApiError> {
    let member = get(app, name).await?;
    let services: Vec<ServiceName> = app
        .store
        .app_passwords(member.name.clone())
        .await?
        .into_iter()
        .map(|password| password.service)
        .collect();
    if !app
        .store
        .remove_member(member.name.clone(), by, app.now())
        .await?
    {
        return Err(last_steward());
    }
    for service in services {
        provision(app, &service, &member, None).await?;
    }
    Ok(())
}

/// What can be changed about a member; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What the member is called.
    pub display_name: Option<String>,
    /// What the member may do.
    pub role: Option<Role>,
    /// Language of the pages; empty: as the browser says.
    pub language: Option<String>,
}

/// Changes a member.
///
/// # Errors
/// 409 for the last steward, 422 for values that do not fit.
pub async fn change(app: &App, name: &str, change: Change, by: &MemberName) -> Result<Member, ApiError> {
    let mut member = get(app, name).await?;
    if let Some(text) = change.display_name {
        let checked = check_display_name(&text, member.name.as_str());
        member.display_name = checked.map_err(|message| ApiError::field("display_name", message))?;
    }
    if let Some(code) = change.language {
        member.language = Language::from_code(&code);
        if member.language.is_none() && !code.is_empty() {
            return Err(ApiError::field("language", "must be one of en, fr"));
        }
    }
    member.role = change.role.unwrap_or(member.role);
    if app.store.change_member(member.clone(), by, app.now()).await? {
        Ok(member)
    } else {
        Err(last_steward())
    }
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
    password::check(&new, name.as_str()).map_err(|message| ApiError::field("new", message))?;
    if let Some(address) = caller.address {
        lock(&app.sign_in_attempts)
            .count(address, app.now())
            .map_err(wait)?;
    }
    let hash_now = app.store.member(name.clone()).await?.map(|(_, hash)| hash);
    if !password::verify(present, hash_now).await {
        return Err(ApiError::field("present", "is not your present password"));
    }
    if let Some(address) = caller.address {
        lock(&app.sign_in_attempts).forget(address);
    }
    app.store
        .set_password(name.clone(), hash(new).await?, caller.session.clone())
        .await?;
    app.store
        .record(app.now(), name.as_str(), "change-password", name.as_str())
        .await?;
    Ok(())
}

/// A steward sets a new password for a member who forgot it; ends all of that member's sessions.
///
/// # Errors
/// 404, or 422 when it is too weak.
pub async fn reset_password(app: &App, name: &str, new: String, by: &MemberName) -> Result<(), ApiError> {
    let member = get(app, name).await?;
    password::check(&new, member.name.as_str()).map_err(|message| ApiError::field("password", message))?;
    app.store
        .set_password(member.name.clone(), hash(new).await?, None)
        .await?;
    app.store
        .record(app.now(), by.as_str(), "reset-password", member.name.as_str())
        .await?;
    Ok(())
}

fn check_label(field: &str, text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 60 || text.chars().any(char::is_control) {
        return Err(ApiError::field(
            field,
            "must be a short name, like \"Alice's phone\"",
        ));
    }
    Ok(text.to_owned())
}

/// The board itself, as root on its own socket, has nothing to sign in with.
fn only_members(name: &MemberName) -> Result<(), ApiError> {
    if name.as_str() == BOARD {
        let message =
            "The board itself is no member. Do this as a member: in the browser, or with --url and --token.";
        return Err(ApiError::conflict("member_needed", message));
    }
    Ok(())
}

/// Makes a token; the secret is returned once.
///
/// # Errors
/// 422 when the name does not fit.
pub async fn add_token(app: &App, member: &MemberName, name: &str) -> Result<(Token, String), ApiError> {
    only_members(member)?;
    let name = check_label("name", name)?;
    let secret = secret::secret();
    let token = Token {
        id: secret::identifier(),
        member: member.clone(),
        name,
        created: app.now(),
        last_used: None,
    };
    app.store.add_token(token.clone(), secret::hash(&secret)).await?;
    Ok((token, secret))
}

/// Makes an app password for one device and one service; the password is returned once. A service that keeps its own
/// accounts gets the account and this password.
///
/// # Errors
/// 404 when the service is not enabled, 409 when it takes no app passwords.
pub async fn add_app_password(
    app: &App,
    member: &Member,
    service: &str,
    device: &str,
) -> Result<(AppPassword, String), ApiError> {
    only_members(&member.name)?;
    let device = check_label("device", device)?;
    let service = crate::services::parse_name(service)?;
    let view = crate::services::view(app, &service).await?;
    let secret = secret::app_password();
    if !provision(app, &service, member, Some(&secret)).await? && !takes_app_passwords(app, &service).await? {
        let message = format!("{} is used in the browser and takes no app passwords.", view.name);
        return Err(ApiError::conflict("no_app_passwords", message));
    }
    let password = AppPassword {
        id: secret::identifier(),
        member: member.name.clone(),
        service,
        device,
        created: app.now(),
        last_used: None,
    };
    app.store
        .add_app_password(password.clone(), secret::hash(&secret))
        .await?;
    Ok((password, secret))
}

/// Takes an app password back. In a service that keeps its own accounts, the account's access goes with it.
///
/// # Errors
/// 404 when there is none with this id.
pub async fn revoke_app_password(app: &App, member: &Member, id: &str) -> Result<(), ApiError> {
    let gone = app
        .store
        .revoke_app_password(member.name.clone(), id.to_owned())
        .await?;
    let Some(service) = gone else {
        return Err(ApiError::not_found(
            "There is no app password with this id; it may have been taken back already.",
        ));
    };
    provision(app, &service, member, None).await?;
    Ok(())
}

async fn sign_in_method(app: &App, service: &ServiceName) -> Result<Option<(SignIn, bool)>, ApiError> {
    let desired = app.store.desired().await?;
    let entry = desired.services.get(service).and_then(|service_| {
        app.catalogs
            .get()
            .entry(service, &service_.entry)
            .map(std::sync::Arc::clone)
    });
    Ok(entry.map(|entry| {
        (
            entry.manifest.sign_in.clone(),
            entry.manifest.service.app_passwords,
        )
    }))
}

async fn takes_app_passwords(app: &App, service: &ServiceName) -> Result<bool, ApiError> {
    Ok(sign_in_method(app, service)
        .await?
        .is_some_and(|(_, takes)| takes))
}

/// Sets or takes away a member's account in a service that keeps its own; returns whether the service does.
async fn provision(
    app: &App,
    service: &ServiceName,
    member: &Member,
    password: Option<&str>,
) -> Result<bool, ApiError> {
    let Some((SignIn::Provision { .. }, _)) = sign_in_method(app, service).await? else {
        return Ok(false);
    };
    let request = HostRequest::Provision {
        service: service.clone(),
        member: member.name.clone(),
        display_name: member.display_name.clone(),
        password: password.map(str::to_owned),
    };
    app.host.ask(request).await?;
    Ok(true)
}

/// Lets a domain lead to a service, or to the board itself.
///
/// # Errors
/// 404 for a service that is not enabled, 409 when the domain leads somewhere already, 422 when it is none.
pub async fn add_domain(
    app: &App,
    name: &str,
    service: Option<&str>,
    by: &MemberName,
) -> Result<crate::state::DomainRecord, ApiError> {
    let name = name.trim().trim_end_matches('.').to_lowercase();
    let domain = name
        .parse::<Domain>()
        .map_err(|error| ApiError::field("name", error.to_string()))?;
    if ingress::is_local(domain.as_str()) {
        return Err(ApiError::field(
            "name",
            "is a name of the local network; those need no adding",
        ));
    }
    let service = match service.filter(|service| !service.is_empty()) {
        Some(service) => {
            let service = crate::services::parse_name(service)?;
            crate::services::view(app, &service).await?;
            Some(service)
        }
        None => None,
    };
    let record = crate::state::DomainRecord {
        name: domain,
        service,
    };
    if !app.store.add_domain(record.clone(), by, app.now()).await? {
        let message = format!(
            "{} leads somewhere already. Take it away there first.",
            record.name
        );
        let error = ApiError::conflict("domain_taken", message);
        return Err(ApiError {
            fields: [("name".to_owned(), "leads somewhere already".to_owned())].into(),
            ..error
        });
    }
    crate::reconcile::open_doors(app).await?;
    app.wake.now();
    Ok(record)
}
