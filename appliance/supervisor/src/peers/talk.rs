// SPDX-License-Identifier: AGPL-3.0-or-later
//! Talks with paired boards: says what is to be said, and takes down what they say before it is answered.

use super::{contacts, dial, hold};
use crate::{ApiError, App, checks, checks::Severity, events::Event, state::Signature, views::ServiceState};
use cluster::{
    agreement::{AgreementId, Book, Heard, Kind, Standing},
    talk::{Face, Health, Message, Talk},
};
use reach::outside::Port;
use std::{collections::BTreeSet, net::IpAddr};
use types::{BoardKey, Domain, Peer, Timestamp};

/// Rounds of one talk: what is heard in one is confirmed in the next.
const ROUNDS: usize = 3;

/// Whether one of the two watches the other: this board, and the other one.
pub(super) fn watches(book: &Book, now: Timestamp) -> (bool, bool) {
    let watch = |ours: bool| {
        book.in_force(now)
            .any(|(grant, we_give)| grant.kind() == Kind::Watch && we_give == ours)
    };
    (watch(true), watch(false))
}

/// Whether we said something that the peer has not heard.
pub(super) fn unsaid(app: &App, book: &Book) -> bool {
    let live = app.peers.of(book.them());
    book.records().any(|record| !live.holds(&record))
}

/// Talks with a peer. `false`: it is none any more.
pub(super) async fn with(app: &App, peer: &Peer) -> Result<bool, ApiError> {
    let us = app.store.identity().await?;
    let places = dial::places_of(app, peer);
    let now = app.now();
    let vain = |error: std::io::Error| {
        log::debug!("{} does not answer: {error}", peer.name);
        app.peers.with(peer.key, |live| live.contact.vain(now));
    };
    let mut connection = match dial::call(app, &us, peer.key, places).await {
        Ok(connection) => connection,
        Err(error) => {
            vain(error);
            return Ok(true);
        }
    };
    let mut heard = Vec::new();
    for _ in 0..ROUNDS {
        let book = app.store.book(us.key(), peer.key).await?;
        let talk = compose(app, &book, heard).await?;
        match connection.say(&Message::Talk(Box::new(talk))).await {
            Ok(Message::Talk(theirs)) => heard = receive(app, peer, &theirs).await?,
            Ok(Message::Unpaired {}) => {
                left(app, peer).await?;
                return Ok(false);
            }
            Err(error) => {
                vain(error);
                return Ok(true);
            }
        }
        if heard.is_empty() {
            break;
        }
    }
    let address = connection.address.to_string();
    if address != peer.address {
        app.store.set_peer_address(peer.key, address).await?;
    }
    Ok(true)
}

/// Tells a board that was unpaired so.
pub(super) async fn farewell(app: &App, key: BoardKey, address: &str) -> Result<bool, ApiError> {
    let us = app.store.identity().await?;
    let Ok(mut line) = dial::call(app, &us, key, dial::places(address, None, None, None)).await else {
        return Ok(false);
    };
    Ok(line.say(&Message::Unpaired {}).await.is_ok())
}

/// A message of a board that came in: what it is answered. `None`: nothing, and the line is cut.
pub(super) async fn answer(app: &App, key: BoardKey, message: Message, from: IpAddr) -> Option<Message> {
    let peers = app.store.peers().await.ok()?;
    let peer = peers
        .into_iter()
        .find(|peer| peer.key == key && peer.gone.is_none());
    let Some(peer) = peer else {
        return Some(Message::Unpaired {});
    };
    if !app.peers.count(key, app.now()) {
        return None;
    }
    let answered = match message {
        Message::Unpaired {} => left(app, &peer).await.map(|()| Message::Unpaired {}),
        Message::Talk(theirs) => reply(app, &peer, &theirs, from).await,
    };
    answered
        .inspect_err(|error| log::warn!("{} could not be answered: {error}", peer.name))
        .ok()
}

async fn reply(app: &App, peer: &Peer, theirs: &Talk, from: IpAddr) -> Result<Message, ApiError> {
    app.peers.with(peer.key, |live| live.came_from = Some(from));
    let heard = receive(app, peer, theirs).await?;
    let us = app.store.identity().await?.key();
    let book = app.store.book(us, peer.key).await?;
    Ok(Message::Talk(Box::new(compose(app, &book, heard).await?)))
}

/// An answer reached its board: one that is no peer has been told, and is let in no more.
pub(super) async fn answered(app: &App, key: BoardKey, answer: &Message) {
    if *answer != (Message::Unpaired {}) {
        return;
    }
    let told = async {
        app.store.remove_farewell(key).await?;
        contacts::refresh(app).await
    };
    if let Err(error) = told.await {
        log::warn!("a farewell could not be crossed out: {error}");
    }
}

/// The peer is paired with us no more.
async fn left(app: &App, peer: &Peer) -> Result<(), ApiError> {
    if app.store.peer_left(peer.clone(), app.now()).await? {
        app.rounds.soon();
        app.events.send(Event::Peer { key: peer.key });
    }
    contacts::refresh(app).await
}

/// What we say.
async fn compose(app: &App, book: &Book, heard: Vec<Heard>) -> Result<Talk, ApiError> {
    let now = app.now();
    let live = app.peers.of(book.them());
    let (watching, watched) = watches(book, now);
    let records = book
        .records()
        .filter(|record| !live.holds(record))
        .filter_map(|record| serde_json::to_value(record).ok())
        .collect();
    let face = live.looked.as_ref().filter(|_| watching).map(|looked| {
        let found = |wanted: Port| {
            let those = looked.ports.iter().filter(|(_, port)| **port == wanted);
            those.map(|(number, _)| *number).collect()
        };
        Face {
            domain: looked.domain.clone(),
            answers: looked.answers,
            ago: now.since(looked.at).as_secs(),
            open: found(Port::Open),
            taken: found(Port::SomebodyElse),
            closed: found(Port::Closed),
        }
    });
    Ok(Talk {
        run: app.peers.run.clone(),
        domain: own_domain(app),
        records,
        heard,
        health: if watched { Some(health(app).await?) } else { None },
        face,
        seen_at: live.came_from.filter(|_| watching),
        keeps: hold::said(app, book, now),
    })
}

/// The public name of our front door.
fn own_domain(app: &App) -> Option<Domain> {
    let seen = app.seen.load();
    let mut public = seen
        .addresses
        .board
        .iter()
        .filter(|name| !ingress::is_local(name));
    public.find_map(|name| name.parse().ok())
}

async fn health(app: &App) -> Result<Health, ApiError> {
    let findings = checks::findings(app).await?;
    let found = |severity| {
        findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let seen = app.seen.load();
    let are = |state| seen.states.values().filter(|(is, _)| *is == state).count();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(Health {
        up: app.readings().uptime,
        running: number(are(ServiceState::Running)),
        failing: number(are(ServiceState::Failing)),
        errors: number(found(Severity::Error)),
        warnings: number(found(Severity::Warning)),
    })
}

/// What holds.
fn holding(book: &Book, now: Timestamp) -> BTreeSet<AgreementId> {
    let holds = |id: &&AgreementId| book.standing(**id, now).is_some_and(Standing::holds);
    book.entries().keys().filter(holds).copied().collect()
}

/// Takes down what a peer says, and gives what it is answered to its records.
async fn receive(app: &App, peer: &Peer, theirs: &Talk) -> Result<Vec<Heard>, ApiError> {
    let (now, us) = (app.now(), app.store.identity().await?.key());
    let said = theirs.clone();
    let subject = format!("{} {}", peer.name, peer.key.short());
    let changed = app.store.change_book(us, peer.key, move |book| {
        let before = book.clone();
        book.tick(now);
        let heard = said.hear(book, now);
        for held in &said.heard {
            book.heard(held, now);
        }
        // What a peer only says fills no log; what begins or ends to hold is written there.
        let weighty = holding(&before, now) != holding(book, now);
        let signature = weighty.then(|| Signature {
            by: "board".into(),
            act: "agreement-heard",
            subject,
            at: now,
        });
        Ok::<_, ApiError>(((heard, before != *book, book.clone()), signature))
    });
    let (heard, changed, book) = changed.await??;
    let (watching, watched) = watches(&book, now);
    app.peers.with(peer.key, |live| {
        live.is_heard(&theirs.run, now);
        live.held(&theirs.heard, &book);
        live.domain.clone_from(&theirs.domain);
        live.seen_at = theirs.seen_at.filter(|_| watched);
        live.health = theirs.health.filter(|_| watching).map(|health| (health, now));
        live.keeps = theirs.keeps.map(|keeps| (keeps, now));
        let face = theirs.face.clone().filter(|_| watched);
        live.face = face.map(|face| {
            let ago = i64::try_from(face.ago).unwrap_or(i64::MAX);
            let at = Timestamp(now.0.saturating_sub(ago));
            (face, at)
        });
    });
    if peer.silent.is_some() {
        app.store.set_peer_silent(peer.key, None).await?;
    }
    if changed || peer.silent.is_some() {
        app.rounds.soon();
        app.events.send(Event::Peer { key: peer.key });
    }
    if changed {
        app.peers.hurry();
    }
    Ok(heard)
}
