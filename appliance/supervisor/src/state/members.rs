// SPDX-License-Identifier: AGPL-3.0-or-later
//! Members: who belongs to the board.

use super::{Result, Store, audit, board, groups, stored};
use rusqlite::{Connection, OptionalExtension, Row, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use types::{BoardName, GroupName, Language, MemberName, Timestamp};

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Use the services that a steward opened to a group the guest is in.
    Guest,
    /// Use the services.
    Member,
    /// Also administer the board.
    Steward,
}

impl Role {
    /// The word that is stored.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Steward => "steward",
        }
    }

    /// Reads a stored word; one that nobody wrote gives the least.
    pub(super) fn from_word(word: &str) -> Self {
        match word {
            "steward" => Self::Steward,
            "member" => Self::Member,
            _ => Self::Guest,
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
    /// Groups the member is in, besides those of the role.
    #[schemars(with = "Vec<String>")]
    pub groups: Vec<GroupName>,
    /// Since when (seconds since 1970).
    #[schemars(with = "i64")]
    pub created: Timestamp,
}

pub(super) type Parsed<T> = rusqlite::Result<Result<T>>;

/// Reads [`COLUMNS`].
pub(super) fn member(row: &Row<'_>) -> Parsed<Member> {
    let name: String = row.get(0)?;
    let role: String = row.get(2)?;
    let language: Option<String> = row.get(3)?;
    let (display_name, created) = (row.get(1)?, Timestamp(row.get(4)?));
    let own: Option<String> = row.get(5)?;
    let read = || {
        Ok(Member {
            name: stored(&name)?,
            display_name,
            role: Role::from_word(&role),
            language: language.as_deref().and_then(Language::from_code),
            groups: groups::listed(own.as_deref())?,
            created,
        })
    };
    Ok(read())
}

/// What a query about the member `m` has to ask for.
pub(super) const COLUMNS: &str = "m.name, m.display_name, m.role, m.language, m.created,
    (SELECT group_concat(g.name, ' ' ORDER BY g.name) FROM member_group g WHERE g.member = m.name)";

/// Adds a member, unless the name is taken; returns whether it was not.
pub(super) fn insert_member(connection: &Connection, member: &Member, password: &str) -> Result<bool> {
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
    let added = connection.execute(sql, values)? > 0;
    if added {
        groups::set_groups(connection, &member.name, &member.groups)?;
    }
    Ok(added)
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
            let sql = format!("SELECT {COLUMNS} FROM member m ORDER BY m.name");
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
            let sql = format!("SELECT {COLUMNS} FROM member m WHERE m.name = ?1");
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

    /// Changes name, role, language and groups of a member. Returns `false`, changing nothing, when it would leave the board
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
            groups::set_groups(&change, &member.name, &member.groups)?;
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

    /// Sets a member's password hash and ends every session but `keep`. Without one to keep it is not the member in a
    /// browser who sets it, and the passkeys go as well.
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
            // A session goes with the board session it came from.
            let sql = "DELETE FROM session WHERE member = ?1 AND parent IS NULL AND hash IS NOT ?2";
            change.execute(sql, params![name.as_str(), keep])?;
            if keep.is_none() {
                change.execute("DELETE FROM passkey WHERE member = ?1", [name.as_str()])?;
            }
            change.commit()?;
            Ok(())
        })
        .await
    }
}

fn has_steward(connection: &Connection) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM member WHERE role = 'steward')";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}
