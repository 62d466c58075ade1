// SPDX-License-Identifier: AGPL-3.0-or-later
//! Drives pairings: makes codes, types codes into other boards, asks people, and writes down what they confirmed.

use super::{
    address::Address,
    call::{self, CallError},
    contacts,
    sessions::{Hosting, Visiting},
    views::PairingView,
};
use crate::{ApiError, App, access::secret, app::lock, events::Event};
use cluster::{
    Code, Identity, Ticket,
    offers::LIFE,
    pairing::{Ask, Decision, Failure, Guest, Host, Introduction, Refusal, Reply, Stage},
};
use http::StatusCode;
use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use types::{MemberName, Peer};

/// How often a guest asks whether the other person agreed.
const EVERY: Duration = Duration::from_millis(700);
/// How often a request is sent again that had no answer.
const TRIES: usize = 3;

async fn ourselves(app: &App) -> Result<(Identity, Introduction), ApiError> {
    let identity = app.store.identity().await?;
    let introduction = Introduction {
        key: identity.key(),
        name: app.store.board_name().await?,
    };
    Ok((identity, introduction))
}

/// Shows a new code; one that was open before is void.
///
/// # Errors
/// 429 after three wrong tries.
pub async fn offer(app: &App, by: &MemberName) -> Result<PairingView, ApiError> {
    let now = app.now();
    if let Err(paused) = lock(&app.pairings).offers.may_open(now) {
        let message = format!(
            "Three codes were tried wrongly: somebody may be guessing. In {} minutes a new code can be made.",
            paused.seconds.div_ceil(60)
        );
        let mut error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "pairing_paused", message);
        error.retry_after = Some(paused.seconds);
        return Err(error);
    }
    let (_, us) = ourselves(app).await?;
    let code = Code::random().map_err(|error| ApiError::internal(&error))?;
    app.store
        .record(now, by.as_str(), "pairing-code", us.name.as_str())
        .await?;
    let hosting = Hosting {
        id: secret::identifier(),
        address: own_address(),
        protocol: Host::new(code, us.clone(), now),
        by: by.to_string(),
        kept: false,
        counted: false,
    };
    let view = hosting.view();
    lock(&app.pairings).host = Some(hosting);
    app.lan.offer(&us.name, Some(code.hint()));
    tokio::spawn(end_of(app.clone()));
    Ok(view)
}

/// When a code's time is up it is no longer announced.
async fn end_of(app: App) {
    tokio::time::sleep(Duration::from_secs(LIFE + 1)).await;
    lock(&app.pairings).tick(app.now());
    if let Err(error) = keep(&app).await {
        log::warn!("a pairing code's end could not be told: {error}");
    }
}

/// Where others on the network find this board; empty when that cannot be told.
fn own_address() -> String {
    let addresses = host::sensors::addresses();
    let plain = |address: &&IpAddr| address.is_ipv4() && !address.is_loopback();
    let address = addresses.iter().find(plain);
    address.map(ToString::to_string).unwrap_or_default()
}

/// A code was typed: finds the board, and goes on until both screens show the words.
///
/// # Errors
/// 422 for a code or address that is none, 409 when nothing comes of it.
pub async fn join(app: &App, code: &str, address: &str, by: &MemberName) -> Result<PairingView, ApiError> {
    let ticket: Ticket = code
        .parse()
        .map_err(|error: cluster::code::NotACode| ApiError::field("code", error.to_string()))?;
    let given = address.trim();
    let given = if given.is_empty() {
        ticket.address.as_str()
    } else {
        given
    };
    let own = lock(&app.pairings).host.as_ref().map(|host| host.protocol.code());
    if own == Some(ticket.code) {
        return Err(ApiError::conflict(
            "own_code",
            told(&Failure::Ourselves.to_string()),
        ));
    }
    let doors = doors(app, ticket.code, given).await?;
    let (identity, us) = ourselves(app).await?;
    let mut problem = None;
    for (to, address) in doors {
        let mut guest =
            Guest::new(ticket.code, us.clone(), app.now()).map_err(|error| ApiError::internal(&error))?;
        match meet(app, &identity, &mut guest, to, &address).await {
            Ok(()) if guest.stage() == Stage::Comparing => {
                let visiting = Visiting {
                    id: secret::identifier(),
                    protocol: guest,
                    address,
                    to,
                    by: by.to_string(),
                    kept: false,
                };
                let view = visiting.view();
                tokio::spawn(follow(app.clone(), view.id.clone()));
                lock(&app.pairings).visit(visiting);
                return Ok(view);
            }
            Ok(()) => {
                let failure = guest.failure().unwrap_or(Failure::NotProven);
                let code = match failure {
                    Failure::Refused(Refusal::NoCode) => "no_such_code",
                    Failure::Refused(Refusal::Used | Refusal::Expired) => "code_spent",
                    Failure::Refused(Refusal::WrongCode) | Failure::NotProven => "wrong_code",
                    Failure::Ourselves => "own_code",
                    _ => "pairing_failed",
                };
                problem = Some(ApiError::conflict(code, told(&failure.to_string())));
            }
            Err(error) => {
                problem = problem.or(Some(ApiError::conflict("unreachable", told(&error.to_string()))));
            }
        }
    }
    Err(problem.unwrap_or_else(nobody))
}

/// A reason as a sentence.
fn told(reason: &str) -> String {
    let mut chars = reason.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), chars.as_str())
}

fn nobody() -> ApiError {
    let message = "No board on this network shows that code. Check the first two digits; if the board stands \
                   elsewhere, give its address too.";
    ApiError::conflict("not_found_on_network", message)
}

/// Where the board with the code may be.
async fn doors(app: &App, code: Code, given: &str) -> Result<Vec<(SocketAddr, Address)>, ApiError> {
    if given.is_empty() {
        let found = app.lan.find(code.hint()).await;
        let door = |to: SocketAddr| {
            let (host, port) = (to.ip().to_string(), to.port());
            (to, Address { host, port })
        };
        return Ok(found.into_iter().map(door).collect());
    }
    let address: Address = given.parse().map_err(|()| {
        ApiError::field(
            "address",
            "must be a name or a number like oak.example.org or 192.168.1.20",
        )
    })?;
    let found = call::look_up(app, &address).await;
    if found.is_empty() {
        let message = format!("There is no board called {address}. Check how it is written.");
        return Err(ApiError::conflict("unreachable", message));
    }
    Ok(found.into_iter().map(|to| (to, address.clone())).collect())
}

/// Hello and proof.
async fn meet(
    app: &App,
    us: &Identity,
    guest: &mut Guest,
    to: SocketAddr,
    address: &Address,
) -> Result<(), CallError> {
    while guest.stage() == Stage::Meeting {
        let Some(ask) = guest.ask() else { break };
        let reply = insist(to, address, &ask).await?;
        guest.take(us, &reply, app.now());
    }
    Ok(())
}

async fn insist(to: SocketAddr, address: &Address, ask: &Ask) -> Result<Reply, CallError> {
    for _ in 1..TRIES {
        if let Ok(reply) = call::send(to, address, ask).await {
            return Ok(reply);
        }
    }
    call::send(to, address, ask).await
}

/// Asks the host what its person says, until it is over.
async fn follow(app: App, id: String) {
    let Ok(us) = app.store.identity().await else {
        return;
    };
    loop {
        tokio::time::sleep(EVERY).await;
        let next = {
            let mut pairings = lock(&app.pairings);
            pairings.tick(app.now());
            let visiting = pairings.guests.iter().find(|guest| guest.id == id);
            visiting.and_then(|guest| Some((guest.protocol.ask()?, guest.to, guest.address.clone())))
        };
        let Some((ask, to, address)) = next else { break };
        let Ok(reply) = call::send(to, &address, &ask).await else {
            continue;
        };
        let paired = {
            let mut pairings = lock(&app.pairings);
            let visiting = pairings.guests.iter_mut().find(|guest| guest.id == id);
            visiting.is_some_and(|guest| guest.protocol.take(&us, &reply, app.now()))
        };
        if paired {
            break;
        }
    }
    // The other board is paired already: this one must not forget it for a moment's trouble of its database.
    while let Err(error) = keep(&app).await {
        log::warn!("a peer could not be written down: {error}");
        tokio::time::sleep(EVERY).await;
    }
    app.events.send(Event::Pairing { id });
}

/// Writes down the peers of pairings that are complete, counts wrong tries, and stops announcing what is over.
async fn keep(app: &App) -> Result<(), ApiError> {
    let now = app.now();
    let mut complete = Vec::new();
    let (mut wrong, mut over) = (None, false);
    {
        let mut pairings = lock(&app.pairings);
        if let Some(host) = &mut pairings.host {
            over = host.protocol.stage() != Stage::Waiting;
            if host.protocol.failure() == Some(Failure::NotProven) && !host.counted {
                host.counted = true;
                wrong = Some(host.by.clone());
            }
            if host.protocol.stage() == Stage::Paired && !host.kept {
                complete.extend(
                    host.protocol
                        .peer()
                        .map(|peer| (host.id.clone(), peer.clone(), String::new(), host.by.clone())),
                );
            }
        }
        for guest in pairings
            .guests
            .iter()
            .filter(|guest| guest.protocol.stage() == Stage::Paired && !guest.kept)
        {
            let address = guest.address.to_string();
            complete.extend(
                guest
                    .protocol
                    .peer()
                    .map(|peer| (guest.id.clone(), peer.clone(), address, guest.by.clone())),
            );
        }
        if wrong.is_some() {
            pairings.offers.wrong(now);
        }
    }
    if over {
        app.lan.offer(&app.store.board_name().await?, None);
    }
    if wrong.is_some() {
        app.store.record(now, "board", "pairing-wrong-code", "").await?;
    }
    for (id, board, address, by) in complete {
        let peer = Peer {
            key: board.key,
            name: board.name,
            address,
            paired: now,
            gone: None,
            silent: None,
        };
        app.store.add_peer(peer, by).await?;
        contacts::refresh(app).await?;
        let mut pairings = lock(&app.pairings);
        if let Some(host) = pairings.host.as_mut().filter(|host| host.id == id) {
            host.kept = true;
        }
        if let Some(guest) = pairings.guests.iter_mut().find(|guest| guest.id == id) {
            guest.kept = true;
        }
    }
    Ok(())
}

/// A message from another board.
///
/// # Errors
/// When what it completes cannot be written down; the other board asks again.
pub async fn exchange(app: &App, ask: &Ask) -> Result<Reply, ApiError> {
    let now = app.now();
    let refused = Reply::Refused {
        reason: Refusal::NoCode,
    };
    if lock(&app.pairings).host.is_none() {
        return Ok(refused);
    }
    let (us, _) = ourselves(app).await?;
    let (reply, id, changed) = {
        let mut pairings = lock(&app.pairings);
        let Some(host) = &mut pairings.host else {
            return Ok(refused);
        };
        let before = (host.protocol.stage(), host.protocol.decision());
        let reply = host.protocol.take(&us, ask, now);
        let changed = before != (host.protocol.stage(), host.protocol.decision());
        (reply, host.id.clone(), changed)
    };
    // Written down before the other board is told that it is.
    keep(app).await?;
    if changed {
        app.events.send(Event::Pairing { id });
    }
    Ok(reply)
}

/// Every pairing that is under way.
pub fn pairings(app: &App) -> Vec<PairingView> {
    let mut pairings = lock(&app.pairings);
    pairings.tick(app.now());
    pairings.views()
}

/// One pairing.
///
/// # Errors
/// 404 when there is none.
pub fn one(app: &App, id: &str) -> Result<PairingView, ApiError> {
    let found = pairings(app).into_iter().find(|pairing| pairing.id == id);
    found.ok_or_else(|| {
        ApiError::not_found(
            "This pairing is over and forgotten. Make a new code, or type one, to begin again.",
        )
    })
}

/// A person here says that the words are the same.
///
/// # Errors
/// 404 when there is no such pairing, 409 when nothing can be confirmed, or other words are shown.
pub async fn confirm(app: &App, id: &str, words: &str, by: &MemberName) -> Result<PairingView, ApiError> {
    let shown = one(app, id)?;
    let words = words
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    if shown.stage != Stage::Comparing || shown.decision != Decision::Undecided {
        let message = "There is nothing to confirm now. Look at the pairing to see how it stands.";
        return Err(ApiError::conflict("nothing_to_confirm", message));
    }
    if shown.words.as_deref() != Some(words.as_str()) {
        return Err(ApiError::field(
            "words",
            "must be the three words that this board shows",
        ));
    }
    {
        let (now, mut pairings) = (app.now(), lock(&app.pairings));
        if let Some(host) = pairings.host.as_mut().filter(|host| host.id == id) {
            host.by = by.to_string();
            host.protocol.agree(now);
        }
        if let Some(guest) = pairings.guests.iter_mut().find(|guest| guest.id == id) {
            guest.by = by.to_string();
            guest.protocol.agree(now);
        }
    }
    keep(app).await?;
    one(app, id)
}

/// Calls a pairing off, or clears one that is over away.
///
/// # Errors
/// 404 when there is none.
pub async fn cancel(app: &App, id: &str, by: &MemberName) -> Result<(), ApiError> {
    let before = one(app, id)?;
    let farewell = {
        let mut pairings = lock(&app.pairings);
        if let Some(host) = pairings.host.as_mut().filter(|host| host.id == id) {
            host.protocol.decline();
            if matches!(before.stage, Stage::Paired | Stage::Failed) {
                pairings.host = None;
            }
        }
        let place = pairings.guests.iter().position(|guest| guest.id == id);
        place.and_then(|place| {
            let mut guest = pairings.guests.remove(place);
            Some((guest.protocol.decline()?, guest.to, guest.address))
        })
    };
    // Told if it can be told; else the other board waits until the time is up.
    if let Some((ask, to, address)) = farewell {
        let _ = call::send(to, &address, &ask).await;
    }
    keep(app).await?;
    if !matches!(before.stage, Stage::Paired | Stage::Failed) {
        app.store
            .record(app.now(), by.as_str(), "pairing-declined", "")
            .await?;
    }
    Ok(())
}
