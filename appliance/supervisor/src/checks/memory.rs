// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether there is memory left, whether it ran out, and whether limits hold.

use super::{Check, Finding, Outcome, Pace};
use host::sensors::Readings;
use web_ui::{Area, finding::machine, title};

pub(super) const CHECK: Check = Check {
    name: "memory",
    area: Area::Machine,
    title: title::memory,
    pace: Pace::Always,
    look: |app| {
        let outcome = judge(&app.readings());
        Box::pin(async move { Ok(outcome) })
    },
};

/// Less than this is little, in bytes.
const LITTLE: u64 = 64 << 20;

fn judge(readings: &Readings) -> Outcome {
    if readings.memory_total == 0 {
        return Outcome::Unknown;
    }
    let free = readings.memory_available;
    let low = || {
        let words = machine::memory_low(free, readings.memory_total);
        Finding::error("memory-low", words).detail(format!("{} MiB", free >> 20))
    };
    let ran_out = |times| Finding::warning("memory-ran-out", machine::memory_ran_out(times));
    let unlimited = || Finding::info("memory-limits-off", machine::memory_limits_off());
    let found = [
        (free < LITTLE).then(low),
        readings.out_of_memory.filter(|times| *times > 0).map(ran_out),
        (readings.memory_limits == Some(false)).then(unlimited),
    ];
    Outcome::Found(found.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_runs_low_or_ran_out_is_found() {
        assert_eq!(judge(&Readings::default()), Outcome::Unknown);
        let well = Readings {
            memory_total: 1 << 30,
            memory_available: 1 << 29,
            out_of_memory: Some(0),
            memory_limits: Some(true),
            ..Readings::default()
        };
        assert_eq!(judge(&well), Outcome::Found(Vec::new()));
        let ill = Readings {
            memory_available: 1 << 20,
            out_of_memory: Some(2),
            memory_limits: Some(false),
            ..well
        };
        let Outcome::Found(found) = judge(&ill) else {
            panic!("known")
        };
        let codes: Vec<&str> = found.iter().map(|finding| finding.code.as_str()).collect();
        assert_eq!(codes, ["memory-low", "memory-ran-out", "memory-limits-off"]);
    }
}
