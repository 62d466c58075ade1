// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the stewards asked for.

use super::{
    Result, Store,
    board::{generation, name, next_generation},
    jobs::{self, JobKind},
    stored, stored_json, to_json,
};
use rusqlite::{Connection, OptionalExtension, params};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use types::{Desired, DesiredService, Digest, Domain, MemberName, Running, ServiceName, Settings, Timestamp};

/// A domain and where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DomainRecord {
    /// The name.
    #[schemars(with = "String")]
    pub name: Domain,
    /// The service; `None` is the board itself.
    #[schemars(with = "Option<String>")]
    pub service: Option<ServiceName>,
}

fn running(text: &str) -> Running {
    if text == "stopped" {
        Running::Stopped
    } else {
        Running::Started
    }
}

fn running_text(running: Running) -> &'static str {
    match running {
        Running::Started => "started",
        Running::Stopped => "stopped",
    }
}

fn domains(connection: &Connection) -> Result<Vec<DomainRecord>> {
    let mut statement = connection.prepare_cached("SELECT name, service FROM domain ORDER BY added, name")?;
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
    })?;
    rows.map(|row| {
        let (name, service) = row?;
        Ok(DomainRecord {
            name: stored(&name)?,
            service: service.as_deref().map(stored).transpose()?,
        })
    })
    .collect()
}

fn load(connection: &Connection) -> Result<Desired> {
    let mut by_service: BTreeMap<ServiceName, Vec<Domain>> = BTreeMap::new();
    for domain in domains(connection)? {
        if let Some(service) = domain.service {
            by_service.entry(service).or_default().push(domain.name);
        }
    }
    let mut statement =
        connection.prepare_cached("SELECT name, entry, running, settings, restarts FROM service")?;
    let rows = statement.query_map([], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, String>(2)?,
            row.get::<_, String>(3)?,
            row.get::<_, u64>(4)?,
        ))
    })?;
    let mut services = BTreeMap::new();
    for row in rows {
        let (name, entry, state, settings, restarts) = row?;
        let name: ServiceName = stored(&name)?;
        let service = DesiredService {
            entry: stored(&entry)?,
            running: running(&state),
            settings: stored_json(&settings)?,
            domains: by_service.remove(&name).unwrap_or_default(),
            restarts,
        };
        services.insert(name, service);
    }
    Ok(Desired {
        generation: generation(connection)?,
        board: name(connection)?,
        services,
    })
}

/// Asks for a service, or for other settings of one that is there.
pub(super) fn insert_service(
    connection: &Connection,
    name: &ServiceName,
    entry: &Digest,
    settings: &Settings,
) -> Result<()> {
    let sql =
        "INSERT INTO service (name, entry, running, settings, restarts) VALUES (?1, ?2, 'started', ?3, 0)
               ON CONFLICT (name) DO UPDATE SET settings = ?3";
    connection.execute(sql, params![name.as_str(), entry.as_str(), to_json(settings)?])?;
    Ok(())
}

/// Asks for a service to be gone, with everything that led to it.
pub(super) fn delete_service(connection: &Connection, name: &ServiceName) -> Result<()> {
    connection.execute("DELETE FROM service WHERE name = ?1", [name.as_str()])?;
    connection.execute("DELETE FROM domain WHERE service = ?1", [name.as_str()])?;
    super::secrets::forget_service(connection, name)?;
    Ok(())
}

impl Store {
    /// Everything that is asked for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn desired(&self) -> Result<Desired> {
        self.run(|connection| load(connection)).await
    }

    /// One change of the desired state with the job that follows it, in one transaction.
    async fn change<F>(
        &self,
        kind: JobKind,
        service: ServiceName,
        by: String,
        now: Timestamp,
        apply: F,
    ) -> Result<String>
    where
        F: FnOnce(&Connection) -> Result<()> + Send + 'static,
    {
        self.run(move |connection| {
            let change = connection.transaction()?;
            apply(&change)?;
            let generation = next_generation(&change)?;
            let job = jobs::insert(&change, kind, &service, generation, &by, now)?;
            super::audit::append(&change, now, &by, kind.word(), service.as_str())?;
            change.commit()?;
            Ok(job)
        })
        .await
    }

    /// Asks for a service with these settings; returns the job.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_service(
        &self,
        service: ServiceName,
        entry: Digest,
        settings: Settings,
        by: &MemberName,
        now: Timestamp,
    ) -> Result<String> {
        let name = service.clone();
        let existed = self.desired().await?.services.contains_key(&service);
        let kind = if existed {
            JobKind::Settings
        } else {
            JobKind::Enable
        };
        self.change(kind, service, by.to_string(), now, move |connection| {
            insert_service(connection, &name, &entry, &settings)
        })
        .await
    }

    /// Asks for a service to be gone; its domains stop leading to it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_service(
        &self,
        service: ServiceName,
        by: &MemberName,
        now: Timestamp,
    ) -> Result<String> {
        let name = service.clone();
        self.change(JobKind::Remove, service, by.to_string(), now, move |connection| {
            delete_service(connection, &name)
        })
        .await
    }

    /// Asks for a service to run or not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_running(
        &self,
        service: ServiceName,
        to: Running,
        by: &MemberName,
        now: Timestamp,
    ) -> Result<String> {
        let name = service.clone();
        let kind = if to == Running::Started {
            JobKind::Start
        } else {
            JobKind::Stop
        };
        self.change(kind, service, by.to_string(), now, move |connection| {
            let sql = "UPDATE service SET running = ?2 WHERE name = ?1";
            connection.execute(sql, [name.as_str(), running_text(to)])?;
            Ok(())
        })
        .await
    }

    /// Asks for a restart.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn restart_service(
        &self,
        service: ServiceName,
        by: &MemberName,
        now: Timestamp,
    ) -> Result<String> {
        let name = service.clone();
        self.change(
            JobKind::Restart,
            service,
            by.to_string(),
            now,
            move |connection| {
                let sql = "UPDATE service SET restarts = restarts + 1, running = 'started' WHERE name = ?1";
                connection.execute(sql, [name.as_str()])?;
                Ok(())
            },
        )
        .await
    }

    /// Asks for another version; the present one is remembered for going back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_entry(
        &self,
        service: ServiceName,
        entry: Digest,
        kind: JobKind,
        by: &MemberName,
        now: Timestamp,
    ) -> Result<String> {
        let name = service.clone();
        self.change(kind, service, by.to_string(), now, move |connection| {
            let sql = "UPDATE service SET previous_entry = entry, entry = ?2 WHERE name = ?1";
            connection.execute(sql, [name.as_str(), entry.as_str()])?;
            Ok(())
        })
        .await
    }

    /// The version a service had before its last update.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn previous_entry(&self, service: ServiceName) -> Result<Option<Digest>> {
        self.run(move |connection| {
            let sql = "SELECT previous_entry FROM service WHERE name = ?1";
            let text: Option<Option<String>> = connection
                .query_row(sql, [service.as_str()], |row| row.get(0))
                .optional()?;
            text.flatten().as_deref().map(stored).transpose()
        })
        .await
    }

    /// All domains.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn domains(&self) -> Result<Vec<DomainRecord>> {
        self.run(|connection| domains(connection)).await
    }

    /// Lets a domain lead to a service, or to the board itself. Returns `false` when it leads somewhere already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_domain(&self, domain: DomainRecord, by: &MemberName, now: Timestamp) -> Result<bool> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql = "INSERT INTO domain (name, service, added) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
            let service = domain.service.as_ref().map(ServiceName::as_str);
            let added = change.execute(sql, params![domain.name.as_str(), service, now.0])? > 0;
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
                next_generation(&change)?;
                super::audit::append(&change, now, &by, "remove-domain", domain.as_str())?;
            }
            change.commit()?;
            Ok(gone)
        })
        .await
    }
}
