// SPDX-License-Identifier: AGPL-3.0-or-later
//! Services, the catalog and archives.

use super::{
    Body, Route,
    address::{Path, Query},
};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    app::lock,
    services,
    views::{CatalogList, JobAccepted, PutService, ServiceView},
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, header};
use serde::Deserialize;
use types::{
    Running,
    host::{ArchiveInfo, HostReply, HostRequest},
};

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Member, Steward};
    let act = |path, summary, handler: fn(App, String, Caller) -> Act| {
        Route::new(
            Method::POST,
            path,
            Steward,
            summary,
            async move |State(app): State<App>, Path(name): Path<String>, caller: Caller| {
                handler(app, name, caller).await
            },
        )
        .gives::<JobAccepted>()
    };
    vec![
        Route::new(Method::GET, "/api/v1/catalog", Member, "What can be enabled.", catalog).gives::<CatalogList>(),
        Route::new(Method::POST, "/api/v1/catalog/refresh", Steward, "Read and verify the catalogs again.", refresh)
            .gives::<CatalogList>(),
        Route::new(Method::GET, "/api/v1/catalog/{name}/icon.svg", Policy::Public, "A service's icon.", icon),
        Route::new(Method::GET, "/api/v1/services", Member, "Enabled services.", list).gives::<Vec<ServiceView>>(),
        Route::new(Method::GET, "/api/v1/services/{name}", Member, "One service.", get).gives::<ServiceView>(),
        Route::new(Method::PUT, "/api/v1/services/{name}", Steward, "Enable a service or change its settings.", put)
            .takes::<PutService>()
            .gives::<JobAccepted>(),
        Route::new(
            Method::DELETE,
            "/api/v1/services/{name}",
            Steward,
            "Remove a service and archive its data; with purge=true and archive=NAME, delete that archive for ever.",
            remove,
        )
        .gives::<JobAccepted>(),
        act("/api/v1/services/{name}/start", "Start a service.", |app, name, caller| {
            Box::pin(async move {
                let name = services::parse_name(&name)?;
                accepted(services::set_running(&app, &name, Running::Started, caller.name()?).await?)
            })
        }),
        act("/api/v1/services/{name}/stop", "Stop a service; everything stays in place.", |app, name, caller| {
            Box::pin(async move {
                let name = services::parse_name(&name)?;
                accepted(services::set_running(&app, &name, Running::Stopped, caller.name()?).await?)
            })
        }),
        act("/api/v1/services/{name}/restart", "Restart a service.", |app, name, caller| {
            Box::pin(async move { accepted(services::restart(&app, &services::parse_name(&name)?, caller.name()?).await?) })
        }),
        act("/api/v1/services/{name}/update", "Go to the version in the catalog.", |app, name, caller| {
            Box::pin(async move { accepted(services::update(&app, &services::parse_name(&name)?, caller.name()?).await?) })
        }),
        act("/api/v1/services/{name}/rollback", "Go back to the version before.", |app, name, caller| {
            Box::pin(async move { accepted(services::rollback(&app, &services::parse_name(&name)?, caller.name()?).await?) })
        }),
        Route::new(Method::GET, "/api/v1/services/{name}/metrics", Member, "What a service uses.", metrics)
            .gives::<serde_json::Value>(),
        Route::new(Method::GET, "/api/v1/archives", Steward, "Data of removed services.", archives)
            .gives::<serde_json::Value>(),
        Route::new(Method::DELETE, "/api/v1/archives/{archive}", Steward, "Delete an archive for ever.", purge),
    ]
}

type Act = std::pin::Pin<Box<dyn Future<Output = Result<(StatusCode, Json<JobAccepted>), ApiError>> + Send>>;

#[expect(clippy::unnecessary_wraps, reason = "reads as the end of a handler")]
fn accepted(job: String) -> Result<(StatusCode, Json<JobAccepted>), ApiError> {
    Ok((StatusCode::ACCEPTED, Json(JobAccepted { job })))
}

async fn catalog(State(app): State<App>) -> Result<Json<CatalogList>, ApiError> {
    services::catalog(&app).await.map(Json)
}

async fn refresh(State(app): State<App>) -> Result<Json<CatalogList>, ApiError> {
    app.catalogs.reload();
    app.wake.now();
    services::catalog(&app).await.map(Json)
}

async fn icon(State(app): State<App>, Path(name): Path<String>) -> Result<Response, ApiError> {
    let name = services::parse_name(&name)?;
    let catalogs = app.catalogs.get();
    let entry = catalogs
        .current()
        .get(&name)
        .ok_or_else(|| ApiError::not_found("There is no such service."))?;
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "max-age=86400"),
    ];
    Ok((headers, entry.catalog.icon.clone()).into_response())
}

async fn list(State(app): State<App>) -> Result<Json<Vec<ServiceView>>, ApiError> {
    services::views(&app).await.map(Json)
}

async fn get(State(app): State<App>, Path(name): Path<String>) -> Result<Json<ServiceView>, ApiError> {
    services::view(&app, &services::parse_name(&name)?)
        .await
        .map(Json)
}

async fn put(
    State(app): State<App>,
    Path(name): Path<String>,
    caller: Caller,
    Body(body): Body<PutService>,
) -> Result<(StatusCode, Json<JobAccepted>), ApiError> {
    accepted(
        services::put(
            &app,
            &services::parse_name(&name)?,
            &body.settings,
            caller.name()?,
        )
        .await?,
    )
}

/// Query of `DELETE /services/{name}`.
#[derive(Deserialize)]
struct Removal {
    #[serde(default)]
    purge: bool,
    #[serde(default)]
    archive: String,
}

async fn remove(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(removal): Query<Removal>,
    caller: Caller,
) -> Result<Response, ApiError> {
    let name = services::parse_name(&name)?;
    if removal.purge {
        services::purge(&app, Some(&name), &removal.archive, caller.name()?).await?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(accepted(services::remove(&app, &name, caller.name()?).await?).into_response())
}

async fn metrics(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<serde_json::Value>, ApiError> {
    let name = services::parse_name(&name)?;
    services::view(&app, &name).await?;
    let HostReply::Usage(usage) = app
        .host
        .ask(HostRequest::Usage {
            service: name.clone(),
        })
        .await?
    else {
        return Err(ApiError::conflict(
            "no_usage",
            "The board cannot measure this service right now.",
        ));
    };
    let history: Vec<_> = lock(&app.histories)
        .of(&name)
        .into_iter()
        .map(|sample| serde_json::json!({ "at": sample.at, "memory_bytes": sample.usage.memory_bytes, "cpu": sample.cpu }))
        .collect();
    Ok(Json(serde_json::json!({ "now": usage, "history": history })))
}

async fn archives(State(app): State<App>) -> Result<Json<Vec<ArchiveInfo>>, ApiError> {
    services::archives(&app).await.map(Json)
}

async fn purge(
    State(app): State<App>,
    Path(archive): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    services::purge(&app, None, &archive, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
