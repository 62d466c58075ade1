// SPDX-License-Identifier: AGPL-3.0-or-later
//! A lost board gets its backups from a peer that keeps them, with a code of that peer's steward
//! ([`cluster::fetch`]). Both sides of it.

use super::{address::Address, away, dial, hold};
use crate::{ApiError, App, access::secret, state::StoredFetch};
use cluster::{channel, fetch::FetchCode};
use rustls::ServerConfig;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;
use types::{BoardKey, MemberName, Timestamp};

/// Seconds that a code is good for: three days.
const LASTS: i64 = 3 * 86_400;
/// Where somebody with a code asks for the key of the board that keeps the backups.
pub(super) const WHO: &str = "/who";

/// Where somebody with a code comes in.
#[derive(Clone)]
pub(super) struct FetchDoor {
    pub(super) owner: BoardKey,
    pub(super) config: Arc<ServerConfig>,
}

/// A code for a board that was lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FetchCodeView {
    /// To be typed at the new board, with this board's address. It is shown once.
    pub code: String,
    /// The last moment it is good for (seconds since 1970).
    #[schemars(with = "i64")]
    pub until: Timestamp,
}

/// Makes a code by which a board that was lost gets its backups from here. An earlier one is good no more.
///
/// # Errors
/// 404 when nothing is kept for that board.
pub async fn make_fetch_code(app: &App, owner: &str, by: &MemberName) -> Result<FetchCodeView, ApiError> {
    let held = hold::find(app, owner).await?;
    let code = secret::app_password();
    let parsed: FetchCode = code
        .parse()
        .map_err(|error: cluster::fetch::NotACode| ApiError::internal(&error))?;
    let keeper = parsed.keeper().map_err(|error| ApiError::internal(&error))?;
    let fetcher = parsed
        .fetcher()
        .map_err(|error| ApiError::internal(&error))?
        .key();
    let until = Timestamp(app.now().0.saturating_add(LASTS));
    let subject = held.subject();
    let stored = StoredFetch {
        owner: held.owner,
        server_name: parsed.server_name(),
        keeper,
        fetcher,
        until,
    };
    app.store.set_fetch_code(stored).await?;
    app.store
        .record(app.now(), by.as_str(), "make-fetch-code", &subject)
        .await?;
    refresh(app).await?;
    Ok(FetchCodeView { code, until })
}

/// Takes the code for a board back.
///
/// # Errors
/// 404 when nothing is kept for that board.
pub async fn take_fetch_code_back(app: &App, owner: &str, by: &MemberName) -> Result<(), ApiError> {
    let held = hold::find(app, owner).await?;
    app.store.remove_fetch_code(held.owner).await?;
    app.store
        .record(app.now(), by.as_str(), "take-fetch-code-back", &held.subject())
        .await?;
    refresh(app).await
}

/// Codes whose time is up are good no more.
pub(super) async fn drop_old(app: &App, now: Timestamp) -> Result<(), ApiError> {
    let old = |fetch: &StoredFetch| now > fetch.until || now.0 < fetch.until.0.saturating_sub(LASTS);
    let mut dropped = false;
    for fetch in app.store.fetch_codes().await?.iter().filter(|fetch| old(fetch)) {
        app.store.remove_fetch_code(fetch.owner).await?;
        dropped = true;
    }
    if dropped { refresh(app).await } else { Ok(()) }
}

/// Codes changed, or the board starts: from now on exactly these open a door.
pub(super) async fn refresh(app: &App) -> Result<(), ApiError> {
    let codes = app.store.fetch_codes().await?.into_iter();
    let door = |fetch: StoredFetch| {
        let fetcher = fetch.fetcher;
        let config = channel::server(&fetch.keeper, Arc::new(move |key| *key == fetcher))?;
        let door = FetchDoor {
            owner: fetch.owner,
            config: Arc::new(config),
        };
        Ok((fetch.server_name, door))
    };
    let doors: Result<_, rustls::Error> = codes.map(door).collect();
    app.shelves
        .fetches
        .store(Arc::new(doors.map_err(|error| ApiError::internal(&error))?));
    Ok(())
}

/// On a new board: asks the board at this address who it is, and keeps how its backups are fetched.
///
/// # Errors
/// 422 for what is no address or no code, 409 when no board there takes the code.
pub(crate) async fn fetch_from(app: &App, address: &str, code: &str) -> Result<BoardKey, ApiError> {
    let (address, parsed) = parse(address, code)?;
    let refused = |error: std::io::Error| {
        log::info!("backups cannot be fetched from {address}: {error}");
        let message = format!(
            "No board at {address} takes this code. Check both, and that the code was made less than three days ago."
        );
        ApiError::conflict("no_keeper", message)
    };
    let keeper = parsed.keeper().map_err(|error| ApiError::internal(&error))?.key();
    let us = parsed.fetcher().map_err(|error| ApiError::internal(&error))?;
    let server_name = parsed.server_name();
    let whom = dial::Whom {
        us: &us,
        them: keeper,
        server_name: &server_name,
        protocol: channel::BACKUPS,
    };
    let (stream, _) = dial::connect(app, whom, vec![address.clone()])
        .await
        .map_err(refused)?;
    let answer = away::ask(stream, http::Method::GET, WHO).await.map_err(refused)?;
    let board = String::from_utf8_lossy(&answer.1).parse::<BoardKey>();
    let board = board.map_err(|_| refused(std::io::ErrorKind::InvalidData.into()))?;
    app.away.fetch(Some(away::Fetching {
        board,
        address: address.to_string(),
        code: code.to_owned(),
    }))?;
    away::listen(app).await?;
    Ok(board)
}

/// Whether these are an address and a code; nobody is asked.
///
/// # Errors
/// 422 for what is none.
pub(crate) fn is_fetch(address: &str, code: &str) -> Result<(), ApiError> {
    parse(address, code).map(|_| ())
}

fn parse(address: &str, code: &str) -> Result<(Address, FetchCode), ApiError> {
    let address = address.parse().map_err(|()| {
        ApiError::field(
            "url",
            "must be a name or a number like elm.example.org or 192.168.1.20",
        )
    })?;
    let code = code
        .parse()
        .map_err(|error: cluster::fetch::NotACode| ApiError::field("secret", error.to_string()))?;
    Ok((address, code))
}

/// Nothing is fetched any more.
pub(crate) fn forget_fetch(app: &App) -> Result<(), ApiError> {
    app.away.fetch(None)
}
