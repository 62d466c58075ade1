// SPDX-License-Identifier: AGPL-3.0-or-later
//! The register, joining, and other hosters.

use crate::{
    field::TextField,
    layout::{Layout, page},
};
use types::Timestamp;

/// `GET /cooperative/register`: members and boards, applications.
///
/// Forms:
/// - `POST /cooperative/register/delegate` with `name`: the member agrees to be named; empty: no longer
/// - `POST /cooperative/applications/<id>` with `answer` (`admitted` or `declined`; stewards)
///
/// Download: `/cooperative/register.csv` (stewards).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterPage {
    /// What every page knows.
    pub layout: Layout,
    /// Members, then boards.
    pub rows: Vec<RegisterRow>,
    /// The name the member is published under.
    pub delegate: TextField,
    /// Who waits for an answer (stewards).
    pub applications: Vec<ApplicationRow>,
}

/// A member or board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterRow {
    /// Its name.
    pub name: String,
    /// Whether it is a board.
    pub board: bool,
    /// Day it joined.
    pub joined: String,
    /// Day it left; empty while it is there.
    pub left: String,
    /// Published under this name, and the day of the consent.
    pub delegate: Option<(String, String)>,
}

/// Somebody who asked to join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationRow {
    /// Its id.
    pub id: String,
    /// The name.
    pub name: String,
    /// How to reach them.
    pub contact: String,
    /// What they wrote.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// `GET /join`: how to become a member. For everybody.
///
/// Form, when applications are taken: `POST /join` with `name`, `contact` and `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinPage {
    /// What every page knows.
    pub layout: Layout,
    /// Name of the cooperative.
    pub cooperative: String,
    /// How it is.
    pub state: JoinState,
    /// `name`
    pub name: TextField,
    /// `contact`
    pub contact: TextField,
    /// `text`
    pub text: TextField,
}

/// How joining is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinState {
    /// Whom a member invites.
    Invited,
    /// Whoever asks.
    Asking,
    /// Nobody.
    Closed,
    /// The application was taken.
    Sent,
}

/// `GET /cooperative/elsewhere`: other hosters and what they offer.
///
/// Forms (stewards):
/// - `POST /cooperative/elsewhere` with `address`
/// - `POST /cooperative/elsewhere/vouch` with `address` and `vouched` (`true` or `false`)
/// - `POST /cooperative/elsewhere/remove` with `address`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElsewherePage {
    /// What every page knows.
    pub layout: Layout,
    /// By name.
    pub hosters: Vec<HosterRow>,
    /// `address`
    pub address: TextField,
}

/// A hoster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HosterRow {
    /// The address it was added by.
    pub address: String,
    /// Its name.
    pub name: String,
    /// In a few words.
    pub tag_line: String,
    /// Its site.
    pub home_url: Option<String>,
    /// Its terms.
    pub terms_url: Option<String>,
    /// Languages it answers in.
    pub languages: Vec<String>,
    /// Services: name, and where it is.
    pub services: Vec<(String, Option<String>)>,
    /// Whether the cooperative vouches for it.
    pub vouched: bool,
    /// When its file was last read.
    pub read: Timestamp,
}

impl HosterRow {
    pub(crate) fn href(&self) -> Option<&str> {
        self.home_url.as_deref().map(crate::url::href)
    }

    pub(crate) fn terms(&self) -> Option<&str> {
        self.terms_url.as_deref().map(crate::url::href)
    }
}

mod register {
    use super::RegisterPage;
    super::page!(RegisterPage, "cooperative/register.html");
}
mod join {
    use super::JoinPage;
    super::page!(JoinPage, "cooperative/join.html");
}
mod elsewhere {
    use super::ElsewherePage;
    super::page!(ElsewherePage, "cooperative/elsewhere.html");
}
