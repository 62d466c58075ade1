// SPDX-License-Identifier: AGPL-3.0-or-later
//! Promises, news, the end.

use super::{
    super::{
        facts,
        form::Fields,
        shell::{INVALID, Visit, show, show_as},
    },
    is_wrong, mark, news_row,
};
use crate::{
    ApiError,
    access::Policy,
    api::Route,
    cooperative::{
        news::{self, NewNews},
        promises, texts,
        winding::{self, NewWinding},
    },
};
use ::cooperative::{
    commitment::{By, Published, State},
    news::NewsKind,
    winding::FEWEST_DAYS,
};
use axum::{extract::Path, response::Response};
use http::{Method, StatusCode};
use web_ui::{
    EndForm, EndPage, NewsForm, NewsPage, Notice, PromiseRow, PromiseState, PromisesPage, TextField,
};

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Public, Steward};
    const NEWS: &str = "/cooperative/news";
    const END: &str = "/cooperative/end";
    vec![
        Route::new(
            Method::GET,
            "/cooperative/promises",
            Public,
            "What we promise.",
            list,
        ),
        Route::new(
            Method::POST,
            "/cooperative/promises/{item}",
            Steward,
            "Declare how a promise stands.",
            declare,
        ),
        Route::new(Method::GET, NEWS, Steward, "News and planned downtime.", get_news),
        Route::new(Method::POST, NEWS, Steward, "Write news.", write_news),
        Route::new(
            Method::POST,
            "/cooperative/news/{id}/end",
            Steward,
            "It is over, or will not happen.",
            end_news,
        ),
        Route::new(Method::GET, END, Steward, "Winding down.", get_end),
        Route::new(Method::POST, END, Steward, "Announce the end.", announce),
        Route::new(
            Method::POST,
            "/cooperative/end/call-off",
            Steward,
            "Call the end off.",
            call_off,
        ),
    ]
}

async fn list(visit: Visit) -> Result<Response, ApiError> {
    let row = |one: Published| PromiseRow {
        id: one.id.to_owned(),
        state: match one.state {
            State::Met => PromiseState::Met,
            State::Partial => PromiseState::Partial,
            State::Unmet => PromiseState::Unmet,
            State::Unknown => PromiseState::Unknown,
        },
        verified: one.by == By::Board,
        evidence: one.evidence,
        date: one.date,
    };
    let all = promises::commitments(&visit.app, visit.layout.now).await?;
    let page = PromisesPage {
        rows: all.into_iter().map(row).collect(),
        layout: visit.layout,
    };
    Ok(show(&page))
}

async fn declare(visit: Visit, Path(item): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let state = match fields.get("state") {
        "met" => State::Met,
        "partial" => State::Partial,
        _ => State::Unmet,
    };
    match promises::declare(&visit.app, &item, state, fields.get("evidence"), &by).await {
        Ok(()) => Ok(visit.redirect("/cooperative/promises", Some(Notice::Saved))),
        Err(error) if is_wrong(&error) || error.status == StatusCode::CONFLICT => {
            Ok(visit.redirect("/cooperative/promises", Some(Notice::Error(error.message))))
        }
        Err(error) => Err(error),
    }
}

async fn news_page(visit: Visit, form: NewsForm) -> Result<NewsPage, ApiError> {
    let services = facts::enabled(&visit.app).await?;
    let (language, now) = (visit.language(), visit.layout.now);
    let all = news::all(&visit.app).await?;
    Ok(NewsPage {
        news: all
            .iter()
            .take(50)
            .map(|one| news_row(one, &services, language, now))
            .collect(),
        services: services
            .iter()
            .map(|service| (service.name.to_string(), service.title(language)))
            .collect(),
        form,
        layout: visit.layout,
    })
}

async fn get_news(visit: Visit) -> Result<Response, ApiError> {
    Ok(show(&news_page(visit, NewsForm::default()).await?))
}

async fn write_news(mut visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let new = NewNews {
        kind: if fields.get("kind") == "incident" {
            NewsKind::Incident
        } else {
            NewsKind::Planned
        },
        title: fields.owned("title"),
        text: fields.owned("text"),
        services: vec![fields.owned("service")],
        begins: Some(fields.owned("begins")),
        ends: Some(fields.owned("ends")),
    };
    match news::write(&visit.app, None, new, &by).await {
        Ok(_) => Ok(visit.redirect("/cooperative/news", Some(Notice::Published))),
        Err(error) if is_wrong(&error) => {
            let mut form = NewsForm {
                kind: fields.text("kind"),
                title: fields.text("title"),
                text: fields.text("text"),
                begins: fields.text("begins"),
                ends: fields.text("ends"),
                service: fields.text("service"),
            };
            let language = visit.language();
            for (key, field) in [
                ("title", &mut form.title),
                ("text", &mut form.text),
                ("begins", &mut form.begins),
                ("ends", &mut form.ends),
            ] {
                mark(language, field, error.fields.get(key));
            }
            visit.at("/cooperative/news");
            Ok(show_as(INVALID, &news_page(visit, form).await?))
        }
        Err(error) => Err(error),
    }
}

async fn end_news(visit: Visit, Path(id): Path<String>) -> Result<Response, ApiError> {
    match news::end(&visit.app, &id, visit.caller.name()?).await {
        Ok(_) => Ok(visit.redirect("/cooperative/news", Some(Notice::Saved))),
        Err(error) if error.status == StatusCode::CONFLICT => {
            Ok(visit.redirect("/cooperative/news", Some(Notice::Error(error.message))))
        }
        Err(error) => Err(error),
    }
}

async fn end_page(visit: Visit, form: Option<EndForm>) -> Result<EndPage, ApiError> {
    let current = winding::current(&visit.app).await?;
    let promised = texts::answers(&visit.app)
        .await?
        .map_or(0, |answers| i64::from(answers.end_days));
    let known = current.as_ref().map(|winding| EndForm {
        text: TextField::new(&winding.text),
        last_day: TextField::new(&winding.last_day),
        exports_until: TextField::new(&winding.exports_until),
        elsewhere: TextField::new(&winding.elsewhere),
    });
    Ok(EndPage {
        announced: current.is_some(),
        closed: current.is_some_and(|winding| winding.closed.is_some()),
        notice_days: promised.max(FEWEST_DAYS),
        form: form.or(known).unwrap_or_default(),
        layout: visit.layout,
    })
}

async fn get_end(visit: Visit) -> Result<Response, ApiError> {
    Ok(show(&end_page(visit, None).await?))
}

async fn announce(mut visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let new = NewWinding {
        text: fields.owned("text"),
        last_day: fields.owned("last_day"),
        exports_until: fields.owned("exports_until"),
        elsewhere: fields.owned("elsewhere"),
    };
    match winding::announce(&visit.app, new, &by).await {
        Ok(_) => Ok(visit.redirect("/cooperative/end", Some(Notice::Published))),
        Err(error) if is_wrong(&error) => {
            let mut form = EndForm {
                text: fields.text("text"),
                last_day: fields.text("last_day"),
                exports_until: fields.text("exports_until"),
                elsewhere: fields.text("elsewhere"),
            };
            let language = visit.language();
            for (key, field) in [
                ("text", &mut form.text),
                ("last_day", &mut form.last_day),
                ("exports_until", &mut form.exports_until),
                ("elsewhere", &mut form.elsewhere),
            ] {
                mark(language, field, error.fields.get(key));
            }
            visit.at("/cooperative/end");
            Ok(show_as(INVALID, &end_page(visit, Some(form)).await?))
        }
        Err(error) if error.status == StatusCode::CONFLICT => {
            Ok(visit.redirect("/cooperative/end", Some(Notice::Error(error.message))))
        }
        Err(error) => Err(error),
    }
}

async fn call_off(visit: Visit) -> Result<Response, ApiError> {
    winding::withdraw(&visit.app, visit.caller.name()?).await?;
    Ok(visit.redirect("/cooperative/end", Some(Notice::Saved)))
}
