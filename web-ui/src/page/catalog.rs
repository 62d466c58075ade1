// SPDX-License-Identifier: AGPL-3.0-or-later
//! What can be enabled, and the form that enables it.

use crate::{
    i18n::T,
    layout::{Layout, page},
    service::ServiceState,
    settings::SettingField,
    svg,
};
use types::{ServiceName, Timestamp};

/// `GET /catalog`: every service there is. No form: each card links to `/services/<name>/enable`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogPage {
    /// What every page knows.
    pub layout: Layout,
    /// The catalog itself; `None` when there is none that can be trusted (say why in [`Self::problem`]).
    pub facts: Option<CatalogFacts>,
    /// Why the newest catalog is not used, in words.
    pub problem: Option<String>,
    /// Bytes of memory that could still be given to services; `None` when unknown.
    pub memory_free: Option<u64>,
    /// The services; those of one category need not stand together.
    pub cards: Vec<CatalogCard>,
}

/// Facts about the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatalogFacts {
    /// Its version.
    pub version: u64,
    /// When it was made.
    pub created: Timestamp,
    /// After this nothing new is enabled from it.
    pub expires: Timestamp,
}

/// A service in the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogCard {
    /// Its name.
    pub name: ServiceName,
    /// What people call it.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// The manifest's category word.
    pub category: String,
    /// Its icon, an SVG of plain shapes without ids and styles.
    pub icon: String,
    /// Memory it is expected to use, in bytes.
    pub memory_expected: u64,
    /// Size of its software, in bytes.
    pub size: u64,
    /// How open its sandbox is, in tenths, from 0 (shut) to 100.
    pub exposure_tenths: Option<u8>,
    /// Ports of the board it opens, like `5222/tcp`.
    pub ports: Vec<String>,
    /// SPDX licence expression.
    pub licence: String,
    /// Upstream version.
    pub version: String,
    /// The software's own site.
    pub website: String,
    /// Its state when it is enabled.
    pub state: Option<ServiceState>,
}

impl CatalogCard {
    pub(crate) fn icon(&self) -> &str {
        svg::icon(&self.icon)
    }
}

impl CatalogPage {
    /// Title of the category and card; those of one category together, in the order in which categories appear.
    pub(crate) fn entries(&self) -> Vec<(String, &CatalogCard)> {
        let first = |card: &CatalogCard| {
            self.cards
                .iter()
                .position(|other| other.category == card.category)
        };
        let mut cards: Vec<&CatalogCard> = self.cards.iter().collect();
        cards.sort_by_key(|card| first(card));
        let t = self.layout.t();
        let entry = |card: &'_ CatalogCard| category_title(t, &card.category);
        cards.into_iter().map(|card| (entry(card), card)).collect()
    }

    pub(crate) fn expired(&self) -> bool {
        self.facts.is_some_and(|facts| facts.expires < self.layout.now)
    }

    pub(crate) fn fits(&self, card: &CatalogCard) -> bool {
        self.memory_free.is_none_or(|free| card.memory_expected <= free)
    }
}

fn category_title(t: T, category: &str) -> String {
    match category {
        "calendar" => t.category_calendar().into(),
        "files" => t.category_files().into(),
        "social" => t.category_social().into(),
        "chat" => t.category_chat().into(),
        "mail" => t.category_mail().into(),
        "media" => t.category_media().into(),
        "knowledge" => t.category_knowledge().into(),
        "code" => t.category_code().into(),
        "tools" => t.category_tools().into(),
        other => other.to_owned(),
    }
}

/// `GET /services/<name>/enable`: what a service needs and asks, before it is enabled.
///
/// Form: `POST /services/<name>/enable` with `setting.<key>` for every setting (see [`SettingField`]).
/// Success: 303 to `/jobs/<id>`. Errors: this page with errors in the fields (422) or a [`Refusal`] (409).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnablePage {
    /// What every page knows.
    pub layout: Layout,
    /// The service.
    pub card: CatalogCard,
    /// Its settings; see [`crate::setting_fields`].
    pub fields: Vec<SettingField>,
    /// The address it will have.
    pub address: String,
    /// Memory at which it is ended, in bytes.
    pub memory_max: u64,
    /// Bytes of memory that could still be given to services; `None` when unknown.
    pub memory_free: Option<u64>,
    /// Why it cannot be enabled.
    pub refusal: Option<Refusal>,
}

/// Why a service cannot be enabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Too little memory, in bytes.
    Memory {
        /// What it is expected to use.
        needed: u64,
        /// What is left.
        free: u64,
    },
    /// Too little space, in bytes.
    Disk {
        /// What it needs.
        needed: u64,
        /// What is left.
        free: u64,
    },
    /// Another service has this host name.
    NameTaken(String),
    /// The catalog is expired since then.
    CatalogExpired(Timestamp),
    /// Anything else, in words that somebody else chose.
    Other(String),
}

impl Refusal {
    pub(crate) fn text(&self, t: T) -> String {
        match self {
            Self::Memory { needed, free } => t.refusal_memory(t.bytes(*free), t.bytes(*needed)),
            Self::Disk { needed, free } => t.refusal_disk(t.bytes(*free), t.bytes(*needed)),
            Self::NameTaken(host) => t.refusal_name(host),
            Self::CatalogExpired(at) => t.refusal_expired(crate::format::date(*at)),
            Self::Other(text) => text.clone(),
        }
    }
}

impl EnablePage {
    pub(crate) fn wrong(&self) -> bool {
        self.fields.iter().any(|field| field.error.is_some())
    }
}

mod list {
    use super::CatalogPage;
    super::page!(CatalogPage, "catalog.html");
}
mod enable {
    use super::EnablePage;
    super::page!(EnablePage, "enable.html");
}
