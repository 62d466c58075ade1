// SPDX-License-Identifier: AGPL-3.0-or-later
//! The loop: address, ports, dynamic name, then every name that is not ready.

use super::{Choice, Look, dynamic, is_ready, names::wanted, ports};
use crate::{
    ApiError, App,
    state::{DomainRecord, PublicName},
};
use host::sensors::Network;
use reach::{
    Lookup, Router,
    address::{self, Echo},
    ports::RouterSettings,
    records::{Target, compare},
};
use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};
use types::{Domain, Timestamp};

/// How often the address is asked for when nothing else says that it may have changed.
const ADDRESS: Duration = Duration::from_mins(15);
/// The longest sleep.
const NAP: Duration = Duration::from_mins(1);
/// Names that are ready are looked at again this often, for the diagnosis.
const READY: Duration = Duration::from_hours(12);
/// How many names are looked at in one turn.
const AT_ONCE: usize = 8;

/// Never ends.
pub async fn watch(app: App) {
    let mut network = None;
    loop {
        let now = app.now();
        // Anew each time: another network names another resolver.
        let lookup = app.outside.lookup();
        app.outside.state().blind = lookup.is_none();
        let wake = match Box::pin(turn(&app, lookup.as_ref(), &mut network)).await {
            Ok(wake) => wake,
            Err(error) => {
                log::warn!("looking from outside: {error}");
                now.plus(NAP)
            }
        };
        let pause = wake.since(app.now()).clamp(Duration::from_secs(1), NAP);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = app.outside.asked.notified() => {}
        }
    }
}

/// One turn; says when the next is due.
async fn turn(
    app: &App,
    lookup: Option<&Lookup>,
    before: &mut Option<Network>,
) -> Result<Timestamp, ApiError> {
    let now = app.now();
    let choice = app.store.outside().await?;
    let network = app.readings().network.unwrap_or_default();
    let moved = before.as_ref() != Some(&network);
    let router = router(app, &network);
    let observed = app.outside.state().observed;
    if moved || observed.is_none_or(|at| at > now || now.since(at) >= ADDRESS) {
        observe(app, &choice, &network, router.as_ref().map(|(router, _)| router)).await;
        *before = Some(network);
    }
    let mut wakes = vec![now.plus(NAP)];
    if let Some((router, local)) = &router {
        wakes.extend(ports::turn(app, &choice, router, *local).await?);
    }
    let target = app.outside.target(&choice);
    wakes.extend(dynamic::turn(app, &choice, &app.outside.sure_addresses()).await?);
    if let Some(lookup) = lookup {
        wakes.extend(names(app, lookup, &target).await?);
    }
    Ok(wakes.into_iter().min().unwrap_or(now))
}

/// The router, and the board's address on its side.
fn router(app: &App, network: &Network) -> Option<(Router, Ipv4Addr)> {
    let gateway = network.gateway?;
    let local = network.addresses.iter().find_map(|address| match address {
        IpAddr::V4(address) => Some(*address),
        IpAddr::V6(_) => None,
    })?;
    let settings = RouterSettings::new(Some(gateway), local);
    app.outside
        .questions
        .router
        .then(|| (Router::new(settings), local))
}

async fn observe(app: &App, choice: &Choice, network: &Network, router: Option<&Router>) {
    let echo = Echo::new(choice.echo.clone(), Duration::from_secs(5));
    let found = address::observe(&network.addresses, router, &app.peers.seen_at(), Some(&echo)).await;
    let reachability = address::judge(&found);
    let mut state = app.outside.state();
    let new = state.reachability != Some(reachability);
    state.observed = Some(app.now());
    state.observations = found;
    state.reachability = Some(reachability);
    if new {
        // Every name may lead elsewhere now.
        for look in state.looks.values_mut() {
            look.watch.restart();
        }
        drop(state);
        app.rounds.soon();
    }
}

/// Looks at the names that are due; says when the next one is.
async fn names(app: &App, lookup: &Lookup, target: &Target) -> Result<Option<Timestamp>, ApiError> {
    let now = app.now();
    let domains = app.store.domains().await?;
    let names = app.store.public_names().await?;
    let due: Vec<PublicName> = {
        let mut state = app.outside.state();
        state
            .looks
            .retain(|name, _| names.iter().any(|public| public.name == *name));
        let is_due = |name: &&PublicName| state.looks.get(&name.name).is_none_or(|look| look.is_due(now));
        names.iter().filter(is_due).take(AT_ONCE).cloned().collect()
    };
    let issuer = app.certificates.caa_issuer();
    for name in &due {
        let seen = lookup.see(&name.name).await;
        let Some(domain) = domains.iter().find(|domain| domain.name == name.domain) else {
            continue;
        };
        let records = records_of(domain, &names, target, seen.apex.as_ref());
        let report = compare(&name.name, &records, target, &seen, issuer.as_deref());
        let mut state = app.outside.state();
        let look = state.looks.entry(name.name.clone()).or_default();
        look.ready |= is_ready(&report);
        if is_ready(&report) {
            look.watch.restart();
            look.watch.last = Some(now);
        } else {
            look.watch.not_ready(now);
        }
        look.apex = seen.apex;
        look.report = Some(report);
    }
    if !due.is_empty() {
        app.certificates.hold(&app.outside.held(&names));
        app.rounds.soon();
    }
    let state = app.outside.state();
    Ok(names
        .iter()
        .map(|name| state.looks.get(&name.name).map_or(now, |look| look.next(now)))
        .min())
}

fn records_of(
    domain: &DomainRecord,
    names: &[PublicName],
    target: &Target,
    apex: Option<&Domain>,
) -> Vec<reach::Record> {
    let mine: Vec<&PublicName> = names.iter().filter(|name| name.domain == domain.name).collect();
    wanted(domain, &mine, target, apex)
}

impl Look {
    /// When to look next.
    fn next(&self, now: Timestamp) -> Timestamp {
        match (&self.report, self.watch.last) {
            (Some(report), Some(last)) if is_ready(report) && last <= now => last.plus(READY),
            _ => self.watch.next(now),
        }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        self.next(now) <= now
    }
}
