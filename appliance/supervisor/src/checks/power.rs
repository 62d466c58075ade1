// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether the power supply is strong enough.

use super::{Check, Finding, Outcome, Pace};
use web_ui::{Area, finding::machine, title};

pub(super) const CHECK: Check = Check {
    name: "power",
    area: Area::Machine,
    title: title::power,
    pace: Pace::Always,
    look: |app| {
        let outcome = judge(app.readings().undervoltage);
        Box::pin(async move { Ok(outcome) })
    },
};

fn judge(undervoltage: Option<bool>) -> Outcome {
    let weak = || Finding::error("undervoltage", machine::undervoltage());
    undervoltage.map_or(Outcome::Unknown, |low| low.then(weak).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_supply_is_found_where_a_sensor_tells() {
        assert_eq!(judge(None), Outcome::Unknown);
        assert_eq!(judge(Some(false)), Outcome::Found(Vec::new()));
        assert!(matches!(judge(Some(true)), Outcome::Found(found) if found.len() == 1));
    }
}
