// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board's own system.

use super::{Samples, ago};
use web_ui::{
    LastUpdate, OfferedRelease, SlotRow, SlotTrust, SystemPage, SystemProgress, SystemUpdates, TextField,
    UpdateFailure, UpdatesForm,
};

impl Samples<'_> {
    /// In a container.
    pub(super) fn system_without_card(&self) -> SystemPage {
        SystemPage {
            layout: self.layout("/system", Some(true)),
            version: self.says("0.1.0"),
            updates: None,
        }
    }

    /// The newest release runs.
    pub(super) fn system(&self) -> SystemPage {
        SystemPage {
            layout: self.layout("/system", Some(true)),
            version: self.says("0.2.0"),
            updates: Some(SystemUpdates {
                progress: SystemProgress::Idle,
                problem: None,
                offered: None,
                restarts: None,
                deferred_until: None,
                looked: Some(ago(5000)),
                source_known: true,
                last: Some(LastUpdate {
                    version: self.says("0.2.0"),
                    at: ago(90_000),
                    failure: None,
                    detail: String::new(),
                }),
                back: Some(self.says("0.1.0")),
                slots: vec![
                    self.slot('A', "0.1.0", SlotTrust::Good, false),
                    self.slot('B', "0.2.0", SlotTrust::Good, true),
                ],
                disks: vec![self.says("disk:1234-ABCD")],
                form: self.updates_form(),
            }),
        }
    }

    /// A newer one is ready, after one that failed.
    pub(super) fn system_offer(&self) -> SystemPage {
        let page = self.system();
        let updates = page.updates.map(|updates| SystemUpdates {
            progress: SystemProgress::Ready,
            problem: Some(self.says("updates.example.org cannot be reached: connection refused")),
            offered: Some(OfferedRelease {
                version: self.says("0.2.1+20261125"),
                size: 131_000_000,
                changes: vec![
                    self.says("Services start faster."),
                    self.says("A hole in the kernel is closed."),
                ],
                urgent: true,
                skipped: false,
                blocked: None,
            }),
            restarts: Some(ago(-50_000)),
            deferred_until: Some(ago(-40_000)),
            last: Some(LastUpdate {
                version: self.says("0.2.0"),
                at: ago(90_000),
                failure: Some(UpdateFailure::Unhealthy),
                detail: self.says("radicale does not run"),
            }),
            back: None,
            slots: vec![
                self.slot('A', "0.1.0", SlotTrust::Good, true),
                self.slot('B', "0.2.1+20261125", SlotTrust::Ready, false),
            ],
            ..updates
        });
        SystemPage { updates, ..page }
    }

    fn slot(&self, letter: char, version: &str, trust: SlotTrust, runs: bool) -> SlotRow {
        SlotRow {
            letter,
            version: Some(self.says(version)),
            runs,
            trust,
        }
    }

    fn updates_form(&self) -> UpdatesForm {
        UpdatesForm {
            automatic: true,
            channel: TextField::new("stable"),
            hour: TextField::new("2"),
            source: self.field("https://updates.example.org/commonhost/"),
        }
    }
}
