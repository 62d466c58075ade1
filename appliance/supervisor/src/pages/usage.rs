// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a service uses, and why it fails: from measurements to what a page shows.

use super::facts::Enabled;
use crate::{
    App,
    app::lock,
    services::history::{EVERY, Sample},
};
use types::{
    Manifest, ServiceName, UnitState,
    host::{HostReply, HostRequest},
};
use web_ui::{Failure, FailureReason, LogLine, Usage};

/// The unit of the main process, as the host process sees it.
pub(super) async fn unit(app: &App, service: &ServiceName) -> Option<UnitState> {
    let Ok(HostReply::Observed(mut observed)) = app.host.ask(HostRequest::Observe).await else {
        return None;
    };
    let mut service = observed.services.remove(service)?;
    let main = service.units.keys().find(|id| id.as_str() == "main").cloned()?;
    service.units.remove(&main)
}

/// What it uses now and used lately.
pub(super) async fn usage(app: &App, service: &Enabled, memory_max: u64) -> Usage {
    let request = HostRequest::Usage {
        service: service.name.clone(),
    };
    let now = match app.host.ask(request).await {
        Ok(HostReply::Usage(usage)) => Some(usage),
        _ => None,
    };
    let samples = lock(&app.histories).of(&service.name);
    let limits = service.entry.as_ref().map(|entry| entry.manifest.limits);
    let (memory_history, cpu_history) = histories(&samples, memory_max);
    Usage {
        memory: now.and_then(|usage| usage.memory_bytes),
        memory_max,
        memory_enforced: now.is_none_or(|usage| usage.memory_enforced),
        cpu_percent: cpu_history.last().copied(),
        tasks: now.and_then(|usage| usage.tasks),
        tasks_max: limits.map_or(0, |limits| limits.tasks),
        disk: now.map(|usage| usage.disk_bytes),
        history_span: std::time::Duration::from_secs(EVERY * memory_history.len() as u64),
        memory_history,
        cpu_history,
    }
}

/// Memory in percent of its limit and processor time in percent of a core; what was not measured is left out.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "percentages for a drawing"
)]
fn histories(samples: &[Sample], memory_max: u64) -> (Vec<f32>, Vec<f32>) {
    let memory = samples.iter().filter_map(|sample| sample.usage.memory_bytes);
    let memory = memory.map(|bytes| bytes as f32 / memory_max.max(1) as f32 * 100.0);
    let cpu = samples.iter().filter_map(|sample| sample.cpu);
    (
        memory.collect(),
        cpu.map(|share| (share * 100.0) as f32).collect(),
    )
}

/// Why it fails, as far as systemd knows.
pub(super) fn failure(
    reason: &str,
    unit: Option<&UnitState>,
    manifest: Option<&Manifest>,
    log: &[LogLine],
) -> Failure {
    let limit = manifest.map_or(0, |manifest| {
        u64::from(manifest.limits.memory_max_mib) * 1024 * 1024
    });
    let patience = manifest.and_then(|manifest| Some(manifest.main()?.ready.as_ref()?.timeout_seconds));
    let crashed = unit.filter(|unit| unit.restarts > 0 || unit.active == types::Active::Failed);
    let why = match crashed.map(|unit| (unit.result.as_str(), unit.exit_status)) {
        Some(("oom-kill", _)) => FailureReason::OutOfMemory(limit),
        Some(("timeout" | "watchdog", _)) => FailureReason::NotReady(patience.unwrap_or(60)),
        Some(("signal" | "core-dump", signal)) => FailureReason::Signal(signal),
        Some(("exit-code", status)) => FailureReason::Exited(status),
        _ => FailureReason::Other(reason.to_owned()),
    };
    Failure {
        reason: why,
        restarts: unit.map_or(0, |unit| unit.restarts),
        next_try: None,
        last_lines: log[log.len().saturating_sub(5)..].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_as_systemd_saw_it_or_in_the_words_of_the_loop() {
        let unit = UnitState {
            result: "exit-code".into(),
            exit_status: 3,
            restarts: 4,
            ..UnitState::default()
        };
        let told = failure("why", Some(&unit), None, &[]);
        assert_eq!((told.reason, told.restarts), (FailureReason::Exited(3), 4));
        let told = failure("why", None, None, &[]);
        assert_eq!(told.reason, FailureReason::Other("why".into()));
    }
}
