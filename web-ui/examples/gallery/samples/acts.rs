// SPDX-License-Identifier: AGPL-3.0-or-later
//! What needs two stewards.

use super::{Samples, ago};
use web_ui::{ActKind, ActRow, ActsPage};

impl Samples<'_> {
    pub(super) fn acts(&self) -> ActsPage {
        let kinds = [
            (ActKind::Purge, "radicale-20260801-101500", false),
            (ActKind::Unpair, "elm", true),
            (ActKind::Remove, "luc", false),
            (ActKind::MakeSteward, "cleo", true),
            (ActKind::EndSteward, "luc", false),
            (ActKind::SecondStep, "luc", false),
            (ActKind::Restore, "radicale-20260801-101500", false),
            (ActKind::Loosen, "purge restore", false),
            (ActKind::Loosen, "", false),
        ];
        let row = |(number, (kind, subject, own)): (usize, (ActKind, &str, bool))| ActRow {
            id: number.to_string(),
            kind,
            subject: self.says(subject),
            by: self.says(if own { "anna" } else { "luc" }),
            own,
            asked: ago(7200),
            until: ago(-250_000),
        };
        ActsPage {
            layout: self.layout("/members/acts", Some(true)),
            waiting: kinds.into_iter().enumerate().map(row).collect(),
            purge: true,
            unpair: false,
            stewards: true,
            restore: false,
        }
    }
}
