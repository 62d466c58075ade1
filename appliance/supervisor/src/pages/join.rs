// SPDX-License-Identifier: AGPL-3.0-or-later
//! Joining by an invitation, and the first page after it.

use super::{
    facts,
    form::{Fields, display_name_error, message, password_error},
    links::{Links, best_first},
    shell::{INVALID, Visit, show, show_as, trusted_names},
    sign_in::signed_in,
};
use crate::{
    ApiError, App,
    access::{Caller, Policy, rules::may_use},
    api::Route,
    members,
    views::NewMember,
};
use axum::{extract::Path, response::Response};
use http::{Method, StatusCode};
use web_ui::{AcceptPage, FieldError, Invited, ServiceRow, WelcomePage};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/join/{code}",
            Policy::Public,
            "The form of an invitation.",
            form,
        ),
        Route::new(
            Method::POST,
            "/join/{code}",
            Policy::Public,
            "Join by an invitation.",
            join,
        ),
        Route::new(
            Method::GET,
            "/welcome",
            Policy::Guest,
            "What a newcomer can do today.",
            welcome,
        ),
    ]
}

/// The board's own origin by its best name, as whoever asks can open it.
fn board_origin(app: &App, caller: &Caller) -> String {
    let names = app.seen.load().addresses.board.clone();
    let names = best_first(names, &trusted_names(app));
    let name = names.first().map_or("localhost", String::as_str);
    Links::of(&caller.authority, caller.secure).open(name)
}

/// The link of an invitation.
pub(crate) fn join_url(app: &App, caller: &Caller, code: &str) -> String {
    format!("{}/join/{code}", board_origin(app, caller))
}

async fn invitation(visit: &Visit, code: &str) -> Result<Option<Invited>, ApiError> {
    match members::invited(&visit.app, code).await {
        Ok((_, by)) => Ok(Some(Invited {
            code: code.to_owned(),
            by,
        })),
        Err(error) if error.status == StatusCode::GONE => Ok(None),
        Err(error) => Err(error),
    }
}

fn gone(visit: Visit) -> Response {
    show_as(StatusCode::GONE, &AcceptPage::new(visit.layout, None))
}

async fn form(visit: Visit, Path(code): Path<String>) -> Result<Response, ApiError> {
    Ok(match invitation(&visit, &code).await? {
        Some(invited) => show(&AcceptPage::new(visit.layout, Some(invited))),
        None => gone(visit),
    })
}

async fn join(visit: Visit, Path(code): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    let Some(invited) = invitation(&visit, &code).await? else {
        return Ok(gone(visit));
    };
    if fields.get("password") != fields.get("password_again") {
        let mut page = filled(visit, invited, &fields);
        page.password_again_error = Some(FieldError::Different);
        return Ok(show_as(INVALID, &page));
    }
    let new = NewMember {
        name: fields.owned("name"),
        display_name: fields.owned("display_name"),
        password: fields.owned("password"),
        role: None,
    };
    match members::join(&visit.app, &code, new, &visit.caller).await {
        Ok(opened) => Ok(signed_in(&opened, &visit.caller, "/welcome")),
        Err(error) if error.status == StatusCode::GONE => Ok(gone(visit)),
        Err(error) if !error.fields.is_empty() => {
            let mut page = filled(visit, invited, &fields);
            mark(&mut page, &fields, &error);
            Ok(show_as(INVALID, &page))
        }
        Err(error) => Err(error),
    }
}

fn filled(mut visit: Visit, invited: Invited, fields: &Fields) -> AcceptPage {
    visit.at(format!("/join/{}", invited.code));
    let mut page = AcceptPage::new(visit.layout, Some(invited));
    page.name = fields.text("name");
    page.display_name = fields.text("display_name");
    page
}

fn mark(page: &mut AcceptPage, fields: &Fields, error: &ApiError) {
    page.name.error = message(error, "name").map(|_| super::members::name_error(fields, error));
    page.display_name.error =
        message(error, "display_name").map(|message| display_name_error(fields.get("display_name"), message));
    page.password_error = message(error, "password").map(|why| password_error(fields.get("password"), why));
}

async fn welcome(visit: Visit) -> Result<Response, ApiError> {
    let (language, trusted) = (visit.language(), visit.trusted_names());
    let (rules, member) = (visit.app.rules.load_full(), visit.caller.member()?.clone());
    let services = facts::enabled(&visit.app).await?;
    let mine = services
        .iter()
        .filter(|service| may_use(&rules, &service.name, &member));
    let rows = mine.map(|service| ServiceRow {
        name: service.name.clone(),
        title: service.title(language),
        icon: service.icon(),
        state: service.state,
        open_url: service.open_url(&trusted, &visit.links),
    });
    Ok(show(&WelcomePage {
        services: rows.collect(),
        address: board_origin(&visit.app, &visit.caller),
        layout: visit.layout,
    }))
}
