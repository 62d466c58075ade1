// SPDX-License-Identifier: AGPL-3.0-or-later
//! Members and what they sign in with. Secrets are stored hashed only.

use super::{Result, StateError, Store, audit, board, stored};
use rusqlite::{Connection, OptionalExtension, Row, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use types::{BoardName, Language, MemberName, ServiceName, Timestamp};

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Use the services.
    Member,
    /// Also administer the board.
    Steward,
}

impl Role {
    fn word(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Steward => "steward",
        }
    }
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Member {
    /// Sign-in name.
    #[schemars(with = "String")]
    pub name: MemberName,
    /// What the member is called.
    pub display_name: String,
    /// What the member may do.
    pub role: Role,
    /// Preferred language, if chosen.
    #[schemars(with = "Option<String>")]
    pub language: Option<Language>,
    /// Since when (seconds since 1970).
    #[schemars(with = "i64")]
    pub created: Timestamp,
}

/// A place where a member is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Session {
    /// Names the session without opening it.
    pub id: String,
    /// Who.
    #[schemars(with = "String")]
    pub member: MemberName,
    /// The service's host it is for; `None` is the board's own pages.
    pub host: Option<String>,
    /// What the browser calls itself.
    pub agent: String,
    /// When it was opened.
    #[schemars(with = "i64")]
    pub created: Timestamp,
    /// When it was last used (to the hour).
    #[schemars(with = "i64")]
    pub last_used: Timestamp,
}

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

/// A password for one device and one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AppPassword {
    /// Names it without opening it.
    pub id: String,
    /// Whose.
    #[schemars(with = "String")]
    pub member: MemberName,
    /// Which service it opens.
    #[schemars(with = "String")]
    pub service: ServiceName,
    /// Where it is used, in the member's words.
    pub device: String,
    /// When it was made.
    #[schemars(with = "i64")]
    pub created: Timestamp,
    /// When it was last used (to the hour).
    #[schemars(with = "Option<i64>")]
    pub last_used: Option<Timestamp>,
}

/// How long an unused session lives, in seconds: 30 days.
const SESSION_IDLE: i64 = 30 * 86_400;
/// Last use is written at most this often, in seconds: a card wears.
const LAST_USED_STEP: i64 = 3600;

type Parsed<T> = rusqlite::Result<Result<T>>;

fn member(row: &Row<'_>) -> Parsed<Member> {
    let name: String = row.get(0)?;
    let role: String = row.get(2)?;
    let language: Option<String> = row.get(3)?;
    let (display_name, created) = (row.get(1)?, Timestamp(row.get(4)?));
    Ok(stored(&name).map(|name| Member {
        name,
        display_name,
        role: if role == "steward" {
            Role::Steward
        } else {
            Role::Member
        },
        language: language.as_deref().and_then(Language::from_code),
        created,
    }))
}

const MEMBER: &str = "SELECT name, display_name, role, language, created FROM member";

fn insert_member(connection: &Connection, member: &Member, password: &str) -> Result<bool> {
    let sql = "INSERT INTO member (name, display_name, role, language, password, created)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
    let language = member.language.map(Language::code);
    let values = params![
        member.name.as_str(),
        member.display_name,
        member.role.word(),
        language,
        password,
        member.created.0
    ];
    Ok(connection.execute(sql, values)? > 0)
}

impl Store {
    /// Makes the first steward and names the board, if nobody was faster. Returns whether it was this call.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim(&self, board_name: BoardName, first: Member, password: String) -> Result<bool> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let claimed: bool =
                change.query_row("SELECT EXISTS (SELECT 1 FROM member)", [], |row| row.get(0))?;
            if claimed || !insert_member(&change, &first, &password)? {
                return Ok(false);
            }
            board::set(&change, "name", board_name.as_str())?;
            change.execute("DELETE FROM board WHERE key = 'claim_code'", [])?;
            board::next_generation(&change)?;
            audit::append(
                &change,
                first.created,
                first.name.as_str(),
                "claim",
                board_name.as_str(),
            )?;
            change.commit()?;
            Ok(true)
        })
        .await
    }

    /// Every member, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn members(&self) -> Result<Vec<Member>> {
        self.run(|connection| {
            let sql = format!("{MEMBER} ORDER BY name");
            connection
                .prepare(&sql)?
                .query_map([], member)?
                .collect::<rusqlite::Result<Result<_>>>()?
        })
        .await
    }

    /// A member and the hash of the password.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn member(&self, name: MemberName) -> Result<Option<(Member, String)>> {
        self.run(move |connection| {
            let sql = format!("{MEMBER} WHERE name = ?1");
            let found = connection
                .query_row(&sql, [name.as_str()], member)
                .optional()?
                .transpose()?;
            let Some(found) = found else { return Ok(None) };
            let sql = "SELECT password FROM member WHERE name = ?1";
            let hash = connection.query_row(sql, [name.as_str()], |row| row.get(0))?;
            Ok(Some((found, hash)))
        })
        .await
    }

    /// Adds a member. Returns `false` when the name is taken.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_member(&self, member: Member, password: String, by: &MemberName) -> Result<bool> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            let added = insert_member(&change, &member, &password)?;
            if added {
                audit::append(&change, member.created, &by, "add-member", member.name.as_str())?;
            }
            change.commit()?;
            Ok(added)
        })
        .await
    }

    /// Changes name, role and language of a member. Returns `false`, changing nothing, when it would leave the board
    /// without a steward.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_member(&self, member: Member, by: &MemberName, now: Timestamp) -> Result<bool> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            let sql = "UPDATE member SET display_name = ?2, role = ?3, language = ?4 WHERE name = ?1";
            let language = member.language.map(Language::code);
            change.execute(
                sql,
                params![
                    member.name.as_str(),
                    member.display_name,
                    member.role.word(),
                    language
                ],
            )?;
            if !has_steward(&change)? {
                return Ok(false);
            }
            audit::append(&change, now, &by, "change-member", member.name.as_str())?;
            change.commit()?;
            Ok(true)
        })
        .await
    }

    /// Removes a member with all sessions, tokens and app passwords. Returns `false`, changing nothing, when it would
    /// leave the board without a steward.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_member(&self, name: MemberName, by: &MemberName, now: Timestamp) -> Result<bool> {
        let by = by.to_string();
        self.run(move |connection| {
            let change = connection.transaction()?;
            change.execute("DELETE FROM member WHERE name = ?1", [name.as_str()])?;
            if !has_steward(&change)? {
                return Ok(false);
            }
            audit::append(&change, now, &by, "remove-member", name.as_str())?;
            change.commit()?;
            Ok(true)
        })
        .await
    }

    /// Sets a member's password hash and ends every session but `keep`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_password(&self, name: MemberName, password: String, keep: Option<String>) -> Result<()> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            change.execute(
                "UPDATE member SET password = ?2 WHERE name = ?1",
                [name.as_str(), &password],
            )?;
            let keep = keep.unwrap_or_default();
            let sql = "DELETE FROM session WHERE member = ?1 AND hash <> ?2 AND ifnull(parent, '') <> ?2";
            change.execute(sql, [name.as_str(), &keep])?;
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// Opens a session; `hash` is the hash of its secret, `parent` the board session it came from.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_session(&self, hash: String, session: Session, parent: Option<String>) -> Result<()> {
        self.run(move |connection| {
            let stale = session.created.0 - SESSION_IDLE;
            connection.execute("DELETE FROM session WHERE last_used < ?1", [stale])?;
            let sql = "INSERT INTO session (hash, member, parent, host, agent, created, last_used)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)";
            let (host, agent) = (session.host, session.agent);
            connection.execute(
                sql,
                params![
                    hash,
                    session.member.as_str(),
                    parent,
                    host,
                    agent,
                    session.created.0
                ],
            )?;
            Ok(())
        })
        .await
    }

    /// The member signed in with the secret of this hash, on the board's pages (`host` is `None`) or on a service's
    /// host.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_member(
        &self,
        hash: String,
        host: Option<String>,
        now: Timestamp,
    ) -> Result<Option<Member>> {
        self.run(move |connection| {
            let sql = "SELECT m.name, m.display_name, m.role, m.language, m.created, s.last_used
                       FROM session s JOIN member m ON m.name = s.member
                       WHERE s.hash = ?1 AND s.host IS ?2 AND s.last_used > ?3";
            let found = connection
                .query_row(sql, params![hash, host, now.0 - SESSION_IDLE], |row| {
                    Ok((member(row)?, row.get::<_, i64>(5)?))
                })
                .optional()?;
            let Some((member, last_used)) = found else {
                return Ok(None);
            };
            if now.0 - last_used > LAST_USED_STEP {
                connection.execute(
                    "UPDATE session SET last_used = ?2 WHERE hash = ?1",
                    params![hash, now.0],
                )?;
            }
            member.map(Some)
        })
        .await
    }

    /// Ends a session and those that came from it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close_session(&self, hash: String) -> Result<()> {
        self.run(move |connection| {
            connection.execute("DELETE FROM session WHERE hash = ?1", [hash])?;
            Ok(())
        })
        .await
    }

    /// A member's sessions on the board's pages, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sessions(&self, name: MemberName) -> Result<Vec<Session>> {
        self.run(move |connection| {
            let sql = "SELECT hash, host, agent, created, last_used FROM session
                       WHERE member = ?1 AND host IS NULL ORDER BY last_used DESC";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([name.as_str()], |row| {
                let hash: String = row.get(0)?;
                Ok(Session {
                    id: hash.chars().take(16).collect(),
                    member: name.clone(),
                    host: row.get(1)?,
                    agent: row.get(2)?,
                    created: Timestamp(row.get(3)?),
                    last_used: Timestamp(row.get(4)?),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Ends one of a member's own sessions by its id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_session(&self, name: MemberName, id: String) -> Result<bool> {
        self.run(move |connection| {
            let sql = "DELETE FROM session WHERE member = ?1 AND substr(hash, 1, 16) = ?2";
            Ok(connection.execute(sql, [name.as_str(), &id])? > 0)
        })
        .await
    }

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
            let sql = "SELECT m.name, m.display_name, m.role, m.language, m.created
                       FROM token t JOIN member m ON m.name = t.member WHERE t.hash = ?1";
            let found = connection
                .query_row(sql, [&hash], member)
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
            let sql = "INSERT INTO app_password (id, hash, member, service, device, created)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let AppPassword {
                id,
                member,
                service,
                device,
                created,
                ..
            } = password;
            connection.execute(
                sql,
                params![id, hash, member.as_str(), service.as_str(), device, created.0],
            )?;
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
            let sql = "SELECT m.name, m.display_name, m.role, m.language, m.created
                       FROM app_password p JOIN member m ON m.name = p.member
                       WHERE p.hash = ?1 AND p.service = ?2";
            let found = connection
                .query_row(sql, [&hash, service.as_str()], member)
                .optional()?
                .transpose()?;
            touch(connection, "app_password", &hash, now)?;
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
            let sql = "SELECT id, service, device, created, last_used FROM app_password
                       WHERE member = ?1 ORDER BY created DESC";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([name.as_str()], |row| {
                let service: String = row.get(1)?;
                let (id, device) = (row.get(0)?, row.get(2)?);
                let (created, last_used) = (
                    Timestamp(row.get(3)?),
                    row.get::<_, Option<i64>>(4)?.map(Timestamp),
                );
                Ok(stored(&service).map(|service| AppPassword {
                    id,
                    member: name.clone(),
                    service,
                    device,
                    created,
                    last_used,
                }))
            })?;
            rows.collect::<rusqlite::Result<Result<_>>>()?
        })
        .await
    }

    /// Takes one of a member's own app passwords back; tells which service it was for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_app_password(&self, name: MemberName, id: String) -> Result<Option<ServiceName>> {
        self.run(move |connection| {
            let sql = "DELETE FROM app_password WHERE member = ?1 AND id = ?2 RETURNING service";
            let gone: Option<String> = connection
                .query_row(sql, [name.as_str(), &id], |row| row.get(0))
                .optional()?;
            gone.as_deref().map(stored).transpose()
        })
        .await
    }
}

fn has_steward(connection: &Connection) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM member WHERE role = 'steward')";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// Notes that a secret was used, at most once an hour.
fn touch(connection: &Connection, table: &'static str, hash: &str, now: Timestamp) -> Result<()> {
    let sql = format!("UPDATE {table} SET last_used = ?2 WHERE hash = ?1 AND ifnull(last_used, 0) < ?3");
    connection.execute(&sql, params![hash, now.0, now.0 - LAST_USED_STEP])?;
    Ok(())
}

impl From<std::num::TryFromIntError> for StateError {
    fn from(error: std::num::TryFromIntError) -> Self {
        Self::Unexpected(error.to_string())
    }
}
