// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether devices at home reach the board by its public names: not every router lets what goes out come in again.

use super::{Check, Finding, Outcome, Pace};
use crate::{ApiError, App};
use reach::{
    NameState,
    address::V4,
    outside::{self, Hairpin},
};
use std::{net::Ipv4Addr, time::Duration};
use web_ui::{Area, finding::ports, title};

/// How long the board tries to reach itself.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) const CHECK: Check = Check {
    name: "hairpin",
    area: Area::Network,
    title: title::hairpin,
    pace: Pace::Round,
    look: |app| Box::pin(look(app)),
};

async fn look(app: &App) -> Result<Outcome, ApiError> {
    let names = app.store.public_names().await?;
    let is_ready = |name: &&crate::state::PublicName| {
        let report = app.outside.report(&name.name);
        report.is_some_and(|report| report.state == NameState::Ready)
    };
    // Before a name leads here, there is nothing to try.
    let Some(name) = names.iter().find(is_ready) else {
        return Ok(Outcome::Found(Vec::new()));
    };
    let reachability = app.outside.reachability().0;
    let Some(public) = reachability.and_then(|reachability| translated(reachability.v4)) else {
        return Ok(Outcome::Found(Vec::new()));
    };
    let is_ours = |shown: &[u8]| app.certificates.is_served(name.name.as_str(), shown);
    let found = outside::hairpin((public, 443).into(), &name.name, is_ours, PATIENCE).await;
    Ok(judge(found, name.name.as_str()).into())
}

/// The address that the router translates. Who has one of their own needs no way round.
fn translated(v4: V4) -> Option<Ipv4Addr> {
    match v4 {
        V4::BehindRouter { public } | V4::Seen { public } => Some(public),
        V4::DoubleNat { public, .. } => public,
        V4::Direct { .. } | V4::Cgnat { .. } | V4::Unknown => None,
    }
}

fn judge(found: Hairpin, name: &str) -> Option<Finding> {
    match found {
        Hairpin::Works => None,
        Hairpin::NoAnswer => Some(Finding::info("no-hairpin", ports::no_hairpin(name))),
        Hairpin::SomebodyElse | Hairpin::NoTls => Some(Finding::warning(
            "hairpin-elsewhere",
            ports::hairpin_elsewhere(name),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_router_that_answers_itself_is_worse_than_one_that_does_not_turn_round() {
        let key = |found| judge(found, "oak.example.org").map(|finding| finding.key);
        assert_eq!(key(Hairpin::Works), None);
        assert_eq!(key(Hairpin::NoAnswer).unwrap(), "no-hairpin");
        assert_eq!(key(Hairpin::SomebodyElse).unwrap(), "hairpin-elsewhere");
        let public = [93, 184, 216, 34].into();
        assert_eq!(translated(V4::Direct { public }), None);
        assert_eq!(translated(V4::BehindRouter { public }), Some(public));
    }
}
