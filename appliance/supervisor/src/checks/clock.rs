// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether the clock can be right.

use super::{Check, Finding, Pace};
use types::Timestamp;
use web_ui::{Area, finding, title};

pub(super) const CHECK: Check = Check {
    name: "clock",
    area: Area::Machine,
    title: title::clock,
    pace: Pace::Always,
    look: |app| {
        let now = app.now();
        Box::pin(async move { Ok(wrong(now).into()) })
    },
};

fn wrong(now: Timestamp) -> Option<Finding> {
    let words = || Finding::warning("clock-wrong", finding::machine::clock_not_set());
    (!host::clock::is_plausible(now)).then(|| words().detail(crate::publish::date(now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_never_set_is_found() {
        assert!(wrong(Timestamp(0)).is_some());
        assert_eq!(wrong(Timestamp(1_795_000_000)), None);
    }
}
