// SPDX-License-Identifier: AGPL-3.0-or-later
//! What members' scripts and apps sign in with. Only hashes are stored.

use super::{
    Result, Store,
    members::{COLUMNS, Member, member},
    stored,
};
use rusqlite::{Connection, OptionalExtension, params};
use schemars::JsonSchema;
use serde::Serialize;
use types::{MemberName, ServiceName, Timestamp};

/// A token for scripts; acts as its member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Token {
    /// Names it without opening it.
    pub id: String,
    /// Whose.
    #[schemars(with = "String")]
    pub member: MemberName,
    /// What for.
    pub name: String,
    /// When it was made.
    #[schemars(with = "i64")]
    pub created: Timestamp,
    /// When it was last used.
    #[schemars(with = "Option<i64>")]
    pub last_used: Option<Timestamp>,
}

/// A password for one device, that opens some services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AppPassword {
    /// Names it without opening it.
    pub id: String,
    /// Whose.
    #[schemars(with = "String")]
    pub member: MemberName,
    /// Which services it opens.
    #[schemars(with = "Vec<String>")]
    pub services: Vec<ServiceName>,
    /// Where it is used, in the member's words.
    pub device: String,
    /// When it was made.
    #[schemars(with = "i64")]
    pub created: Timestamp,
    /// When it was last used (to the hour).
    #[schemars(with = "Option<i64>")]
    pub last_used: Option<Timestamp>,
}

impl Store {
    /// Adds a token.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_token(&self, token: Token, hash: String) -> Result<()> {
        self.run(move |connection| {
            let sql = "INSERT INTO token (id, hash, member, name, created) VALUES (?1, ?2, ?3, ?4, ?5)";
            connection.execute(
                sql,
                params![token.id, hash, token.member.as_str(), token.name, token.created.0],
            )?;
            Ok(())
        })
        .await
    }

    /// The member a token with this hash acts as.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn token_member(&self, hash: String, now: Timestamp) -> Result<Option<Member>> {
        self.run(move |connection| {
            let sql =
                format!("SELECT {COLUMNS} FROM token t JOIN member m ON m.name = t.member WHERE t.hash = ?1");
            let found = connection
                .query_row(&sql, [&hash], member)
                .optional()?
                .transpose()?;
            touch(connection, "token", &hash, now)?;
            Ok(found)
        })
        .await
    }

    /// A member's tokens.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tokens(&self, name: MemberName) -> Result<Vec<Token>> {
        self.run(move |connection| {
            let sql =
                "SELECT id, name, created, last_used FROM token WHERE member = ?1 ORDER BY created DESC";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([name.as_str()], |row| {
                Ok(Token {
                    id: row.get(0)?,
                    member: name.clone(),
                    name: row.get(1)?,
                    created: Timestamp(row.get(2)?),
                    last_used: row.get::<_, Option<i64>>(3)?.map(Timestamp),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Takes one of a member's own tokens back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_token(&self, name: MemberName, id: String) -> Result<bool> {
        self.run(move |connection| {
            let sql = "DELETE FROM token WHERE member = ?1 AND id = ?2";
            Ok(connection.execute(sql, [name.as_str(), &id])? > 0)
        })
        .await
    }

    /// Adds an app password.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_app_password(&self, password: AppPassword, hash: String) -> Result<()> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql =
                "INSERT INTO app_password (id, hash, member, device, created) VALUES (?1, ?2, ?3, ?4, ?5)";
            let AppPassword {
                id,
                member,
                services,
                device,
                created,
                ..
            } = password;
            change.execute(sql, params![id, hash, member.as_str(), device, created.0])?;
            for service in services {
                let sql =
                    "INSERT OR IGNORE INTO app_password_service (app_password, service) VALUES (?1, ?2)";
                change.execute(sql, params![id, service.as_str()])?;
            }
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// The member whose app password for this service has this hash.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn app_password_member(
        &self,
        hash: String,
        service: ServiceName,
        now: Timestamp,
    ) -> Result<Option<Member>> {
        self.run(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM app_password p JOIN member m ON m.name = p.member
                 JOIN app_password_service s ON s.app_password = p.id
                 WHERE p.hash = ?1 AND s.service = ?2"
            );
            let found = connection
                .query_row(&sql, [&hash, service.as_str()], member)
                .optional()?
                .transpose()?;
            if found.is_some() {
                touch(connection, "app_password", &hash, now)?;
            }
            Ok(found)
        })
        .await
    }

    /// A member's app passwords, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn app_passwords(&self, name: MemberName) -> Result<Vec<AppPassword>> {
        self.run(move |connection| {
            let sql = "SELECT id, device, created, last_used,
                       (SELECT group_concat(service, ' ' ORDER BY service) FROM app_password_service
                        WHERE app_password = id)
                       FROM app_password WHERE member = ?1 ORDER BY created DESC, id";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([name.as_str()], |row| {
                let services: Option<String> = row.get(4)?;
                let services = services.unwrap_or_default();
                let password = AppPassword {
                    id: row.get(0)?,
                    member: name.clone(),
                    services: Vec::new(),
                    device: row.get(1)?,
                    created: Timestamp(row.get(2)?),
                    last_used: row.get::<_, Option<i64>>(3)?.map(Timestamp),
                };
                let services: Result<Vec<ServiceName>> = services.split_whitespace().map(stored).collect();
                Ok(services.map(|services| AppPassword { services, ..password }))
            })?;
            rows.collect::<rusqlite::Result<Result<_>>>()?
        })
        .await
    }

    /// Takes one of a member's own app passwords back; tells which services it was for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_app_password(
        &self,
        name: MemberName,
        id: String,
    ) -> Result<Option<Vec<ServiceName>>> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let services: Vec<String> = {
                let sql = "SELECT service FROM app_password_service WHERE app_password = ?1";
                let mut statement = change.prepare(sql)?;
                let rows = statement.query_map([&id], |row| row.get(0))?;
                rows.collect::<rusqlite::Result<_>>()?
            };
            let sql = "DELETE FROM app_password WHERE member = ?1 AND id = ?2";
            let gone = change.execute(sql, [name.as_str(), &id])? > 0;
            change.commit()?;
            let services: Result<Vec<ServiceName>> = services.iter().map(|name| stored(name)).collect();
            gone.then_some(services).transpose()
        })
        .await
    }
}

/// A service is gone: app passwords open it no more, and those that opened nothing else are gone as well.
pub(super) fn forget_service(connection: &Connection, service: &ServiceName) -> Result<()> {
    let sql = "DELETE FROM app_password_service WHERE service = ?1";
    connection.execute(sql, [service.as_str()])?;
    let sql = "DELETE FROM app_password WHERE id NOT IN (SELECT app_password FROM app_password_service)";
    connection.execute(sql, [])?;
    Ok(())
}

/// Notes that a secret was used, at most once an hour.
fn touch(connection: &Connection, table: &'static str, hash: &str, now: Timestamp) -> Result<()> {
    let sql = format!("UPDATE {table} SET last_used = ?2 WHERE hash = ?1 AND ifnull(last_used, 0) < ?3");
    connection.execute(&sql, params![hash, now.0, now.0 - super::LAST_USED_STEP])?;
    Ok(())
}
