// SPDX-License-Identifier: AGPL-3.0-or-later
//! Carries a plan out, step by step, telling the jobs. The only place where the supervisor changes the machine.

use super::{
    plan::{Plan, Step},
    status::Live,
};
use crate::{App, state::Job};
use host::HostError;
use std::collections::BTreeMap;
use types::{ServiceName, Timestamp};

/// Longest wait after a failed step, in seconds.
const LONGEST_WAIT: i64 = 300;

/// Carries out `plan`; a service's steps end at the first that fails, the others go on.
pub(super) async fn apply(
    app: &App,
    plan: &Plan,
    jobs: &BTreeMap<ServiceName, Job>,
    live: &mut BTreeMap<ServiceName, Live>,
) {
    for (service, steps) in &plan.services {
        let live = live.entry(service.clone()).or_default();
        match carry_out(app, service, steps, jobs.get(service)).await {
            Ok(()) => {
                if steps.contains(&Step::Start) {
                    *live = Live {
                        starting_since: Some(app.now()),
                        ..Live::default()
                    };
                } else {
                    *live = Live {
                        ready: live.ready.take(),
                        starting_since: live.starting_since,
                        ..Live::default()
                    };
                }
            }
            Err(HostError::Refused { message, .. }) => hold(live, message, app.now()),
            // The host process is being restarted: nothing is known of this step, and the next turn looks again.
            Err(HostError::Unreachable { .. } | HostError::Garbled { .. }) => {}
        }
    }
}

async fn carry_out(
    app: &App,
    service: &ServiceName,
    steps: &[Step],
    job: Option<&Job>,
) -> Result<(), HostError> {
    for step in steps {
        if let Some(job) = job {
            app.progress(job, step.word(), step.progress()).await;
        }
        log::info!(service = service.as_str(), step = step.word(); "{service}: {}", step.word());
        let Some(request) = step.request(service, app.now()) else {
            if let Step::Snapshot(ahead) = step {
                crate::data::snapshot_ahead(app, service, ahead);
            }
            continue;
        };
        let outcome = app.host.ask(request).await;
        if let Err(error) = outcome {
            log::warn!(service = service.as_str(), step = step.word(); "{service}: {} failed: {error}", step.word());
            return Err(error);
        }
    }
    Ok(())
}

/// After a failure: 2, 4, 8 … seconds, at most five minutes.
fn hold(live: &mut Live, problem: String, now: Timestamp) {
    live.failures = live.failures.saturating_add(1);
    let wait = 1i64
        .checked_shl(live.failures)
        .unwrap_or(LONGEST_WAIT)
        .clamp(2, LONGEST_WAIT);
    live.not_before = Timestamp(now.0.saturating_add(wait));
    live.problem = Some(problem);
}
