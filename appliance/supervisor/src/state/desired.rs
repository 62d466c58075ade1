// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the stewards asked for.

use super::{
    Result, Store,
    board::{generation, name, next_generation},
    domains::{domains, public_names},
    jobs::{self, JobKind},
    stored, stored_json, to_json,
};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;
use types::{Desired, DesiredService, Digest, MemberName, Running, ServiceName, Settings, Timestamp};

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

fn load(connection: &Connection) -> Result<Desired> {
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
    let mut services: BTreeMap<ServiceName, DesiredService> = BTreeMap::new();
    for row in rows {
        let (name, entry, state, settings, restarts) = row?;
        let name: ServiceName = stored(&name)?;
        let service = DesiredService {
            entry: stored(&entry)?,
            running: running(&state),
            settings: stored_json(&settings)?,
            domains: Vec::new(),
            restarts,
        };
        services.insert(name, service);
    }
    for public in public_names(&domains(connection)?, &services.clone().keys()) {
        if let Some(service) = public.service.and_then(|service| services.get_mut(&service)) {
            service.domains.push(public.name);
        }
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
}
