// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether the cooperative can be found.

use super::{Check, Finding, Pace};
use web_ui::{Area, finding, title};

pub(super) const CHECK: Check = Check {
    name: "profile",
    area: Area::Cooperative,
    title: title::profile,
    pace: Pace::Always,
    look: |app| {
        let missing = u32::try_from(app.published.get().missing.len()).unwrap_or(u32::MAX);
        Box::pin(async move { Ok(incomplete(missing).into()) })
    },
};

fn incomplete(missing: u32) -> Option<Finding> {
    let words = || finding::cooperative::profile_incomplete(missing);
    (missing > 0).then(|| Finding::info("profile-incomplete", words()))
}
