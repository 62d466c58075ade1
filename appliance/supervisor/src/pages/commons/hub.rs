// SPDX-License-Identifier: AGPL-3.0-or-later
//! The cooperative's front room.

use super::super::{
    public::cooperative_name,
    shell::{Visit, show},
};
use crate::{
    ApiError,
    access::Policy,
    api::Route,
    cooperative::{decisions, register, texts, winding},
};
use ::cooperative::register::Answer;
use axum::response::Response;
use http::Method;
use web_ui::{ComingText, HubPage};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::new(
        Method::GET,
        "/cooperative",
        Policy::Member,
        "What waits for you, and the way to everything else.",
        get,
    )]
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    let app = &visit.app;
    let documents = app.published.get();
    let member = visit.caller.name()?;
    let (now, steward) = (visit.layout.now, visit.is_steward());
    let coming = texts::news_for(app, member, visit.language()).await?;
    let votes = decisions::views(app, Some(member)).await?;
    let votes = votes
        .into_iter()
        .filter(|view| decisions::waits_for(view, member, now));
    let applications = register::applications(app).await?;
    let page = HubPage {
        name: cooperative_name(&documents, &visit),
        coming: coming
            .iter()
            .map(|version| ComingText {
                kind: super::kind(version.kind),
                language: version.language,
                number: version.number,
                effective: version.effective,
            })
            .collect(),
        votes: votes
            .map(|view| (view.proposal.id, view.proposal.title))
            .collect(),
        applications: applications
            .iter()
            .filter(|one| steward && one.answer == Answer::Waiting)
            .count(),
        no_texts: documents.texts.is_empty(),
        missing: documents.missing.len(),
        end: winding::current(app)
            .await?
            .map(|winding| (winding.last_day, winding.text)),
        layout: visit.layout,
    };
    Ok(show(&page))
}
