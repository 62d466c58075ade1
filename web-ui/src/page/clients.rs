// SPDX-License-Identifier: AGPL-3.0-or-later
//! Software elsewhere that signs members in by this board.

use crate::{
    field::TextField,
    layout::{Layout, page},
};
use types::Timestamp;

/// `GET /members/clients`: software elsewhere that signs members in by this board.
///
/// Forms:
/// - `POST /members/clients` with `name`, `redirects` (separated by blanks or lines), `public` when ticked; answer 200
///   with this page and [`ClientsPage::new`]; errors: this page (422)
/// - `POST /members/clients/<id>/remove`: no fields
/// - `POST /members/clients/rotate`: no fields
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientsPage {
    /// What every page knows.
    pub layout: Layout,
    /// What the software is told as issuer.
    pub issuer: String,
    /// What is registered.
    pub clients: Vec<ClientRow>,
    /// Name in the form.
    pub name: TextField,
    /// Addresses in the form.
    pub redirects: TextField,
    /// Whether it keeps no secret.
    pub public: bool,
    /// What was just registered, shown once.
    pub new: Option<NewOpenIdClient>,
}

/// Registered software.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRow {
    /// Its `client_id`.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Where it sends browsers back to.
    pub redirects: Vec<String>,
    /// Whether it has a secret.
    pub confidential: bool,
    /// Since when.
    pub created: Timestamp,
}

/// Software that was just registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOpenIdClient {
    /// What it is called.
    pub name: String,
    /// Its `client_id`.
    pub id: String,
    /// Its `client_secret`, if it has one.
    pub secret: Option<String>,
}

impl ClientsPage {
    pub(crate) fn wrong(&self) -> bool {
        self.name.error.is_some() || self.redirects.error.is_some()
    }
}

page!(ClientsPage, "openid_clients.html");
