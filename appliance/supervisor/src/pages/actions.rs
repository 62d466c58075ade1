// SPDX-License-Identifier: AGPL-3.0-or-later
//! The forms of a service's page.

use super::{
    catalog::setting_values,
    facts,
    form::{Fields, required_or},
    members::split_groups,
    service::{Filled, page, parse, refused},
    shell::{INVALID, Visit},
};
use crate::{ApiError, App, access::Policy, api::Route, members, services};
use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use http::{Method, StatusCode};
use types::{MemberName, Running, ServiceName};
use web_ui::{FieldError, NewSecret, Notice};

/// What a button asks for.
#[derive(Clone, Copy)]
enum Act {
    Start,
    Stop,
    Restart,
    Update,
    Rollback,
    Remove,
}

impl Act {
    async fn carry_out(self, app: &App, name: &ServiceName, by: &MemberName) -> Result<String, ApiError> {
        match self {
            Self::Start => services::set_running(app, name, Running::Started, by).await,
            Self::Stop => services::set_running(app, name, Running::Stopped, by).await,
            Self::Restart => services::restart(app, name, by).await,
            Self::Update => services::update(app, name, by).await,
            Self::Rollback => services::rollback(app, name, by).await,
            Self::Remove => services::remove(app, name, by).await,
        }
    }
}

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Guest, Steward};
    let button = |path, summary, what: Act| {
        Route::new(
            Method::POST,
            path,
            Steward,
            summary,
            async move |visit: Visit, Path(name): Path<String>| act(visit, name, what).await,
        )
    };
    vec![
        button("/services/{name}/start", "Start a service.", Act::Start),
        button("/services/{name}/stop", "Stop a service.", Act::Stop),
        button("/services/{name}/restart", "Restart a service.", Act::Restart),
        button("/services/{name}/update", "Update a service.", Act::Update),
        button("/services/{name}/rollback", "Go back a version.", Act::Rollback),
        button("/services/{name}/remove", "Remove a service.", Act::Remove),
        Route::new(
            Method::POST,
            "/services/{name}/settings",
            Steward,
            "Change settings.",
            settings,
        ),
        Route::new(
            Method::POST,
            "/services/{name}/groups",
            Steward,
            "Say who may use it.",
            open,
        ),
        Route::new(
            Method::POST,
            "/services/{name}/app-passwords",
            Guest,
            "Make an app password.",
            make_password,
        ),
        Route::new(
            Method::POST,
            "/services/{name}/app-passwords/revoke",
            Guest,
            "Take an app password back.",
            revoke_password,
        ),
    ]
}

async fn act(visit: Visit, name: String, what: Act) -> Result<Response, ApiError> {
    let name = parse(&name)?;
    let by = visit.caller.name()?.clone();
    match what.carry_out(&visit.app, &name, &by).await {
        Ok(job) => Ok(Redirect::to(&format!("/jobs/{job}")).into_response()),
        Err(error) if error.status == StatusCode::CONFLICT => {
            Ok(visit.redirect(&format!("/services/{name}"), Some(Notice::Error(error.message))))
        }
        Err(error) => Err(error),
    }
}

async fn open(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    let service = facts::one(&visit.app, &name).await?;
    let by = visit.caller.name()?.clone();
    let groups = split_groups(fields.get("groups"));
    match members::open_service(&visit.app, &name, &groups, &by).await {
        Ok(()) => Ok(visit.redirect(&format!("/services/{}", service.name), Some(Notice::Saved))),
        Err(error) if error.status == INVALID => {
            let filled = Filled {
                status: Some(INVALID),
                groups: Some(fields.text("groups").with_error(FieldError::NotGroups)),
                ..Filled::default()
            };
            page(visit, &service, filled).await
        }
        Err(error) => Err(error),
    }
}

async fn settings(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    let service = facts::one(&visit.app, &name).await?;
    let by = visit.caller.name()?.clone();
    let entered = fields.settings();
    let values = service
        .entry
        .as_ref()
        .map(|entry| setting_values(&entry.manifest, &entered));
    match services::put(&visit.app, &service.name, &values.unwrap_or_default(), &by).await {
        Ok(job) => Ok(visit.redirect(&format!("/jobs/{job}"), Some(Notice::Saved))),
        Err(error) if error.status == INVALID => page(visit, &service, refused(&error, &fields)).await,
        Err(error) => Err(error),
    }
}

async fn make_password(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    let service = facts::one(&visit.app, &name).await?;
    let device = fields.trimmed("device").to_owned();
    let member = visit.caller.member()?.clone();
    let services = [service.name.to_string()];
    let made = members::add_app_password(&visit.app, &member, &services, &device).await;
    let filled = match made {
        Ok((made, secret)) => Filled {
            secret: Some(NewSecret {
                label: made.device,
                secret,
            }),
            ..Filled::default()
        },
        Err(error) if error.status == INVALID => Filled {
            status: Some(INVALID),
            device: fields
                .text("device")
                .with_error(required_or(&device, FieldError::TooLong(60))),
            ..Filled::default()
        },
        Err(error) => return Err(error),
    };
    page(visit, &service, filled).await
}

async fn revoke_password(
    visit: Visit,
    Path(name): Path<String>,
    fields: Fields,
) -> Result<Response, ApiError> {
    let service = parse(&name)?;
    let member = visit.caller.member()?.clone();
    let id = fields.get("id");
    let all = visit.app.store.app_passwords(member.name.clone()).await?;
    let device = all.into_iter().find(|password| password.id == id);
    let device = device.map(|password| password.device).unwrap_or_default();
    members::revoke_app_password(&visit.app, &member, id).await?;
    Ok(visit.redirect(&format!("/services/{service}"), Some(Notice::Revoked(device))))
}
