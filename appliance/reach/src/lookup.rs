// SPDX-License-Identifier: AGPL-3.0-or-later
//! What DNS answers: by the domain's own servers, so that a resolver that remembers "nothing there" (RFC 2308) does
//! not mislead, and by the resolvers the board uses.

mod ask;

use crate::records::{Answer, CaaRecord, Seen};
use ask::Server;
use hickory_proto::rr::{RData, RecordType};
use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use types::Domain;

/// Longest chain of CNAMEs that is followed.
const CHAIN: usize = 8;

/// Who is asked.
#[derive(Clone, Debug)]
pub struct LookupSettings {
    /// The resolvers; `None`: those of the system.
    pub resolvers: Option<Vec<SocketAddr>>,
    /// Port of the domains' own servers: 53, but for tests.
    pub authority_port: u16,
    /// Time for each question.
    pub within: Duration,
}

impl Default for LookupSettings {
    /// The system's resolvers, port 53, three seconds.
    fn default() -> Self {
        Self {
            resolvers: None,
            authority_port: 53,
            within: Duration::from_secs(3),
        }
    }
}

/// Why DNS did not answer.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The system names no resolver.
    #[error("the board knows no DNS resolver; check its network settings")]
    NoResolver(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No answer to this.
    #[error("no DNS server answers for {name}; check that the board is online, and the domain registered")]
    NoAnswer {
        /// What was asked for.
        name: String,
        /// Why.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

/// The zone a name is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its apex: the name where no CNAME may stand.
    pub apex: Domain,
    /// Addresses of its servers (RFC 1035 section 3.3.11).
    pub servers: Vec<SocketAddr>,
    /// How long resolvers remember that there is nothing, in seconds: the lesser of the SOA's minimum and TTL (RFC
    /// 2308 section 5).
    pub negative_ttl: Option<u32>,
}

/// Asks DNS. Remembers nothing.
#[derive(Clone)]
pub struct Lookup {
    resolver: Server,
    settings: LookupSettings,
}

impl Lookup {
    /// Reads the system's settings where none are given.
    ///
    /// # Errors
    /// When the system names no resolver.
    pub fn new(settings: LookupSettings) -> Result<Self, LookupError> {
        let resolver = match &settings.resolvers {
            Some(servers) => Server::resolvers(servers, settings.within),
            None => Server::system(settings.within),
        }
        .map_err(LookupError::NoResolver)?;
        Ok(Self { resolver, settings })
    }

    /// All that [`crate::records::compare`] wants to know of a name. Never fails: who does not answer is absent.
    pub async fn see(&self, name: &Domain) -> Seen {
        let by_authority = async {
            let zone = self.zone(name).await.ok()?;
            let answer = self.by_authority(name, &zone).await;
            Some((answer, zone.negative_ttl, zone.apex))
        };
        let (by_authority, resolver, caa) = tokio::join!(
            by_authority,
            self.addresses(&self.resolver, name.as_str()),
            self.caa(name)
        );
        let (authority, negative_ttl, apex) = match by_authority {
            Some((answer, ttl, apex)) => (answer, ttl, Some(apex)),
            None => (None, None, None),
        };
        Seen {
            authority,
            resolver: resolver.ok(),
            caa: caa.unwrap_or_default(),
            negative_ttl,
            apex,
        }
    }

    /// The zone `name` is in: the closest name above it, or itself, that has an SOA record.
    ///
    /// # Errors
    /// When nobody answers, or no zone above the name exists.
    pub async fn zone(&self, name: &Domain) -> Result<Zone, LookupError> {
        for apex in ancestors(name) {
            let found = self.resolver.ask(apex.as_str(), RecordType::SOA).await?;
            let Some((ttl, soa)) = found.into_iter().find_map(|(owner, ttl, data)| match data {
                RData::SOA(soa) if owner == apex.as_str() => Some((ttl, soa)),
                _ => None,
            }) else {
                continue;
            };
            let negative_ttl = Some(soa.minimum.min(ttl));
            let servers = self.servers(&apex).await?;
            return Ok(Zone {
                apex,
                servers,
                negative_ttl,
            });
        }
        Err(LookupError::NoAnswer {
            name: name.to_string(),
            source: None,
        })
    }

    /// Whether all servers of `domain`'s zone that answer know this TXT record of `name`, a name in that zone.
    ///
    /// # Errors
    /// When none of them answers, or the zone is not found.
    pub async fn shows_text(&self, domain: &Domain, name: &str, text: &str) -> Result<bool, LookupError> {
        let zone = self.zone(domain).await?;
        let is_it =
            |data: &RData| matches!(data, RData::TXT(found) if found.txt_data.concat() == text.as_bytes());
        let mut answered = false;
        for server in &zone.servers {
            let server = Server::authority(*server, self.settings.within).map_err(LookupError::NoResolver)?;
            let Ok(found) = server.ask(name, RecordType::TXT).await else {
                continue;
            };
            answered = true;
            if !found.iter().any(|(_, _, data)| is_it(data)) {
                return Ok(false);
            }
        }
        if answered {
            return Ok(true);
        }
        Err(LookupError::NoAnswer {
            name: name.to_owned(),
            source: None,
        })
    }

    /// The relevant CAA records: of the closest name upwards that has any (RFC 8659 section 3). Walks to, and with,
    /// the top-level domain.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn caa(&self, name: &Domain) -> Result<Vec<CaaRecord>, LookupError> {
        let mut rest = name.as_str();
        loop {
            let found = self.resolver.ask(rest, RecordType::CAA).await?;
            let records: Vec<_> = found
                .into_iter()
                .filter_map(|(_, _, data)| match data {
                    RData::CAA(caa) => Some(CaaRecord {
                        critical: caa.issuer_critical,
                        value: String::from_utf8_lossy(&caa.value).into_owned(),
                        tag: caa.tag,
                    }),
                    _ => None,
                })
                .collect();
            match rest.split_once('.') {
                Some((_, parent)) if records.is_empty() => rest = parent,
                _ => return Ok(records),
            }
        }
    }

    async fn servers(&self, apex: &Domain) -> Result<Vec<SocketAddr>, LookupError> {
        let mut servers = Vec::new();
        // Four servers are enough to find one that answers.
        for (_, _, data) in self
            .resolver
            .ask(apex.as_str(), RecordType::NS)
            .await?
            .into_iter()
            .take(4)
        {
            if let RData::NS(host) = data
                && let Ok(answer) = self.addresses(&self.resolver, &ask::plain(&host.0)).await
            {
                let port = self.settings.authority_port;
                servers.extend(
                    answer
                        .addresses
                        .into_iter()
                        .map(|address| SocketAddr::new(address, port)),
                );
            }
        }
        // IPv4 first: a board often has an IPv6 address and no way out by it.
        servers.sort_by_key(SocketAddr::is_ipv6);
        Ok(servers)
    }

    /// Asks the zone's servers. Where a CNAME leads is asked of the resolver, unless the same zone knows it.
    async fn by_authority(&self, name: &Domain, zone: &Zone) -> Option<Answer> {
        let mut answer = None;
        for server in &zone.servers {
            let server = Server::authority(*server, self.settings.within).ok()?;
            if let Ok(found) = self.addresses(&server, name.as_str()).await {
                answer = Some(found);
                break;
            }
        }
        let mut answer = answer?;
        if let (Some(target), true) = (&answer.cname, answer.addresses.is_empty())
            && let Ok(end) = self.addresses(&self.resolver, target.as_str()).await
        {
            answer.addresses = end.addresses;
        }
        Some(answer)
    }

    async fn addresses(&self, server: &Server, name: &str) -> Result<Answer, LookupError> {
        let (v4, v6) = tokio::join!(
            server.ask(name, RecordType::A),
            server.ask(name, RecordType::AAAA)
        );
        // One family answered is enough: servers that fail on AAAA exist.
        let found: Vec<_> = match (v4, v6) {
            (Ok(v4), Ok(v6)) => v4.into_iter().chain(v6).collect(),
            (Ok(one), Err(_)) | (Err(_), Ok(one)) if !one.is_empty() => one,
            (Err(error), _) | (_, Err(error)) => return Err(error),
        };
        let leads = |from: &str| {
            found.iter().find_map(|(owner, _, data)| match data {
                RData::CNAME(to) if owner == from => Some(ask::plain(&to.0)),
                _ => None,
            })
        };
        let cname = leads(name);
        let mut end = name.to_owned();
        for _ in 0..CHAIN {
            match leads(&end) {
                Some(next) => end = next,
                None => break,
            }
        }
        let addresses: BTreeSet<IpAddr> = found
            .iter()
            .filter(|(owner, ..)| *owner == end)
            .filter_map(|(_, _, data)| data.ip_addr())
            .collect();
        Ok(Answer {
            cname: cname.and_then(|name| name.parse().ok()),
            addresses,
        })
    }
}

/// `a.b.example.org`, `b.example.org`, `example.org`.
fn ancestors(name: &Domain) -> Vec<Domain> {
    let mut found = vec![name.clone()];
    let mut rest = name.as_str();
    while let Some((_, parent)) = rest.split_once('.') {
        found.extend(parent.parse::<Domain>());
        rest = parent;
    }
    found
}
