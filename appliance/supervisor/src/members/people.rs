// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who belongs to the board.

use super::{
    BOARD,
    groups::{close_accounts, parse_groups},
    hash, judge, provision,
};
use crate::{
    ApiError, App,
    state::{Member, Role},
    two_person::{self, Act, Kind},
    views::NewMember,
};
use std::collections::BTreeSet;
use types::{Language, MemberName, ServiceName};

pub(super) async fn check_new(app: &App, new: &NewMember, prefix: &str) -> Result<Member, ApiError> {
    let mut errors = Vec::new();
    let name = new.name.trim().to_lowercase();
    if let Err(weak) = judge(app, &new.password, &name).await? {
        errors.push((format!("{prefix}password"), weak));
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
        groups: Vec::new(),
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

/// Adds a member.
///
/// # Errors
/// 409 when the name is taken, 422 for values that do not fit.
pub async fn add(app: &App, new: NewMember, by: &MemberName) -> Result<Member, ApiError> {
    let mut member = check_new(app, &new, "").await?;
    if member.role == Role::Steward && two_person::holds(app, Kind::Stewards, by).await? {
        let message = "On this board two stewards make another one. Add a member, then make them a steward.";
        return Err(ApiError::conflict("two_stewards_needed", message));
    }
    member.created = app.now();
    let hash = hash(new.password).await?;
    if !app.store.add_member(member.clone(), hash, by).await? {
        return Err(name_taken(&member.name));
    }
    Ok(member)
}

pub(super) fn name_taken(name: &MemberName) -> ApiError {
    let message = format!("The name {name} is taken. Choose another.");
    let error = ApiError::conflict("name_taken", message);
    ApiError {
        fields: [("name".to_owned(), "is taken; choose another".to_owned())].into(),
        ..error
    }
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
/// 404, or 409 for the last steward; 202 when another steward has to approve it.
pub async fn remove(app: &App, name: &str, by: &MemberName) -> Result<(), ApiError> {
    let member = get(app, name).await?;
    if member.role == Role::Steward {
        let act = Act::RemoveSteward {
            member: member.name.to_string(),
        };
        two_person::pass(app, by, act).await?;
    }
    remove_now(app, name, by).await
}

/// The same, once nobody else has to approve it.
pub(crate) async fn remove_now(app: &App, name: &str, by: &MemberName) -> Result<(), ApiError> {
    let member = get(app, name).await?;
    let passwords = app.store.app_passwords(member.name.clone()).await?;
    let services: BTreeSet<ServiceName> = passwords
        .into_iter()
        .flat_map(|password| password.services)
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
    /// Groups the member is in, besides those of the role.
    pub groups: Option<Vec<String>>,
}

/// Changes a member.
///
/// # Errors
/// 409 for the last steward, 422 for values that do not fit; 202 when another steward has to approve the role, and
/// nothing is changed until then.
pub async fn change(app: &App, name: &str, change: Change, by: &MemberName) -> Result<Member, ApiError> {
    let present = get(app, name).await?;
    let other = change.role.filter(|role| *role != present.role);
    if let Some(role) = other.filter(|role| [*role, present.role].contains(&Role::Steward)) {
        let act = Act::ChangeRole {
            member: present.name.to_string(),
            role,
        };
        two_person::pass(app, by, act).await?;
    }
    change_now(app, name, change, by).await
}

/// Changes a role, once nobody else has to approve it.
pub(crate) async fn change_role_now(
    app: &App,
    name: &str,
    role: Role,
    by: &MemberName,
) -> Result<(), ApiError> {
    let change = Change {
        role: Some(role),
        ..Change::default()
    };
    change_now(app, name, change, by).await.map(|_| ())
}

async fn change_now(app: &App, name: &str, change: Change, by: &MemberName) -> Result<Member, ApiError> {
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
    if let Some(names) = change.groups {
        member.groups = parse_groups(&names).map_err(|message| ApiError::field("groups", message))?;
    }
    member.role = change.role.unwrap_or(member.role);
    if app.store.change_member(member.clone(), by, app.now()).await? {
        close_accounts(app, &member).await?;
        Ok(member)
    } else {
        Err(last_steward())
    }
}
