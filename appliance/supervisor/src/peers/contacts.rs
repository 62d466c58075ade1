// SPDX-License-Identifier: AGPL-3.0-or-later
//! What this run of the board knows of its peers: when they were heard, and what they heard. In memory only: a card
//! wears, and after a start the boards simply tell each other everything again.

use crate::{ApiError, App, app::lock};
use arc_swap::{ArcSwap, ArcSwapOption};
use cluster::{
    agreement::{AgreementId, Book, Heard, Record},
    channel,
    pairing::Hex,
    talk::{Face, Health, Keeps},
    watch::Contact,
};
use reach::outside::Port;
use rustls::ServerConfig;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::Notify;
use types::{BoardKey, Domain, Timestamp};

/// Messages of one peer within a minute, at most.
const MOST: u32 = 120;

/// Peers, as this run of the board knows them.
pub struct Contacts {
    /// Names this run.
    pub(super) run: Hex,
    /// What peers are let in with; nothing before the first pairing.
    door: ArcSwapOption<ServerConfig>,
    /// Whom the handshake takes.
    known: Arc<ArcSwap<BTreeSet<BoardKey>>>,
    wake: Notify,
    live: Mutex<BTreeMap<BoardKey, Live>>,
}

/// One peer.
#[derive(Clone, Debug, Default)]
pub(super) struct Live {
    /// When to talk with it.
    pub(super) contact: Contact,
    /// When it was last heard in this run.
    pub(super) heard: Option<Timestamp>,
    /// Its run.
    run: Option<Hex>,
    /// The newest of our records that it holds.
    holds: BTreeMap<AgreementId, u64>,
    /// Where it came from.
    pub(super) came_from: Option<IpAddr>,
    /// Its public name.
    pub(super) domain: Option<Domain>,
    /// How it said it is, and when.
    pub(super) health: Option<(Health, Timestamp)>,
    /// What its public face looked like from here.
    pub(super) looked: Option<Looked>,
    /// Where it said that we come from.
    pub(super) seen_at: Option<IpAddr>,
    /// What it said of our public face, and when that was.
    pub(super) face: Option<(Face, Timestamp)>,
    /// What it said that it keeps of our backups, and when.
    pub(super) keeps: Option<(Keeps, Timestamp)>,
    /// The minute that is counted, and its messages so far.
    counted: (i64, u32),
}

/// A public face, as it looked from here.
#[derive(Clone, Debug)]
pub(super) struct Looked {
    /// The name that was asked.
    pub(super) domain: Domain,
    /// Whether a board answered, with a certificate that browsers trust.
    pub(super) answers: bool,
    /// What was found at its ports; those that could not be tried are left out.
    pub(super) ports: BTreeMap<u16, Port>,
    /// When.
    pub(super) at: Timestamp,
}

impl Live {
    /// Whether it holds this record of ours.
    pub(super) fn holds(&self, record: &Record) -> bool {
        self.holds.get(&record.id) == Some(&record.generation)
    }

    /// It said what it holds. What is in no book is not remembered, however much it says.
    pub(super) fn held(&mut self, heard: &[Heard], book: &Book) {
        let answered = heard.iter().map(|heard| (heard.id, heard.sent));
        self.holds.extend(answered);
        self.holds.retain(|id, _| book.entries().contains_key(id));
    }

    /// It was heard, in this run of it. One that started again may remember less.
    pub(super) fn is_heard(&mut self, run: &Hex, now: Timestamp) {
        if self.run.as_ref() != Some(run) {
            self.run = Some(run.clone());
            self.holds.clear();
        }
        self.contact.heard(now);
        self.heard = Some(now);
    }

    /// Another message; `false` when there were too many.
    fn count(&mut self, now: Timestamp) -> bool {
        let minute = now.0.div_euclid(60);
        let so_far = if self.counted.0 == minute {
            self.counted.1
        } else {
            0
        };
        self.counted = (minute, so_far.saturating_add(1));
        so_far < MOST
    }
}

impl Contacts {
    /// Nobody is known yet.
    pub fn new() -> Self {
        let mut run = vec![0; 8];
        // Without random bytes two runs look like one: then only what is new is said.
        let _ = getrandom::fill(&mut run);
        Self {
            run: Hex(run),
            door: ArcSwapOption::empty(),
            known: Arc::default(),
            wake: Notify::new(),
            live: Mutex::default(),
        }
    }

    /// Somebody has something to say, or time passed: peers are looked at now.
    pub fn hurry(&self) {
        self.wake.notify_one();
    }

    /// Waits for that, but not for ever.
    pub(super) async fn rest(&self, patience: Duration) {
        let _ = tokio::time::timeout(patience, self.wake.notified()).await;
    }

    /// What peers are let in with.
    pub(super) fn door(&self) -> Option<Arc<ServerConfig>> {
        self.door.load_full()
    }

    /// A copy of what is known of a peer.
    pub(super) fn of(&self, key: BoardKey) -> Live {
        lock(&self.live).get(&key).cloned().unwrap_or_default()
    }

    /// Something new about a peer.
    pub(super) fn with<T>(&self, key: BoardKey, change: impl FnOnce(&mut Live) -> T) -> T {
        change(lock(&self.live).entry(key).or_default())
    }

    /// Counts a message of a peer; `false` when there are too many.
    pub(super) fn count(&self, key: BoardKey, now: Timestamp) -> bool {
        self.with(key, |live| live.count(now))
    }

    /// Where peers that watch this board say it comes from: one address each.
    pub fn seen_at(&self) -> Vec<IpAddr> {
        lock(&self.live)
            .values()
            .filter_map(|live| live.seen_at)
            .collect()
    }

    fn forget_all_but(&self, known: &BTreeSet<BoardKey>) {
        lock(&self.live).retain(|key, _| known.contains(key));
    }
}

impl Default for Contacts {
    fn default() -> Self {
        Self::new()
    }
}

/// Who is a peer changed, or the board starts: from now on exactly those are let in.
///
/// # Errors
/// When the database fails.
pub(super) async fn refresh(app: &App) -> Result<(), ApiError> {
    let mut known = BTreeSet::new();
    known.extend(
        app.store
            .peers()
            .await?
            .iter()
            .filter(|peer| peer.gone.is_none())
            .map(|peer| peer.key),
    );
    app.peers.forget_all_but(&known);
    known.extend(app.store.farewells().await?.iter().map(|(key, ..)| *key));
    let somebody = !known.is_empty();
    app.peers.known.store(Arc::new(known));
    if somebody && app.peers.door.load().is_none() {
        let identity = app.store.identity().await?;
        let known = Arc::clone(&app.peers.known);
        let config = channel::server(&identity, Arc::new(move |key| known.load().contains(key)));
        let config = config.map_err(|error| ApiError::internal(&error))?;
        app.peers.door.store(Some(Arc::new(config)));
    }
    super::away::listen(app).await?;
    app.peers.hurry();
    Ok(())
}
