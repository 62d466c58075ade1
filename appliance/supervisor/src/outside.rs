// SPDX-License-Identifier: AGPL-3.0-or-later
//! How the board is reached from outside: which records each name needs and whether they are there, the public
//! address, open ports, the name that follows the address.
//!
//! What decides is pure and in the crate `reach`; here is what a steward chose, what was seen, and the loop.

mod choice;
mod dynamic;
mod names;
mod ports;
mod proof;
mod registration;
mod watch;

pub use choice::{Choice, Dynamic, Settings, Tsig, check};
pub use names::{DomainView, NameView, RecordView, view};
pub use ports::{PortView, view as port_views};
pub use proof::{Proof, ProofView, Records, check_proof, subjects};
pub use registration::{Registered, registered};
pub use watch::watch;

use crate::{App, app::lock, state::PublicName};
use reach::{
    Lookup, NameReport, NameState, Observation, Reachability, address,
    lookup::LookupSettings,
    outside::{Door, Port},
    records::{Addresses, Target},
    watch::Watch,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::sync::Notify;
use types::{Domain, Timestamp};

/// Whom the board may ask. Tests choose.
#[derive(Clone, Debug, Default)]
pub struct Questions {
    /// DNS; `None`: nobody, and every name counts as ready.
    pub dns: Option<LookupSettings>,
    /// The router, for its address and for open ports.
    pub router: bool,
}

impl Questions {
    /// Those of a real board.
    pub fn board() -> Self {
        Self {
            dns: Some(LookupSettings::default()),
            router: true,
        }
    }
}

type Knocking = Pin<Box<dyn Future<Output = Option<Port>> + Send>>;

/// Looks at a port of another board's front door, as [`reach::outside::knock`] does; a fake in tests.
pub type Knock = Arc<dyn Fn(Domain, Door) -> Knocking + Send + Sync>;

/// What is known of the way from outside.
pub struct Outside {
    questions: Questions,
    state: Mutex<State>,
    asked: Notify,
}

#[derive(Default)]
struct State {
    /// The system names no resolver.
    blind: bool,
    looks: BTreeMap<Domain, Look>,
    /// Names that are proved by a record: they need not lead here for that.
    proved: BTreeSet<Domain>,
    observations: Vec<Observation>,
    reachability: Option<Reachability>,
    /// When the address was last asked for.
    observed: Option<Timestamp>,
    /// What the last step at the router said, per port.
    ports: BTreeMap<u16, Result<(), String>>,
    /// Not to be asked before.
    ports_pause: Option<Timestamp>,
    registrations: registration::Registrations,
}

/// What was seen of a name.
#[derive(Clone, Debug, Default)]
struct Look {
    report: Option<NameReport>,
    watch: Watch,
    /// Top of its zone, once known.
    apex: Option<Domain>,
    /// It was ready once, or a person says it is.
    ready: bool,
}

impl Outside {
    /// Nothing is known yet.
    pub fn new(questions: Questions) -> Self {
        Self {
            questions,
            state: Mutex::default(),
            asked: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn lookup(&self) -> Option<Lookup> {
        let settings = self.questions.dns.clone()?;
        Lookup::new(settings)
            .inspect_err(|error| log::warn!("{error}"))
            .ok()
    }

    /// Names for which nothing is to be ordered yet: their records are not there.
    pub fn held(&self, names: &[PublicName]) -> BTreeSet<Domain> {
        if self.questions.dns.is_none() {
            return BTreeSet::new();
        }
        let state = self.state();
        // Where DNS does not answer the board at all, it does not know better than the authority.
        let is_silent = |look: &Look| {
            let state = look.report.as_ref().map(|report| &report.state);
            state == Some(&NameState::NoAnswer)
        };
        let is_ready = |name: &Domain| {
            let look = state.looks.get(name);
            state.blind
                || state.proved.contains(name)
                || look.is_some_and(|look| look.ready || is_silent(look))
        };
        let waiting = names.iter().filter(|name| !is_ready(&name.name));
        waiting.map(|name| name.name.clone()).collect()
    }

    /// Sets the names that are proved by a record in DNS.
    pub fn set_proved(&self, names: BTreeSet<Domain>) {
        self.state().proved = names;
    }

    /// Who is asked about DNS.
    pub fn asks(&self) -> Option<LookupSettings> {
        self.questions.dns.clone()
    }

    /// A person says that a name leads here: it is ordered at once, and the authority has the last word.
    pub fn trust(&self, name: &Domain) {
        self.state().looks.entry(name.clone()).or_default().ready = true;
    }

    /// Looks at a name again at once.
    pub fn look_now(&self, name: &Domain) {
        self.state()
            .looks
            .entry(name.clone())
            .or_default()
            .watch
            .restart();
        self.asked.notify_one();
    }

    /// Asks for everything anew: names, address, ports.
    pub fn look_at_all(&self) {
        {
            let mut state = self.state();
            for look in state.looks.values_mut() {
                look.watch.restart();
            }
            (state.observed, state.ports_pause) = (None, None);
        }
        self.asked.notify_one();
    }

    /// What was last seen of a name.
    pub fn report(&self, name: &Domain) -> Option<NameReport> {
        self.state().looks.get(name)?.report.clone()
    }

    /// When a name is looked at next.
    pub fn next_look(&self, name: &Domain, now: Timestamp) -> Option<Timestamp> {
        Some(self.state().looks.get(name)?.watch.next(now))
    }

    /// Whether and where the board can be reached, and who said so.
    pub fn reachability(&self) -> (Option<Reachability>, Vec<Observation>) {
        let state = self.state();
        (state.reachability, state.observations.clone())
    }

    /// The addresses that may be acted upon without a person.
    fn sure_addresses(&self) -> Addresses {
        let state = self.state();
        address::judge(&address::sure(&state.observations)).addresses()
    }

    /// Where names shall lead.
    pub fn target(&self, choice: &Choice) -> Target {
        let addresses = self.state().reachability.map(|found| found.addresses());
        Target {
            addresses: addresses.unwrap_or_default(),
            host: choice.dynamic.as_ref().map(|dynamic| dynamic.name().clone()),
        }
    }
}

/// Something that names depend on has changed: they are looked at, and what is ready is ordered.
pub fn changed(app: &App) {
    app.outside.asked.notify_one();
    app.rounds.soon();
}

/// Whether a name's records are there.
fn is_ready(report: &NameReport) -> bool {
    report.state == NameState::Ready
}
