// SPDX-License-Identifier: AGPL-3.0-or-later
//! Copies of services' data.

use super::{MIB, Samples, ago};
use web_ui::{BackupsPage, CopyReason, CopyRow};

impl Samples<'_> {
    pub(super) fn backups(&self) -> BackupsPage {
        let copy = |name: &str, seconds, reason, own_bytes, enabled| CopyRow {
            name: self.says(name),
            title: self.pick("Calendars and contacts", "Agendas et contacts"),
            at: ago(seconds),
            reason,
            version: self.says("3.5"),
            files: 1 + own_bytes / 1000,
            bytes: 41 * MIB,
            own_bytes,
            enabled,
        };
        BackupsPage {
            layout: self.layout("/backups", Some(true)),
            services: ["radicale", "snac"]
                .into_iter()
                .filter_map(|name| Some((name.parse().ok()?, self.says(name))))
                .collect(),
            copies: vec![
                copy("radicale-1795183000", 200, CopyReason::Update, 41_000, true),
                copy("radicale-1795083000", 100_200, CopyReason::Restore, 0, true),
                copy("snac-1795000000", 183_200, CopyReason::Manual, MIB, false),
            ],
            copy_days: 14,
        }
    }
}
