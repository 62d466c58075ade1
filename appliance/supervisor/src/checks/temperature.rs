// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether the processor is hot.

use super::{Check, Finding, Outcome, Pace};
use web_ui::{Area, finding::machine, title};

pub(super) const CHECK: Check = Check {
    name: "temperature",
    area: Area::Machine,
    title: title::temperature,
    pace: Pace::Always,
    look: |app| {
        let outcome = app.readings().temperature.map_or(Outcome::Unknown, judge);
        Box::pin(async move { Ok(outcome) })
    },
};

/// A Raspberry Pi slows down from 80 °C on (raspberrypi.com, "Frequency management and thermal control").
const HOT: f32 = 75.0;

fn judge(degrees: f32) -> Outcome {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at least 75, and a float's cast saturates"
    )]
    let words = || machine::hot(degrees.round() as u16);
    let hot = || Finding::warning("hot", words()).detail(format!("{degrees:.0} °C"));
    (degrees >= HOT).then(hot).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hot_board_is_found() {
        assert_eq!(judge(50.0), Outcome::Found(Vec::new()));
        assert!(matches!(judge(81.2), Outcome::Found(found) if found[0].detail == "81 °C"));
    }
}
