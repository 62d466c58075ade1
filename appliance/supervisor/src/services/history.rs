// SPDX-License-Identifier: AGPL-3.0-or-later
//! Measurements of the last hour, kept in memory only: a card wears.

use std::collections::{BTreeMap, VecDeque};
use types::{ServiceName, Timestamp, host::Usage};

/// Samples per series.
const KEPT: usize = 60;
/// Seconds between two samples.
pub const EVERY: u64 = 60;

/// One measurement of a service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When.
    pub at: Timestamp,
    /// What was used.
    pub usage: Usage,
    /// Share of one core since the sample before, 0 to the number of cores.
    pub cpu: Option<f64>,
}

/// The last hour of every service.
#[derive(Debug, Default)]
pub struct Histories(BTreeMap<ServiceName, VecDeque<Sample>>);

impl Histories {
    /// Adds a measurement.
    pub fn add(&mut self, service: &ServiceName, usage: Usage, now: Timestamp) {
        let series = self.0.entry(service.clone()).or_default();
        let cpu = series.back().and_then(|last| {
            let used = usage.cpu_usec?.checked_sub(last.usage.cpu_usec?)?;
            let passed = now.since(last.at).as_micros();
            #[expect(clippy::cast_precision_loss, reason = "a share needs no 53 bits")]
            (passed > 0).then(|| used as f64 / passed as f64)
        });
        series.push_back(Sample { at: now, usage, cpu });
        if series.len() > KEPT {
            series.pop_front();
        }
    }

    /// A service's series, oldest first.
    pub fn of(&self, service: &ServiceName) -> Vec<Sample> {
        self.0.get(service).into_iter().flatten().copied().collect()
    }

    /// Forgets services that are gone.
    pub fn keep(&mut self, exists: impl Fn(&ServiceName) -> bool) {
        self.0.retain(|service, _| exists(service));
    }
}
