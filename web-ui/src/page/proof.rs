// SPDX-License-Identifier: AGPL-3.0-or-later
//! How a domain is proved to the certificate authority by a record in DNS.

use crate::{
    field::TextField,
    i18n::T,
    layout::{Layout, page},
};

/// `GET /certificates/domains/{name}/proof`.
///
/// Form, answered with 303 to `/certificates` or this page with errors (422): `POST` to the same path with `way` (`none`,
/// `rfc2136` or `hook`), `server`, `zone`, `key_name`, `key`, `algorithm`, `url`, `user`, `password`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofPage {
    /// What every page knows.
    pub layout: Layout,
    /// The domain.
    pub domain: String,
    /// What is chosen, or was typed.
    pub form: ProofForm,
}

/// The form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProofForm {
    /// `none`, `rfc2136` or `hook`.
    pub way: String,
    /// The server's address.
    pub server: TextField,
    /// The zone.
    pub zone: TextField,
    /// The key's name.
    pub key_name: TextField,
    /// The key: never filled in.
    pub key: TextField,
    /// The hook's address.
    pub url: TextField,
    /// User name at the hook.
    pub user: TextField,
    /// Password: never filled in.
    pub password: TextField,
}

impl ProofForm {
    pub(crate) fn ways(&self, t: T) -> [(&'static str, &'static str, bool); 3] {
        let way = |code, text| (code, text, self.way == code);
        [
            way("none", t.proof_none()),
            way("rfc2136", t.reach_dynamic_rfc2136()),
            way("hook", t.proof_hook()),
        ]
    }
}

page!(ProofPage, "proof.html");
