// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who may use the board.

use super::{
    form::{Fields, display_name_error, message, required_or},
    shell::{INVALID, Visit, show_as},
};
use crate::{
    ApiError,
    access::{Policy, secret},
    api::Route,
    members::{self, Change},
    state,
    views::NewMember,
};
use axum::{extract::Path, response::Response};
use http::{Method, StatusCode};
use web_ui::{FieldError, MemberRow, MembersPage, NewSecret, Notice, Role, TextField};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(Method::GET, "/members", Steward, "Members and stewards.", get),
        Route::new(Method::POST, "/members", Steward, "Add a member.", add),
        Route::new(
            Method::POST,
            "/members/{name}/role",
            Steward,
            "Change a role.",
            role,
        ),
        Route::new(
            Method::POST,
            "/members/{name}/groups",
            Steward,
            "Change the groups.",
            groups,
        ),
        Route::new(
            Method::POST,
            "/members/{name}/reset-password",
            Steward,
            "Set a new password.",
            reset,
        ),
        Route::new(
            Method::POST,
            "/members/{name}/second-step/off",
            Steward,
            "Turn a second step off.",
            second_step_off,
        ),
        Route::new(
            Method::POST,
            "/members/{name}/remove",
            Steward,
            "Remove a member.",
            remove,
        ),
    ]
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    page(visit, StatusCode::OK, |_| ()).await
}

async fn page(
    mut visit: Visit,
    status: StatusCode,
    mark: impl FnOnce(&mut MembersPage),
) -> Result<Response, ApiError> {
    visit.at("/members");
    let you = visit.caller.name()?;
    let mut rows = Vec::new();
    let with_second_step = visit.app.store.with_second_step().await?;
    for member in visit.app.store.members().await? {
        let sessions = visit.app.store.sessions(member.name.clone()).await?;
        rows.push(MemberRow {
            you: member.name == *you,
            second_step: with_second_step.contains(&member.name),
            role: shown(member.role),
            groups: member.groups.iter().map(ToString::to_string).collect(),
            joined: member.created,
            last_seen: sessions.iter().map(|session| session.last_used).max(),
            display_name: member.display_name,
            name: member.name,
        });
    }
    let mut page = MembersPage {
        members: rows,
        new: None,
        name: TextField::default(),
        display_name: TextField::default(),
        role: Role::Member,
        layout: visit.layout,
    };
    mark(&mut page);
    Ok(show_as(status, &page))
}

pub(super) fn shown(role: state::Role) -> Role {
    match role {
        state::Role::Guest => Role::Guest,
        state::Role::Member => Role::Member,
        state::Role::Steward => Role::Steward,
    }
}

pub(super) fn stored(role: Role) -> state::Role {
    match role {
        Role::Guest => state::Role::Guest,
        Role::Member => state::Role::Member,
        Role::Steward => state::Role::Steward,
    }
}

async fn add(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let password = secret::app_password();
    let role = Role::from_code(fields.get("role")).unwrap_or_default();
    let new = NewMember {
        name: fields.owned("name"),
        display_name: fields.owned("display_name"),
        password: password.clone(),
        role: Some(stored(role)),
    };
    match members::add(&visit.app, new, &by).await {
        Ok(member) => {
            let new = NewSecret {
                label: member.name.to_string(),
                secret: password,
            };
            page(visit, StatusCode::OK, |page| page.new = Some(new)).await
        }
        Err(error) if !error.fields.is_empty() => {
            page(visit, INVALID, |page| {
                page.role = role;
                page.name = fields.text("name");
                page.display_name = fields.text("display_name");
                page.name.error = message(&error, "name").map(|_| name_error(&fields, &error));
                page.display_name.error = message(&error, "display_name")
                    .map(|message| display_name_error(fields.get("display_name"), message));
            })
            .await
        }
        Err(error) => Err(error),
    }
}

pub(super) fn name_error(fields: &Fields, error: &ApiError) -> FieldError {
    if error.code == "name_taken" || fields.trimmed("name").eq_ignore_ascii_case("board") {
        FieldError::Taken
    } else {
        required_or(fields.get("name"), FieldError::NotAMemberName)
    }
}

/// Back to the list; a conflict is told there.
fn back(visit: &Visit, outcome: Result<Notice, ApiError>) -> Result<Response, ApiError> {
    match outcome {
        Ok(notice) => Ok(visit.redirect("/members", Some(notice))),
        Err(error) if error.status == StatusCode::CONFLICT => {
            Ok(visit.redirect("/members", Some(Notice::Error(error.message))))
        }
        Err(error) => Err(error),
    }
}

async fn role(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let role = Role::from_code(fields.get("role"))
        .ok_or_else(|| ApiError::field("role", "must be guest, member or steward"))?;
    let change = Change {
        role: Some(stored(role)),
        ..Change::default()
    };
    let changed = members::change(&visit.app, &name, change, &by).await;
    back(
        &visit,
        changed.map(|member| Notice::RoleChanged(member.display_name)),
    )
}

/// Names of groups as people type them.
pub(super) fn split_groups(text: &str) -> Vec<String> {
    let names = text.split([',', ';', ' ']).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

async fn groups(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let change = Change {
        groups: Some(split_groups(fields.get("groups"))),
        ..Change::default()
    };
    match members::change(&visit.app, &name, change, &by).await {
        Err(error) if error.status == INVALID => Ok(visit.redirect("/members", Some(Notice::NotGroups))),
        changed => back(
            &visit,
            changed.map(|member| Notice::GroupsChanged(member.display_name)),
        ),
    }
}

async fn reset(visit: Visit, Path(name): Path<String>) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let password = secret::app_password();
    members::reset_password(&visit.app, &name, password.clone(), &by).await?;
    let new = NewSecret {
        label: name,
        secret: password,
    };
    page(visit, StatusCode::OK, |page| page.new = Some(new)).await
}

async fn second_step_off(visit: Visit, Path(name): Path<String>) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let taken = members::take_second_step_from(&visit.app, &name, &by).await;
    back(&visit, taken.map(|()| Notice::SecondStepOffFor(name)))
}

async fn remove(visit: Visit, Path(name): Path<String>) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let removed = members::remove(&visit.app, &name, &by).await;
    back(&visit, removed.map(|()| Notice::MemberRemoved(name)))
}
