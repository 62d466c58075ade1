// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether what runs is well: what decides whether an update is kept.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, time::Duration};
use types::ServiceName;

/// What was well before an update. Nothing that was broken before is held against it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Before {
    /// Services that ran.
    pub services: BTreeSet<ServiceName>,
    /// Whether the board had an address in a network.
    pub network: bool,
}

/// What is seen now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Vitals {
    /// Services that run.
    pub(super) services: BTreeSet<ServiceName>,
    /// Services that are to run: one that was removed meanwhile is not missed.
    pub(super) wanted: BTreeSet<ServiceName>,
    /// Whether the board has an address in a network.
    pub(super) network: bool,
    /// Whether the front door answers on the board's own address.
    pub(super) door: bool,
}

/// What is wrong, in a few words for the record on the card; empty when all is well.
pub(super) fn complaints(before: &Before, now: &Vitals) -> Vec<String> {
    let mut wrong = Vec::new();
    if !now.door {
        wrong.push("the pages do not answer".to_owned());
    }
    if before.network && !now.network {
        wrong.push("the network is gone".to_owned());
    }
    let missing = before
        .services
        .iter()
        .filter(|name| now.wanted.contains(*name) && !now.services.contains(*name));
    wrong.extend(missing.map(|name| format!("{name} does not run")));
    wrong
}

/// What a trial has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may still come.
    Wait,
    /// All has been well for long enough.
    Good,
    /// The time is over; this is wrong.
    Bad(String),
}

/// Judges a start: `well` is for how long nothing has been wrong, `running` for how long the supervisor has run.
pub(super) fn judge(
    complaints: &[String],
    well: Duration,
    running: Duration,
    stable: Duration,
    limit: Duration,
) -> Verdict {
    if complaints.is_empty() && well >= stable {
        Verdict::Good
    } else if running < limit {
        Verdict::Wait
    } else if complaints.is_empty() {
        Verdict::Bad("it did not stay well".into())
    } else {
        Verdict::Bad(complaints.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services(names: &[&str]) -> BTreeSet<ServiceName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn only_what_was_well_before_is_missed() {
        let before = Before {
            services: services(&["radicale", "snac"]),
            network: true,
        };
        let well = Vitals {
            services: services(&["radicale"]),
            wanted: services(&["radicale", "copyparty"]),
            network: true,
            door: true,
        };
        // copyparty failed before, snac was removed meanwhile.
        assert_eq!(complaints(&before, &well), Vec::<String>::new());
        let ill = Vitals {
            services: services(&[]),
            network: false,
            door: false,
            ..well
        };
        let wrong = complaints(&before, &ill);
        assert_eq!(
            wrong,
            [
                "the pages do not answer",
                "the network is gone",
                "radicale does not run"
            ]
        );
        assert_eq!(complaints(&Before::default(), &ill), ["the pages do not answer"]);
    }

    #[test]
    fn a_verdict_comes_in_time_and_not_too_early() {
        let seconds = Duration::from_secs;
        let judge = |wrong: &[String], well, running| {
            judge(wrong, seconds(well), seconds(running), seconds(60), seconds(180))
        };
        let ill = ["no network".to_owned()];
        assert_eq!(judge(&[], 10, 10), Verdict::Wait);
        assert_eq!(judge(&[], 60, 170), Verdict::Good);
        assert_eq!(judge(&ill, 0, 179), Verdict::Wait);
        assert_eq!(judge(&ill, 0, 180), Verdict::Bad("no network".into()));
        assert_eq!(judge(&[], 20, 180), Verdict::Bad("it did not stay well".into()));
    }
}
