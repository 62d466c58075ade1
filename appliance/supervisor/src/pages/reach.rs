// SPDX-License-Identifier: AGPL-3.0-or-later
//! How the board is reached from outside.

use super::{
    form::{Fields, message},
    shell::{INVALID, Visit, show_as},
};
use crate::{
    ApiError,
    access::Policy,
    api::{self, ReachView, Route},
    outside::Settings,
};
use ::reach::address::{V4, V6};
use axum::response::Response;
use http::{Method, StatusCode};
use std::collections::BTreeMap;
use web_ui::{DynamicForm, DynamicStatus, FieldError, Notice, PortRow, ReachPage, TextField, Way4};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(Method::GET, "/reach", Steward, "How the board is reached.", get),
        Route::new(Method::POST, "/reach/look", Steward, "Look again now.", look),
        Route::new(Method::POST, "/reach/ports", Steward, "Allow open ports.", ports),
        Route::new(Method::POST, "/reach/echo", Steward, "Name echo services.", echo),
        Route::new(
            Method::POST,
            "/reach/dynamic",
            Steward,
            "Choose a name that follows the address.",
            dynamic,
        ),
    ]
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    page(visit, |_| false).await
}

async fn page(mut visit: Visit, mark: impl FnOnce(&mut ReachPage) -> bool) -> Result<Response, ApiError> {
    visit.at("/reach");
    let view = api::reach_view(&visit.app).await?;
    let (found, _) = visit.app.outside.reachability();
    let mut page = ReachPage {
        v4: found.map_or(Way4::Unknown, |found| v4(found.v4)),
        v6: found.and_then(|found| match found.v6 {
            V6::Public { public, .. } => Some(public.to_string()),
            V6::None => None,
        }),
        ports: view
            .ports
            .iter()
            .map(|port| PortRow {
                port: port.port,
                open: port.open,
                problem: port.problem.clone(),
            })
            .collect(),
        ports_allowed_by: view.ports_allowed_by.clone(),
        echo: TextField::new(view.echo.join("\n")),
        dynamic: form(&view),
        dynamic_status: status(&view),
        layout: visit.layout,
    };
    let wrong = mark(&mut page);
    Ok(show_as(if wrong { INVALID } else { StatusCode::OK }, &page))
}

fn v4(found: V4) -> Way4 {
    match found {
        V4::Direct { public } => Way4::Direct(public.to_string()),
        V4::BehindRouter { public } => Way4::BehindRouter(public.to_string()),
        V4::DoubleNat { router, .. } => Way4::DoubleNat(router.to_string()),
        V4::Cgnat { router, .. } => Way4::Cgnat(router.to_string()),
        V4::Seen { public } => Way4::Seen(public.to_string()),
        V4::Unknown => Way4::Unknown,
    }
}

fn form(view: &ReachView) -> DynamicForm {
    let Some(dynamic) = &view.dynamic else {
        return DynamicForm {
            way: "none".into(),
            ..DynamicForm::default()
        };
    };
    DynamicForm {
        way: dynamic.way.clone(),
        name: TextField::new(&dynamic.name),
        server: TextField::new(&dynamic.server),
        ..DynamicForm::default()
    }
}

fn status(view: &ReachView) -> Option<DynamicStatus> {
    let dynamic = view.dynamic.as_ref()?;
    let outcome = dynamic.outcome.as_deref()?;
    Some(DynamicStatus {
        at: dynamic.updated,
        good: matches!(outcome, "good" | "unchanged"),
        text: dynamic.message.clone(),
    })
}

async fn look(visit: Visit) -> Result<Response, ApiError> {
    visit.app.outside.look_at_all();
    Ok(visit.redirect("/reach", None))
}

async fn change(visit: &Visit, settings: &Settings) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    api::change_reach(&visit.app, settings, &by).await?;
    Ok(visit.redirect("/reach", Some(Notice::Saved)))
}

async fn ports(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let settings = Settings {
        open_ports: Some(fields.get("allow") == "true"),
        ..Settings::default()
    };
    change(&visit, &settings).await
}

async fn echo(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let settings = Settings {
        echo: Some(fields.get("echo").lines().map(str::to_owned).collect()),
        ..Settings::default()
    };
    match change(&visit, &settings).await {
        Err(error) if error.fields.contains_key("echo") => {
            page(visit, |page| {
                page.echo = fields.text("echo").with_error(FieldError::NotAnAddress);
                true
            })
            .await
        }
        result => result,
    }
}

async fn dynamic(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let wanted: BTreeMap<String, String> = fields.0.clone();
    let settings = Settings {
        dynamic: Some(wanted),
        ..Settings::default()
    };
    match change(&visit, &settings).await {
        Err(error) if !error.fields.is_empty() => {
            page(visit, |page| {
                let field = |name: &str, secret: bool| {
                    let shown = if secret {
                        TextField::default()
                    } else {
                        fields.text(name)
                    };
                    match message(&error, name) {
                        Some("is needed") => shown.with_error(FieldError::Required),
                        Some(text) => shown.with_error(FieldError::Other(text.to_owned())),
                        None => shown,
                    }
                };
                page.dynamic = DynamicForm {
                    way: fields.owned("way"),
                    name: field("name", false),
                    server: field("server", false),
                    user: field("user", false),
                    password: field("password", true),
                    zone: field("zone", false),
                    key_name: field("key_name", false),
                    key: field("key", true),
                };
                true
            })
            .await
        }
        result => result,
    }
}
