// SPDX-License-Identifier: AGPL-3.0-or-later
//! Which DNS records a board needs, and whether they are there. Pure: it never asks anybody.

mod caa;
mod compare;

pub use caa::{CaaRecord, caa_allows};
pub use compare::{Answer, NameReport, NameState, Seen, compare};

use serde::{Deserialize, Serialize};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};
use types::Domain;

/// Time to live of the records asked for, in seconds: short, because home addresses change.
pub const TTL: u32 = 300;

/// The public addresses of a board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// By IPv4.
    pub v4: Option<Ipv4Addr>,
    /// By IPv6.
    pub v6: Option<Ipv6Addr>,
}

impl Addresses {
    /// Both, those that are there.
    pub fn iter(&self) -> impl Iterator<Item = IpAddr> {
        self.v4.map(IpAddr::V4).into_iter().chain(self.v6.map(IpAddr::V6))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.v4.is_none() && self.v6.is_none()
    }
}

/// What a record says (RFC 1035 section 3.3, RFC 3596).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "UPPERCASE")]
pub enum Data {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// Another name.
    Cname(Domain),
}

impl Data {
    /// The type, as in a zone file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::A(_) => "A",
            Self::Aaaa(_) => "AAAA",
            Self::Cname(_) => "CNAME",
        }
    }

    /// The value, as in a zone file.
    pub fn value(&self) -> String {
        match self {
            Self::A(address) => address.to_string(),
            Self::Aaaa(address) => address.to_string(),
            Self::Cname(name) => format!("{name}."),
        }
    }
}

impl From<IpAddr> for Data {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::A(address),
            IpAddr::V6(address) => Self::Aaaa(address),
        }
    }
}

/// A record to make. `Display` writes the line of a zone file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Record {
    /// The name without a dot at the end; may begin with `*.`.
    pub name: String,
    /// In seconds.
    pub ttl: u32,
    /// What it says.
    #[serde(flatten)]
    pub data: Data,
}

impl Record {
    fn new(name: impl Into<String>, data: Data) -> Self {
        let (name, ttl) = (name.into(), TTL);
        Self { name, ttl, data }
    }

    /// The name as most providers' forms want it: relative to the zone, `@` for the zone itself.
    pub fn label(&self, zone: &Domain) -> &str {
        if self.name == zone.as_str() {
            return "@";
        }
        self.name
            .strip_suffix(zone.as_str())
            .and_then(|rest| rest.strip_suffix('.'))
            .unwrap_or(&self.name)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, value) = (self.data.kind(), self.data.value());
        write!(f, "{}. {} IN {kind} {value}", self.name, self.ttl)
    }
}

/// How the names of services are covered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Records for each name.
    #[default]
    PerName,
    /// One wildcard for all names below the domain (RFC 4592).
    Wildcard,
}

/// Where names shall lead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The board's public addresses.
    pub addresses: Addresses,
    /// A name that follows the board's address by dynamic DNS, if there is one: then names become a CNAME to it,
    /// and need no change when the address does.
    pub host: Option<Domain>,
}

/// The records to make for `names`. The apex of `domain` never gets a CNAME, because the zone's own SOA and NS
/// records stand beside it (RFC 1034 section 3.6.2); nor does a name outside of `domain`, which may be an apex. These
/// get addresses, so with no known address they get nothing. The target's own host gets no record either: dynamic
/// DNS makes it.
pub fn wanted(domain: &Domain, names: &[Domain], target: &Target, style: Style) -> Vec<Record> {
    let mut records = Vec::new();
    let mut add = |name: String, may_alias: bool| {
        let data = match target.host.as_ref().filter(|_| may_alias) {
            Some(host) => vec![Data::Cname(host.clone())],
            None => target.addresses.iter().map(Data::from).collect(),
        };
        for data in data {
            let record = Record::new(name.clone(), data);
            if !records.contains(&record) {
                records.push(record);
            }
        }
    };
    for name in names {
        if target.host.as_ref() == Some(name) {
            continue;
        }
        match (is_below(name, domain), style) {
            (true, Style::Wildcard) => add(format!("*.{domain}"), true),
            (true, Style::PerName) => add(name.to_string(), true),
            (false, _) => add(name.to_string(), false),
        }
    }
    records
}

/// Whether `name` is a name under `domain`, not `domain` itself.
pub fn is_below(name: &Domain, domain: &Domain) -> bool {
    name.as_str()
        .strip_suffix(domain.as_str())
        .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}

#[cfg(test)]
mod tests;
