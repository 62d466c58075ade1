// SPDX-License-Identifier: AGPL-3.0-or-later
//! Keeps certificates current: finds what is due, orders one at a time, writes down what came of it.

use crate::{
    account::{self, OpenAccount},
    authority::EARLIEST,
    ca,
    certificates::{Inner, State},
    challenge::Way,
    leaf::Leaf,
    order::{Failure, Order, Witness},
    problem::{self, Problem, ProblemKind},
    schedule::{self, Decision},
    settings::AcmeSettings,
};
use std::time::Duration;
use types::{Domain, Timestamp};

/// How long to sleep at most: the wall clock may be set while we sleep.
const NAP: Duration = Duration::from_mins(1);

/// What is to be done next.
enum Next {
    Order {
        domain: Domain,
        way: Way,
        settings: AcmeSettings,
        version: u64,
    },
    Sleep(Duration),
}

impl Inner {
    pub(crate) async fn drive(&self) {
        let mut account = None;
        loop {
            if self.local_is_due()
                && let Err(error) = self.refresh_local()
            {
                log::error!("renewing local certificates: {error}");
            }
            match self.next() {
                Next::Sleep(pause) => {
                    tokio::select! {
                        () = self.wake.notified() => {}
                        () = tokio::time::sleep(pause) => self.publish_if_expired(),
                    }
                }
                Next::Order {
                    domain,
                    way,
                    settings,
                    version,
                } => {
                    self.changed();
                    let ended = tokio::select! {
                        result = self.order(&domain, way, &settings, &mut account, version) => Some(result),
                        () = self.not_wanted(&domain, version) => None,
                    };
                    if let Some(result) = ended {
                        self.record(&domain, &settings, result, &mut account);
                    }
                    self.state().ordering = None;
                    self.publish();
                }
            }
        }
    }

    /// The domain that has waited longest past its time, or how long there is nothing to do.
    fn next(&self) -> Next {
        let now = (self.clock)();
        let mut state = self.state();
        let State {
            acme,
            acme_version,
            domains,
            ordering,
            held,
            ..
        } = &mut *state;
        if !acme.enabled {
            return Next::Sleep(NAP);
        }
        let mut sleep = NAP;
        let mut due = None;
        for (domain, entry) in domains {
            if entry.leaf.is_none() && held.contains(domain) {
                continue;
            }
            match entry.decide(&acme.directory, now) {
                Decision::Order => {
                    // Names without a certificate first, then those that failed least.
                    let rank = (
                        entry.servable(now).is_some(),
                        entry.history(&acme.directory).failures,
                    );
                    if due.as_ref().is_none_or(|(best, _, _)| rank < *best) {
                        due = Some((
                            rank,
                            domain.clone(),
                            schedule::way(entry.history(&acme.directory)),
                        ));
                    }
                }
                Decision::Wait { until } => sleep = sleep.min(until.since(now)),
            }
        }
        match due {
            Some((_, domain, way)) => {
                *ordering = Some(domain.clone());
                Next::Order {
                    domain,
                    way,
                    settings: acme.clone(),
                    version: *acme_version,
                }
            }
            // Times are cut to seconds: never sleep for none.
            None => Next::Sleep(sleep.max(Duration::from_secs(1))),
        }
    }

    /// Resolves when an order that is running has become pointless.
    async fn not_wanted(&self, domain: &Domain, version: u64) {
        loop {
            {
                let state = self.state();
                if state.acme_version != version || !state.domains.contains_key(domain) {
                    return;
                }
            }
            self.wake.notified().await;
        }
    }

    async fn order(
        &self,
        domain: &Domain,
        way: Way,
        settings: &AcmeSettings,
        account: &mut Option<(u64, OpenAccount)>,
        version: u64,
    ) -> Result<Leaf, Failure> {
        if (self.clock)() < EARLIEST {
            return Err(Failure::Clock("November 2026"));
        }
        let account = match account {
            Some((made_for, account)) if *made_for == version => account,
            _ => {
                let client = ca::client_config(settings)?;
                let opened = account::open(&self.store, settings, client).await?;
                &mut account.insert((version, opened)).1
            }
        };
        let order = Order {
            account,
            store: &self.store,
            challenges: &self.challenges,
            domain,
            way,
        };
        order
            .place(&mut Scribe {
                inner: self,
                domain,
                directory: &settings.directory,
            })
            .await
    }

    /// Writes down how an order ended.
    fn record(
        &self,
        domain: &Domain,
        settings: &AcmeSettings,
        result: Result<Leaf, Failure>,
        account: &mut Option<(u64, OpenAccount)>,
    ) {
        let now = (self.clock)();
        let problem = result.as_ref().err().map(|failure| {
            let found = problem::diagnose(failure);
            if found.kind == ProblemKind::AccountRefused
                && let Err(error) = account::forget(&self.store, settings)
            {
                log::error!("forgetting the account: {error}");
            }
            // Whatever it was, the next order looks at the directory anew.
            *account = None;
            found
        });
        let mut state = self.state();
        let Some(entry) = state.domains.get_mut(domain) else {
            return;
        };
        match (result, problem) {
            (Ok(leaf), _) => {
                log::info!("certificate for {domain} issued by {}", leaf.issuer);
                entry.history(&settings.directory).issued(now, &leaf.validity);
                entry.record.issued_by = Some(settings.directory.clone());
                entry.record.problem = None;
                entry.leaf = Some(leaf);
            }
            (Err(_), Some(found)) => {
                log::warn!("no certificate for {domain}: {}", found.detail);
                let history = entry.history(&settings.directory);
                history.failed(found.kind, now, found.retry_after, random());
                entry.record.problem = Some(Problem {
                    at: now,
                    kind: found.kind,
                    summary: problem::summary(found.kind, domain),
                    detail: found.detail,
                });
            }
            (Err(_), None) => {}
        }
        if let Err(error) = entry.save(&self.store, domain) {
            log::error!("{error}");
        }
    }

    /// Takes certificates out of service that have expired meanwhile, or puts them back when the clock was set.
    fn publish_if_expired(&self) {
        let now = (self.clock)();
        let servable = self
            .state()
            .domains
            .values()
            .filter(|entry| entry.servable(now).is_some())
            .count();
        if self.served_domains() != servable {
            self.publish();
        }
    }
}

/// Stores each validation before it begins: however often power fails, the limit holds.
struct Scribe<'a> {
    inner: &'a Inner,
    domain: &'a Domain,
    directory: &'a str,
}

impl Scribe<'_> {
    fn note(&self, write: impl FnOnce(&mut schedule::History, Timestamp)) -> Result<(), Failure> {
        let now = (self.inner.clock)();
        let mut state = self.inner.state();
        match state.domains.get_mut(self.domain) {
            Some(entry) => {
                write(entry.history(self.directory), now);
                Ok(entry.save(&self.inner.store, self.domain)?)
            }
            None => Err(Failure::Other("the name was removed".into())),
        }
    }
}

impl Witness for Scribe<'_> {
    fn validation_begins(&mut self) -> Result<(), Failure> {
        self.note(schedule::History::validation_begins)
    }

    fn validation_succeeded(&mut self) -> Result<(), Failure> {
        self.note(|history, _| history.validation_succeeded())
    }
}

/// Spreads retries. Without randomness they are merely not spread.
fn random() -> u32 {
    let mut bytes = [0; 4];
    let _ = getrandom::fill(&mut bytes);
    u32::from_ne_bytes(bytes)
}
