// SPDX-License-Identifier: AGPL-3.0-or-later
//! Members.

use super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    members,
    state::{Member, Role},
    views::NewMember,
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Member as SignedIn, Steward};
    vec![
        Route::new(Method::GET, "/api/v1/members", SignedIn, "Every member.", list).gives::<Vec<Member>>(),
        Route::new(Method::POST, "/api/v1/members", Steward, "Add a member.", add)
            .takes::<NewMember>()
            .gives::<Member>(),
        Route::new(
            Method::GET,
            "/api/v1/members/{name}",
            SignedIn,
            "One member.",
            get,
        )
        .gives::<Member>(),
        Route::new(
            Method::PATCH,
            "/api/v1/members/{name}",
            Steward,
            "Change a member.",
            change,
        )
        .takes::<ChangeMember>()
        .gives::<Member>(),
        Route::new(
            Method::PUT,
            "/api/v1/members/{name}/password",
            Steward,
            "Set a new password for a member.",
            reset,
        )
        .takes::<NewPassword>(),
        Route::new(
            Method::DELETE,
            "/api/v1/members/{name}",
            Steward,
            "Remove a member.",
            remove,
        ),
        Route::new(
            Method::GET,
            "/api/v1/services/{name}/groups",
            SignedIn,
            "For which groups a service is; none: for every member.",
            service_groups,
        )
        .gives::<ForGroups>(),
        Route::new(
            Method::PUT,
            "/api/v1/services/{name}/groups",
            Steward,
            "Say for which groups a service is; none: for every member, but for no guest.",
            open_service,
        )
        .takes::<ForGroups>(),
    ]
}

async fn list(State(app): State<App>) -> Result<Json<Vec<Member>>, ApiError> {
    Ok(Json(app.store.members().await?))
}

async fn add(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewMember>,
) -> Result<(StatusCode, Json<Member>), ApiError> {
    Ok((
        StatusCode::CREATED,
        Json(members::add(&app, new, caller.name()?).await?),
    ))
}

async fn get(State(app): State<App>, Path(name): Path<String>) -> Result<Json<Member>, ApiError> {
    members::get(&app, &name).await.map(Json)
}

/// Body of `PATCH /members/{name}` and `PATCH /account`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ChangeMember {
    /// What the member is called.
    display_name: Option<String>,
    /// What the member may do.
    role: Option<Role>,
    /// Language of the pages: `en`, `fr`, or empty for the browser's.
    language: Option<String>,
    /// Groups the member is in, besides those of the role; a steward says so.
    groups: Option<Vec<String>>,
}

impl From<ChangeMember> for members::Change {
    fn from(change: ChangeMember) -> Self {
        Self {
            display_name: change.display_name,
            role: change.role,
            language: change.language,
            groups: change.groups,
        }
    }
}

async fn change(
    State(app): State<App>,
    Path(name): Path<String>,
    caller: Caller,
    Body(change): Body<ChangeMember>,
) -> Result<Json<Member>, ApiError> {
    members::change(&app, &name, change.into(), caller.name()?)
        .await
        .map(Json)
}

/// Body of `PUT /members/{name}/password`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// The new password.
    password: String,
}

async fn reset(
    State(app): State<App>,
    Path(name): Path<String>,
    caller: Caller,
    Body(body): Body<NewPassword>,
) -> Result<StatusCode, ApiError> {
    members::reset_password(&app, &name, body.password, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove(
    State(app): State<App>,
    Path(name): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    members::remove(&app, &name, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// For which groups a service is.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ForGroups {
    /// Their names.
    groups: Vec<String>,
}

async fn service_groups(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<ForGroups>, ApiError> {
    let service = crate::services::parse_name(&name)?;
    crate::services::view(&app, &service).await?;
    let rules = app.rules.load();
    let groups = rules.get(&service).into_iter().flatten();
    Ok(Json(ForGroups {
        groups: groups.map(ToString::to_string).collect(),
    }))
}

async fn open_service(
    State(app): State<App>,
    Path(name): Path<String>,
    caller: Caller,
    Body(body): Body<ForGroups>,
) -> Result<StatusCode, ApiError> {
    members::open_service(&app, &name, &body.groups, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
