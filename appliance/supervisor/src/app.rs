// SPDX-License-Identifier: AGPL-3.0-or-later
//! What every request and the reconcile loop share.

use crate::{
    access::{
        attempts::Attempts,
        judge::Judge,
        limits::{Guesses, Limit},
        seal::Seal,
        tickets::Tickets,
    },
    catalogs::Catalogs,
    directory::Directory,
    events::{Event, Events},
    outside::{self, Records},
    reconcile::{Addresses, Wake},
    services::history::Histories,
    state::{Job, JobState, PublicName, Result, ServiceGroups, Store},
    views::ServiceState,
};
use arc_swap::ArcSwap;
use host::{
    Host,
    sensors::{Readings, Sensors},
};
use ingress::RouteTable;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    ops::Deref,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tls::{Certificates, DnsRecords};
use types::{BoardName, Domain, ServiceName, Timestamp};

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Tells how the board is; a fake in tests.
pub type ReadSensors = Arc<dyn Fn() -> Readings + Send + Sync>;

/// Told which names to announce on the local network.
pub type Announce = Box<dyn FnMut(&BTreeSet<String>) + Send>;

/// The supervisor's parts. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What the loop last saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Every name.
    pub addresses: Addresses,
    /// State and reason of each service.
    pub states: BTreeMap<ServiceName, (ServiceState, String)>,
}

/// What an [`App`] is made of.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The host process.
    pub host: Arc<dyn Host>,
    /// The signed catalogs.
    pub catalogs: Arc<Catalogs>,
    /// Certificates.
    pub certificates: Certificates,
    /// The front door's table.
    pub routes: Arc<ArcSwap<RouteTable>>,
    /// Folder with one folder of sockets per service.
    pub sockets: PathBuf,
    /// Which services are for which groups: what the database says, at hand for every request.
    pub rules: ArcSwap<ServiceGroups>,
    /// What answers services that speak LDAP.
    pub(crate) directory: Mutex<Directory>,
    /// Tells the time.
    pub clock: Clock,
    /// Tells how the board is.
    pub sensors: ReadSensors,
    /// Events for open pages.
    pub events: Events,
    /// Wakes the loop.
    pub wake: Wake,
    /// What the loop last saw.
    pub seen: ArcSwap<Seen>,
    /// Tries of the claim code.
    pub claim_attempts: Mutex<Attempts>,
    /// Tries of passwords.
    pub guesses: Mutex<Guesses>,
    /// Judges new passwords.
    pub judge: Judge,
    /// Knows again what the board gave to browsers.
    pub seal: Seal,
    /// Sign-ins on their way to a service's host.
    pub tickets: Mutex<Tickets>,
    /// What clients of the `OpenID` Connect provider were given.
    pub openid: Mutex<crate::openid::Grants>,
    /// Questions that passkeys answered.
    pub challenges: Mutex<crate::access::challenges::Challenges>,
    /// Names announced on the local network.
    pub announced: Mutex<Announce>,
    /// What is being done with services' data.
    pub data: crate::data::Data,
    /// Other boards on the local network.
    pub lan: Arc<dyn crate::mdns::Lan>,
    /// Peers, as this run of the board knows them.
    pub peers: crate::peers::Contacts,
    /// What is kept for peers.
    pub shelves: crate::peers::Shelves,
    /// The ways of our own backups to peers.
    pub away: crate::peers::Away,
    /// Pairings that are under way.
    pub pairings: Mutex<crate::peers::Pairings>,
    /// Measurements of the last hour.
    pub histories: Mutex<Histories>,
    /// `librehost.json` and its neighbours, rendered.
    pub published: crate::publish::Published,
    /// How the board is reached from outside.
    pub outside: crate::outside::Outside,
    /// What the last round of checks found.
    pub rounds: crate::checks::Rounds,
    /// What was measured and is not written down yet.
    pub meter: Mutex<crate::cooperative::Meter>,
    /// Applications to join, per network.
    pub applications: Mutex<Limit>,
    /// Looks at a port of another board's front door.
    pub knock: crate::outside::Knock,
    /// New passwords that were asked for, and codes for them, per network.
    pub forgotten: Mutex<Limit>,
    /// Reads other hosters' files.
    pub fetch: crate::cooperative::hosters::Fetch,
    /// Updates of the board's own system.
    pub updates: crate::system::Updates,
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Locks; a panic elsewhere does not spread.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Now, by the board's clock.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The state of a service, and why it fails.
    pub fn service_state(&self, service: &ServiceName) -> (ServiceState, String) {
        let seen = self.seen.load();
        seen.states
            .get(service)
            .cloned()
            .unwrap_or((ServiceState::Starting, String::new()))
    }

    /// Writes down and tells how far a job is.
    pub async fn progress(&self, job: &Job, step: &str, progress: u8) {
        if job.step == step || job.progress > progress {
            return;
        }
        let job = Job {
            step: step.into(),
            progress,
            ..job.clone()
        };
        if let Err(error) = self.store.update_job(job.clone()).await {
            log::warn!("a job's progress could not be written: {}", host::chain(&error));
        }
        self.events.send(Event::Job(job));
    }

    /// Tells how far a job is, without writing it down: a card wears.
    pub fn tell(&self, job: &Job, step: &str, progress: u8) {
        let job = Job {
            step: step.into(),
            progress,
            ..job.clone()
        };
        self.events.send(Event::Job(job));
    }

    /// Ends a job.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_job(&self, job: &Job, state: JobState, message: String) -> Result<()> {
        let ended = Some(self.now());
        let mut job = Job {
            state,
            message,
            ended,
            ..job.clone()
        };
        // A job that failed stays at its step: that is where to look.
        if state == JobState::Done {
            (job.step, job.progress) = ("done".into(), 100);
        }
        self.store.update_job(job.clone()).await?;
        self.events.send(Event::Job(job));
        Ok(())
    }

    /// The loop saw something new.
    pub fn announce(&self, seen: Seen) {
        let before = self.seen.swap(Arc::new(seen));
        let seen = self.seen.load_full();
        for (name, (state, _)) in &seen.states {
            if before.states.get(name).is_none_or(|(old, _)| old != state) {
                self.events.send(Event::Service {
                    name: name.clone(),
                    state: *state,
                });
            }
        }
    }

    /// The names changed: certificates and the local network are told.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn names_changed(
        &self,
        board: &BoardName,
        addresses: &Addresses,
        public: &[PublicName],
    ) -> Result<()> {
        let (domains, proofs) = (self.store.domains().await?, self.store.proofs().await?);
        if let Err(error) = self.certificates.set_board(board) {
            log::warn!(
                "the board's own certificate could not be made: {}",
                host::chain(&error)
            );
        }
        let names = addresses.services.values().chain([&addresses.board]).flatten();
        let local: BTreeSet<String> = names.filter(|name| ingress::is_local(name)).cloned().collect();
        if let Err(error) = self.certificates.set_local(&local, &own_addresses()) {
            log::warn!("local certificates could not be made: {}", host::chain(&error));
        }
        let records = |domain: &Domain| {
            let records = Records {
                proof: proofs.get(domain)?.clone(),
                clock: Arc::clone(&self.clock),
                lookup: self.outside.asks(),
            };
            Some(Arc::new(records) as Arc<dyn DnsRecords>)
        };
        let subjects = outside::subjects(public, &domains, records);
        let proved = public.iter().filter(|name| proofs.contains_key(&name.domain));
        self.outside
            .set_proved(proved.map(|name| name.name.clone()).collect());
        self.certificates.hold(&self.outside.held(public));
        self.certificates.set_subjects(&subjects);
        outside::changed(self);
        (lock(&self.announced))(&local);
        Ok(())
    }

    /// How the board is now.
    pub fn readings(&self) -> Readings {
        (self.sensors)()
    }
}

/// Sensors that measure this machine.
pub fn machine_sensors(data: PathBuf) -> ReadSensors {
    let sensors = Mutex::new(Sensors::new());
    Arc::new(move || lock(&sensors).read(&data))
}

/// The board's own addresses, for certificates of those who open it by number.
fn own_addresses() -> BTreeSet<IpAddr> {
    host::sensors::addresses().into_iter().collect()
}
