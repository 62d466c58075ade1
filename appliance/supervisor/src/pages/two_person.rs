// SPDX-License-Identifier: AGPL-3.0-or-later
//! The two-person rule, and what waits for another steward.

use super::{
    form::Fields,
    shell::{Visit, show},
};
use crate::{
    ApiError,
    access::Policy,
    api::Route,
    state,
    two_person::{self, Act, Kind, LIFE},
};
use axum::{extract::Path, response::Response};
use http::Method;
use std::time::Duration;
use web_ui::{ActKind, ActRow, ActsPage, Notice};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(
            Method::GET,
            "/members/acts",
            Steward,
            "What needs two stewards.",
            get,
        ),
        Route::new(
            Method::POST,
            "/members/acts/rule",
            Steward,
            "Choose what needs two stewards.",
            rule,
        ),
        Route::new(
            Method::POST,
            "/members/acts/{id}/approve",
            Steward,
            "Approve what another steward asked for.",
            approve,
        ),
        Route::new(
            Method::POST,
            "/members/acts/{id}/refuse",
            Steward,
            "Refuse it.",
            refuse,
        ),
    ]
}

async fn get(mut visit: Visit) -> Result<Response, ApiError> {
    visit.at("/members/acts");
    let you = visit.caller.name()?.clone();
    let (kinds, waiting) = (
        two_person::rule(&visit.app).await?,
        two_person::waiting(&visit.app).await?,
    );
    let rows = waiting.into_iter().map(|waiting| ActRow {
        kind: shown(&waiting.act),
        subject: waiting.act.subject(),
        own: waiting.by == you,
        by: waiting.by.to_string(),
        asked: waiting.asked,
        until: waiting.asked.plus(Duration::from_secs(LIFE.unsigned_abs())),
        id: waiting.id,
    });
    Ok(show(&ActsPage {
        waiting: rows.collect(),
        purge: kinds.contains(&Kind::Purge),
        unpair: kinds.contains(&Kind::Unpair),
        stewards: kinds.contains(&Kind::Stewards),
        restore: kinds.contains(&Kind::Restore),
        layout: visit.layout,
    }))
}

fn shown(act: &Act) -> ActKind {
    match act {
        Act::Purge { .. } => ActKind::Purge,
        Act::Unpair { .. } => ActKind::Unpair,
        Act::RemoveSteward { .. } => ActKind::Remove,
        Act::ChangeRole {
            role: state::Role::Steward,
            ..
        } => ActKind::MakeSteward,
        Act::ChangeRole { .. } => ActKind::EndSteward,
        Act::TakeSecondStep { .. } => ActKind::SecondStep,
        Act::Revert { .. } | Act::Restore { .. } => ActKind::Restore,
        Act::Loosen { .. } => ActKind::Loosen,
    }
}

async fn rule(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let ticked = |kind: &Kind| !fields.get(kind.word()).is_empty();
    let kinds = Kind::ALL.into_iter().filter(ticked).collect();
    let notice = match two_person::set_rule(&visit.app, kinds, &by).await {
        Ok(()) => Notice::Saved,
        Err(error) if error.code == "two_stewards_needed" => Notice::TwoStewardsNeeded,
        Err(error) => return Err(error),
    };
    Ok(visit.redirect("/members/acts", Some(notice)))
}

async fn approve(visit: Visit, Path(id): Path<String>) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    match two_person::approve(&visit.app, &id, &by).await? {
        Some(job) => Ok(visit.redirect(&format!("/jobs/{job}"), None)),
        None => Ok(visit.redirect("/members/acts", Some(Notice::ActDone))),
    }
}

async fn refuse(visit: Visit, Path(id): Path<String>) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    two_person::refuse(&visit.app, &id, &by).await?;
    Ok(visit.redirect("/members/acts", Some(Notice::ActRefused)))
}
