// SPDX-License-Identifier: AGPL-3.0-or-later
//! The register, applications, other hosters.

use super::{
    super::{
        form::Fields,
        shell::{INVALID, Visit, show, show_as},
    },
    is_wrong, mark,
};
use crate::{
    ApiError,
    access::Policy,
    api::{self, Route},
    cooperative::{hosters, register},
    state::KnownHoster,
};
use ::cooperative::register::{Answer, Application, Kind};
use axum::{extract::Path, response::Response};
use http::{Method, StatusCode};
use web_ui::{ApplicationRow, ElsewherePage, HosterRow, Notice, RegisterPage, RegisterRow, TextField};

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Member, Steward};
    const ELSEWHERE: &str = "/cooperative/elsewhere";
    vec![
        Route::new(
            Method::GET,
            "/cooperative/register",
            Member,
            "Members and boards.",
            get,
        ),
        Route::new(
            Method::GET,
            "/cooperative/register.csv",
            Steward,
            "The register as CSV.",
            api::register_csv,
        ),
        Route::new(
            Method::POST,
            "/cooperative/register/delegate",
            Member,
            "Speak for the cooperative, or no longer.",
            delegate,
        ),
        Route::new(
            Method::POST,
            "/cooperative/applications/{id}",
            Steward,
            "Admit or decline.",
            answer,
        ),
        Route::new(Method::GET, ELSEWHERE, Member, "Other hosters.", elsewhere),
        Route::new(Method::POST, ELSEWHERE, Steward, "Add a hoster.", add),
        Route::new(
            Method::POST,
            "/cooperative/elsewhere/vouch",
            Steward,
            "Vouch for a hoster, or no longer.",
            vouch,
        ),
        Route::new(
            Method::POST,
            "/cooperative/elsewhere/remove",
            Steward,
            "Take a hoster off the list.",
            remove,
        ),
    ]
}

async fn register_page(visit: Visit) -> Result<RegisterPage, ApiError> {
    let rows = register::rows(&visit.app).await?;
    let own = visit.caller.name()?.to_string();
    let published = rows
        .iter()
        .find(|row| row.kind == Kind::Member && row.name == own)
        .and_then(|row| row.delegate.clone());
    let mut waiting = Vec::new();
    if visit.is_steward() {
        waiting = register::applications(&visit.app).await?;
        waiting.retain(|one| one.answer == Answer::Waiting);
    }
    let application = |one: Application| ApplicationRow {
        id: one.id,
        name: one.name,
        contact: one.contact,
        text: one.text,
        at: one.at,
    };
    Ok(RegisterPage {
        rows: rows
            .into_iter()
            .map(|row| RegisterRow {
                board: row.kind == Kind::Board,
                name: row.name,
                joined: row.joined,
                left: row.left,
                delegate: row.delegate.map(|name| (name, row.consent)),
            })
            .collect(),
        delegate: TextField::new(published.unwrap_or_default()),
        applications: waiting.into_iter().map(application).collect(),
        layout: visit.layout,
    })
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    Ok(show(&register_page(visit).await?))
}

async fn delegate(mut visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let name = Some(fields.trimmed("name")).filter(|name| !name.is_empty());
    match register::set_delegate(&visit.app, by.as_str(), name, &by, visit.is_steward()).await {
        Ok(()) => Ok(visit.redirect("/cooperative/register", Some(Notice::Saved))),
        Err(error) if is_wrong(&error) => {
            let language = visit.language();
            visit.at("/cooperative/register");
            let mut page = register_page(visit).await?;
            page.delegate = fields.text("name");
            mark(language, &mut page.delegate, error.fields.get("name"));
            Ok(show_as(INVALID, &page))
        }
        Err(error) => Err(error),
    }
}

async fn answer(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let answer = match fields.get("answer") {
        "admitted" => Answer::Admitted,
        "declined" => Answer::Declined,
        _ => return Err(ApiError::field("answer", "must be admitted or declined")),
    };
    match register::answer(&visit.app, &id, answer, &by).await {
        Ok(_) => Ok(visit.redirect("/cooperative/register", Some(Notice::Saved))),
        Err(error) if error.status == StatusCode::CONFLICT => {
            Ok(visit.redirect("/cooperative/register", Some(Notice::Error(error.message))))
        }
        Err(error) => Err(error),
    }
}

async fn elsewhere_page(visit: Visit, address: TextField) -> Result<ElsewherePage, ApiError> {
    let row = |known: KnownHoster| HosterRow {
        address: known.address,
        name: known.hoster.name,
        tag_line: known.hoster.tag_line,
        home_url: known.hoster.home_url,
        terms_url: known.hoster.terms_url,
        languages: known.hoster.languages,
        services: known
            .hoster
            .services
            .into_iter()
            .map(|offer| (offer.name, offer.url))
            .collect(),
        vouched: known.vouched,
        read: known.read,
    };
    Ok(ElsewherePage {
        hosters: hosters::all(&visit.app).await?.into_iter().map(row).collect(),
        address,
        layout: visit.layout,
    })
}

async fn elsewhere(visit: Visit) -> Result<Response, ApiError> {
    Ok(show(&elsewhere_page(visit, TextField::default()).await?))
}

async fn add(mut visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    match hosters::add(&visit.app, fields.get("address"), None, &by).await {
        Ok(_) => Ok(visit.redirect("/cooperative/elsewhere", Some(Notice::Saved))),
        Err(error) if is_wrong(&error) => {
            let mut address = fields.text("address");
            mark(visit.language(), &mut address, error.fields.get("address"));
            visit.at("/cooperative/elsewhere");
            Ok(show_as(INVALID, &elsewhere_page(visit, address).await?))
        }
        Err(error) => Err(error),
    }
}

async fn vouch(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let vouched = fields.get("vouched") == "true";
    let change = move |known| KnownHoster { vouched, ..known };
    hosters::change(&visit.app, fields.get("address"), change, visit.caller.name()?).await?;
    Ok(visit.redirect("/cooperative/elsewhere", Some(Notice::Saved)))
}

async fn remove(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let change = |known| KnownHoster {
        removed: true,
        ..known
    };
    hosters::change(&visit.app, fields.get("address"), change, visit.caller.name()?).await?;
    Ok(visit.redirect("/cooperative/elsewhere", Some(Notice::Saved)))
}
