// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether there is space left for the data.

use super::{Check, Finding, Outcome, Pace, Severity};
use host::sensors::Readings;
use web_ui::{Area, finding::machine, title};

pub(super) const CHECK: Check = Check {
    name: "disk",
    area: Area::Machine,
    title: title::disk,
    pace: Pace::Always,
    look: |app| {
        let outcome = judge(&app.readings());
        Box::pin(async move { Ok(outcome) })
    },
};

fn judge(readings: &Readings) -> Outcome {
    let (Some(total), Some(free)) = (readings.disk_total, readings.disk_available) else {
        return Outcome::Unknown;
    };
    let used = 100 - free.saturating_mul(100) / total.max(1);
    let severity = match used {
        ..80 => return Outcome::Found(Vec::new()),
        80..95 => Severity::Warning,
        _ => Severity::Error,
    };
    let finding = Finding::new("disk-full", severity, machine::disk_full(free, total));
    Some(finding.detail(format!("{used} %"))).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_fills_up_is_found_before_it_is_full() {
        let at = |free| {
            let readings = Readings {
                disk_total: Some(100),
                disk_available: Some(free),
                ..Readings::default()
            };
            match judge(&readings) {
                Outcome::Found(found) => found.first().map(|finding| finding.severity),
                Outcome::Unknown => panic!("known"),
            }
        };
        assert_eq!(at(50), None);
        assert_eq!(at(20), Some(Severity::Warning));
        assert_eq!(at(3), Some(Severity::Error));
        assert_eq!(judge(&Readings::default()), Outcome::Unknown);
    }
}
