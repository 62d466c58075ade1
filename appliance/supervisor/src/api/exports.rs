// SPDX-License-Identifier: AGPL-3.0-or-later
//! Services' data to take along.

use super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    data::{self, Export},
    services,
    views::JobAccepted,
};
use axum::{
    Json,
    body::Body as Stream,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio_util::codec::{BytesCodec, FramedRead};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(
            Method::GET,
            "/api/v1/exports",
            Steward,
            "Archives of services' data that wait to be fetched.",
            list,
        )
        .gives::<Vec<ExportView>>(),
        Route::new(
            Method::POST,
            "/api/v1/exports",
            Steward,
            "Pack data of a service into an archive that waits for a day: those of now, or those of a backup.",
            make,
        )
        .takes::<NewExport>()
        .gives::<JobAccepted>(),
        Route::new(
            Method::GET,
            "/api/v1/exports/{export}",
            Steward,
            "Fetch an archive (tar, gzip).",
            fetch,
        ),
        Route::new(
            Method::DELETE,
            "/api/v1/exports/{export}",
            Steward,
            "Delete an archive.",
            remove,
        ),
    ]
}

/// An archive that waits to be fetched.
#[derive(Serialize, JsonSchema)]
struct ExportView {
    /// Its name.
    name: String,
    /// Of which service.
    service: String,
    /// When it was asked for (seconds since 1970).
    at: i64,
    /// Its length in bytes.
    bytes: u64,
}

impl From<Export> for ExportView {
    fn from(export: Export) -> Self {
        Self {
            name: export.name.to_string(),
            service: export.service.to_string(),
            at: export.at.0,
            bytes: export.bytes,
        }
    }
}

/// What to pack: the data of a service as they are now, or a backup.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct NewExport {
    /// A service, for its data as they are now.
    service: Option<String>,
    /// A repository's id, for a backup in it.
    repository: Option<String>,
    /// The backup's id.
    backup: Option<String>,
}

async fn list(State(app): State<App>) -> Json<Vec<ExportView>> {
    let all = data::exports(&app).await;
    Json(all.into_iter().map(ExportView::from).collect())
}

async fn make(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewExport>,
) -> Result<(StatusCode, Json<JobAccepted>), ApiError> {
    let by = caller.name()?;
    let job = match (new.service, new.repository, new.backup) {
        (Some(service), None, None) => data::export(&app, &services::parse_name(&service)?, by).await?,
        (None, Some(repository), Some(backup)) => data::export_backup(&app, &repository, &backup, by).await?,
        _ => {
            let message = "name a service, or a repository and a backup in it";
            return Err(ApiError::field("service", message));
        }
    };
    Ok((StatusCode::ACCEPTED, Json(JobAccepted { job })))
}

async fn fetch(State(app): State<App>, Path(export): Path<String>) -> Result<Response, ApiError> {
    download(&app, &export).await
}

/// The archive itself.
pub(crate) async fn download(app: &App, export: &str) -> Result<Response, ApiError> {
    let (name, file) = data::export_file(app, export).await?;
    let length = file.metadata().await.map(|metadata| metadata.len());
    let mut headers = vec![
        (header::CONTENT_TYPE, "application/gzip".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.tar.gz\""),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    headers.extend(length.map(|length| (header::CONTENT_LENGTH, length.to_string())));
    let chunks = FramedRead::with_capacity(file, BytesCodec::new(), 64 * 1024);
    let mut response = Stream::from_stream(chunks).into_response();
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

async fn remove(
    State(app): State<App>,
    Path(export): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    data::drop_export(&app, &export, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
