// SPDX-License-Identifier: AGPL-3.0-or-later
//! Domains, the names under them, and what was chosen and seen about the way from outside.

use super::{
    Result, Store,
    board::{get, next_generation, set},
    stored, stored_json, to_json,
};
use crate::outside::{Choice, Proof};
use reach::{dyndns, ports::Lease};
use rusqlite::{Connection, params};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::{BTreeMap, BTreeSet};
use types::{Domain, MemberName, ServiceName, Timestamp};

/// A domain and where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DomainRecord {
    /// The name.
    #[schemars(with = "String")]
    pub name: Domain,
    /// The service; `None` is the board itself.
    #[schemars(with = "Option<String>")]
    pub service: Option<ServiceName>,
    /// Whether every service has a name under it: `<service>.<name>`.
    pub every_service: bool,
    /// Whether one wildcard record in DNS covers the names under it.
    pub wildcard: bool,
}

/// A public name and where it leads: a domain, or a service's name under one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicName {
    /// The name.
    pub name: Domain,
    /// The service; `None` is the board itself.
    pub service: Option<ServiceName>,
    /// The domain that it came with.
    pub domain: Domain,
}

/// Every public name, in the order in which domains were added: the first name of a service is the one it calls itself,
/// and stays that. A name that was added on purpose counts more than one that comes with a domain.
pub fn public_names<'a>(
    domains: &[DomainRecord],
    services: &(impl Iterator<Item = &'a ServiceName> + Clone),
) -> Vec<PublicName> {
    let taken: BTreeSet<&str> = domains.iter().map(|domain| domain.name.as_str()).collect();
    let derived = |domain: &DomainRecord, service: &ServiceName| {
        let name = format!("{service}.{}", domain.name).parse().ok()?;
        Some(PublicName {
            name,
            service: Some(service.clone()),
            domain: domain.name.clone(),
        })
    };
    let mut names = Vec::new();
    for domain in domains {
        names.push(PublicName {
            name: domain.name.clone(),
            service: domain.service.clone(),
            domain: domain.name.clone(),
        });
        if domain.every_service {
            let all = services.clone().filter_map(|service| derived(domain, service));
            names.extend(all.filter(|name| !taken.contains(name.name.as_str())));
        }
    }
    names
}

pub(super) fn domains(connection: &Connection) -> Result<Vec<DomainRecord>> {
    let sql = "SELECT name, service, every_service, wildcard FROM domain ORDER BY added, name";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, Option<String>>(1)?,
            row.get(2)?,
            row.get(3)?,
        ))
    })?;
    rows.map(|row| {
        let (name, service, every_service, wildcard) = row?;
        Ok(DomainRecord {
            name: stored(&name)?,
            service: service.as_deref().map(stored).transpose()?,
            every_service,
            wildcard,
        })
    })
    .collect()
}

fn services(connection: &Connection) -> Result<Vec<ServiceName>> {
    let mut statement = connection.prepare_cached("SELECT name FROM service ORDER BY name")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    rows.map(|name| stored(&name?)).collect()
}

impl Store {
    /// All domains.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn domains(&self) -> Result<Vec<DomainRecord>> {
        self.run(|connection| domains(connection)).await
    }

    /// Every public name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn public_names(&self) -> Result<Vec<PublicName>> {
        self.run(|connection| {
            let services = services(connection)?;
            Ok(public_names(&domains(connection)?, &services.iter()))
        })
        .await
    }

    /// Lets a domain lead to a service, or to the board itself. Returns `false` when it leads somewhere already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_domain(&self, domain: DomainRecord, by: &MemberName, now: Timestamp) -> Result<bool> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql = "INSERT INTO domain (name, service, added, every_service, wildcard)
                       VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
            let service = domain.service.as_ref().map(ServiceName::as_str);
            let values = params![
                domain.name.as_str(),
                service,
                now.0,
                domain.every_service,
                domain.wildcard
            ];
            let added = change.execute(sql, values)? > 0;
            if added {
                next_generation(&change)?;
                super::audit::append(&change, now, &by, "add-domain", domain.name.as_str())?;
            }
            change.commit()?;
            Ok(added)
        })
        .await
    }

    /// Takes a domain away. Returns `false` when it was not there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_domain(&self, domain: Domain, by: &MemberName, now: Timestamp) -> Result<bool> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            let gone = change.execute("DELETE FROM domain WHERE name = ?1", [domain.as_str()])? > 0;
            if gone {
                let mut proofs: BTreeMap<Domain, Proof> = kept(&change, "proofs")?;
                if proofs.remove(&domain).is_some() {
                    set(&change, "proofs", &to_json(&proofs)?)?;
                }
                next_generation(&change)?;
                super::audit::append(&change, now, &by, "remove-domain", domain.as_str())?;
            }
            change.commit()?;
            Ok(gone)
        })
        .await
    }

    /// How domains are proved by a record in DNS.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn proofs(&self) -> Result<BTreeMap<Domain, Proof>> {
        self.kept("proofs").await
    }

    /// Chooses how a domain is proved by a record in DNS; `None`: not at all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_proof(
        &self,
        domain: Domain,
        proof: Option<Proof>,
        by: &MemberName,
        now: Timestamp,
    ) -> Result<()> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            let mut proofs: BTreeMap<Domain, Proof> = kept(&change, "proofs")?;
            super::audit::append(&change, now, &by, "prove-domain", domain.as_str())?;
            match proof {
                Some(proof) => drop(proofs.insert(domain, proof)),
                None => drop(proofs.remove(&domain)),
            }
            set(&change, "proofs", &to_json(&proofs)?)?;
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// What was chosen about the way from outside.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outside(&self) -> Result<Choice> {
        self.kept("outside").await
    }

    /// Chooses about the way from outside. Another dynamic name is updated as soon as its rules allow it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_outside(&self, choice: Choice, by: &MemberName, now: Timestamp) -> Result<()> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            let before: Choice = kept(&change, "outside")?;
            if before.dynamic != choice.dynamic {
                let mut state: dyndns::State = kept(&change, "outside_dynamic")?;
                state.person_acted();
                set(&change, "outside_dynamic", &to_json(&state)?)?;
            }
            set(&change, "outside", &to_json(&choice)?)?;
            super::audit::append(&change, now, &by, "choose-outside", "board")?;
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// Ports that the router holds open for us.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn leases(&self) -> Result<Vec<Lease>> {
        self.kept("outside_leases").await
    }

    /// Writes down which ports the router holds open.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_leases(&self, leases: &[Lease]) -> Result<()> {
        self.keep("outside_leases", to_json(&leases)?).await
    }

    /// What was sent about the dynamic name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dynamic_state(&self) -> Result<dyndns::State> {
        self.kept("outside_dynamic").await
    }

    /// Writes down what was sent about the dynamic name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_dynamic_state(&self, state: &dyndns::State) -> Result<()> {
        self.keep("outside_dynamic", to_json(state)?).await
    }

    async fn kept<T: DeserializeOwned + Default + Send + 'static>(&self, key: &'static str) -> Result<T> {
        self.run(move |connection| kept(connection, key)).await
    }

    async fn keep(&self, key: &'static str, text: String) -> Result<()> {
        self.run(move |connection| set(connection, key, &text)).await
    }
}

fn kept<T: DeserializeOwned + Default>(connection: &Connection, key: &str) -> Result<T> {
    get(connection, key)?.map_or_else(|| Ok(T::default()), |text| stored_json(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_added_on_purpose_counts_more_than_one_that_comes_with_a_domain() {
        let domain = |name: &str, service: Option<&str>, every_service| DomainRecord {
            name: name.parse().unwrap(),
            service: service.map(|name| name.parse().unwrap()),
            every_service,
            wildcard: false,
        };
        let services: Vec<ServiceName> = ["files", "notes"].map(|name| name.parse().unwrap()).into();
        let domains = [
            domain("example.org", None, true),
            domain("files.example.org", Some("notes"), false),
            domain("other.example", Some("files"), false),
        ];
        let names = public_names(&domains, &services.iter());
        let shown: Vec<_> = names
            .iter()
            .map(|name| {
                (
                    name.name.as_str(),
                    name.service.as_ref().map_or("", ServiceName::as_str),
                )
            })
            .collect();
        let expected = [
            ("example.org", ""),
            ("notes.example.org", "notes"),
            ("files.example.org", "notes"),
            ("other.example", "files"),
        ];
        assert_eq!(shown, expected);
    }
}
