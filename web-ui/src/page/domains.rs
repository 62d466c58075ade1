// SPDX-License-Identifier: AGPL-3.0-or-later
//! A domain on the page of addresses: the records to make, and where each name stands.

use crate::i18n::T;

/// A domain that a steward added.
///
/// Forms, answered with 303 to `/certificates`: `POST /certificates/domains/remove` and `POST
/// /certificates/domains/look`, both with `domain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainCard {
    /// The domain.
    pub name: String,
    /// Title of the service it leads to; `None` is the board itself.
    pub service: Option<String>,
    /// Whether every service has a name under it.
    pub every_service: bool,
    /// The records to make; empty while the board does not know its public address.
    pub records: Vec<RecordRow>,
    /// The same as lines of a zone file.
    pub zone_file: String,
    /// Who makes the record that proves it, if it is proved by DNS.
    pub proof: Option<String>,
    /// Names that are not ready.
    pub waiting: Vec<NameRow>,
}

/// A record to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRow {
    /// The name as most providers' forms want it.
    pub label: String,
    /// `A`, `AAAA` or `CNAME`.
    pub kind: String,
    /// The address or the name.
    pub value: String,
}

/// A name that is not ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameRow {
    /// The name.
    pub name: String,
    /// Where it stands.
    pub standing: NameStanding,
}

/// Where a name stands in DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameStanding {
    /// DNS is being asked.
    Looking,
    /// It has no address.
    Missing,
    /// It leads elsewhere: to these.
    Wrong(Vec<String>),
    /// A CAA record forbids the authority.
    CaaForbids {
        /// The authority that was to be asked.
        issuer: String,
    },
    /// Made, and not seen everywhere yet; at most for so many minutes, if the domain says.
    Spreading {
        /// Minutes.
        minutes: Option<u32>,
    },
    /// Nobody answers.
    NoAnswer,
}

impl DomainCard {
    /// For ids on the page.
    pub(crate) fn id(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        format!("domain-{}", self.name.chars().map(plain).collect::<String>())
    }
}

impl NameStanding {
    pub(crate) fn text(&self, t: T) -> String {
        match self {
            Self::Looking => t.domain_looking().into(),
            Self::Missing => t.domain_missing().into(),
            Self::Wrong(found) => t.domain_wrong(found.join(", ")),
            Self::CaaForbids { issuer } => t.domain_caa(issuer),
            Self::Spreading {
                minutes: Some(minutes),
            } => t.domain_spreading_minutes(*minutes),
            Self::Spreading { minutes: None } => t.domain_spreading().into(),
            Self::NoAnswer => t.domain_no_answer().into(),
        }
    }
}
