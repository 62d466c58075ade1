// SPDX-License-Identifier: AGPL-3.0-or-later
//! Boards of other owners, and how they are paired.

use super::{Body, Route, address::Path};
use crate::{
    ApiError, App,
    access::{Caller, Policy},
    peers::{self, FetchCodeView, HeldView, PairingView, PeerView},
};
use axum::{Json, extract::State};
use cluster::pairing::{Ask, Reply};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Member, Public, Steward};
    vec![
        Route::new(Method::GET, "/api/v1/peers", Member, "Every paired board.", list)
            .gives::<Vec<PeerView>>(),
        Route::new(
            Method::GET,
            "/api/v1/peers/{peer}",
            Member,
            "One paired board, by its key or its name.",
            get,
        )
        .gives::<PeerView>(),
        Route::new(
            Method::DELETE,
            "/api/v1/peers/{peer}",
            Steward,
            "Unpair: forget a board's key; all agreements with it end.",
            unpair,
        ),
        Route::new(
            Method::PATCH,
            "/api/v1/peers/{peer}",
            Steward,
            "Say where a paired board is now.",
            move_to,
        )
        .takes::<Move>()
        .gives::<PeerView>(),
        Route::new(
            Method::GET,
            "/api/v1/held",
            Steward,
            "What this board keeps of other boards' backups.",
            held,
        )
        .gives::<Vec<HeldView>>(),
        Route::new(
            Method::POST,
            "/api/v1/held/{owner}/code",
            Steward,
            "Make a code by which a board that was lost gets its backups from here; it is shown once.",
            make_code,
        )
        .gives::<FetchCodeView>(),
        Route::new(
            Method::DELETE,
            "/api/v1/held/{owner}/code",
            Steward,
            "Take that code back.",
            take_code,
        ),
        Route::new(
            Method::POST,
            "/api/v1/held/{owner}/bring-back",
            Steward,
            "Bring back what that board deleted and is still kept.",
            bring_back,
        )
        .gives::<Back>(),
        Route::new(
            Method::GET,
            "/api/v1/pairings",
            Steward,
            "Pairings that are under way.",
            pairings,
        )
        .gives::<Vec<PairingView>>(),
        Route::new(
            Method::POST,
            "/api/v1/pairings",
            Steward,
            "Show a code; or, with one, pair with the board that shows it.",
            pair,
        )
        .takes::<Pair>()
        .gives::<PairingView>(),
        Route::new(
            Method::GET,
            "/api/v1/pairings/{id}",
            Steward,
            "How a pairing stands.",
            pairing,
        )
        .gives::<PairingView>(),
        Route::new(
            Method::POST,
            "/api/v1/pairings/{id}/confirm",
            Steward,
            "Say that both screens show the same three words.",
            confirm,
        )
        .takes::<Confirm>()
        .gives::<PairingView>(),
        Route::new(
            Method::DELETE,
            "/api/v1/pairings/{id}",
            Steward,
            "Call a pairing off.",
            cancel,
        ),
        Route::new(
            Method::POST,
            "/api/v1/pairings/exchange",
            Public,
            "A message of a board that wants to be paired; see the protocol.",
            exchange,
        )
        .takes::<serde_json::Value>()
        .gives::<serde_json::Value>(),
    ]
}

async fn held(State(app): State<App>) -> Result<Json<Vec<HeldView>>, ApiError> {
    peers::all_held(&app).await.map(Json)
}

async fn make_code(
    State(app): State<App>,
    Path(owner): Path<String>,
    caller: Caller,
) -> Result<(StatusCode, Json<FetchCodeView>), ApiError> {
    let made = peers::make_fetch_code(&app, &owner, caller.name()?).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

async fn take_code(
    State(app): State<App>,
    Path(owner): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    peers::take_fetch_code_back(&app, &owner, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Answer of `POST /held/{owner}/bring-back`.
#[derive(Serialize, JsonSchema)]
struct Back {
    /// Files that are there again.
    files: u64,
}

async fn bring_back(
    State(app): State<App>,
    Path(owner): Path<String>,
    caller: Caller,
) -> Result<Json<Back>, ApiError> {
    let files = peers::bring_back(&app, &owner, caller.name()?).await?;
    Ok(Json(Back { files }))
}

async fn list(State(app): State<App>) -> Result<Json<Vec<PeerView>>, ApiError> {
    let mut views = Vec::new();
    for peer in peers::list(&app).await? {
        views.push(peers::peer_view(&app, peer).await?);
    }
    Ok(Json(views))
}

async fn get(State(app): State<App>, Path(peer): Path<String>) -> Result<Json<PeerView>, ApiError> {
    let peer = peers::get(&app, &peer).await?;
    peers::peer_view(&app, peer).await.map(Json)
}

/// Body of `PATCH /peers/{peer}`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Move {
    /// Host or host:port of its front door; empty: it is looked for, or comes by itself.
    address: String,
}

async fn move_to(
    State(app): State<App>,
    Path(peer): Path<String>,
    Body(body): Body<Move>,
) -> Result<Json<PeerView>, ApiError> {
    let peer = peers::move_to(&app, &peer, &body.address).await?;
    peers::peer_view(&app, peer).await.map(Json)
}

async fn unpair(
    State(app): State<App>,
    Path(peer): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    peers::unpair(&app, &peer, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn pairings(State(app): State<App>) -> Json<Vec<PairingView>> {
    Json(peers::pairings(&app))
}

/// Body of `POST /pairings`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Pair {
    /// The code that the other board shows, or its whole ticket; absent: this board makes a code.
    code: Option<String>,
    /// Where the other board is; absent: it is looked for on the local network.
    address: Option<String>,
}

async fn pair(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<Pair>,
) -> Result<(StatusCode, Json<PairingView>), ApiError> {
    let by = caller.name()?;
    let view = match &body.code {
        Some(code) => peers::join(&app, code, &body.address.unwrap_or_default(), by).await?,
        None if body.address.is_some() => {
            return Err(ApiError::field(
                "code",
                "is needed with an address: the other board shows it",
            ));
        }
        None => peers::offer(&app, by).await?,
    };
    Ok((StatusCode::CREATED, Json(view)))
}

async fn pairing(State(app): State<App>, Path(id): Path<String>) -> Result<Json<PairingView>, ApiError> {
    peers::one(&app, &id).map(Json)
}

/// Body of `POST /pairings/{id}/confirm`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Confirm {
    /// The three words, as this board shows them: so that nobody confirms what was not looked at.
    words: String,
}

async fn confirm(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
    Body(body): Body<Confirm>,
) -> Result<Json<PairingView>, ApiError> {
    peers::confirm(&app, &id, &body.words, caller.name()?)
        .await
        .map(Json)
}

async fn cancel(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    peers::cancel(&app, &id, caller.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn exchange(State(app): State<App>, Body(ask): Body<Ask>) -> Result<Json<Reply>, ApiError> {
    peers::exchange(&app, &ask).await.map(Json)
}
