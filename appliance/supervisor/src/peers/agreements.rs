// SPDX-License-Identifier: AGPL-3.0-or-later
//! Agreements with peers, as people here make and end them. What was said is written down first, and told afterwards.

use super::{contacts::Live, get, views::AgreementView};
use crate::{ApiError, App, events::Event, state::Signature};
use cluster::agreement::{AgreementId, Book, CannotSay, Grant, Kind, Standing};
use schemars::JsonSchema;
use serde::Deserialize;
use types::{BoardKey, MemberName, Peer, Timestamp};

/// What this board really does. Other kinds are understood, but neither proposed nor accepted.
pub const DOES: &[Kind] = &[Kind::Watch, Kind::HoldBackups];

/// Who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Giver {
    /// This board.
    Us,
    /// The other one.
    Them,
}

/// What a person here proposes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Who does it.
    pub giver: Giver,
    /// What.
    pub grant: Grant,
    /// The last moment, if it is to end by itself.
    pub until: Option<Timestamp>,
}

async fn books(app: &App) -> Result<Vec<(Peer, Book)>, ApiError> {
    let us = app.store.identity().await?.key();
    let mut books = Vec::new();
    for peer in app.store.peers().await? {
        let book = app.store.book(us, peer.key).await?;
        books.push((peer, book));
    }
    Ok(books)
}

fn views<'a>(
    book: &'a Book,
    peer: &'a Peer,
    live: &'a Live,
    now: Timestamp,
) -> impl Iterator<Item = AgreementView> + 'a {
    let entries = book.entries().iter();
    entries.map(move |(id, entry)| AgreementView::new(*id, entry, book, peer, live, now))
}

/// Every agreement, the newest first; of one peer, or of all.
///
/// # Errors
/// When the database fails.
pub async fn agreements(app: &App, with: Option<BoardKey>) -> Result<Vec<AgreementView>, ApiError> {
    let now = app.now();
    let mut all = Vec::new();
    // An unpaired board has no key of its own yet, and none is made for looking.
    if app.store.peers().await?.is_empty() {
        return Ok(all);
    }
    for (peer, book) in books(app).await? {
        if with.is_none_or(|key| key == peer.key) {
            all.extend(views(&book, &peer, &app.peers.of(peer.key), now));
        }
    }
    all.sort_by(|a, b| b.changed.cmp(&a.changed).then_with(|| a.id.cmp(&b.id)));
    Ok(all)
}

fn missing() -> ApiError {
    ApiError::not_found("There is no such agreement. GET /api/v1/agreements lists them.")
}

/// One agreement.
///
/// # Errors
/// 404 when there is none.
pub async fn agreement(app: &App, id: &str) -> Result<AgreementView, ApiError> {
    let all = agreements(app, None).await?;
    all.into_iter().find(|view| view.id == id).ok_or_else(missing)
}

fn cannot(error: CannotSay) -> ApiError {
    match error {
        CannotSay::Missing => missing(),
        CannotSay::NotNow => ApiError::conflict(
            "not_now",
            "This agreement does not stand so any more. Look how it stands now.",
        ),
        CannotSay::Full => ApiError::conflict(
            "too_many",
            "There are too many agreements with this board. End some of them first.",
        ),
    }
}

fn not_yet() -> ApiError {
    ApiError::conflict(
        "cannot_yet",
        "This board does not do that yet. Decline it, or update the board.",
    )
}

/// Proposes something to a peer. It is told as soon as the boards talk.
///
/// # Errors
/// 404 when there is no such peer, 409 when it is agreed already, 422 for limits that make no sense.
pub async fn propose(
    app: &App,
    peer: &str,
    proposal: Proposal,
    by: &MemberName,
) -> Result<AgreementView, ApiError> {
    let (peer, now) = (get(app, peer).await?, app.now());
    if peer.gone.is_some() {
        let message = "That board ended the pairing. Pair with it again first.";
        return Err(ApiError::conflict("not_paired", message));
    }
    let kind = proposal.grant.kind();
    if !DOES.contains(&kind) {
        return Err(ApiError::field(
            "grant",
            "is something that this board does not do yet",
        ));
    }
    proposal
        .grant
        .check()
        .map_err(|bad| ApiError::field(bad.field, bad.expected))?;
    if proposal.until.is_some_and(|until| until <= now) {
        return Err(ApiError::field("until", "must lie ahead"));
    }
    let id = AgreementId::random().map_err(|error| ApiError::internal(&error))?;
    let we_give = proposal.giver == Giver::Us;
    change(app, &peer, "propose-agreement", by, move |book| {
        let same = |entry: &&cluster::agreement::Entry| {
            let open = !matches!(entry.standing(&book.us(), now), Standing::Over(_));
            let giver = if we_give { book.us() } else { book.them() };
            open && entry.terms.grant.kind() == kind && entry.terms.giver == giver
        };
        if book.entries().values().any(|entry| same(&entry)) {
            let message = "The same is agreed or proposed already. End that first, or accept it.";
            return Err(ApiError::conflict("already_agreed", message));
        }
        book.propose(id, proposal.grant, we_give, proposal.until, now)
            .map_err(cannot)
    })
    .await?;
    agreement(app, &id.to_string()).await
}

/// Accepts what a peer proposed.
///
/// # Errors
/// 404 when there is none, 409 when it is no open proposal of the peer's, or this board cannot do it.
pub async fn accept(app: &App, id: &str, by: &MemberName) -> Result<AgreementView, ApiError> {
    let (peer, id, kind) = find(app, id).await?;
    if !DOES.contains(&kind) {
        return Err(not_yet());
    }
    let now = app.now();
    change(app, &peer, "accept-agreement", by, move |book| {
        book.accept(id, now).map_err(cannot)
    })
    .await?;
    agreement(app, &id.to_string()).await
}

/// Ends an agreement, declines a proposal, or takes one back.
///
/// # Errors
/// 404 when there is none, 409 when it is over.
pub async fn end(app: &App, id: &str, by: &MemberName) -> Result<AgreementView, ApiError> {
    let (peer, id, _) = find(app, id).await?;
    let now = app.now();
    change(app, &peer, "end-agreement", by, move |book| {
        book.end(id, now).map_err(cannot)
    })
    .await?;
    agreement(app, &id.to_string()).await
}

async fn find(app: &App, id: &str) -> Result<(Peer, AgreementId, Kind), ApiError> {
    let id: AgreementId = id.parse().map_err(|_| missing())?;
    if app.store.peers().await?.is_empty() {
        return Err(missing());
    }
    for (peer, book) in books(app).await? {
        if let Some(entry) = book.entries().get(&id) {
            return Ok((peer, id, entry.terms.grant.kind()));
        }
    }
    Err(missing())
}

async fn change(
    app: &App,
    peer: &Peer,
    act: &'static str,
    by: &MemberName,
    change: impl FnOnce(&mut Book) -> Result<(), ApiError> + Send + 'static,
) -> Result<(), ApiError> {
    let us = app.store.identity().await?.key();
    let signature = Signature {
        by: by.to_string(),
        act,
        subject: format!("{} {}", peer.name, peer.key.short()),
        at: app.now(),
    };
    app.store
        .change_book(us, peer.key, move |book| {
            change(book)?;
            Ok::<_, ApiError>(((), Some(signature)))
        })
        .await??;
    app.peers.with(peer.key, |live| live.contact.ask());
    app.events.send(Event::Peer { key: peer.key });
    app.rounds.soon();
    app.peers.hurry();
    Ok(())
}
