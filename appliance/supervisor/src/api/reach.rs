// SPDX-License-Identifier: AGPL-3.0-or-later
//! The way from outside: address, ports, the name that follows the address.

use super::{Body, Route};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    outside::{self, PortView, Settings},
};
use axum::{Json, extract::State};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use types::{MemberName, Timestamp};

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Member as SignedIn, Steward};
    vec![
        Route::new(
            Method::GET,
            "/api/v1/reach",
            SignedIn,
            "How the board is reached from outside.",
            show,
        )
        .gives::<ReachView>(),
        Route::new(
            Method::PUT,
            "/api/v1/reach/settings",
            Steward,
            "Choose echo services, open ports, a name that follows the address.",
            put,
        )
        .takes::<Settings>()
        .gives::<ReachView>(),
        Route::new(
            Method::POST,
            "/api/v1/reach/look",
            Steward,
            "Ask for address, ports and names now.",
            look,
        ),
    ]
}

/// How the board is reached from outside.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ReachView {
    /// By IPv4: `state` is `direct`, `behind_router`, `double_nat`, `cgnat`, `seen` or `unknown`; with addresses.
    pub v4: serde_json::Value,
    /// By IPv6: `state` is `public` or `none`.
    pub v6: serde_json::Value,
    /// What that means and what to do, in English.
    pub message: String,
    /// Which address was seen, and who said so.
    pub observations: serde_json::Value,
    /// Echo services that may be asked.
    pub echo: Vec<String>,
    /// Ports 80 and 443.
    pub ports: Vec<PortView>,
    /// Who allowed the board to open ports; `null`: nobody.
    pub ports_allowed_by: Option<String>,
    /// The name that follows the address.
    pub dynamic: Option<DynamicView>,
}

/// The name that follows the address. Secrets are not shown.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DynamicView {
    /// `dyndns2` or `rfc2136`.
    pub way: String,
    /// The name.
    pub name: String,
    /// The provider's address, or the server's.
    pub server: String,
    /// When the last update was begun (seconds since 1970).
    #[schemars(with = "Option<i64>")]
    pub updated: Option<Timestamp>,
    /// How it ended, a word for programs; `null` while it runs, or when none was sent.
    pub outcome: Option<String>,
    /// The same in English, with what to do.
    pub message: String,
    /// Whether a person must act before the next update.
    pub stopped: bool,
}

/// The whole of it.
pub(crate) async fn view(app: &App) -> Result<ReachView, ApiError> {
    let choice = app.store.outside().await?;
    let (reachability, observations) = app.outside.reachability();
    let json = |value: &dyn Fn() -> Option<serde_json::Value>| value().unwrap_or_default();
    let state = app.store.dynamic_state().await?;
    let dynamic = choice.dynamic.as_ref().map(|dynamic| DynamicView {
        way: dynamic.way().into(),
        name: dynamic.name().to_string(),
        server: dynamic.server(),
        updated: state.begun,
        outcome: state
            .last
            .and_then(|outcome| serde_json::to_value(outcome).ok()?.as_str().map(str::to_owned)),
        message: state.last.map(|outcome| outcome.to_string()).unwrap_or_default(),
        stopped: state.stopped,
    });
    Ok(ReachView {
        v4: json(&|| serde_json::to_value(reachability?.v4).ok()),
        v6: json(&|| serde_json::to_value(reachability?.v6).ok()),
        message: reachability.map(|found| found.v4.to_string()).unwrap_or_default(),
        observations: serde_json::to_value(observations).unwrap_or_default(),
        ports: outside::port_views(app).await?,
        ports_allowed_by: choice.ports.map(|consent| consent.by.to_string()),
        echo: choice.echo,
        dynamic,
    })
}

async fn show(State(app): State<App>) -> Result<Json<ReachView>, ApiError> {
    view(&app).await.map(Json)
}

async fn put(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<Settings>,
) -> Result<Json<ReachView>, ApiError> {
    change(&app, &body, caller.name()?).await?;
    view(&app).await.map(Json)
}

/// Changes what was chosen, and looks anew.
pub(crate) async fn change(app: &App, settings: &Settings, by: &MemberName) -> Result<(), ApiError> {
    let before = app.store.outside().await?;
    let choice = outside::check(&before, settings, by, app.now())?;
    app.store.set_outside(choice, by, app.now()).await?;
    app.outside.look_at_all();
    Ok(())
}

async fn look(State(app): State<App>) -> StatusCode {
    app.outside.look_at_all();
    StatusCode::ACCEPTED
}
