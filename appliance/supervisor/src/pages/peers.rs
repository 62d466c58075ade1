// SPDX-License-Identifier: AGPL-3.0-or-later
//! Boards of other owners, and pairing with one.

use super::{
    form::Fields,
    peer,
    shell::{INVALID, Visit, show, show_as},
};
use crate::{
    ApiError,
    access::Policy,
    api::Route,
    peers::{self, PairingView},
};
use axum::{extract::Path, response::Response};
use cluster::pairing::{Decision, Failure, Refusal, Stage};
use http::{Method, StatusCode};
use web_ui::{
    FieldError, Notice, PairingPage, PairingProblem, PairingRow, PairingStage, PeersPage, TextField,
};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(Method::GET, "/peers", Steward, "Boards of other owners.", get),
        Route::new(Method::POST, "/peers/code", Steward, "Show a pairing code.", code),
        Route::new(Method::POST, "/peers/pair", Steward, "Type a pairing code.", pair),
        Route::new(
            Method::GET,
            "/peers/pairings/{id}",
            Steward,
            "How a pairing stands.",
            pairing,
        ),
        Route::new(
            Method::POST,
            "/peers/pairings/{id}/confirm",
            Steward,
            "Confirm the words.",
            confirm,
        ),
        Route::new(
            Method::POST,
            "/peers/pairings/{id}/cancel",
            Steward,
            "Call a pairing off.",
            cancel,
        ),
    ]
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    page(visit, StatusCode::OK, |_| ()).await
}

async fn page(
    mut visit: Visit,
    status: StatusCode,
    mark: impl FnOnce(&mut PeersPage),
) -> Result<Response, ApiError> {
    visit.at("/peers");
    let agreements = peers::agreements(&visit.app, None).await?;
    let peers = peers::list(&visit.app).await?.into_iter().map(|peer| {
        let alarm = peer::alarm(&peer, &agreements);
        peer::row(peer, alarm)
    });
    let open = peers::pairings(&visit.app).into_iter().map(|pairing| PairingRow {
        stage: stage(&pairing),
        id: pairing.id,
    });
    let under_way =
        |row: &PairingRow| !matches!(row.stage, PairingStage::Paired { .. } | PairingStage::Failed(_));
    let held = peers::held_for_strangers(&visit.app).await?.into_iter();
    let mut page = PeersPage {
        held: held.map(|held| (held.key, held.name)).collect(),
        peers: peers.collect(),
        pairings: open.filter(under_way).collect(),
        code: TextField::default(),
        address: TextField::default(),
        problem: None,
        layout: visit.layout,
    };
    mark(&mut page);
    Ok(show_as(status, &page))
}

fn stage(pairing: &PairingView) -> PairingStage {
    let peer = || {
        pairing
            .peer
            .as_ref()
            .map(|peer| peer.name.clone())
            .unwrap_or_default()
    };
    let words = || pairing.words.clone().unwrap_or_default();
    match pairing.stage {
        Stage::Waiting => PairingStage::Waiting {
            code: pairing.code.clone().unwrap_or_default(),
            ticket: pairing.ticket.clone().unwrap_or_default(),
        },
        Stage::Meeting => PairingStage::Meeting,
        Stage::Comparing if pairing.decision == Decision::Undecided => PairingStage::Comparing {
            peer: peer(),
            words: words(),
        },
        Stage::Comparing => PairingStage::Agreed {
            peer: peer(),
            words: words(),
        },
        Stage::Paired => PairingStage::Paired { peer: peer() },
        Stage::Failed => PairingStage::Failed(match pairing.reason {
            Some(Failure::Declined) => PairingProblem::Declined,
            Some(Failure::Expired | Failure::Refused(Refusal::Used | Refusal::Expired)) => {
                PairingProblem::Spent
            }
            Some(Failure::NotProven | Failure::Refused(Refusal::WrongCode)) => PairingProblem::WrongCode,
            Some(Failure::Ourselves) => PairingProblem::OwnCode,
            _ => PairingProblem::Other,
        }),
    }
}

/// What the API's error is on the page, in the person's language.
fn problem(error: &ApiError) -> Option<PairingProblem> {
    Some(match error.code.as_str() {
        "not_found_on_network" => PairingProblem::NobodyFound,
        "unreachable" => PairingProblem::Unreachable,
        "no_such_code" => PairingProblem::NoSuchCode,
        "code_spent" => PairingProblem::Spent,
        "wrong_code" => PairingProblem::WrongCode,
        "own_code" => PairingProblem::OwnCode,
        "pairing_paused" => PairingProblem::Paused,
        "pairing_failed" => PairingProblem::Other,
        _ => return None,
    })
}

async fn told(visit: Visit, error: ApiError, fields: &Fields) -> Result<Response, ApiError> {
    let problem = problem(&error);
    if problem.is_none() && error.status != INVALID {
        return Err(error);
    }
    page(visit, error.status, |page| {
        page.problem = problem;
        page.code = fields.text("code");
        page.address = fields.text("address");
        if error.fields.contains_key("code") {
            page.code.error = Some(FieldError::NotAPairingCode);
        }
        if error.fields.contains_key("address") {
            page.address.error = Some(FieldError::NotABoardAddress);
        }
    })
    .await
}

async fn code(visit: Visit) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    match peers::offer(&visit.app, &by).await {
        Ok(pairing) => Ok(visit.redirect(&format!("/peers/pairings/{}", pairing.id), None)),
        Err(error) => told(visit, error, &Fields::default()).await,
    }
}

async fn pair(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    match peers::join(&visit.app, fields.get("code"), fields.get("address"), &by).await {
        Ok(pairing) => Ok(visit.redirect(&format!("/peers/pairings/{}", pairing.id), None)),
        Err(error) => told(visit, error, &fields).await,
    }
}

async fn pairing(visit: Visit, Path(id): Path<String>) -> Result<Response, ApiError> {
    let pairing = peers::one(&visit.app, &id)?;
    Ok(show(&PairingPage {
        stage: stage(&pairing),
        expires: pairing.expires,
        id,
        layout: visit.layout,
    }))
}

async fn confirm(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    match peers::confirm(&visit.app, &id, fields.get("words"), &by).await {
        // What cannot be confirmed any more is told by the page itself.
        Err(error) if error.status != StatusCode::CONFLICT => Err(error),
        _ => Ok(visit.redirect(&format!("/peers/pairings/{id}"), None)),
    }
}

async fn cancel(visit: Visit, Path(id): Path<String>) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    peers::cancel(&visit.app, &id, &by).await?;
    Ok(visit.redirect("/peers", Some(Notice::PairingCancelled)))
}
