// SPDX-License-Identifier: AGPL-3.0-or-later
//! Promises: the commitments of the librehosters network (CPP) and of the CHATONS charter as one checklist. What
//! software can verify it verifies; the rest a person declares, with evidence and a date. A person cannot declare what
//! is verified.

use crate::date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use types::Timestamp;

/// How a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Kept.
    Met,
    /// Kept in part.
    Partial,
    /// Not kept.
    Unmet,
    /// Nobody has said.
    Unknown,
}

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The board looked.
    Board,
    /// A person declared it.
    Person,
}

macro_rules! items {
    ($($(#[$doc:meta])* $item:ident $word:literal $scheme:ident $by:ident,)*) => {
        /// A promise.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Item {
            $($(#[$doc])* $item,)*
        }

        impl Item {
            /// Every promise, in the order they are shown.
            pub const ALL: &[Self] = &[$(Self::$item),*];

            /// Its word.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$item => $word,)*
                }
            }

            /// Whether the charter of CHATONS asks for it; all others are the librehosters' (CPP). Many are both's.
            pub fn scheme(self) -> Scheme {
                match self {
                    $(Self::$item => Scheme::$scheme,)*
                }
            }

            /// Who can say how it stands.
            pub fn by(self) -> By {
                match self {
                    $(Self::$item => By::$by,)*
                }
            }
        }
    };
}

/// Who asks for a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Commitments, Policies and Processes of the librehosters network.
    Cpp,
    /// The charter of CHATONS.
    Chatons,
    /// Both.
    Both,
}

items! {
    /// Only free software, with a licence and a link to the source for each service.
    FreeSoftware "free-software" Both Board,
    /// Terms of service that everybody can read.
    Terms "terms" Both Board,
    /// A page about the economic model.
    EconomicModel "economic-model" Both Board,
    /// A contact that people answer.
    Contact "contact" Both Board,
    /// Somebody speaks for the cooperative and agreed to be named.
    Delegates "delegates" Cpp Board,
    /// Pages load nothing from others, and measure nobody.
    NoThirdParties "no-third-parties" Chatons Board,
    /// Connections are encrypted, at no cost.
    EncryptionInTransit "encryption-in-transit" Both Board,
    /// Members can take their data along in open formats.
    Export "export" Both Board,
    /// Copies at another place, restored on trial.
    BackupsTested "backups-tested" Chatons Board,
    /// How each service is, is public.
    PublicStatus "public-status" Chatons Board,
    /// The configuration can be exported and used again.
    ConfigurationShared "configuration-shared" Cpp Board,
    /// Members decide together.
    MembersDecide "members-decide" Chatons Board,
    /// The data on disks is encrypted.
    EncryptionAtRest "encryption-at-rest" Chatons Person,
    /// Nobody's personal data is sold or analysed.
    NoExploitation "no-exploitation" Both Person,
    /// Traffic is neither altered nor slowed.
    NeutralTraffic "neutral-traffic" Both Person,
    /// Who runs the host has control over the machines.
    OwnMachines "own-machines" Chatons Person,
    /// Other hosts are helped, and knowledge is shared.
    Solidarity "solidarity" Chatons Person,
    /// Everybody can take part, whatever their abilities.
    Inclusion "inclusion" Chatons Person,
}

impl Item {
    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|item| item.word() == word)
    }
}

/// What a person declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Declaration {
    /// About what.
    pub item: Item,
    /// How it stands.
    pub state: State,
    /// Why anybody should believe it: a sentence, or an address.
    pub evidence: String,
    /// When (seconds since 1970).
    #[schemars(with = "i64")]
    pub at: Timestamp,
    /// Who.
    pub by: String,
}

/// What the board sees of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Per enabled service: its name, whether its licence is free and its source linked, whether it says how data is
    /// taken along.
    pub services: Vec<ServiceFacts>,
    /// Whether terms are in force, or linked.
    pub terms: bool,
    /// Whether the economic model is in force.
    pub economy: bool,
    /// Whether a mail address or page is given.
    pub contact: bool,
    /// Delegates who consented.
    pub delegates: usize,
    /// Names that are served with a certificate every browser trusts, and all public names.
    pub trusted_names: (usize, usize),
    /// Whether a restore was tried and worked, and when; `None` when there is no backup at another place.
    pub restored: Option<Timestamp>,
    /// Whether at least one service is listed on the public page.
    pub listed: bool,
    /// Proposals that were decided by members.
    pub decided: usize,
    /// Whether the policy of the pages forbids everything from elsewhere.
    pub own_content_only: bool,
}

/// What the board sees of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceFacts {
    /// Its name.
    pub name: String,
    /// SPDX expression.
    pub licence: String,
    /// Where its source is.
    pub source: String,
    /// Whether it says how data is taken along.
    pub exports: bool,
}

/// A promise as it is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Published {
    /// Its word.
    pub id: &'static str,
    /// Who asks for it.
    pub scheme: Scheme,
    /// How it stands.
    pub state: State,
    /// Who says so.
    pub by: By,
    /// Why anybody should believe it.
    pub evidence: String,
    /// Day it was looked at or declared, `YYYY-MM-DD`; empty when nobody did.
    pub date: String,
}

/// Licences that the OSI or the FSF call free, by how their SPDX ids begin.
const FREE: [&str; 22] = [
    "AGPL-",
    "GPL-",
    "LGPL-",
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MPL-2.0",
    "EUPL-",
    "0BSD",
    "Zlib",
    "CC0-1.0",
    "Unlicense",
    "Artistic-2.0",
    "PSF-2.0",
    "Python-2.0",
    "PostgreSQL",
    "Ruby",
    "W3C",
    "ECL-2.0",
    "EPL-2.0",
];

/// Whether an SPDX expression allows free use: every part joined by `AND`, one of those joined by `OR`.
pub fn is_free(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], " ");
    !plain.trim().is_empty()
        && plain.split(" AND ").all(|part| {
            part.split(" OR ").any(|licence| {
                let licence = licence.split(" WITH ").next().unwrap_or_default().trim();
                FREE.iter()
                    .any(|free| licence == *free || (free.ends_with('-') && licence.starts_with(free)))
            })
        })
}

/// The checklist as it stands.
pub fn published(facts: &Facts, declared: &[Declaration], now: Timestamp) -> Vec<Published> {
    Item::ALL
        .iter()
        .map(|item| one(*item, facts, declared, now))
        .collect()
}

fn one(item: Item, facts: &Facts, declared: &[Declaration], now: Timestamp) -> Published {
    let entry = |state, evidence: String, date: String| Published {
        id: item.word(),
        scheme: item.scheme(),
        state,
        by: item.by(),
        evidence,
        date,
    };
    match item.by() {
        By::Board => {
            let (state, evidence) = verify(item, facts, now);
            entry(state, evidence, date::day(now))
        }
        By::Person => {
            let of = declared.iter().filter(|declaration| declaration.item == item);
            match of.max_by_key(|declaration| declaration.at) {
                Some(last) => entry(last.state, last.evidence.clone(), date::day(last.at)),
                None => entry(State::Unknown, String::new(), String::new()),
            }
        }
    }
}

/// Whether a restore that was tried so long ago still counts: half a year.
const RESTORE_COUNTS: i64 = 183 * date::DAY;

/// What the board sees; the evidence is a plain sentence in English, for files and programs.
fn verify(item: Item, facts: &Facts, now: Timestamp) -> (State, String) {
    let met = |holds: bool, yes: &str, no: &str| {
        if holds {
            (State::Met, yes.to_owned())
        } else {
            (State::Unmet, no.to_owned())
        }
    };
    match item {
        Item::FreeSoftware => {
            let bad: Vec<&str> = facts
                .services
                .iter()
                .filter(|service| !is_free(&service.licence) || !crate::publish::is_https(&service.source))
                .map(|service| service.name.as_str())
                .collect();
            let count = facts.services.len();
            match (count, bad.len()) {
                (0, _) => (
                    State::Met,
                    "No service is enabled; the board's own software is AGPL-3.0-or-later.".into(),
                ),
                (_, 0) => (
                    State::Met,
                    format!("All {count} services have a free licence and a link to their source."),
                ),
                _ => (
                    State::Unmet,
                    format!(
                        "Without a free licence or a link to the source: {}.",
                        bad.join(", ")
                    ),
                ),
            }
        }
        Item::Terms => met(facts.terms, "The terms are published.", "There are no terms yet."),
        Item::EconomicModel => met(
            facts.economy,
            "The economic model is published.",
            "It is not written yet.",
        ),
        Item::Contact => met(facts.contact, "A contact is published.", "No contact is given."),
        Item::Delegates => met(
            facts.delegates > 0,
            &format!("{} agreed to be named.", facts.delegates),
            "Nobody has agreed to be named yet.",
        ),
        Item::NoThirdParties => met(
            facts.own_content_only,
            "The content security policy of every page allows nothing from elsewhere.",
            "Pages may load content from elsewhere.",
        ),
        Item::EncryptionInTransit => match facts.trusted_names {
            (_, 0) => (
                State::Partial,
                "Encrypted by the board's own authority; there is no public name yet.".into(),
            ),
            (trusted, all) if trusted == all => (
                State::Met,
                format!("All {all} public names have a certificate that browsers trust."),
            ),
            (trusted, all) => (
                State::Partial,
                format!("{trusted} of {all} public names have a trusted certificate."),
            ),
        },
        Item::Export => {
            let without: Vec<&str> = facts
                .services
                .iter()
                .filter(|service| !service.exports)
                .map(|service| service.name.as_str())
                .collect();
            met(
                without.is_empty(),
                "Every service says how members take their data along.",
                &format!("Not said for: {}.", without.join(", ")),
            )
        }
        Item::BackupsTested => match facts.restored {
            Some(at) if now.0 - at.0 <= RESTORE_COUNTS => (
                State::Met,
                format!("A copy was restored on trial on {}.", date::day(at)),
            ),
            Some(at) => (
                State::Partial,
                format!("The last restore on trial was on {}.", date::day(at)),
            ),
            None => (
                State::Unmet,
                "No copy at another place was restored on trial.".into(),
            ),
        },
        Item::PublicStatus => met(
            facts.listed,
            "The public page says how each listed service is and was.",
            "No service is listed on the public page.",
        ),
        Item::ConfigurationShared => (
            State::Met,
            "Every manifest and every setting can be read through the API and used on another board.".into(),
        ),
        Item::MembersDecide => match facts.decided {
            0 => (
                State::Partial,
                "Members can propose and vote; nothing was decided that way yet.".into(),
            ),
            count => (
                State::Met,
                format!("{count} decided by vote, with signed results."),
            ),
        },
        // Declared by people; see `Item::by`.
        _ => (State::Unknown, String::new()),
    }
}

#[cfg(test)]
mod tests;
