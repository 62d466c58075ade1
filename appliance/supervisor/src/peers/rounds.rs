// SPDX-License-Identifier: AGPL-3.0-or-later
//! Looks after peers: talks with those it is time for, and notices who is silent.

use super::{
    contacts::{self, Looked},
    hold,
    talk::{self, unsaid, watches},
};
use crate::{ApiError, App, cooperative::hosters::Reply, events::Event};
use cluster::{
    agreement::{Book, Grant},
    watch::{Reasons, SELDOM},
};
use futures_util::future::join_all;
use reach::outside::{Door, Port};
use std::{collections::BTreeMap, time::Duration};
use types::{BoardKey, Peer, Timestamp};

/// Seconds that a board which was unpaired is told so, if it does not answer: 30 days.
const FAREWELL: u64 = 30 * 86_400;
/// Seconds between looks at a peer's public face.
const LOOK: u64 = 600;

/// Looks after peers until the board stops. Sleeps where there are none.
pub async fn run(app: App) {
    if let Err(error) = contacts::refresh(&app).await {
        log::warn!("peers cannot come in: {error}");
    }
    if let Err(error) = hold::open_all(&app).await {
        log::warn!("what is kept for peers is not known: {error}");
    }
    loop {
        let pause = round(&app).await.unwrap_or_else(|error| {
            log::warn!("peers could not be looked after: {error}");
            60
        });
        app.peers.rest(Duration::from_secs(pause.clamp(1, SELDOM))).await;
    }
}

/// One look at all of them; gives the seconds until the next is due.
async fn round(app: &App) -> Result<u64, ApiError> {
    let peers = app.store.peers().await?;
    let farewells = app.store.farewells().await?;
    if peers.is_empty() && farewells.is_empty() {
        return Ok(SELDOM);
    }
    let us = app.store.identity().await?.key();
    let peers = peers.iter().filter(|peer| peer.gone.is_none());
    let pauses = join_all(peers.map(|peer| look_after(app, us, peer))).await;
    let mut next = SELDOM;
    for pause in pauses {
        next = next.min(pause?);
    }
    for (key, address, since) in farewells {
        next = next.min(say_farewell(app, key, &address, since).await?);
    }
    Ok(next)
}

fn reasons(app: &App, book: &Book, now: Timestamp) -> Reasons {
    let (watching, watched) = watches(book, now);
    Reasons {
        watching,
        watched,
        unsaid: unsaid(app, book),
    }
}

async fn look_after(app: &App, us: BoardKey, peer: &Peer) -> Result<u64, ApiError> {
    let now = app.now();
    let book = app.store.book(us, peer.key).await?;
    let why = reasons(app, &book, now);
    let pause = app.peers.with(peer.key, |live| {
        if !why.unsaid {
            live.contact.said();
        }
        let pause = live.contact.due(why, now);
        // Whoever has not been heard in this run is waited for from now on.
        live.contact.heard = live.contact.heard.or(Some(now));
        if pause == 0 {
            live.contact.begin();
        }
        pause
    });
    if pause > 0 {
        judge(app, peer, &book, now).await?;
        return Ok(pause);
    }
    if !talk::with(app, peer).await? {
        return Ok(SELDOM);
    }
    let now = app.now();
    let book = app.store.book(us, peer.key).await?;
    let why = reasons(app, &book, now);
    if why.watching {
        look_at_face(app, peer, now).await;
    }
    judge(app, peer, &book, now).await?;
    Ok(app.peers.with(peer.key, |live| {
        if why.unsaid && live.heard == Some(now) {
            live.contact.unsaid();
        }
        live.contact.due(why, now)
    }))
}

/// Notices that a peer which this board watches is silent.
async fn judge(app: &App, peer: &Peer, book: &Book, now: Timestamp) -> Result<(), ApiError> {
    let minutes = book.in_force(now).filter_map(|(grant, we_give)| match grant {
        Grant::Watch { silence } if we_give => Some(*silence),
        _ => None,
    });
    let minutes = minutes.min();
    let contact = app.peers.of(peer.key).contact;
    let silent = match minutes {
        // It stays so until it is heard, whatever this board went through meanwhile.
        Some(minutes) if peer.silent.is_some() || !contact.silent(minutes, now) => return Ok(()),
        None if peer.silent.is_none() => return Ok(()),
        Some(_) => contact.heard,
        None => None,
    };
    app.store.set_peer_silent(peer.key, silent).await?;
    app.rounds.soon();
    app.events.send(Event::Peer { key: peer.key });
    Ok(())
}

/// Looks at a peer's public face as anybody on the internet would.
async fn look_at_face(app: &App, peer: &Peer, now: Timestamp) {
    let live = app.peers.of(peer.key);
    let Some(domain) = &live.domain else {
        return app.peers.with(peer.key, |live| live.looked = None);
    };
    let is_fresh = |looked: &Looked| {
        looked.domain == *domain && now.since(looked.at).as_secs() < LOOK && looked.at <= now
    };
    if live.looked.as_ref().is_some_and(is_fresh) {
        return;
    }
    let answer = (app.fetch)(format!("https://{domain}/api/v1/health")).await;
    let answers = matches!(&answer, Ok(Reply::File(bytes)) if is_a_board(bytes));
    let doors = [Door::Http, Door::Https];
    let knocks =
        doors.map(|door| async move { Some((door.port(), (app.knock)(domain.clone(), door).await?)) });
    let ports: BTreeMap<u16, Port> = join_all(knocks).await.into_iter().flatten().collect();
    let changed = app.peers.with(peer.key, |live| {
        let before = live.looked.replace(Looked {
            domain: domain.clone(),
            answers,
            ports: ports.clone(),
            at: now,
        });
        before.is_none_or(|before| (before.answers, &before.ports) != (answers, &ports))
    });
    if changed {
        app.rounds.soon();
        app.events.send(Event::Peer { key: peer.key });
    }
}

fn is_a_board(bytes: &[u8]) -> bool {
    let health: Result<serde_json::Value, _> = serde_json::from_slice(bytes);
    health.is_ok_and(|health| health["status"] == "ok")
}

async fn say_farewell(app: &App, key: BoardKey, address: &str, since: Timestamp) -> Result<u64, ApiError> {
    let now = app.now();
    let why = Reasons {
        unsaid: true,
        ..Reasons::default()
    };
    let pause = app.peers.with(key, |live| live.contact.due(why, now));
    if pause > 0 {
        return Ok(pause);
    }
    if talk::farewell(app, key, address).await? || now.since(since).as_secs() > FAREWELL {
        app.store.remove_farewell(key).await?;
        contacts::refresh(app).await?;
        return Ok(SELDOM);
    }
    Ok(app.peers.with(key, |live| {
        live.contact.vain(now);
        live.contact.due(why, now)
    }))
}
