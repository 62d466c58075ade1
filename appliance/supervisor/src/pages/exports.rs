// SPDX-License-Identifier: AGPL-3.0-or-later
//! Services' data to take along.

use super::{backups::follow, facts, form::Fields, shell::Visit};
use crate::{
    ApiError, App,
    access::Policy,
    api::{self, Route},
    data::{self, Export},
    services,
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use http::Method;
use types::Language;
use web_ui::{ExportRow, Notice};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(
            Method::POST,
            "/backups/exports",
            Steward,
            "Pack a service's data.",
            make,
        ),
        Route::new(
            Method::POST,
            "/backups/exports/drop",
            Steward,
            "Delete an archive.",
            remove,
        ),
        Route::new(
            Method::GET,
            "/backups/exports/{export}",
            Steward,
            "Fetch an archive.",
            fetch,
        ),
    ]
}

/// Archives that wait.
pub(super) async fn rows(app: &App, language: Language) -> Vec<ExportRow> {
    let row = |export: Export| ExportRow {
        title: facts::title(app, &export.service, language),
        name: export.name.to_string(),
        at: export.at,
        bytes: export.bytes,
    };
    data::exports(app).await.into_iter().map(row).collect()
}

async fn make(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let service = services::parse_name(fields.get("service"))?;
    let asked = data::export(&visit.app, &service, visit.caller.name()?).await;
    follow(&visit, "/backups", asked)
}

async fn remove(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    data::drop_export(&visit.app, fields.get("export"), visit.caller.name()?).await?;
    Ok(visit.redirect("/backups", Some(Notice::ExportDropped)))
}

async fn fetch(State(app): State<App>, Path(export): Path<String>) -> Result<Response, ApiError> {
    api::download(&app, &export).await
}
