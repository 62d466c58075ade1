// SPDX-License-Identifier: AGPL-3.0-or-later
//! Groups of members, and which services are for which groups.

use super::{Result, Store, audit, stored};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};
use types::{GroupName, MemberName, ServiceName, Timestamp};

/// For which groups each service is; a service that is absent is for every member.
pub type ServiceGroups = BTreeMap<ServiceName, BTreeSet<GroupName>>;

/// Puts a member into exactly these groups.
pub(super) fn set_groups(connection: &Connection, member: &MemberName, groups: &[GroupName]) -> Result<()> {
    connection.execute("DELETE FROM member_group WHERE member = ?1", [member.as_str()])?;
    for group in groups {
        let sql = "INSERT OR IGNORE INTO member_group (member, name) VALUES (?1, ?2)";
        connection.execute(sql, [member.as_str(), group.as_str()])?;
    }
    Ok(())
}

/// Reads the groups that a query put into one column, separated by blanks.
pub(super) fn listed(column: Option<&str>) -> Result<Vec<GroupName>> {
    column
        .unwrap_or_default()
        .split_whitespace()
        .map(stored)
        .collect()
}

impl Store {
    /// For which groups each service is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn service_groups(&self) -> Result<ServiceGroups> {
        self.run(|connection| {
            let mut statement = connection.prepare("SELECT service, name FROM service_group")?;
            let rows =
                statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            let mut groups = ServiceGroups::new();
            for row in rows {
                let (service, group) = row?;
                groups
                    .entry(stored(&service)?)
                    .or_default()
                    .insert(stored(&group)?);
            }
            Ok(groups)
        })
        .await
    }

    /// Says for which groups a service is; none: for every member.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_service_groups(
        &self,
        service: ServiceName,
        groups: BTreeSet<GroupName>,
        by: &MemberName,
        now: Timestamp,
    ) -> Result<()> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            change.execute("DELETE FROM service_group WHERE service = ?1", [service.as_str()])?;
            for group in groups {
                let sql = "INSERT INTO service_group (service, name) VALUES (?1, ?2)";
                change.execute(sql, params![service.as_str(), group.as_str()])?;
            }
            audit::append(&change, now, &by, "open-service", service.as_str())?;
            change.commit()?;
            Ok(())
        })
        .await
    }
}
