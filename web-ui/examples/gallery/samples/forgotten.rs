// SPDX-License-Identifier: AGPL-3.0-or-later
//! Forgotten passwords.

use super::{Samples, ago};
use web_ui::{FieldError, ForgottenPage, ForgottenState, HelpPage, HelpRow, NewSecret, TextField};

impl Samples<'_> {
    pub(super) fn forgotten(&self, asked: bool) -> ForgottenPage {
        let state = if asked {
            ForgottenState::Asked(self.says("4711"))
        } else {
            ForgottenState::Ask
        };
        let mut page = ForgottenPage::new(self.layout("/forgotten", None), state);
        if asked {
            page.code = TextField::new("7K3M-Q9TD").with_error(FieldError::NotThePassedOnCode);
        }
        page
    }

    pub(super) fn help_back_in(&self) -> HelpPage {
        let row = |id: &str, member: &str, number: &str, by: Option<&str>| HelpRow {
            id: self.says(id),
            member: self.says(member),
            number: self.says(number),
            device: self.says("Firefox, Android"),
            asked: ago(600),
            by: by.map(|by| self.says(by)),
        };
        HelpPage {
            layout: self.layout("/help-back-in", Some(true)),
            others: vec![
                row("1", "ben", "4711", None),
                row("2", "cleo", "0815", Some("luc")),
            ],
            own: vec![row("3", "anna", "1234", None)],
            contacts: self.field("luc, cleo"),
            code: Some(NewSecret {
                label: self.says("cleo"),
                secret: self.says("7K3M-Q9TD"),
            }),
        }
    }
}
