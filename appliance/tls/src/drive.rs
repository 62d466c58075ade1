// SPDX-License-Identifier: AGPL-3.0-or-later
//! Keeps certificates current: finds what is due, orders one at a time, writes down what came of it.

use crate::{
    account,
    authority::EARLIEST,
    ca::{self, Client, ask},
    certificates::{Inner, State},
    challenge::Way,
    dns::Subject,
    domains::{Advice, Entry},
    leaf::Leaf,
    order::{Failure, Order, Witness},
    problem::{self, Problem, ProblemKind},
    schedule::{self, Decision},
    settings::AcmeSettings,
};
use instant_acme::{Account, CertificateIdentifier};
use rustls::pki_types::CertificateDer;
use std::{sync::Mutex, time::Duration};
use tokio::time::Instant;
use types::{Domain, Timestamp};

/// How long to sleep at most: the wall clock may be set while we sleep.
const NAP: Duration = Duration::from_mins(1);

/// How often the CA is asked what it says of itself while it does not answer.
const FACTS: Duration = Duration::from_mins(10);
/// The CA is asked this often when to renew, unless it says otherwise (RFC 9773 section 4.3.2).
const ADVICE: Duration = Duration::from_hours(24);

/// A clock that runs away by more seconds than this was set.
const SET: i64 = 5;

/// Notices that the clock was set while the board runs: a moment by the clock, and the same by one that only goes on.
struct Anchor {
    clock: Timestamp,
    moment: Instant,
}

impl Anchor {
    fn at(clock: Timestamp) -> Self {
        Self {
            clock,
            moment: Instant::now(),
        }
    }

    /// By how many seconds the clock, which says `now`, was set since.
    fn set_by(&self, now: Timestamp) -> Option<i64> {
        let by = now.0 - self.clock.plus(self.moment.elapsed()).0;
        (by.abs() > SET).then_some(by)
    }
}

/// What is to be done next.
enum Next {
    Order(Box<Job>),
    /// Ask the CA what it says of itself.
    Facts {
        settings: AcmeSettings,
        version: u64,
    },
    /// Ask the CA when a certificate should be renewed.
    Advice(Box<Job>),
    Sleep(Duration),
}

/// What an order is placed for.
struct Job {
    subject: Subject,
    way: Way,
    settings: AcmeSettings,
    version: u64,
    /// The certificate at hand, when the CA knows of replacing (RFC 9773).
    replaces: Option<CertificateIdentifier<'static>>,
    /// Where it is tried first.
    rehearse_at: Option<String>,
}

/// Accounts that are open, with the version of the settings they were opened for.
#[derive(Default)]
struct Accounts {
    real: Option<(u64, Account)>,
    rehearsal: Option<(u64, Account)>,
}

impl Inner {
    pub(crate) async fn drive(&self) {
        let mut account = Accounts::default();
        let mut anchor = Anchor::at((self.clock)());
        loop {
            self.follow_clock(&mut anchor);
            if self.local_is_due()
                && let Err(error) = self.refresh_local()
            {
                log::error!("renewing local certificates: {error}");
            }
            if let Err(error) = self.succeed_if_due() {
                log::error!("changing over to another local authority: {error}");
            }
            match self.next() {
                Next::Sleep(pause) => {
                    tokio::select! {
                        () = self.wake.notified() => {}
                        () = tokio::time::sleep(pause) => self.publish_if_expired(),
                    }
                }
                Next::Facts { settings, version } => self.ask_facts(&settings, version).await,
                Next::Advice(job) => self.ask_advice(&job, &mut account).await,
                Next::Order(job) => {
                    self.changed();
                    let ended = tokio::select! {
                        result = self.order(&job, &mut account) => Some(result),
                        () = self.not_wanted(&job.subject.domain, job.version) => None,
                    };
                    if let Some(result) = ended {
                        self.record(&job, result, &mut account);
                    }
                    self.state().ordering = None;
                    self.publish();
                }
            }
        }
    }

    /// What was tried counts by how long ago it was, not by what the clock said: a clock that was wrong and is set right
    /// must not lead to more than a CA allows.
    fn follow_clock(&self, anchor: &mut Anchor) {
        let now = (self.clock)();
        let Some(by) = anchor.set_by(now) else {
            return;
        };
        log::info!("the clock was set by {by} s");
        *anchor = Anchor::at(now);
        let mut state = self.state();
        for (domain, entry) in &mut state.domains {
            for history in entry.record.histories.values_mut() {
                history.clock_was_set(by);
            }
            if let Err(error) = entry.save(&self.store, domain) {
                log::error!("{error}");
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
            facts,
            facts_pause,
            ..
        } = &mut *state;
        let (settings, version) = (acme.clone(), *acme_version);
        let knows = facts.as_ref().is_some_and(|(asked, _)| *asked == version);
        let mut ask_facts = || {
            let due = !knows && facts_pause.is_none_or(|pause| pause <= now || pause > now.plus(FACTS));
            if due {
                *facts_pause = Some(now.plus(FACTS));
            }
            due
        };
        // Before a person has agreed, another CA than the usual one is asked where its terms are.
        if !acme.enabled && !domains.is_empty() && !acme.is_usual() && ask_facts() {
            return Next::Facts { settings, version };
        }
        if !acme.enabled {
            return Next::Sleep(NAP);
        }
        let advises = facts.as_ref().is_some_and(|(_, facts)| facts.renewal_info);
        let mut sleep = NAP;
        let mut due = None;
        for (domain, entry) in &mut *domains {
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
                    if due.as_ref().is_none_or(|(best, _)| rank < *best) {
                        due = Some((rank, domain.clone()));
                    }
                }
                Decision::Wait { until } => sleep = sleep.min(until.since(now)),
            }
        }
        let job = |entry: &mut Entry| {
            let history = entry.history(&settings.directory);
            let (way, failures) = (schedule::way(history), history.failures);
            let first = entry.leaf.is_none() && entry.record.issued_by.is_none();
            let ours = entry.record.issued_by.as_ref() == Some(&settings.directory);
            let replaces = entry.leaf.as_ref().filter(|_| advises && ours && failures == 0);
            Box::new(Job {
                subject: entry.subject.clone(),
                way,
                version,
                replaces: replaces.and_then(identify),
                rehearse_at: settings
                    .staging
                    .clone()
                    .filter(|staging| first && entry.record.rehearsed.as_ref() != Some(staging)),
                settings: settings.clone(),
            })
        };
        let has_ours = domains.values().any(|entry| entry.is_good(&acme.directory, now));
        if (due.is_some() || has_ours) && ask_facts() {
            return Next::Facts { settings, version };
        }
        if let Some((_, domain)) = due
            && let Some(entry) = domains.get_mut(&domain)
        {
            *ordering = Some(domain);
            return Next::Order(job(entry));
        }
        let asks = domains
            .values_mut()
            .find(|entry| advises && entry.wants_advice(&acme.directory, now));
        match asks {
            Some(entry) => Next::Advice(job(entry)),
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

    /// A rehearsal, if one is due, then the order itself.
    async fn order(&self, job: &Job, accounts: &mut Accounts) -> Result<Leaf, Failure> {
        if (self.clock)() < EARLIEST {
            return Err(Failure::Clock("November 2026"));
        }
        if let Some(directory) = &job.rehearse_at {
            let settings = AcmeSettings {
                directory: directory.clone(),
                external_account: None,
                ..job.settings.clone()
            };
            match self.place(job, &settings, &mut accounts.rehearsal, true).await {
                Ok(_) => self.rehearsed(job, directory)?,
                // The rehearsal is there to find what is wrong here. What is wrong there must not keep a name waiting.
                Err(failure) if problem::diagnose(&failure, (self.clock)()).kind.is_of_the_ca() => {
                    log::warn!("no rehearsal for {}: {failure}", job.subject.domain);
                }
                Err(failure) => return Err(failure),
            }
        }
        self.place(job, &job.settings, &mut accounts.real, false).await
    }

    fn rehearsed(&self, job: &Job, directory: &str) -> Result<(), Failure> {
        let mut state = self.state();
        if let Some(entry) = state.domains.get_mut(&job.subject.domain) {
            log::info!("the rehearsal for {} succeeded", job.subject.domain);
            entry.record.rehearsed = Some(directory.to_owned());
            entry.save(&self.store, &job.subject.domain)?;
        }
        Ok(())
    }

    async fn place(
        &self,
        job: &Job,
        settings: &AcmeSettings,
        account: &mut Option<(u64, Account)>,
        rehearsal: bool,
    ) -> Result<Leaf, Failure> {
        let account = self.account(job.version, settings, account).await?;
        let order = Order {
            account,
            store: &self.store,
            challenges: &self.challenges,
            subject: &job.subject,
            way: job.way,
            replaces: job.replaces.clone().filter(|_| !rehearsal),
            rehearsal,
            made: Mutex::default(),
        };
        let mut scribe = Scribe {
            inner: self,
            domain: &job.subject.domain,
            directory: &settings.directory,
        };
        order.place(&mut scribe).await
    }

    async fn account<'a>(
        &self,
        version: u64,
        settings: &AcmeSettings,
        open: &'a mut Option<(u64, Account)>,
    ) -> Result<&'a Account, Failure> {
        if open.as_ref().is_none_or(|(made_for, _)| *made_for != version) {
            let client = Client::new(settings, &self.clock)?;
            *open = Some((version, account::open(&self.store, settings, &client).await?));
        }
        let opened = open.as_ref().map(|(_, account)| account);
        opened.ok_or_else(|| Failure::Other("no account".into()))
    }

    /// Asks the CA what it says of itself. When it does not answer, it is asked again later.
    async fn ask_facts(&self, settings: &AcmeSettings, version: u64) {
        match ca::facts(settings, &self.clock).await {
            Ok(facts) => {
                self.state().facts = Some((version, facts));
                self.changed();
            }
            Err(failure) => log::debug!("{} does not say what it is: {failure}", settings.directory),
        }
    }

    /// Asks the CA when it advises to renew (RFC 9773 section 4.2), and picks a moment in its window that stays the
    /// same for the name.
    async fn ask_advice(&self, job: &Job, accounts: &mut Accounts) {
        let now = (self.clock)();
        let advice = match (
            &job.replaces,
            self.account(job.version, &job.settings, &mut accounts.real).await,
        ) {
            (Some(certificate), Ok(account)) => ask!(account.renewal_info(certificate)).ok(),
            _ => None,
        };
        let mut state = self.state();
        let Some(entry) = state.domains.get_mut(&job.subject.domain) else {
            return;
        };
        let before = entry.record.advice;
        entry.record.advice = Some(match advice {
            Some((info, again)) => {
                let start = info.suggested_window.start.unix_timestamp();
                let length = info
                    .suggested_window
                    .end
                    .unix_timestamp()
                    .saturating_sub(start)
                    .max(0);
                let length = Duration::from_secs(u64::try_from(length).unwrap_or(0));
                let within = length.mul_f64(schedule::fraction(entry.jitter()));
                Advice {
                    renew: Some(Timestamp(start).plus(within)),
                    ask: now.plus(again.clamp(Duration::from_mins(1), ADVICE)),
                }
            }
            // Not told: what was told before counts, else two thirds.
            None => Advice {
                renew: before.and_then(|advice| advice.renew),
                ask: now.plus(ADVICE / 4),
            },
        });
        if before.and_then(|advice| advice.renew) == entry.record.advice.and_then(|advice| advice.renew) {
            return;
        }
        if let Err(error) = entry.save(&self.store, &job.subject.domain) {
            log::error!("{error}");
        }
        drop(state);
        self.changed();
    }

    /// Writes down how an order ended.
    fn record(&self, job: &Job, result: Result<Leaf, Failure>, accounts: &mut Accounts) {
        let now = (self.clock)();
        let (domain, settings) = (&job.subject.domain, &job.settings);
        let problem = result.as_ref().err().map(|failure| {
            let mut found = problem::diagnose(failure, now);
            if job.subject.dns.is_some() {
                found.kind = found.kind.of_dns();
            }
            if found.kind == ProblemKind::AccountRefused {
                for directory in [Some(&settings.directory), job.rehearse_at.as_ref()]
                    .into_iter()
                    .flatten()
                {
                    if let Err(error) = account::forget(&self.store, directory) {
                        log::error!("forgetting the account: {error}");
                    }
                }
            }
            // Whatever it was, the next order looks at the directory anew.
            *accounts = Accounts::default();
            found
        });
        let mut state = self.state();
        let Some(entry) = state.domains.get_mut(domain) else {
            return;
        };
        match (result, problem) {
            (Ok(leaf), _) => {
                log::info!("certificate for {domain} issued by {}", leaf.issuer);
                entry.take(leaf, &settings.directory, now);
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

    /// Takes certificates out of service that have expired meanwhile, or puts them back when the clock was set; and
    /// keeps what browsers are promised current.
    fn publish_if_expired(&self) {
        let now = (self.clock)();
        let servable = self
            .state()
            .domains
            .values()
            .filter(|entry| entry.servable(now).is_some())
            .count();
        if self.served_domains() != servable || !self.promises_are_current() {
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

/// How a CA calls a certificate when it is asked about it.
fn identify(leaf: &Leaf) -> Option<CertificateIdentifier<'static>> {
    let certificate: &CertificateDer<'_> = leaf.key.cert.first()?;
    let found = CertificateIdentifier::try_from(certificate).ok()?;
    Some(found.into_owned())
}

/// Spreads retries. Without randomness they are merely not spread.
fn random() -> u32 {
    let mut bytes = [0; 4];
    let _ = getrandom::fill(&mut bytes);
    u32::from_ne_bytes(bytes)
}

#[cfg(test)]
mod tests;
