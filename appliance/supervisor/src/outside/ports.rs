// SPDX-License-Identifier: AGPL-3.0-or-later
//! Ports 80 and 443 in the router: opened with a person's consent, renewed, and closed when it is taken back.

use super::Choice;
use crate::{ApiError, App};
use reach::{
    Router,
    ports::{Consent, Lease, Mapping, PAUSE, Step, plan},
};
use schemars::JsonSchema;
use serde::Serialize;
use std::net::Ipv4Addr;
use types::Timestamp;

/// A port, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PortView {
    /// 80 or 443.
    pub port: u16,
    /// Whether the router says that it is open.
    pub open: bool,
    /// By which protocol: `pcp`, `nat_pmp` or `upnp`.
    pub way: Option<String>,
    /// What the router said when it refused, and what to do.
    pub problem: Option<String>,
}

/// The ports as they stand.
///
/// # Errors
/// When the database fails.
pub async fn view(app: &App) -> Result<Vec<PortView>, ApiError> {
    let leases = app.store.leases().await?;
    let state = app.outside.state();
    let one = |mapping: Mapping| {
        let lease = leases.iter().find(|lease| lease.mapping == mapping);
        let way = lease.and_then(|lease| serde_json::to_value(lease.way).ok()?.as_str().map(str::to_owned));
        PortView {
            port: mapping.external,
            open: lease.is_some(),
            way,
            problem: state
                .ports
                .get(&mapping.external)
                .and_then(|last| last.clone().err()),
        }
    };
    Ok(Mapping::WEB.map(one).into())
}

/// Does what is due, and says when to look again. What the router grants is stored before the next step; what could
/// not be done is tried again after a pause.
pub(super) async fn turn(
    app: &App,
    choice: &Choice,
    router: &Router,
    local: Ipv4Addr,
) -> Result<Option<Timestamp>, ApiError> {
    let now = app.now();
    let pause = app.outside.state().ports_pause;
    if let Some(pause) = pause.filter(|pause| *pause > now && pause.0 - now.0 <= 3600) {
        return Ok(Some(pause));
    }
    let mut held = app.store.leases().await?;
    held.retain(|lease| !lease.is_over(now));
    let wanted: &[Mapping] = if choice.ports.is_some() {
        &Mapping::WEB
    } else {
        &[]
    };
    let plan = plan(wanted, &held, local, now);
    let mut failed = false;
    for step in &plan.steps {
        // Giving back needs no consent of its own: it was given when the port was opened.
        let consent = choice.ports.clone().unwrap_or_else(|| Consent {
            by: "board".parse().unwrap_or_else(|_| unreachable!("a good name")),
            at: now,
        });
        let outcome = router.apply(step, &consent, now).await;
        let mapping = match step {
            Step::Open(mapping) => *mapping,
            Step::Renew(lease) | Step::Remove(lease) => lease.mapping,
        };
        let told = match outcome {
            Ok(lease) => {
                held.retain(|other| other.mapping != mapping || Some(other) == lease.as_ref());
                held.extend(lease.filter(|lease| !held.contains(lease)));
                app.store.set_leases(&held).await?;
                Ok(())
            }
            Err(error) => {
                failed = true;
                log::info!("port {}: {}", mapping.external, host::chain(&error));
                // A router that is gone keeps nothing that has to be given back.
                if matches!(step, Step::Remove(_)) {
                    forget(&mut held, mapping, now);
                    app.store.set_leases(&held).await?;
                }
                Err(error.to_string())
            }
        };
        app.outside.state().ports.insert(mapping.external, told);
    }
    if choice.ports.is_none() {
        app.outside.state().ports.clear();
    }
    let again = failed.then(|| now.plus(PAUSE));
    app.outside.state().ports_pause = again;
    Ok(again.or(plan.wake))
}

/// A lease that could not be given back ends by itself; one without an end is tried again.
fn forget(held: &mut Vec<Lease>, mapping: Mapping, now: Timestamp) {
    held.retain(|lease| lease.mapping != mapping || !(lease.lifetime != 0 && lease.is_over(now)));
}
