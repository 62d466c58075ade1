// SPDX-License-Identifier: AGPL-3.0-or-later
//! The loop: observe, plan, apply, look again; until nothing is left to do.

use super::{
    apply::apply,
    plan::{Certificate, Plan, Wanted, wanted},
    probe,
    routes::{Serving, addresses, route_table},
    status::{Live, derive},
};
use crate::{
    App,
    app::{Seen, lock},
    catalogs::Loaded,
    openid,
    state::{Job, JobState, Result},
    views::ServiceState,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::Notify;
use types::{
    Active, Observed, Running, ServiceName, Timestamp,
    host::{HandedCertificate, HostReply, HostRequest},
};

/// Wakes the loop: something was asked for.
#[derive(Clone, Debug, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// Looks again at once.
    pub fn now(&self) {
        self.0.notify_one();
    }
}

/// While something is on its way.
const BUSY: Duration = Duration::from_millis(40);
/// While everything is as it should be: systemd keeps the services up by itself, so a glance is enough.
const IDLE: Duration = Duration::from_secs(15);
/// While a service fails: it is tried again by systemd, and members want to see it come back.
const FAILING: Duration = Duration::from_secs(2);
/// When the host process does not answer.
const UNREACHABLE: Duration = Duration::from_millis(500);
/// A running service is asked whether it is well this often, in seconds.
const PROBE_EVERY: u64 = 30;

/// The loop's memory. What it must not forget is in the database.
#[derive(Default)]
pub struct Driver {
    live: BTreeMap<ServiceName, Live>,
    unmounted: Timestamp,
}

/// What one turn knows.
struct Turn {
    wanted: BTreeMap<ServiceName, std::result::Result<Wanted, String>>,
    observed: Observed,
    catalogs: Arc<Loaded>,
    jobs: BTreeMap<ServiceName, Job>,
}

impl Driver {
    /// Runs for ever.
    pub async fn run(mut self, app: App) {
        loop {
            let pause = match self.turn(&app).await {
                Ok(pause) => pause,
                Err(reason) => {
                    log::warn!("{reason}");
                    UNREACHABLE
                }
            };
            let _ = tokio::time::timeout(pause, app.wake.0.notified()).await;
        }
    }

    /// One turn. Returns how long to wait for the next, unless something is asked for.
    async fn turn(&mut self, app: &App) -> std::result::Result<Duration, String> {
        let mut turn = look(app).await?;
        // A new request ends the wait after a failed step.
        for (service, job) in &turn.jobs {
            if let Some(live) = self.live.get_mut(service).filter(|_| job.step == "queued") {
                live.not_before = Timestamp::default();
                live.problem = None;
                app.data.try_again(service);
            }
        }
        let mut not_before: BTreeMap<ServiceName, Timestamp> = self
            .live
            .iter()
            .map(|(name, live)| (name.clone(), live.not_before))
            .collect();
        // Whoever copies or exchanges data has the service to itself.
        not_before.extend(
            app.data
                .held()
                .into_iter()
                .map(|name| (name, Timestamp(i64::MAX))),
        );
        let plan = Plan::new(&turn.wanted, &turn.observed, &not_before, app.now());
        if !plan.is_empty() {
            apply(app, &plan, &turn.jobs, &mut self.live).await;
            turn = look(app).await?;
        }
        self.unmount_unused(app, &turn, plan.is_empty()).await;
        self.probe(app, &turn).await;
        let states = self.states(app, &turn);
        publish(app, &turn, &states)
            .await
            .map_err(|error| host::chain(&error))?;
        let mut busy = self
            .jobs(app, &turn, &states)
            .await
            .map_err(|error| host::chain(&error))?;
        let any = |wanted: ServiceState| states.values().any(|(state, _)| *state == wanted);
        busy |= any(ServiceState::Starting);
        let failing = any(ServiceState::Failing);
        self.live.retain(|name, _| states.contains_key(name));
        Ok(if busy {
            BUSY
        } else if failing {
            FAILING
        } else {
            IDLE
        })
    }

    async fn unmount_unused(&mut self, app: &App, turn: &Turn, settled: bool) {
        let used = turn.wanted.values().flatten().flat_map(|wanted| &wanted.bundles);
        let used: std::collections::BTreeSet<_> = used.cloned().collect();
        let now = app.now();
        let due = now.since(self.unmounted) > Duration::from_mins(1) || self.unmounted > now;
        if settled && due && turn.observed.mounted.difference(&used).next().is_some() {
            self.unmounted = now;
            let _ = app.host.ask(HostRequest::UnmountUnused).await;
        }
    }

    /// Asks services that run, but have not answered from this rendering yet, or not lately.
    async fn probe(&mut self, app: &App, turn: &Turn) {
        let now = app.now();
        for (name, wanted) in &turn.wanted {
            let Ok(wanted) = wanted else { continue };
            let Some(entry) = turn.catalogs.entry(name, &wanted.input.entry) else {
                continue;
            };
            let Some(ready) = entry.manifest.main().and_then(|main| main.ready.as_ref()) else {
                continue;
            };
            let Some(listen) = entry.manifest.listen.get(&ready.listen) else {
                continue;
            };
            let live = self.live.entry(name.clone()).or_default();
            let unit = turn
                .observed
                .services
                .get(name)
                .and_then(|seen| seen.units.get("main"));
            // Only the process that was started from this rendering counts: while a restart is on its way, the old one may
            // still answer.
            let serves = |unit: &types::UnitState| {
                unit.active == Active::Active && unit.started_from.as_ref() == Some(&wanted.rendering)
            };
            if wanted.running == Running::Stopped || !unit.is_some_and(serves) {
                live.ready = None;
                continue;
            }
            let current = live.ready.as_ref() == Some(&wanted.rendering);
            if current && now.since(live.probed).as_secs() < PROBE_EVERY && live.probed <= now {
                continue;
            }
            live.probed = now;
            let socket = app.sockets.join(name.as_str()).join(&listen.socket);
            match probe::ask(&socket, ready).await {
                Ok(()) => {
                    live.ready = Some(wanted.rendering.clone());
                    live.unready = None;
                    live.starting_since = None;
                    live.failures = 0;
                }
                Err(reason) => {
                    live.ready = None;
                    live.unready = Some(reason);
                    live.starting_since.get_or_insert(now);
                }
            }
        }
    }

    fn states(&self, app: &App, turn: &Turn) -> BTreeMap<ServiceName, (ServiceState, String)> {
        let nothing = Live::default();
        let names = turn.wanted.keys().chain(turn.observed.services.keys());
        let state = |name: &ServiceName| {
            let wanted = turn.wanted.get(name);
            let limit = wanted
                .and_then(|wanted| turn.catalogs.entry(name, &wanted.as_ref().ok()?.input.entry))
                .and_then(|entry| Some(entry.manifest.main()?.ready.as_ref()?.timeout_seconds));
            let live = self.live.get(name).unwrap_or(&nothing);
            derive(
                wanted,
                turn.observed.services.get(name),
                live,
                limit.unwrap_or(60),
                app.now(),
            )
        };
        names.map(|name| (name.clone(), state(name))).collect()
    }

    /// Ends jobs whose service is as asked, or failed. Returns whether jobs are left.
    async fn jobs(
        &self,
        app: &App,
        turn: &Turn,
        states: &BTreeMap<ServiceName, (ServiceState, String)>,
    ) -> Result<bool> {
        let mut left = false;
        for (service, job) in &turn.jobs {
            let (state, message) = match states.get(service) {
                None | Some((ServiceState::Running | ServiceState::Stopped, _)) => {
                    (JobState::Done, String::new())
                }
                Some((ServiceState::Failing, reason)) => (JobState::Failed, reason.clone()),
                Some((ServiceState::Removing, reason)) if !reason.is_empty() => {
                    (JobState::Failed, reason.clone())
                }
                Some((ServiceState::Starting, _)) => {
                    app.progress(job, "ready", 80).await;
                    left = true;
                    continue;
                }
                Some((ServiceState::Removing, _)) => {
                    left = true;
                    continue;
                }
            };
            app.end_job(job, state, message).await?;
        }
        Ok(left)
    }
}

async fn look(app: &App) -> std::result::Result<Turn, String> {
    // Jobs first: a job that is seen here belongs to a desired state that is seen below.
    let mut jobs = app
        .store
        .running_jobs()
        .await
        .map_err(|error| host::chain(&error))?;
    jobs.retain(|job| !job.kind.is_data());
    let desired = app.store.desired().await.map_err(|error| host::chain(&error))?;
    let observed = match app.host.ask(HostRequest::Observe).await {
        Ok(HostReply::Observed(observed)) => observed,
        Ok(_) => return Err("the host process answered something else".into()),
        Err(error) => return Err(host::chain(&error)),
    };
    let catalogs = app.catalogs.get();
    let public = app
        .store
        .public_names()
        .await
        .map_err(|error| host::chain(&error))?;
    let host = addresses(&desired.board, &public, [])
        .board
        .into_iter()
        .next()
        .unwrap_or_default();
    let client = |service: &ServiceName| openid::client_of_service(app, service, &host);
    let mut wanted = wanted(&desired, &catalogs, &client);
    for (service, wanted) in &mut wanted {
        if let Ok(wanted) = wanted {
            wanted.no_snapshot = app.data.no_snapshot(service, &wanted.version);
            if wanted.certificate == Certificate::Missing {
                wanted.certificate = certificate(app, &wanted.input.hosts);
            }
        }
    }
    let jobs = jobs.into_iter().map(|job| (job.service.clone(), job)).collect();
    Ok(Turn {
        wanted,
        observed,
        catalogs,
        jobs,
    })
}

/// What the front door shows for the first of these names.
fn certificate(app: &App, hosts: &[String]) -> Certificate {
    let pem = hosts.first().map(|name| app.certificates.handed(name));
    let pem = match pem {
        Some(Ok(Some(pem))) => pem,
        Some(Ok(None)) | None => return Certificate::Missing,
        Some(Err(error)) => {
            log::warn!("{}", host::chain(&error));
            return Certificate::Missing;
        }
    };
    let handed = String::from_utf8(pem)
        .ok()
        .and_then(|pem| HandedCertificate::try_from(pem).ok());
    handed.map_or(Certificate::Missing, |handed| {
        let digest = host::certificate::certificate_digest(&handed);
        Certificate::There(handed, digest)
    })
}

/// Lets every name lead where it should at once, before the loop looks at the machine again: at the start, when the
/// supervisor alone was restarted and the services go on, and when a name was added, changed or taken away. A service
/// that was not looked at yet counts as being as it was asked to be.
///
/// # Errors
/// When the database fails.
pub async fn open_doors(app: &App) -> Result<()> {
    let desired = app.store.desired().await?;
    let public = app.store.public_names().await?;
    let catalogs = app.catalogs.get();
    let addresses = addresses(&desired.board, &public, desired.services.keys());
    let states = app.seen.load().states.clone();
    let serving = desired.services.iter().filter_map(|(name, service)| {
        let entry = catalogs.entry(name, &service.entry)?;
        let asked = match service.running {
            Running::Started => ServiceState::Running,
            Running::Stopped => ServiceState::Stopped,
        };
        let state = states.get(name).map_or(asked, |(state, _)| *state);
        Some((name.clone(), Serving { entry, state }))
    });
    let serving: BTreeMap<ServiceName, Serving<'_>> = serving.collect();
    app.routes
        .store(Arc::new(route_table(&addresses, &serving, &app.sockets)));
    serve_directory(app, &serving);
    app.names_changed(&desired.board, &addresses, &public).await?;
    app.seen.store(Arc::new(Seen { addresses, states }));
    Ok(())
}

/// Tells the front door, the certificates and everybody who looks.
async fn publish(
    app: &App,
    turn: &Turn,
    states: &BTreeMap<ServiceName, (ServiceState, String)>,
) -> Result<()> {
    let board = app.store.board_name().await?;
    let public = app.store.public_names().await?;
    let addresses = addresses(&board, &public, turn.wanted.keys());
    let serving = turn.wanted.iter().filter_map(|(name, wanted)| {
        let entry = turn.catalogs.entry(name, &wanted.as_ref().ok()?.input.entry)?;
        let state = states.get(name)?.0;
        Some((name.clone(), Serving { entry, state }))
    });
    let serving: BTreeMap<ServiceName, Serving<'_>> = serving.collect();
    serve_directory(app, &serving);
    let seen = Seen {
        addresses,
        states: states.clone(),
    };
    if *app.seen.load_full() == seen {
        return Ok(());
    }
    app.routes
        .store(Arc::new(route_table(&seen.addresses, &serving, &app.sockets)));
    app.names_changed(&board, &seen.addresses, &public).await?;
    app.announce(seen);
    Ok(())
}

/// Answers the questions of those services that ask about members.
fn serve_directory(app: &App, serving: &BTreeMap<ServiceName, Serving<'_>>) {
    let asks = |(_, serving): &(&ServiceName, &Serving<'_>)| serving.entry.manifest.asks_directory();
    let services = serving
        .iter()
        .filter(asks)
        .map(|(name, _)| name.clone())
        .collect();
    lock(&app.directory).serve(app, &services);
}
