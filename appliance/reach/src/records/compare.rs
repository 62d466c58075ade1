// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is wanted, and what DNS answers.

use super::{CaaRecord, Data, Record, Target, caa_allows};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, net::IpAddr};
use types::Domain;

/// What DNS answers about a name's addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Where the name's own CNAME leads.
    pub cname: Option<Domain>,
    /// A and AAAA, at the end of any chain of CNAMEs. Empty: the name does not exist or has no address.
    pub addresses: BTreeSet<IpAddr>,
}

/// What was seen of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// By the domain's own servers; `None`: none of them answered.
    pub authority: Option<Answer>,
    /// By the resolvers the board uses, which may remember; `None`: none of them answered.
    pub resolver: Option<Answer>,
    /// The CAA records that count for the name (RFC 8659 section 3).
    pub caa: Vec<CaaRecord>,
    /// The top of the zone the name is in, if it was found.
    pub apex: Option<Domain>,
    /// How long resolvers may remember that there was nothing, in seconds (RFC 2308 section 5).
    pub negative_ttl: Option<u32>,
}

/// Where a name stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum NameState {
    /// The name leads to this board: a certificate can be ordered.
    Ready,
    /// Records are missing.
    Missing {
        /// What to make.
        records: Vec<Record>,
    },
    /// The name leads elsewhere, or partly.
    Wrong {
        /// Addresses and names found that are not this board's.
        found: Vec<String>,
        /// What should be there instead.
        records: Vec<Record>,
    },
    /// A CAA record forbids the CA.
    CaaForbids {
        /// The CA that was to be asked.
        issuer: String,
        /// Who may issue instead; empty: nobody.
        allowed: Vec<String>,
    },
    /// The domain's own servers know the records, others do not yet.
    NotPropagated {
        /// How long that may take at most, in seconds, if the domain says.
        at_most: Option<u32>,
    },
    /// Nobody answered: the link, the resolver, or the domain's servers are down.
    NoAnswer,
}

/// Where a name stands, and what would make it better.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameReport {
    /// The name.
    pub name: Domain,
    /// Where it stands.
    #[serde(flatten)]
    pub state: NameState,
    /// Records that would help but need not be there, such as the AAAA beside an A.
    pub advice: Vec<Record>,
}

/// Compares. `records` are those of [`super::wanted`], of which the name's own and the wildcard above it count;
/// `issuer` is the CA's CAA domain, if known. While the board does not know its own public address, any address will
/// do: whether it is the right one, the CA will see. A foreign address beside the right one is wrong: CAs prefer IPv6, and try
/// another address only when the first does not answer.
pub fn compare(
    name: &Domain,
    records: &[Record],
    target: &Target,
    seen: &Seen,
    issuer: Option<&str>,
) -> NameReport {
    let own = own_records(name, records);
    let (state, advice) = match (&seen.authority, &seen.resolver) {
        (None, None) => (NameState::NoAnswer, Vec::new()),
        (None, Some(answer)) => addresses(answer, &own, target),
        (Some(answer), resolver) => {
            let (state, advice) = addresses(answer, &own, target);
            let is_old = |seen: &Answer| addresses(seen, &own, target).0 != NameState::Ready;
            if state == NameState::Ready && resolver.as_ref().is_some_and(is_old) {
                let at_most = seen.negative_ttl;
                (NameState::NotPropagated { at_most }, advice)
            } else {
                (state, advice)
            }
        }
    };
    let forbids = issuer.filter(|issuer| !caa_allows(&seen.caa, issuer, false));
    let state = match (state, forbids) {
        (NameState::Ready | NameState::NotPropagated { .. }, Some(issuer)) => {
            let issue = seen
                .caa
                .iter()
                .filter(|caa| caa.tag.eq_ignore_ascii_case("issue"));
            NameState::CaaForbids {
                issuer: issuer.to_owned(),
                allowed: issue
                    .map(|caa| caa.issuer().to_owned())
                    .filter(|issuer| !issuer.is_empty())
                    .collect(),
            }
        }
        (state, _) => state,
    };
    let name = name.clone();
    NameReport { name, state, advice }
}

/// The records of a name: its own, else the closest wildcard's.
fn own_records(name: &Domain, records: &[Record]) -> Vec<Record> {
    let mut candidates = vec![name.to_string()];
    let mut rest = name.as_str();
    while let Some((_, parent)) = rest.split_once('.') {
        candidates.push(format!("*.{parent}"));
        rest = parent;
    }
    candidates
        .into_iter()
        .map(|name| {
            records
                .iter()
                .filter(|r| r.name == name)
                .cloned()
                .collect::<Vec<_>>()
        })
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

fn addresses(answer: &Answer, own: &[Record], target: &Target) -> (NameState, Vec<Record>) {
    let ours: BTreeSet<IpAddr> = target.addresses.iter().collect();
    let wants_alias = own.iter().any(|record| matches!(record.data, Data::Cname(_)));
    let aliased = answer.cname.is_some() && answer.cname == target.host;
    if answer.addresses.is_empty() {
        let state = match &answer.cname {
            Some(cname) if !aliased => wrong(vec![format!("{cname}.")], own),
            // The alias is right, and what it leads to is dynamic DNS's to make.
            Some(_) if wants_alias => NameState::NotPropagated { at_most: None },
            _ => NameState::Missing {
                records: own.to_vec(),
            },
        };
        return (state, Vec::new());
    }
    let foreign: Vec<String> = answer
        .addresses
        .iter()
        .filter(|address| !ours.is_empty() && !ours.contains(address))
        .map(ToString::to_string)
        .collect();
    if !foreign.is_empty() {
        // The alias is right: dynamic DNS has not caught up with an address that has just changed.
        let state = if aliased {
            NameState::NotPropagated { at_most: None }
        } else {
            wrong(foreign, own)
        };
        return (state, Vec::new());
    }
    let missing = own.iter().filter(|record| match record.data {
        Data::A(address) => !answer.addresses.contains(&IpAddr::V4(address)),
        Data::Aaaa(address) => !answer.addresses.contains(&IpAddr::V6(address)),
        Data::Cname(_) => !aliased,
    });
    (NameState::Ready, missing.cloned().collect())
}

fn wrong(found: Vec<String>, own: &[Record]) -> NameState {
    let records = own.to_vec();
    NameState::Wrong { found, records }
}

impl fmt::Display for NameState {
    /// In plain English: what is wrong, and what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |n: usize| if n == 1 { "this record" } else { "these records" };
        match self {
            Self::Ready => f.write_str("The name leads to this board."),
            Self::Missing { records } if records.is_empty() => f.write_str(
                "The name has no address, and this board does not know its own public address yet. \
                 See the address check first.",
            ),
            Self::Missing { records } => write!(
                f,
                "The name has no address yet. Make {} where the domain is managed.",
                count(records.len())
            ),
            Self::Wrong { found, records } => write!(
                f,
                "The name leads to {}, which is not this board. Remove that, and make {}.",
                found.join(", "),
                count(records.len())
            ),
            Self::CaaForbids { issuer, allowed } if allowed.is_empty() => write!(
                f,
                "The domain's CAA records let nobody issue certificates. Add the CAA record: 0 issue \"{issuer}\"."
            ),
            Self::CaaForbids { issuer, allowed } => write!(
                f,
                "The domain's CAA records let only {} issue certificates. Add the CAA record: 0 issue \"{issuer}\".",
                allowed.join(", ")
            ),
            Self::NotPropagated { at_most: Some(seconds) } => write!(
                f,
                "The records are made, and others will see them within {} minutes. There is nothing to do but wait.",
                seconds.div_ceil(60)
            ),
            Self::NotPropagated { at_most: None } => {
                f.write_str("The records are made, and not seen everywhere yet. There is nothing to do but wait.")
            }
            Self::NoAnswer => f.write_str(
                "No DNS server answers. Check that the board is connected to the internet, and the domain registered.",
            ),
        }
    }
}
