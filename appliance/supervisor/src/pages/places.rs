// SPDX-License-Identifier: AGPL-3.0-or-later
//! Places that backups go to, and data got back from them.

use super::{
    backups::follow,
    facts,
    form::{Fields, message, required_or},
    shell::{INVALID, Visit, show, show_as},
};
use crate::{
    ApiError,
    access::Policy,
    api::Route,
    data::{self, BackupsView, NewRepository},
    peers, services,
    state::BackupRecord,
};
use axum::{
    extract::{Path, Query},
    response::Response,
};
use http::{Method, StatusCode};
use std::collections::BTreeMap;
use types::backup::{Place, Repository, Subject};
use web_ui::{
    BackupRow, DiskChoice, FieldError, NewPlacePage, Notice, PlaceBackupsPage, PlaceKind, PlacePage,
    PlaceProblem, PlaceRow, SubjectRow, TextField, Trust,
};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(
            Method::GET,
            "/backups/places/new",
            Steward,
            "A form for a place.",
            new,
        ),
        Route::new(Method::POST, "/backups/places", Steward, "Add a place.", add),
        Route::new(Method::GET, "/backups/places/{place}", Steward, "A place.", get),
        Route::new(
            Method::POST,
            "/backups/places/{place}/run",
            Steward,
            "Back up now.",
            run,
        ),
        Route::new(
            Method::POST,
            "/backups/places/{place}/check",
            Steward,
            "See whether a place can be reached and opened.",
            check,
        ),
        Route::new(
            Method::POST,
            "/backups/places/{place}/test",
            Steward,
            "Restore the newest backup of a service as a test.",
            test,
        ),
        Route::new(
            Method::POST,
            "/backups/places/{place}/restore",
            Steward,
            "Get a service's data back.",
            restore,
        ),
        Route::new(
            Method::POST,
            "/backups/places/{place}/export",
            Steward,
            "Pack a backup into an archive.",
            export,
        ),
        Route::new(
            Method::POST,
            "/backups/places/{place}/remove",
            Steward,
            "Forget a place.",
            remove,
        ),
        Route::new(
            Method::GET,
            "/backups/places/{place}/{service}",
            Steward,
            "The backups of a service at a place.",
            list,
        ),
    ]
}

/// What a place is, and its address.
pub(super) fn kind_and_address(view: &BackupsView, place: &Place) -> (PlaceKind, String) {
    match place {
        Place::Disk { disk } => (PlaceKind::Disk, disk.to_string()),
        Place::S3 { url } => (PlaceKind::S3, url.to_string()),
        Place::Rest { url } => (PlaceKind::Rest, url.to_string()),
        Place::Peer { board } => {
            let known = view.boards.get(board).cloned();
            (PlaceKind::Peer, known.unwrap_or_else(|| board.short()))
        }
    }
}

pub(super) fn shown(trust: backup::Trust) -> Trust {
    match trust {
        backup::Trust::None => Trust::None,
        backup::Trust::Untried => Trust::Untried,
        backup::Trust::Proven => Trust::Proven,
        backup::Trust::Broken => Trust::Broken,
        backup::Trust::Failing => Trust::Failing,
        backup::Trust::Old => Trust::Old,
    }
}

fn problem(problem: &backup::Problem) -> PlaceProblem {
    use backup::Problem;
    match problem.clone() {
        Problem::WrongKey => PlaceProblem::WrongKey,
        Problem::NoRepository => PlaceProblem::NoRepository,
        Problem::Locked => PlaceProblem::Locked,
        Problem::NewerFormat => PlaceProblem::NewerFormat,
        Problem::Unreachable(why) => PlaceProblem::Unreachable(why),
        Problem::Full => PlaceProblem::Full,
        Problem::Damaged(why) => PlaceProblem::Damaged(why),
        Problem::Incomplete(why) => PlaceProblem::Incomplete(why),
        Problem::Other(why) => PlaceProblem::Other(why),
    }
}

/// A place in a list.
pub(super) fn row(visit: &Visit, view: &BackupsView, repository: &Repository) -> PlaceRow {
    let (kind, address) = kind_and_address(view, &repository.place);
    let mine = view
        .records
        .iter()
        .filter(|record| record.repository == repository.id);
    PlaceRow {
        id: repository.id.to_string(),
        title: repository.title.clone(),
        kind,
        address,
        trust: shown(view.trust(&repository.id, visit.layout.now)),
        newest: mine.map(|record| record.ok_at).min().flatten(),
    }
}

/// The place with this id, or 404.
fn find<'a>(view: &'a BackupsView, id: &str) -> Result<&'a Repository, ApiError> {
    let mut all = view.repositories.iter();
    all.find(|repository| repository.id.as_str() == id)
        .ok_or_else(|| ApiError::not_found("There is no such place for backups."))
}

fn here(id: &str) -> String {
    format!("/backups/places/{id}")
}

async fn get(visit: Visit, Path(id): Path<String>) -> Result<Response, ApiError> {
    let view = data::overview(&visit.app).await?;
    let repository = find(&view, &id)?;
    let enabled = facts::enabled(&visit.app).await?;
    let subject = |record: &BackupRecord| {
        let service = match &record.subject {
            Subject::Board => None,
            Subject::Service(service) => Some(service),
        };
        SubjectRow {
            title: service.map_or_else(String::new, |service| {
                facts::title(&visit.app, service, visit.language())
            }),
            enabled: service.is_some_and(|service| enabled.iter().any(|enabled| enabled.name == *service)),
            service: service.map(ToString::to_string),
            trust: shown(record.trust(visit.layout.now)),
            at: record.ok_at,
            bytes: record.bytes,
            added: record.added,
            tested: record.tested_at,
            test_problem: record.test_problem.clone(),
            problem: record.problem.as_ref().map(problem),
        }
    };
    // A service without a record has not been backed up by this board yet; an earlier board may have.
    let mut mine = view.records.clone();
    mine.retain(|record| record.repository == repository.id);
    for service in &enabled {
        let of = Subject::Service(service.name.clone());
        if !mine.iter().any(|record| record.subject == of) {
            mine.push(BackupRecord::new(repository.id.clone(), of, visit.layout.now));
        }
    }
    let looked = view.checks.iter().find(|check| check.repository == repository.id);
    let page = PlacePage {
        place: row(&visit, &view, repository),
        append_only: repository.append_only,
        upload_kib: repository.upload_kib,
        subjects: mine.iter().map(subject).collect(),
        checked: looked.map(|check| check.at),
        check_problem: looked.and_then(|check| check.problem.as_ref()).map(problem),
        layout: visit.layout.clone(),
    };
    Ok(show(&page))
}

async fn list(visit: Visit, Path((id, service)): Path<(String, String)>) -> Result<Response, ApiError> {
    let service = services::parse_name(&service)?;
    let view = data::overview(&visit.app).await?;
    let place = find(&view, &id)?.title.clone();
    let (backups, problem) = match data::listed(&visit.app, &id).await {
        Ok((_, backups)) => (backups, None),
        Err(error) if error.status == StatusCode::CONFLICT => (Vec::new(), Some(error.message)),
        Err(error) => return Err(error),
    };
    let subject = Subject::Service(service.clone());
    let proven = view.records.iter().filter(|record| record.test_problem.is_none());
    let proven: Vec<_> = proven.filter_map(|record| record.tested.clone()).collect();
    let enabled = facts::enabled(&visit.app).await?;
    let row = |backup: backup::Backup| BackupRow {
        proven: proven.contains(&backup.id),
        id: backup.id.to_string(),
        at: backup.at,
        bytes: backup.bytes,
    };
    let mine = backups.into_iter().filter(|backup| backup.subject == subject);
    let page = PlaceBackupsPage {
        id,
        place,
        title: facts::title(&visit.app, &service, visit.language()),
        backups: mine.map(row).collect(),
        enabled: enabled.iter().any(|enabled| enabled.name == service),
        problem,
        layout: visit.layout,
    };
    Ok(show(&page))
}

async fn run(visit: Visit, Path(id): Path<String>) -> Result<Response, ApiError> {
    let asked = data::back_up(&visit.app, Some(&id), visit.caller.name()?).await;
    follow(&visit, &here(&id), asked)
}

async fn check(visit: Visit, Path(id): Path<String>) -> Result<Response, ApiError> {
    let asked = data::connect(&visit.app, &id, visit.caller.name()?).await;
    follow(&visit, &here(&id), asked)
}

async fn test(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    let service = services::parse_name(fields.get("service"))?;
    let asked = data::test(&visit.app, &id, &service, visit.caller.name()?).await;
    follow(&visit, &here(&id), asked)
}

async fn restore(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    let asked = data::restore(&visit.app, &id, fields.get("backup"), visit.caller.name()?).await;
    follow(&visit, &here(&id), asked)
}

async fn export(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    let asked = data::export_backup(&visit.app, &id, fields.get("backup"), visit.caller.name()?).await;
    follow(&visit, &here(&id), asked)
}

async fn remove(visit: Visit, Path(id): Path<String>) -> Result<Response, ApiError> {
    let view = data::overview(&visit.app).await?;
    let title = find(&view, &id)?.title.clone();
    data::remove_repository(&visit.app, &id, visit.caller.name()?).await?;
    Ok(visit.redirect("/backups", Some(Notice::PlaceForgotten(title))))
}

async fn new(visit: Visit, Query(query): Query<BTreeMap<String, String>>) -> Result<Response, ApiError> {
    let kind = query
        .get("kind")
        .and_then(|kind| kind_of(kind))
        .unwrap_or_default();
    let view = data::overview(&visit.app).await?;
    if !view.key {
        return Ok(visit.redirect("/backups/key", None));
    }
    Ok(show(&form(visit, &view, kind, &Fields::default()).await?))
}

/// A disk to choose.
pub(super) fn disk_choice(disk: &types::backup::Disk) -> DiskChoice {
    DiskChoice {
        id: disk.id.to_string(),
        room: disk.total.zip(disk.free),
    }
}

pub(super) fn kind_of(word: &str) -> Option<PlaceKind> {
    PlaceKind::ALL.into_iter().find(|kind| kind.code() == word)
}

/// Boards that agreed to keep our backups and are no place yet: keys and names.
async fn keepers(visit: &Visit, view: &BackupsView) -> Result<Vec<(String, String)>, ApiError> {
    let mut keepers = Vec::new();
    for peer in peers::list(&visit.app).await? {
        let board = peer.key;
        let known = view
            .repositories
            .iter()
            .any(|known| known.place == Place::Peer { board });
        if !known && peers::peer_view(&visit.app, peer.clone()).await?.kept.is_some() {
            keepers.push((board.to_string(), peer.name.to_string()));
        }
    }
    Ok(keepers)
}

async fn form(
    visit: Visit,
    view: &BackupsView,
    kind: PlaceKind,
    fields: &Fields,
) -> Result<NewPlacePage, ApiError> {
    Ok(NewPlacePage {
        peers: keepers(&visit, view).await?,
        peer: fields.text("peer"),
        kind,
        title: fields.text("title"),
        disks: view.disks.iter().map(disk_choice).collect(),
        disk: fields.text("disk"),
        url: fields.text("url"),
        user: fields.text("user"),
        secret: TextField::default(),
        append_only: fields.get("append_only") == "true",
        upload_kib: fields.text("upload_kib"),
        layout: visit.layout,
    })
}

async fn add(mut visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let kind = kind_of(fields.get("kind")).unwrap_or_default();
    visit.at(format!("/backups/places/new?kind={}", kind.code()));
    let upload = match fields.trimmed("upload_kib") {
        "" => Ok(0),
        text => text.parse::<u32>(),
    };
    let wanted = NewRepository {
        title: fields.owned("title"),
        kind: kind.code().into(),
        peer: fields.owned("peer"),
        disk: fields.owned("disk"),
        url: fields.owned("url"),
        user: fields.owned("user"),
        secret: fields.owned("secret"),
        append_only: fields.get("append_only") == "true",
        upload_kib: upload.clone().unwrap_or(0),
    };
    let refused = if upload.is_err() {
        ApiError::field("upload_kib", "must be a number")
    } else {
        match data::add_repository(&visit.app, wanted, visit.caller.name()?).await {
            Err(error) if !error.fields.is_empty() => error,
            asked => return follow(&visit, "/backups", asked),
        }
    };
    let view = data::overview(&visit.app).await?;
    let mut page = form(visit, &view, kind, &fields).await?;
    let marked = [
        ("title", &mut page.title, FieldError::NotOneLine(60)),
        ("disk", &mut page.disk, FieldError::NotAChoice),
        ("peer", &mut page.peer, FieldError::NotAChoice),
        ("url", &mut page.url, FieldError::NotAnAddress),
        ("user", &mut page.user, FieldError::NotFit),
        ("upload_kib", &mut page.upload_kib, FieldError::NotANumber),
    ];
    for (name, field, error) in marked {
        if message(&refused, name).is_some() {
            field.error = Some(required_or(&field.value, error));
        }
    }
    Ok(show_as(INVALID, &page))
}
