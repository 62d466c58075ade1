// SPDX-License-Identifier: AGPL-3.0-or-later
//! Proposals and votes.

use super::super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    cooperative::decisions::{self, NewProposal, ProposalView},
};
use ::cooperative::{Proposal, decision::Choice};
use axum::{Json, extract::State};
use http::{Method, StatusCode};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Member;
    const ALL: &str = "/api/v1/cooperative/proposals";
    const ONE: &str = "/api/v1/cooperative/proposals/{id}";
    vec![
        Route::new(Method::GET, ALL, Member, "All proposals, the newest first.", list)
            .gives::<Vec<ProposalView>>(),
        Route::new(Method::POST, ALL, Member, "Propose something.", propose)
            .takes::<NewProposal>()
            .gives::<Proposal>(),
        Route::new(Method::GET, ONE, Member, "One proposal.", get).gives::<ProposalView>(),
        Route::new(
            Method::DELETE,
            ONE,
            Member,
            "Take your own proposal back.",
            withdraw,
        ),
        Route::new(
            Method::PUT,
            "/api/v1/cooperative/proposals/{id}/vote",
            Member,
            "Vote, or change your vote, until the deadline.",
            vote,
        )
        .takes::<Choice>(),
    ]
}

async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Vec<ProposalView>>, ApiError> {
    Ok(Json(decisions::views(&app, Some(caller.name()?)).await?))
}

async fn propose(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewProposal>,
) -> Result<(StatusCode, Json<Proposal>), ApiError> {
    let proposal = decisions::propose(&app, new, caller.name()?).await?;
    Ok((StatusCode::CREATED, Json(proposal)))
}

async fn get(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<ProposalView>, ApiError> {
    decisions::view(&app, &id, Some(caller.name()?)).await.map(Json)
}

async fn withdraw(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    decisions::withdraw(&app, &id, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn vote(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
    Body(choice): Body<Choice>,
) -> Result<StatusCode, ApiError> {
    decisions::vote(&app, &id, choice, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
