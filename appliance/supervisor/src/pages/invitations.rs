// SPDX-License-Identifier: AGPL-3.0-or-later
//! Inviting people.

use super::{
    form::{Fields, message, required_or},
    join::join_url,
    members::{shown, split_groups, stored},
    shell::{INVALID, Visit, show_as},
};
use crate::{ApiError, access::Policy, api::Route, members, views};
use axum::response::Response;
use http::{Method, StatusCode};
use web_ui::{FieldError, InvitationRow, InvitationsPage, NewInvitation, Notice, Role, TextField};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(Method::GET, "/invitations", Steward, "Invite people.", get),
        Route::new(Method::POST, "/invitations", Steward, "Make an invitation.", add),
        Route::new(
            Method::POST,
            "/invitations/revoke",
            Steward,
            "Take an invitation back.",
            revoke,
        ),
    ]
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    page(visit, StatusCode::OK, |_| ()).await
}

async fn page(
    mut visit: Visit,
    status: StatusCode,
    mark: impl FnOnce(&mut InvitationsPage),
) -> Result<Response, ApiError> {
    visit.at("/invitations");
    let open = visit.app.store.invitations(visit.layout.now).await?;
    let row = |invitation: crate::state::Invitation| InvitationRow {
        id: invitation.id,
        note: invitation.note,
        role: shown(invitation.role),
        groups: invitation.groups.into_iter().map(String::from).collect(),
        used: invitation.used,
        uses: invitation.uses,
        by: invitation.by.to_string(),
        expires: invitation.expires,
    };
    let mut page = InvitationsPage {
        open: open.into_iter().map(row).collect(),
        new: None,
        note: TextField::default(),
        role: Role::Member,
        groups: TextField::default(),
        uses: TextField::new("1"),
        days: TextField::new("7"),
        layout: visit.layout,
    };
    mark(&mut page);
    Ok(show_as(status, &page))
}

async fn add(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let role = Role::from_code(fields.get("role")).unwrap_or_default();
    // What is no number is refused as one out of range.
    let number = |name: &str| fields.trimmed(name).parse().unwrap_or(0);
    let new = views::NewInvitation {
        note: fields.owned("note"),
        role: Some(stored(role)),
        groups: split_groups(fields.get("groups")),
        uses: Some(number("uses")),
        days: Some(number("days")),
    };
    match members::invite(&visit.app, new, &by).await {
        Ok((invitation, code)) => {
            let new = NewInvitation {
                note: invitation.note,
                url: join_url(&visit.app, &visit.caller, &code),
            };
            page(visit, StatusCode::OK, |page| page.new = Some(new)).await
        }
        Err(error) if error.status == INVALID => {
            page(visit, INVALID, |page| {
                page.role = role;
                let field = |name: &str, kind: FieldError| {
                    let field = fields.text(name);
                    match message(&error, name) {
                        Some(_) => field.with_error(required_or(fields.get(name), kind)),
                        None => field,
                    }
                };
                page.note = field("note", FieldError::NotOneLine(60));
                page.uses = field("uses", FieldError::OutOfRange { min: 1, max: 500 });
                page.days = field("days", FieldError::OutOfRange { min: 1, max: 90 });
                page.groups = field("groups", FieldError::NotGroups);
            })
            .await
        }
        Err(error) => Err(error),
    }
}

async fn revoke(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    members::revoke_invitation(&visit.app, fields.get("id"), &by).await?;
    Ok(visit.redirect("/invitations", Some(Notice::InvitationRevoked)))
}
