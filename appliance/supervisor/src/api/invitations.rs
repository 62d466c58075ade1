// SPDX-License-Identifier: AGPL-3.0-or-later
//! Invitations, and joining by one.

use super::{Body, Route, address::Path, board::signed_in};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    members,
    pages::join_url,
    state::Invitation,
    views::{NewInvitation, NewMember, SignedIn},
};
use axum::{Json, extract::State, response::IntoResponse};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Public, Steward};
    vec![
        Route::new(
            Method::GET,
            "/api/v1/invitations",
            Steward,
            "Invitations that can still be used.",
            list,
        )
        .gives::<Vec<Invitation>>(),
        Route::new(
            Method::POST,
            "/api/v1/invitations",
            Steward,
            "Make a link by which people join; it is shown once.",
            add,
        )
        .takes::<NewInvitation>()
        .gives::<Made>(),
        Route::new(
            Method::DELETE,
            "/api/v1/invitations/{id}",
            Steward,
            "Take an invitation back.",
            revoke,
        ),
        Route::new(
            Method::GET,
            "/api/v1/join/{code}",
            Public,
            "Whether an invitation can be used, and who invites.",
            show,
        )
        .gives::<Invited>(),
        Route::new(
            Method::POST,
            "/api/v1/join",
            Public,
            "Make an account by an invitation.",
            join,
        )
        .takes::<Join>()
        .gives::<SignedIn>(),
    ]
}

async fn list(State(app): State<App>) -> Result<Json<Vec<Invitation>>, ApiError> {
    Ok(Json(app.store.invitations(app.now()).await?))
}

/// A new invitation with its link, which is shown this once.
#[derive(Serialize, JsonSchema)]
struct Made {
    /// The invitation.
    #[serde(flatten)]
    invitation: Invitation,
    /// The code.
    code: String,
    /// The link that people open.
    url: String,
}

async fn add(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewInvitation>,
) -> Result<(StatusCode, Json<Made>), ApiError> {
    let (invitation, code) = members::invite(&app, new, caller.name()?).await?;
    let url = join_url(&app, &caller, &code);
    Ok((
        StatusCode::CREATED,
        Json(Made {
            invitation,
            code,
            url,
        }),
    ))
}

async fn revoke(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    members::revoke_invitation(&app, &id, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An invitation, as the one who is invited sees it.
#[derive(Serialize, JsonSchema)]
struct Invited {
    /// The board's name.
    board: String,
    /// Who invites.
    by: String,
    /// Until when it works (seconds since 1970).
    expires: i64,
}

async fn show(State(app): State<App>, Path(code): Path<String>) -> Result<Json<Invited>, ApiError> {
    let (invitation, by) = members::invited(&app, &code).await?;
    Ok(Json(Invited {
        board: app.store.board_name().await?.to_string(),
        by,
        expires: invitation.expires.0,
    }))
}

/// Body of `POST /join`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Join {
    /// The code of the invitation.
    code: String,
    /// Who joins; a `role` is not taken from here.
    member: NewMember,
}

async fn join(
    State(app): State<App>,
    caller: Caller,
    Body(join): Body<Join>,
) -> Result<impl IntoResponse, ApiError> {
    let opened = members::join(&app, &join.code, join.member, &caller).await?;
    Ok(signed_in(opened, None, &caller))
}
