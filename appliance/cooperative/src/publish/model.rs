// SPDX-License-Identifier: AGPL-3.0-or-later
//! What may be known about a cooperative by everybody.

use super::Profile;
use crate::{
    commitment::Published,
    text::{Answers, TextKind},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use types::Timestamp;

/// The software that publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generator {
    /// Its version.
    pub version: String,
}

/// How a service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Answers.
    Operational,
    /// Down on purpose, and announced.
    Maintenance,
    /// Does not answer.
    Down,
}

/// A service that is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicService {
    /// Its name in the catalog.
    pub id: String,
    /// What people call it, in English.
    pub title: String,
    /// One sentence, in English.
    pub summary: String,
    /// A word to group by.
    pub category: String,
    /// Where it is, when the internet can reach it.
    pub url: Option<String>,
    /// The software's name.
    pub software: String,
    /// Its version.
    pub version: String,
    /// Its site.
    pub website: String,
    /// Where its source is.
    pub source: String,
    /// SPDX expression.
    pub licence: String,
    /// Standards it speaks.
    pub protocols: Vec<String>,
    /// How it is.
    pub health: Health,
    /// Since when it is offered here.
    pub since: Option<Timestamp>,
}

impl PublicService {
    /// Whether it federates by `ActivityPub`: then it describes itself by `NodeInfo` on its own host.
    pub fn node_info(&self) -> Option<String> {
        let federates = self.protocols.iter().any(|protocol| protocol == "ActivityPub");
        let url = self.url.as_ref().filter(|_| federates)?;
        Some(format!("{}/.well-known/nodeinfo", url.trim_end_matches('/')))
    }
}

/// Somebody who speaks for the cooperative and agreed to be named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delegate {
    /// The name they want to be published under.
    pub name: String,
    /// Day of their consent, `YYYY-MM-DD`.
    pub consent: String,
}

/// The whole of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The values of the profile.
    pub profile: Profile,
    /// The software.
    pub generator: Generator,
    /// Origin of the public page, without a slash at the end: `https://oak.example.org`.
    pub base: String,
    /// Texts that are in force on the public page.
    pub texts: BTreeSet<TextKind>,
    /// What was answered about joining, money and deciding.
    pub answers: Option<Answers>,
    /// Services that are listed.
    pub services: Vec<PublicService>,
    /// How many members there are.
    pub members: usize,
    /// How many boards there are, and how many are up.
    pub boards: (usize, usize),
    /// Delegates who agreed to be named.
    pub delegates: Vec<Delegate>,
    /// Promises and how they stand.
    pub commitments: Vec<Published>,
    /// Whom the cooperative vouches for, when that is published: name and address of its `librehost.json`.
    pub directory: Option<BTreeMap<String, String>>,
    /// The day the cooperative ends, once announced, `YYYY-MM-DD`.
    pub ends: Option<String>,
    /// When one of these things last changed.
    pub changed: Timestamp,
}

impl Model {
    /// A page of the public site.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Address of a text's page, when it is in force.
    pub(crate) fn text(&self, kind: TextKind) -> Option<String> {
        self.texts
            .contains(&kind)
            .then(|| self.page(&format!("/{}", kind.word())))
    }

    /// A value of the profile, unless it is empty.
    pub(crate) fn value(&self, key: &str) -> Option<&str> {
        Some(self.profile.get(key)).filter(|value| !value.is_empty())
    }

    /// The contact, when it is a mail address.
    pub(crate) fn mail(&self) -> Option<&str> {
        self.value("contact").filter(|contact| !contact.contains("://"))
    }
}
