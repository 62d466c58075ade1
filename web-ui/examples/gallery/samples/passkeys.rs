// SPDX-License-Identifier: AGPL-3.0-or-later
//! Passkeys.

use super::{Samples, ago};
use web_ui::{FieldError, PasskeyRow, PasskeysPage, TextField};

impl Samples<'_> {
    pub(super) fn passkeys(&self, wrong: bool) -> PasskeysPage {
        let row = |id: &str, label: String, used: Option<i64>| PasskeyRow {
            id: self.says(id),
            label,
            site: self.says("lilac.local"),
            created: ago(40 * 86_400),
            last_used: used.map(ago),
        };
        PasskeysPage {
            layout: self.layout("/account/passkeys", Some(false)),
            passkeys: vec![
                row("1", self.pick("Anna’s phone", "Téléphone d’Anna"), Some(3600)),
                row("2", self.says("YubiKey"), None),
            ],
            label: TextField::default(),
            password_error: wrong.then_some(FieldError::WrongPassword),
            unfit: wrong,
        }
    }
}
