// SPDX-License-Identifier: AGPL-3.0-or-later
//! The whole of it: what the supervisor holds.

use crate::{
    AcmeSettings, CertificateState, CertificateStatus, Clock, Source, TlsError,
    authority::LocalAuthority,
    ca::CaFacts,
    challenge::Challenges,
    dns::Subject,
    domains::Entry,
    leaf::{self, Leaf},
    resolver::{Resolver, Table},
    schedule::Decision,
    store::CertificateStore,
    strict::Promise,
    succession::Succession,
};
use arc_swap::ArcSwap;
use http::HeaderValue;
use rustls::{ServerConfig, crypto::ring};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, watch};
use types::{BoardName, Domain, Timestamp};

/// File of the certificate for those who come by address.
const ADDRESSES: &str = "addresses";
const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// What [`Certificates`] is made of.
#[derive(Clone)]
pub struct Parts {
    /// Folder for keys and certificates; made private.
    pub folder: PathBuf,
    /// The board's name: `<board>.local`, and part of the local authority's name when that is made.
    pub board: BoardName,
    /// Tells the time.
    pub clock: Clock,
    /// ACME settings to begin with.
    pub acme: AcmeSettings,
}

/// All certificates of a board. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Certificates {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) clock: Clock,
    /// Files of ACME: accounts, certificates, records.
    pub(crate) store: CertificateStore,
    pub(crate) challenges: Arc<Challenges>,
    /// Something changed that may need an order, or end one.
    pub(crate) wake: Notify,
    /// The folder of all of it.
    pub(crate) root: CertificateStore,
    pub(crate) authority: ArcSwap<LocalAuthority>,
    pub(crate) succession: Mutex<Succession>,
    resolver: Arc<Resolver>,
    config: Arc<ServerConfig>,
    changes: watch::Sender<u64>,
    state: Mutex<State>,
    served: Mutex<usize>,
}

pub(crate) struct State {
    pub(crate) acme: AcmeSettings,
    /// Counts up with each change of `acme`.
    pub(crate) acme_version: u64,
    pub(crate) domains: BTreeMap<Domain, Entry>,
    /// The one that is being ordered.
    pub(crate) ordering: Option<Domain>,
    /// Those that do not lead here yet.
    pub(crate) held: BTreeSet<Domain>,
    /// What the CA says of itself, and for which version of the settings it was asked.
    pub(crate) facts: Option<(u64, CaFacts)>,
    /// Not to be asked what it is before.
    pub(crate) facts_pause: Option<Timestamp>,
    local: Local,
}

/// What the local authority certifies.
struct Local {
    board: BoardName,
    /// The board's own `.local` name: on the certificate of those who name no host.
    own: String,
    names: BTreeSet<String>,
    addresses: BTreeSet<IpAddr>,
    /// For clients that name no host, or one that has no certificate.
    otherwise: Leaf,
    by_name: BTreeMap<String, Leaf>,
}

impl Certificates {
    /// Loads what is stored, makes the local authority and the board's own certificate if they are missing.
    /// Serves at once; orders start with [`Self::run`]. Reads and writes files.
    ///
    /// # Errors
    /// When the folder cannot be used. Damaged files in it are made anew and logged.
    pub fn open(parts: Parts) -> Result<Self, TlsError> {
        let store = CertificateStore::open(parts.folder)?;
        let now = (parts.clock)();
        let authority = LocalAuthority::open(&store, &parts.board, now)?;
        let own = format!("{}.local", parts.board);
        // Before anybody has told which addresses the board has, it has those of last time: a certificate that is
        // made anew at each start would be a stranger to every browser at each start.
        let mut addresses = authority.stored_addresses(ADDRESSES);
        addresses.extend(LOOPBACK);
        let local = Local {
            otherwise: otherwise(&authority, &own, &addresses, now)?,
            names: BTreeSet::from([own.clone()]),
            by_name: BTreeMap::new(),
            board: parts.board,
            own,
            addresses,
        };
        let challenges = Arc::new(Challenges::default());
        let first = Table {
            by_name: [].into(),
            wildcards: [].into(),
            promises: [].into(),
            otherwise: Arc::clone(&local.otherwise.key),
        };
        let resolver = Arc::new(Resolver::new(first, Arc::clone(&challenges)));
        let state = State {
            acme: parts.acme,
            acme_version: 0,
            domains: BTreeMap::new(),
            ordering: None,
            held: BTreeSet::new(),
            facts: None,
            facts_pause: None,
            local,
        };
        let inner = Inner {
            clock: parts.clock,
            store: store.below("acme")?,
            challenges,
            wake: Notify::new(),
            succession: Mutex::new(Succession::load(&store, authority.ca_pem())?),
            authority: ArcSwap::from_pointee(authority),
            root: store,
            config: server_config(Arc::clone(&resolver))?,
            resolver,
            changes: watch::Sender::new(0),
            state: Mutex::new(state),
            served: Mutex::new(0),
        };
        inner.refresh_local()?;
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The one TLS configuration of the board: resolver, ALPN `h2`, `http/1.1`, `acme-tls/1`, session tickets.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.inner.config)
    }

    /// Sets the names and addresses that the local authority certifies: `<board>.local` and
    /// `<service>-<board>.local`, and the board's own addresses. Each name has a certificate of its own, so that an
    /// exception a member made in a browser survives when a service is added. Loopback is always there; names that
    /// are not `.local` and addresses outside the private ranges are left out. Takes effect at once; connections
    /// that are open stay. Writes files.
    ///
    /// # Errors
    /// When a certificate cannot be made or stored; what was in force stays.
    pub fn set_local(&self, names: &BTreeSet<String>, addresses: &BTreeSet<IpAddr>) -> Result<(), TlsError> {
        {
            let mut state = self.inner.state();
            let own = state.local.own.clone();
            state.local.names = names.iter().cloned().chain([own]).collect();
            state.local.addresses = addresses.iter().copied().collect();
            state.local.addresses.extend(LOOPBACK);
        }
        self.inner.refresh_local()
    }

    /// Gives the board another name. The local authority keeps the one it was made with.
    ///
    /// # Errors
    /// When a certificate cannot be made or stored; what was in force stays.
    pub fn set_board(&self, board: &BoardName) -> Result<(), TlsError> {
        {
            let mut state = self.inner.state();
            let old = std::mem::replace(&mut state.local.own, format!("{board}.local"));
            state.local.board = board.clone();
            let own = state.local.own.clone();
            state.local.names.remove(&old);
            state.local.names.insert(own);
        }
        self.inner.refresh_local()
    }

    /// Sets the domains for which a certificate is kept by ACME. A domain that is gone is not served any more; its
    /// certificate stays on disk for when it comes back. Reads files.
    pub fn set_domains(&self, domains: &[Domain]) {
        let subjects: Vec<Subject> = domains.iter().cloned().map(Subject::plain).collect();
        self.set_subjects(&subjects);
    }

    /// The same, with wildcards and names that are proved by DNS. Names that a wildcard covers need no certificate of
    /// their own; they are left out by the caller.
    pub fn set_subjects(&self, subjects: &[Subject]) {
        {
            let mut state = self.inner.state();
            let wanted: BTreeMap<&Domain, &Subject> = subjects
                .iter()
                .map(|subject| (&subject.domain, subject))
                .collect();
            state.domains.retain(|domain, entry| {
                // Another certificate is needed when it shall cover more or less.
                wanted
                    .get(domain)
                    .is_some_and(|subject| subject.wildcard == entry.subject.wildcard)
            });
            for (domain, subject) in wanted {
                if let Some(entry) = state.domains.get_mut(domain) {
                    entry.subject = subject.clone();
                } else {
                    let entry = Entry::load(&self.inner.store, subject.clone());
                    state.domains.insert(domain.clone(), entry);
                }
            }
        }
        self.inner.publish();
        self.inner.wake.notify_one();
    }

    /// Sets the domains for which nothing is ordered yet, because DNS does not lead them here. A certificate at hand is
    /// served and renewed all the same.
    pub fn hold(&self, held: &BTreeSet<Domain>) {
        {
            let mut state = self.inner.state();
            if state.held == *held {
                return;
            }
            state.held.clone_from(held);
        }
        self.inner.changed();
        self.inner.wake.notify_one();
    }

    /// Sets another CA, or switches orders off or on. Certificates at hand stay served until the new CA's are there.
    pub fn set_acme(&self, settings: AcmeSettings) {
        {
            let mut state = self.inner.state();
            if state.acme == settings {
                return;
            }
            state.acme = settings;
            state.acme_version += 1;
            state.facts_pause = None;
        }
        self.inner.changed();
        self.inner.wake.notify_one();
    }

    /// The ACME settings in force.
    pub fn acme(&self) -> AcmeSettings {
        self.inner.state().acme.clone()
    }

    /// What the CA in force says of itself, once it was asked. It is asked when there is a domain.
    pub fn authority(&self) -> Option<CaFacts> {
        let state = self.inner.state();
        let facts = state
            .facts
            .as_ref()
            .filter(|(version, _)| *version == state.acme_version);
        facts.map(|(_, facts)| facts.clone())
    }

    /// The name by which CAA records mean the CA in force, where it is known.
    pub fn caa_issuer(&self) -> Option<String> {
        let told = self.authority().and_then(|facts| facts.caa.into_iter().next());
        told.or_else(|| self.acme().caa_issuer())
    }

    /// Forgets the waiting time of a domain (not the limits): a person says it is mended.
    pub fn retry_now(&self, domain: &Domain) {
        {
            let mut state = self.inner.state();
            let directory = state.acme.directory.clone();
            if let Some(entry) = state.domains.get_mut(domain) {
                entry.history(&directory).retry_now();
            }
        }
        self.inner.changed();
        self.inner.wake.notify_one();
    }

    /// Every name, what is served for it and how it stands: first the domains, then the local names, last what
    /// clients get who name no host.
    pub fn status(&self) -> Vec<CertificateStatus> {
        let now = (self.inner.clock)();
        let mut state = self.inner.state();
        let State {
            acme,
            domains,
            ordering,
            held,
            local,
            ..
        } = &mut *state;
        let mut all = Vec::with_capacity(domains.len() + local.by_name.len() + 1);
        for (domain, entry) in domains {
            let certificate_state = if ordering.as_ref() == Some(domain) {
                CertificateState::Ordering
            } else if !acme.enabled {
                CertificateState::Off
            } else {
                match entry.decide(&acme.directory, now) {
                    _ if entry.is_good(&acme.directory, now) => CertificateState::Issued,
                    _ if entry.leaf.is_none() && held.contains(domain) => CertificateState::Held,
                    Decision::Wait { until } => CertificateState::Waiting { until },
                    Decision::Order => CertificateState::Waiting { until: now },
                }
            };
            let (source, leaf) = match entry.servable(now) {
                Some(leaf) => (Source::Acme, leaf),
                None => (Source::Local, &local.otherwise),
            };
            let mut status = describe(domain.as_str(), source, leaf, certificate_state);
            status.renewal = entry.renewal(&acme.directory);
            if let Promise::For(time) = entry.promise(acme.enabled, now) {
                status.strict = Some(time.as_secs());
            }
            status.attempts = entry.history(&acme.directory).failures;
            status.last_problem.clone_from(&entry.record.problem);
            for name in &entry.subject.under {
                all.push(CertificateStatus {
                    name: name.to_string(),
                    ..status.clone()
                });
            }
            all.push(status);
        }
        let locals = local.by_name.iter().map(|(name, leaf)| (name.as_str(), leaf));
        for (name, leaf) in locals.chain([("", &local.otherwise)]) {
            all.push(describe(name, Source::Local, leaf, CertificateState::Issued));
        }
        all
    }

    /// Private key and chain, leaf first, in PEM, of what is served under `name`: for a service that speaks TLS itself.
    /// `None` for a local name that was not set yet. Reads a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn handed(&self, name: &str) -> Result<Option<Vec<u8>>, TlsError> {
        let now = (self.inner.clock)();
        let state = self.inner.state();
        let serves = |domain: &Domain, entry: &Entry| {
            let leaf = entry.servable(now);
            let wildcard = name
                .split_once('.')
                .is_some_and(|(_, above)| above == domain.as_str());
            leaf.is_some_and(|leaf| {
                domain.as_str() == name || (wildcard && leaf.is_for(&format!("*.{domain}")))
            })
        };
        let mut domains = state.domains.iter();
        if let Some((domain, _)) = domains.find(|(domain, entry)| serves(domain, entry)) {
            return self.inner.store.read(&format!("{domain}.pem"));
        }
        if state.local.by_name.contains_key(name) {
            return self.inner.authority.load().stored(name);
        }
        if crate::authority::is_local(name) {
            return Ok(None);
        }
        self.inner.authority.load().stored(ADDRESSES)
    }

    /// Counts up with each change of [`Self::status`].
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// The answer to an HTTP-01 challenge (RFC 8555 section 8.3), while one is open.
    pub fn http_01_key_authorization(&self, token: &str) -> Option<String> {
        self.inner.challenges.answer(token)
    }

    /// Whether this certificate (DER) is what is served for a name.
    pub fn is_served(&self, name: &str, shown: &[u8]) -> bool {
        let served = self.inner.resolver.served(name);
        served
            .cert
            .first()
            .is_some_and(|certificate| certificate.as_ref() == shown)
    }

    /// What browsers are to be told of a name in every answer over TLS, as the value of `Strict-Transport-Security`:
    /// see the module `strict`. Cheap.
    pub fn strict_transport(&self, name: &str) -> Option<HeaderValue> {
        self.inner.resolver.promise(name)
    }

    /// The local authority's certificate (PEM), to be installed by members.
    pub fn ca_pem(&self) -> String {
        self.inner.authority.load().ca_pem().to_owned()
    }

    /// When the local authority's certificate ends; `None` when it cannot be read.
    pub fn ca_not_after(&self) -> Option<Timestamp> {
        leaf::not_after(self.inner.authority.load().ca_pem())
    }

    /// Keeps all certificates current; never returns. To be spawned once.
    pub async fn run(self) {
        self.inner.drive().await;
    }
}

impl Inner {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the board is called.
    pub(crate) fn board(&self) -> BoardName {
        self.state().local.board.clone()
    }

    /// Tells those who watch.
    pub(crate) fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Puts in force what the state says is to be served, and tells.
    pub(crate) fn publish(&self) {
        let now = (self.clock)();
        let state = self.state();
        let mut by_name = HashMap::new();
        for (name, leaf) in &state.local.by_name {
            by_name.insert(name.as_str().into(), Arc::clone(&leaf.key));
        }
        let mut wildcards = HashMap::new();
        let mut served = 0;
        for (domain, entry) in &state.domains {
            if let Some(leaf) = entry.servable(now) {
                served += 1;
                by_name.insert(domain.as_str().into(), Arc::clone(&leaf.key));
                if leaf.is_for(&format!("*.{domain}")) {
                    wildcards.insert(domain.as_str().into(), Arc::clone(&leaf.key));
                }
            }
        }
        self.resolver.publish(Table {
            by_name,
            wildcards,
            promises: promises(&state, now),
            otherwise: Arc::clone(&state.local.otherwise.key),
        });
        *self.served.lock().unwrap_or_else(PoisonError::into_inner) = served;
        drop(state);
        self.changed();
    }

    /// Whether browsers are promised what they should be.
    pub(crate) fn promises_are_current(&self) -> bool {
        let wanted = promises(&self.state(), (self.clock)());
        self.resolver.promises_are(&wanted)
    }

    /// How many domains are served with a certificate of their own.
    pub(crate) fn served_domains(&self) -> usize {
        *self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes or renews what the local authority certifies. Cheap when nothing is due.
    pub(crate) fn refresh_local(&self) -> Result<(), TlsError> {
        let now = (self.clock)();
        let mut state = self.state();
        let local = &mut state.local;
        let authority = self.authority.load_full();
        let fresh = otherwise(&authority, &local.own, &local.addresses, now)?;
        let mut by_name = BTreeMap::new();
        for name in local.names.iter().filter(|name| crate::authority::is_local(name)) {
            let leaf = authority.leaf(name, &BTreeSet::from([name.clone()]), &BTreeSet::new(), now)?;
            by_name.insert(name.clone(), leaf);
        }
        local.otherwise = fresh;
        local.by_name = by_name;
        drop(state);
        self.publish();
        Ok(())
    }

    /// Whether a local certificate is due.
    pub(crate) fn local_is_due(&self) -> bool {
        let now = (self.clock)();
        let state = self.state();
        let mut leaves = state.local.by_name.values().chain([&state.local.otherwise]);
        leaves.any(|leaf| crate::authority::is_due(&leaf.validity, now))
    }
}

/// What browsers are promised of each name (RFC 6797): never of a local one.
fn promises(state: &State, now: Timestamp) -> HashMap<Box<str>, HeaderValue> {
    let mut promises = HashMap::new();
    for (domain, entry) in &state.domains {
        if let Some(header) = entry.promise(state.acme.enabled, now).header() {
            for name in entry.subject.under.iter().chain([domain]) {
                promises.insert(name.as_str().into(), header.clone());
            }
        }
    }
    promises
}

/// The certificate for those who name no host: they came by address.
fn otherwise(
    authority: &LocalAuthority,
    own: &str,
    addresses: &BTreeSet<IpAddr>,
    now: Timestamp,
) -> Result<Leaf, TlsError> {
    let names = BTreeSet::from([own.to_owned(), "localhost".to_owned()]);
    authority.leaf(ADDRESSES, &names, addresses, now)
}

fn describe(name: &str, source: Source, leaf: &Leaf, state: CertificateState) -> CertificateStatus {
    CertificateStatus {
        name: name.to_owned(),
        source,
        covers: leaf.covers.clone(),
        issuer: leaf.issuer.clone(),
        not_before: leaf.validity.not_before,
        not_after: leaf.validity.not_after,
        renewal: None,
        strict: None,
        state,
        last_problem: None,
        attempts: 0,
    }
}

fn server_config(resolver: Arc<Resolver>) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    config.alpn_protocols = [&b"h2"[..], b"http/1.1", b"acme-tls/1"]
        .map(<[u8]>::to_vec)
        .into();
    config.ticketer = ring::Ticketer::new()?;
    Ok(Arc::new(config))
}
