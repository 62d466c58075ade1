// SPDX-License-Identifier: AGPL-3.0-or-later
//! What members' scripts and apps sign in with.

use super::BOARD;
use crate::{
    ApiError, App,
    access::{rules::may_use, secret},
    catalogs::Entry,
    state::{AppPassword, Member, Token},
};
use http::StatusCode;
use std::{collections::BTreeSet, sync::Arc};
use types::{MemberName, ServiceName, host::HostRequest, manifest::SignIn};

pub(super) fn check_label(field: &str, text: &str) -> Result<String, ApiError> {
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

/// Makes an app password for one device, which opens the named services; it is returned once. A service that keeps its
/// own accounts gets the account and this password.
///
/// # Errors
/// 403 for a service that is not for this member, 404 when one is not enabled, 409 when one takes no app passwords, 422 when none is named.
pub async fn add_app_password(
    app: &App,
    member: &Member,
    services: &[String],
    device: &str,
) -> Result<(AppPassword, String), ApiError> {
    only_members(&member.name)?;
    let device = check_label("device", device)?;
    if services.is_empty() {
        return Err(ApiError::field("services", "must name at least one service"));
    }
    let mut names = BTreeSet::new();
    for service in services {
        let name = crate::services::parse_name(service)?;
        let view = crate::services::view(app, &name).await?;
        if !may_use(&app.rules.load(), &name, member) {
            let message = format!("{} is not open to you. Ask a steward of this board.", view.name);
            return Err(ApiError::new(StatusCode::FORBIDDEN, "service_closed", message));
        }
        if !takes_app_passwords(app, &name).await? {
            let message = format!("{} is used in the browser and takes no app passwords.", view.name);
            return Err(ApiError::conflict("no_app_passwords", message));
        }
        names.insert(name);
    }
    let secret = secret::app_password();
    for service in &names {
        provision(app, service, member, Some(&secret)).await?;
    }
    let password = AppPassword {
        id: secret::identifier(),
        member: member.name.clone(),
        services: names.into_iter().collect(),
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
    let missing =
        || ApiError::not_found("There is no app password with this id; it may have been taken back already.");
    for service in gone.ok_or_else(missing)? {
        provision(app, &service, member, None).await?;
    }
    Ok(())
}

/// What an enabled service is, as the catalog says.
async fn entry(app: &App, service: &ServiceName) -> Result<Option<Arc<Entry>>, ApiError> {
    let desired = app.store.desired().await?;
    let desired = desired.services.get(service);
    Ok(desired.and_then(|desired| app.catalogs.get().entry(service, &desired.entry).map(Arc::clone)))
}

async fn takes_app_passwords(app: &App, service: &ServiceName) -> Result<bool, ApiError> {
    let entry = entry(app, service).await?;
    Ok(entry.is_some_and(|entry| entry.manifest.takes_app_passwords()))
}

/// Sets or takes away a member's account in a service that keeps its own; does nothing for any other.
pub(super) async fn provision(
    app: &App,
    service: &ServiceName,
    member: &Member,
    password: Option<&str>,
) -> Result<(), ApiError> {
    let keeps_accounts = entry(app, service)
        .await?
        .is_some_and(|entry| matches!(entry.manifest.sign_in, SignIn::Provision { .. }));
    if !keeps_accounts {
        return Ok(());
    }
    let request = HostRequest::Provision {
        service: service.clone(),
        member: member.name.clone(),
        display_name: member.display_name.clone(),
        password: password.map(str::to_owned),
    };
    app.host.ask(request).await?;
    Ok(())
}
