// SPDX-License-Identifier: AGPL-3.0-or-later
//! Data of removed services.

use super::{
    facts,
    form::Fields,
    shell::{INVALID, Visit, show_as},
};
use crate::{ApiError, access::Policy, api::Route, services};
use axum::response::Response;
use http::{Method, StatusCode};
use web_ui::{ArchiveRow, ArchivesPage, FieldError, Notice, TextField};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(
            Method::GET,
            "/archives",
            Steward,
            "Data of removed services.",
            get,
        ),
        Route::new(
            Method::POST,
            "/archives/purge",
            Steward,
            "Delete an archive for ever.",
            purge,
        ),
    ]
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    page(visit, StatusCode::OK, |_| ()).await
}

async fn page(
    mut visit: Visit,
    status: StatusCode,
    mark: impl FnOnce(&mut ArchivesPage),
) -> Result<Response, ApiError> {
    visit.at("/archives");
    let archives = services::archives(&visit.app).await?;
    let row = |info: types::host::ArchiveInfo| ArchiveRow {
        title: facts::title(&visit.app, &info.service, visit.language()),
        name: info.name,
        at: info.at,
        bytes: info.bytes,
        typed: TextField::default(),
    };
    let mut page = ArchivesPage {
        archives: archives.into_iter().map(row).collect(),
        layout: visit.layout,
    };
    mark(&mut page);
    Ok(show_as(status, &page))
}

async fn purge(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let archive = fields.owned("archive");
    if fields.trimmed("typed_name") != archive {
        return page(visit, INVALID, |page| {
            if let Some(row) = page.archives.iter_mut().find(|row| row.name == archive) {
                row.typed = fields.text("typed_name").with_error(FieldError::NotTheName);
            }
        })
        .await;
    }
    services::purge(&visit.app, None, &archive, &by).await?;
    Ok(visit.redirect("/archives", Some(Notice::ArchivePurged(archive))))
}
