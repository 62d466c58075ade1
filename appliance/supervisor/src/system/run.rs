// SPDX-License-Identifier: AGPL-3.0-or-later
//! Turn after turn: observe, decide, do one step.

use super::{
    Before, Trust, announce,
    choice::{Choice, Memory, Outcome},
    health::{Verdict, Vitals, complaints, judge},
    offer::{Offer, offer},
    plan::{self, Observed, Step},
    source::Source,
    views,
};
use crate::{ApiError, App, app::lock, state::StateError, views::ServiceState};
use host::{HostError, chain};
use release::system::{Metadata, Role, metadata_file, position};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    time::{Instant, timeout},
};
use types::{
    Running as Wish, Timestamp,
    host::{HostReply, HostRequest},
    release::Releases,
    system::{NoteCause, SystemFacts},
};

/// After a step failed, the next try waits so long.
const AGAIN: Duration = Duration::from_mins(15);
/// After the card did not take what was written.
const AGAIN_ON_CARD: Duration = Duration::from_hours(6);
/// More versions than that are not remembered for having failed.
const MOST_FAILED: usize = 20;

/// How fast things go; tests are faster.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between two turns while something goes on.
    pub turn: Duration,
    /// Between two turns while nothing does.
    pub rest: Duration,
    /// For how long a start must be well.
    pub stable: Duration,
    /// When a trial that is not well is given up.
    pub limit: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            turn: Duration::from_secs(5),
            rest: Duration::from_mins(5),
            stable: Duration::from_mins(1),
            limit: Duration::from_mins(3),
        }
    }
}

/// What the updater knows and is doing.
pub struct Updates {
    /// What is believed about releases.
    pub trust: Trust,
    pace: Pace,
    /// The front door's own address, to knock at.
    door: OnceLock<SocketAddr>,
    known: Mutex<Arc<Releases>>,
    now: Mutex<Now>,
    wake: Notify,
}

/// What is going on, for pages.
#[derive(Clone, Debug, Default)]
pub(super) struct Now {
    /// Bytes of the offer that are there, while it is being downloaded.
    pub(super) downloaded: Option<u64>,
    /// Why the last step failed.
    pub(super) problem: Option<String>,
    /// After a step failed, it is tried again from then on.
    again: Option<Timestamp>,
    /// This start has been reported as healthy.
    told: bool,
}

impl Updates {
    /// An updater that has done nothing yet.
    pub fn new(trust: Trust, pace: Pace) -> Self {
        Self {
            known: Mutex::new(Arc::new(trust.releases())),
            trust,
            pace,
            door: OnceLock::new(),
            now: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// The front door listens there.
    pub fn door_is(&self, address: SocketAddr) {
        let _ = self.door.set(address);
    }

    /// The releases that are known.
    pub(super) fn releases(&self) -> Arc<Releases> {
        Arc::clone(&lock(&self.known))
    }

    pub(super) fn now(&self) -> Now {
        lock(&self.now).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Now)) {
        change(&mut lock(&self.now));
    }

    /// The place that is asked for releases.
    pub(super) fn source<'a>(&'a self, choice: &'a Choice) -> &'a str {
        if choice.source.is_empty() {
            &self.trust.source
        } else {
            &choice.source
        }
    }

    /// A person waits: the next step is not put off by one that failed.
    pub(super) fn wake(&self) {
        self.change(|now| now.again = None);
        self.wake.notify_one();
    }
}

/// What the host process knows of the card.
///
/// # Errors
/// When the host process does not answer.
pub(super) async fn facts(app: &App) -> Result<Option<SystemFacts>, HostError> {
    match app.host.ask(HostRequest::System).await? {
        HostReply::System { system } => Ok(system.map(|facts| *facts)),
        _ => Ok(None),
    }
}

/// Looks after updates for ever.
pub async fn watch(app: App) {
    let started = Instant::now();
    let mut well_since = None;
    loop {
        let busy = match turn(&app, started, &mut well_since).await {
            Ok(busy) => busy,
            Err(error) => {
                log::warn!("updates: {}", error.0);
                let again = app.now().plus(error.1);
                app.updates.change(|now| {
                    (now.problem, now.again) = (Some(error.0), Some(again));
                    now.downloaded = None;
                });
                false
            }
        };
        let pace = app.updates.pace;
        let pause = if busy { pace.turn } else { pace.rest };
        let _ = timeout(pause, app.updates.wake.notified()).await;
    }
}

/// Why a step failed, in words, and when to try again.
struct Failure(String, Duration);

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self(error.message, AGAIN)
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        Self(chain(&error), AGAIN)
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        Self(chain(&error), AGAIN)
    }
}

impl From<String> for Failure {
    fn from(words: String) -> Self {
        Self(words, AGAIN)
    }
}

/// One turn. Whether the next one should come soon.
async fn turn(app: &App, started: Instant, well_since: &mut Option<Instant>) -> Result<bool, Failure> {
    let Some(facts) = facts(app).await? else {
        return Ok(false);
    };
    let updates = &app.updates;
    let choice = app.store.update_choice().await?;
    let mut memory = app.store.update_memory().await?;
    let now = updates.now();
    let verdict = if now.told && !facts.on_trial() {
        Verdict::Good
    } else {
        let wrong = complaints(&memory.before, &vitals(app).await?);
        if wrong.is_empty() {
            well_since.get_or_insert_with(Instant::now);
        } else {
            *well_since = None;
        }
        let well = well_since.map_or(Duration::ZERO, |since| since.elapsed());
        judge(
            &wrong,
            well,
            started.elapsed(),
            updates.pace.stable,
            updates.pace.limit,
        )
    };
    let offered = offer(app, &facts, &choice).await?;
    let place = position(&app.store.update_seed().await?, "night");
    let seen = Observed {
        facts: &facts,
        verdict,
        told: now.told,
        offer: offered.as_ref().map(|offer| plan::Offered {
            version: offer.release.version.as_str(),
            from: offer.from,
            urgent: offer.release.urgent,
            blocked: offer.blocked.is_some(),
            missing: !offer.missing.is_empty(),
        }),
        source: !updates.source(&choice).is_empty(),
        place,
    };
    let step = plan::next(&seen, &choice, &memory, app.now());
    let waits = now.again.is_some_and(|again| app.now() < again);
    match (step, offered) {
        (Step::Rest, _) => return Ok(!now.told || facts.on_trial() || facts.writing.is_some()),
        (Step::Keep, _) => keep(app, &facts, &mut memory).await?,
        (Step::GiveUp(detail), _) => {
            log::error!("the update is not healthy and is given up: {detail}");
            app.host.ask(HostRequest::Unhealthy { detail }).await?;
            app.host.ask(HostRequest::Reboot).await?;
        }
        _ if waits => return Ok(false),
        (Step::Look, _) => look(app, &choice, &mut memory).await?,
        (Step::Download, Some(offer)) => download(app, &choice, &offer).await?,
        (Step::Stage, Some(offer)) => stage(app, &facts, &offer).await?,
        (Step::Announce(begins), Some(offer)) => {
            let version = offer.release.version.as_str();
            announce::tell(app, &mut memory, version, begins).await?;
            return Ok(false);
        }
        (Step::Restart, offer) => {
            let going = memory.wanted.clone();
            let version = going.or_else(|| offer.map(|offer| offer.release.version.to_string()));
            restart(app, &mut memory, version.unwrap_or_default()).await?;
        }
        (Step::Download | Step::Stage | Step::Announce(_), None) => {}
    }
    Ok(true)
}

async fn vitals(app: &App) -> Result<Vitals, StateError> {
    let desired = app.store.desired().await?;
    let wanted = desired
        .services
        .iter()
        .filter(|(_, service)| service.running == Wish::Started);
    let seen = app.seen.load();
    let runs = seen
        .states
        .iter()
        .filter(|(_, (state, _))| *state == ServiceState::Running);
    Ok(Vitals {
        services: runs.map(|(name, _)| name.clone()).collect(),
        wanted: wanted.map(|(name, _)| name.clone()).collect(),
        network: host::sensors::addresses()
            .iter()
            .any(|address| !address.is_loopback()),
        door: knock(
            app.updates.door.get().copied(),
            &format!("{}.local", desired.board),
        )
        .await,
    })
}

/// Whether the front door answers as it would any browser.
async fn knock(door: Option<SocketAddr>, board: &str) -> bool {
    let Some(mut address) = door else { return false };
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let answer = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET /api/v1/health HTTP/1.1\r\nhost: {board}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut head = [0; 12];
        stream.read_exact(&mut head).await?;
        std::io::Result::Ok(head)
    };
    let answer = timeout(Duration::from_secs(5), answer).await;
    matches!(answer, Ok(Ok(head)) if head == *b"HTTP/1.1 200")
}

/// What runs is healthy. Whatever the board restarted for is decided by that.
async fn keep(app: &App, facts: &SystemFacts, memory: &mut Memory) -> Result<(), Failure> {
    app.host.ask(HostRequest::Healthy).await?;
    app.updates.change(|now| now.told = true);
    let Some(version) = memory.tried.take() else {
        return Ok(());
    };
    let kept = facts.version.as_deref() == Some(version.as_str());
    let note = facts.note.as_ref().filter(|_| !kept);
    let act = if kept { "updated" } else { "update-failed" };
    if kept {
        log::info!("the update to {version} is kept");
    } else {
        log::warn!("the update to {version} was not kept; {:?} runs", facts.version);
    }
    memory.outcome = Some(Outcome {
        at: app.now(),
        kept,
        cause: note
            .map(|note| views::cause_word(note.cause).to_owned())
            .unwrap_or_default(),
        detail: note.map(|note| note.detail.clone()).unwrap_or_default(),
        version: version.clone(),
    });
    if let Some(note) = note
        && note.cause != NoteCause::DidNotStart
    {
        memory.failed.push(version.clone());
        let old = memory.failed.len().saturating_sub(MOST_FAILED);
        memory.failed.drain(..old);
    }
    memory.wanted = None;
    app.store.set_update_memory(memory).await?;
    app.store.record(app.now(), "board", act, &version).await?;
    announce::take_back(app, memory).await?;
    clean(app).await;
    Ok(())
}

/// What was downloaded is in the slot, or of no use.
async fn clean(app: &App) {
    let folder = app.updates.trust.downloads.clone();
    let cleaned = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(folder)).await;
    if let Ok(Err(error)) = cleaned
        && error.kind() != std::io::ErrorKind::NotFound
    {
        log::warn!("what was downloaded could not be removed: {error}");
    }
}

/// Fetches the metadata, and takes over what may be believed.
async fn look(app: &App, choice: &Choice, memory: &mut Memory) -> Result<(), Failure> {
    memory.looked = Some(app.now());
    app.store.set_update_memory(memory).await?;
    let source = app.updates.source(choice);
    let place = Source::open(app, source).await?;
    let trust = &app.updates.trust;
    let mut metadata = Metadata::default();
    for version in trust.next_root().. {
        let name = metadata_file(Role::Root, version);
        match place.small(&name, Role::Root.limit()).await? {
            Some(root) if metadata.roots.len() < 100 => metadata.roots.push(root),
            _ => break,
        }
    }
    for (role, into) in [
        (Role::Timestamp, &mut metadata.timestamp),
        (Role::Snapshot, &mut metadata.snapshot),
        (Role::Targets, &mut metadata.targets),
    ] {
        let name = metadata_file(role, 0);
        let text = place.small(&name, role.limit()).await?;
        *into = text.ok_or_else(|| format!("there are no releases at {source}: {name} is missing"))?;
    }
    trust.accept(metadata, app.now())?;
    *lock(&app.updates.known) = Arc::new(trust.releases());
    app.updates.change(|now| now.problem = None);
    Ok(())
}

async fn download(app: &App, choice: &Choice, offer: &Offer) -> Result<(), Failure> {
    let place = Source::open(app, app.updates.source(choice)).await?;
    let missing: u64 = offer.missing.iter().map(|(_, size)| size).sum();
    let mut before = offer.release.size() - missing;
    for (digest, size) in &offer.missing {
        let told = |bytes| {
            app.updates.change(|now| now.downloaded = Some(before + bytes));
        };
        let downloads = &app.updates.trust.downloads;
        place.file(downloads, digest, *size, &told).await?;
        before += size;
    }
    app.updates
        .change(|now| (now.downloaded, now.problem) = (None, None));
    app.updates.wake.notify_one();
    Ok(())
}

async fn stage(app: &App, facts: &SystemFacts, offer: &Offer) -> Result<(), Failure> {
    let version = &offer.release.version;
    let again = app.updates.now().again;
    let failed = facts.write_problem.as_ref();
    if let Some(problem) = failed.filter(|problem| problem.version == version.as_str())
        && again.is_none()
        && app.updates.now().problem.as_ref() != Some(&problem.message)
    {
        // Perhaps what was downloaded is at fault: it comes anew.
        clean(app).await;
        return Err(Failure(problem.message.clone(), AGAIN_ON_CARD));
    }
    let version = version.clone();
    app.host.ask(HostRequest::Stage { version }).await?;
    app.updates.change(|now| now.problem = None);
    Ok(())
}

/// From here on the board is about to restart into the idle slot.
async fn restart(app: &App, memory: &mut Memory, version: String) -> Result<(), Failure> {
    let vitals = vitals(app).await?;
    memory.before = Before {
        services: vitals.services,
        network: vitals.network,
    };
    let told = memory.announced.as_ref();
    if told.is_none_or(|announced| announced.version != version || announced.begins > app.now()) {
        announce::tell(app, memory, &version, app.now()).await?;
    }
    memory.tried = Some(version);
    memory.wanted = None;
    app.store.set_update_memory(memory).await?;
    app.store.copy_before_update().await?;
    app.host.ask(HostRequest::Arm).await?;
    app.host.ask(HostRequest::Reboot).await?;
    Ok(())
}
