// SPDX-License-Identifier: AGPL-3.0-or-later
//! How a service is, in one word and, when it fails, one sentence: pure.

use super::plan::Wanted;
use crate::views::ServiceState;
use types::{Active, Digest, ObservedService, Running, Timestamp, UnitState};

/// What is known of a service between two turns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// The rendering that last answered its health check.
    pub ready: Option<Digest>,
    /// Why it last did not.
    pub unready: Option<String>,
    /// Since when it has been on its way up.
    pub starting_since: Option<Timestamp>,
    /// The last failed step, in words.
    pub problem: Option<String>,
    /// Failed steps in a row.
    pub failures: u32,
    /// Not tried again before.
    pub not_before: Timestamp,
    /// When it was last asked whether it is ready.
    pub probed: Timestamp,
}

/// Automatic restarts after which a start counts as failed.
const RESTARTS: u32 = 3;

/// State and reason of a service. `ready_limit` is how long a start may take, in seconds.
pub fn derive(
    wanted: Option<&Result<Wanted, String>>,
    seen: Option<&ObservedService>,
    live: &Live,
    ready_limit: u32,
    now: Timestamp,
) -> (ServiceState, String) {
    let wanted = match wanted {
        None => return (ServiceState::Removing, live.problem.clone().unwrap_or_default()),
        Some(Err(reason)) => return (ServiceState::Failing, format!("It cannot be started: {reason}.")),
        Some(Ok(wanted)) => wanted,
    };
    if let Some(problem) = &live.problem {
        return (ServiceState::Failing, problem.clone());
    }
    let ahead = seen.and_then(|seen| super::plan::ahead(wanted, seen));
    if let (Some(ahead), Some(why)) = (ahead, &wanted.no_snapshot)
        && ahead.reason == types::data::SnapshotReason::Update
    {
        let text = format!("The update waits, since its data could not be copied first: {why}.");
        return (ServiceState::Failing, text);
    }
    if wanted.running == Running::Stopped {
        return (ServiceState::Stopped, String::new());
    }
    let unit = seen.and_then(|seen| seen.units.get("main"));
    if live.ready.as_ref() == Some(&wanted.rendering)
        && unit.is_some_and(|unit| unit.active == Active::Active)
    {
        return (ServiceState::Running, String::new());
    }
    let mut units = seen.into_iter().flat_map(|seen| seen.units.values());
    if let Some(reason) = units.find_map(crash) {
        return (ServiceState::Failing, reason);
    }
    let seconds = live.starting_since.map_or(0, |since| now.since(since).as_secs());
    if seconds > u64::from(ready_limit) {
        let reason = live.unready.clone().unwrap_or_else(|| "does not start".into());
        return (
            ServiceState::Failing,
            format!("It {reason}, for {seconds} seconds now."),
        );
    }
    (ServiceState::Starting, String::new())
}

/// Why a unit that ended again and again did so.
fn crash(unit: &UnitState) -> Option<String> {
    if unit.restarts < RESTARTS && unit.active != Active::Failed {
        return None;
    }
    let reason = match unit.result.as_str() {
        "oom-kill" => "it needed more memory than its limit".to_owned(),
        "timeout" | "watchdog" => "it did not answer in time".to_owned(),
        "signal" | "core-dump" => format!("it was ended by signal {}", unit.exit_status),
        "success" => "it ended by itself".to_owned(),
        _ => format!("it ended with status {}", unit.exit_status),
    };
    Some(format!(
        "It was started {} times and {reason}. It is tried again, more and more slowly.",
        unit.restarts + 1
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crashing_unit_says_why() {
        let unit = |result: &str, restarts| UnitState {
            active: Active::Activating,
            result: result.into(),
            restarts,
            exit_status: 3,
            ..UnitState::default()
        };
        assert_eq!(crash(&unit("exit-code", 1)), None);
        assert!(crash(&unit("exit-code", 3)).unwrap().contains("status 3"));
        assert!(crash(&unit("oom-kill", 5)).unwrap().contains("memory"));
    }
}
