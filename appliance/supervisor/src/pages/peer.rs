// SPDX-License-Identifier: AGPL-3.0-or-later
//! One board of another owner: how it is, and what was agreed with it.

use super::{
    form::Fields,
    shell::{INVALID, Visit, show_as},
};
use crate::{
    ApiError, App,
    access::Policy,
    api::Route,
    data,
    peers::{self, AgreementView, DOES, Giver, PeerView, Proposal, StandingWord},
};
use axum::{extract::Path, response::Response};
use cluster::agreement::{Grant, Standing, Why};
use http::{Method, StatusCode};
use std::time::Duration;
use types::{Peer, Timestamp, backup::Place};
use web_ui::{
    AgreementKind, AgreementProblem, AgreementRow, AgreementStage, FieldError, HoldForm, KeptFacts, Notice,
    PeerAlarm, PeerHealth, PeerPage, PeerRow, PeerState, TextField,
};

/// The word of the form that proposes to keep backups.
const HOLD: &str = "hold_backups";
/// Minutes of silence that the form suggests.
const MINUTES: &str = "10";
/// Agreements that are over and still shown.
const PAST: usize = 10;

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(
            Method::GET,
            "/peers/{key}",
            Steward,
            "One board of another owner.",
            get,
        ),
        Route::new(
            Method::POST,
            "/peers/{key}/agreements",
            Steward,
            "Propose something.",
            propose,
        ),
        Route::new(
            Method::POST,
            "/peers/{key}/agreements/{id}/accept",
            Steward,
            "Accept a proposal.",
            accept,
        ),
        Route::new(
            Method::POST,
            "/peers/{key}/agreements/{id}/end",
            Steward,
            "End an agreement.",
            end,
        ),
        Route::new(
            Method::POST,
            "/peers/{key}/address",
            Steward,
            "Say where a board is.",
            move_to,
        ),
        Route::new(
            Method::POST,
            "/peers/{key}/unpair",
            Steward,
            "Forget a board.",
            unpair,
        ),
    ]
}

pub(super) fn row(peer: Peer, alarm: Option<PeerAlarm>) -> PeerRow {
    PeerRow {
        key: peer.key.to_string(),
        name: peer.name.to_string(),
        address: peer.address,
        paired: peer.paired,
        alarm,
    }
}

/// What needs attention about a board in the list.
pub(super) fn alarm(peer: &Peer, agreements: &[AgreementView]) -> Option<PeerAlarm> {
    let key = peer.key.to_string();
    let proposes = |view: &&AgreementView| {
        view.key == key && view.standing == StandingWord::Proposed && !view.we_proposed
    };
    if peer.gone.is_some() {
        Some(PeerAlarm::Gone)
    } else if peer.silent.is_some() {
        Some(PeerAlarm::Silent)
    } else {
        agreements.iter().find(proposes).map(|_| PeerAlarm::Proposes)
    }
}

async fn state(app: &App, view: &PeerView) -> Result<PeerState, ApiError> {
    let face = |face: &Option<peers::FaceView>| face.as_ref().map(|face| (face.domain.clone(), face.answers));
    let places = data::overview(app).await?.repositories;
    let place = places.into_iter().find(|place| match place.place {
        Place::Peer { board } => board.to_string() == view.key,
        _ => false,
    });
    let kept = view.kept.map(|kept| KeptFacts {
        bytes: kept.bytes,
        room: kept.room,
        less: kept.offered.filter(|offered| *offered < kept.room),
        place: place.map(|place| place.id.to_string()),
    });
    Ok(PeerState {
        kept,
        held: view.held.as_ref().map(|held| (held.bytes, held.room)),
        gone: view.gone,
        heard: view.heard,
        silent: view.silent,
        health: view.health.map(|health| PeerHealth {
            up: Duration::from_secs(health.up),
            running: health.running,
            failing: health.failing,
            attention: health.errors.saturating_add(health.warnings),
        }),
        face: face(&view.face),
        watched: view.watched,
        own_face: face(&view.own_face),
    })
}

fn agreement(view: AgreementView) -> AgreementRow {
    let possible = DOES.contains(&view.grant.kind());
    let notice = Duration::from_secs(view.grant.notice());
    let kind = match view.grant {
        Grant::Watch { silence } => AgreementKind::Watch {
            silence: Duration::from_secs(u64::from(silence) * 60),
        },
        Grant::HoldBackups { gib, .. } => AgreementKind::HoldBackups { gib },
        Grant::Relay { names, gib } => AgreementKind::Relay {
            names: names
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", "),
            gib,
        },
        Grant::RunService { service, .. } => AgreementKind::RunService {
            service: service.to_string(),
        },
        Grant::ShareBundles {} => AgreementKind::ShareBundles,
        Grant::PoolStorage { gib, .. } => AgreementKind::PoolStorage { gib },
        Grant::PublishTogether {} => AgreementKind::PublishTogether,
    };
    AgreementRow {
        id: view.id,
        kind,
        ours: view.we_give,
        stage: stage(view.stands),
        since: view.since,
        until: view.until,
        notice,
        told: view.told,
        possible,
    }
}

fn stage(standing: Standing) -> AgreementStage {
    match standing {
        Standing::Proposed { by_us: true } => AgreementStage::ProposedHere,
        Standing::Proposed { by_us: false } => AgreementStage::ProposedThere,
        Standing::InForce => AgreementStage::InForce,
        Standing::Ending { .. } => AgreementStage::Ending,
        Standing::Over(Why::Declined) => AgreementStage::Declined,
        Standing::Over(Why::Withdrawn) => AgreementStage::Withdrawn,
        Standing::Over(Why::EndedByUs) => AgreementStage::EndedHere,
        Standing::Over(Why::EndedByThem) => AgreementStage::EndedThere,
        Standing::Over(Why::Expired) => AgreementStage::Expired,
        Standing::Over(Why::Refused(_)) => AgreementStage::Refused,
    }
}

async fn get(visit: Visit, Path(key): Path<String>) -> Result<Response, ApiError> {
    page(visit, &key, StatusCode::OK, |_| ()).await
}

async fn page(
    mut visit: Visit,
    key: &str,
    status: StatusCode,
    mark: impl FnOnce(&mut PeerPage),
) -> Result<Response, ApiError> {
    visit.at("/peers");
    let peer = peers::get(&visit.app, key).await?;
    let all = peers::agreements(&visit.app, Some(peer.key)).await?;
    let (past, open): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|view| view.standing == StandingWord::Over);
    let view = peers::peer_view(&visit.app, peer.clone()).await?;
    let mut page = PeerPage {
        state: state(&visit.app, &view).await?,
        hold: HoldForm::default(),
        agreements: open.into_iter().map(agreement).collect(),
        past: past.into_iter().take(PAST).map(agreement).collect(),
        who: TextField::new("us"),
        silence: TextField::new(MINUTES),
        until: TextField::default(),
        address: TextField::new(peer.address.as_str()),
        problem: None,
        peer: row(peer, None),
        layout: visit.layout,
    };
    mark(&mut page);
    Ok(show_as(status, &page))
}

fn problem(error: &ApiError) -> Option<AgreementProblem> {
    Some(match error.code.as_str() {
        "already_agreed" => AgreementProblem::Already,
        "not_now" => AgreementProblem::NotNow,
        "too_many" => AgreementProblem::TooMany,
        "cannot_yet" => AgreementProblem::Cannot,
        "not_paired" => AgreementProblem::NotPaired,
        _ => return None,
    })
}

/// The page again, with what is wrong.
async fn told(
    visit: Visit,
    key: &str,
    error: ApiError,
    fields: Option<&Fields>,
) -> Result<Response, ApiError> {
    let problem = problem(&error);
    if problem.is_none() && error.status != INVALID {
        return Err(error);
    }
    page(visit, key, error.status, |page| {
        page.problem = problem;
        if let Some(fields) = fields {
            if fields.get("kind") == HOLD {
                page.hold = HoldForm {
                    who: fields.text("hold_who"),
                    gib: fields.text("gib"),
                    notice: fields.text("notice"),
                };
            } else {
                page.who = fields.text("who");
                page.silence = fields.text("silence");
                page.until = fields.text("until");
            }
        }
        let wrong = |name: &str| error.fields.contains_key(name);
        if wrong("silence") {
            page.silence.error = Some(FieldError::OutOfRange { min: 2, max: 1440 });
        }
        if wrong("until") {
            page.until.error = Some(FieldError::NotAhead);
        }
        if wrong("giver") {
            page.who.error = Some(FieldError::NotAChoice);
        }
        if wrong("gib") {
            page.hold.gib.error = Some(FieldError::OutOfRange { min: 1, max: 1 << 20 });
        }
        if wrong("notice") {
            page.hold.notice.error = Some(FieldError::OutOfRange { min: 1, max: 365 });
        }
    })
    .await
}

fn read(fields: &Fields) -> Result<Proposal, ApiError> {
    let giver = match fields.get("who") {
        "us" => Giver::Us,
        "them" => Giver::Them,
        _ => return Err(ApiError::field("giver", "must be us or them")),
    };
    let silence = fields
        .trimmed("silence")
        .parse()
        .map_err(|_| ApiError::field("silence", "must be from 2 minutes to a day (1440)"))?;
    let until = match fields.trimmed("until") {
        "" => None,
        day => {
            let day = cooperative::date::parse_day(day);
            let day = day.ok_or_else(|| ApiError::field("until", "must be a day, like 2026-12-31"))?;
            // The day counts.
            Some(Timestamp(day.0.saturating_add(86_399)))
        }
    };
    Ok(Proposal {
        giver,
        grant: Grant::Watch { silence },
        until,
    })
}

/// To keep backups: one proposal, or one for each side.
fn read_hold(fields: &Fields) -> Result<Vec<Proposal>, ApiError> {
    let givers: &[Giver] = match fields.get("hold_who") {
        "each" => &[Giver::Them, Giver::Us],
        "us" => &[Giver::Us],
        "them" => &[Giver::Them],
        _ => return Err(ApiError::field("giver", "must be each, us or them")),
    };
    let gib = fields.trimmed("gib").parse();
    let gib = gib.map_err(|_| ApiError::field("gib", "must be from 1 to 1048576"))?;
    let notice = fields.trimmed("notice").parse();
    let notice = notice.map_err(|_| ApiError::field("notice", "must be from 1 to 365 days"))?;
    let proposal = |giver: &Giver| Proposal {
        giver: *giver,
        grant: Grant::HoldBackups { gib, notice },
        until: None,
    };
    Ok(givers.iter().map(proposal).collect())
}

async fn propose(visit: Visit, Path(key): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let proposals = match fields.get("kind") {
        HOLD => read_hold(&fields),
        _ => read(&fields).map(|proposal| vec![proposal]),
    };
    let made = async {
        let mut name = String::new();
        for proposal in proposals? {
            name = peers::propose(&visit.app, &key, proposal, &by).await?.peer;
        }
        Ok(name)
    };
    match made.await {
        Ok(name) => Ok(back(&visit, &key, Notice::AgreementProposed(name))),
        Err(error) => told(visit, &key, error, Some(&fields)).await,
    }
}

fn back(visit: &Visit, key: &str, notice: Notice) -> Response {
    visit.redirect(&format!("/peers/{key}"), Some(notice))
}

async fn accept(visit: Visit, Path((key, id)): Path<(String, String)>) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    match peers::accept(&visit.app, &id, &by).await {
        Ok(view) => Ok(back(&visit, &key, Notice::AgreementAccepted(view.peer))),
        Err(error) => told(visit, &key, error, None).await,
    }
}

async fn end(visit: Visit, Path((key, id)): Path<(String, String)>) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    match peers::end(&visit.app, &id, &by).await {
        Ok(view) => Ok(back(&visit, &key, Notice::AgreementEnded(view.peer))),
        Err(error) => told(visit, &key, error, None).await,
    }
}

async fn move_to(visit: Visit, Path(key): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    match peers::move_to(&visit.app, &key, fields.get("address")).await {
        Ok(_) => Ok(back(&visit, &key, Notice::Saved)),
        Err(error) if error.status == INVALID => {
            page(visit, &key, error.status, |page| {
                page.address = fields.text("address");
                page.address.error = Some(FieldError::NotABoardAddress);
            })
            .await
        }
        Err(error) => Err(error),
    }
}

async fn unpair(visit: Visit, Path(key): Path<String>) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let peer = peers::unpair(&visit.app, &key, &by).await?;
    Ok(visit.redirect("/peers", Some(Notice::Unpaired(peer.name.to_string()))))
}
