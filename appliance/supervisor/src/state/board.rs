// SPDX-License-Identifier: AGPL-3.0-or-later
//! Facts about the board itself: name, claim code, choices.

use super::{Result, StateError, Store, stored, stored_json, to_json};
use rusqlite::{Connection, OptionalExtension, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use types::{BoardName, ClaimCode};

/// Which certificate authority is asked, and that a person agreed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AcmeChoice {
    /// URL of its directory; empty: Let's Encrypt.
    pub directory: String,
    /// PEM of a root for that directory; empty: the public ones.
    pub root: String,
    /// Address the authority may write to; may be empty.
    pub contact: String,
    /// URL of a directory where a name is tried before its first certificate, and mistakes do not count; empty: the one
    /// that belongs to the authority, where one is known; `none`: no rehearsal.
    pub staging: String,
    /// Name of the key of a contract with the authority (external account binding); empty: no contract.
    pub account_key_name: String,
    /// That key, in base64url as authorities hand it out. Never shown again; left empty, the one before is kept.
    pub account_key: String,
    /// A person accepted the authority's terms. Nothing is ordered before.
    pub terms_accepted: bool,
}

impl std::fmt::Debug for AcmeChoice {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (directory, accepted) = (&self.directory, self.terms_accepted);
        write!(f, "AcmeChoice({directory:?}, terms accepted: {accepted})")
    }
}

pub(super) fn get(connection: &Connection, key: &str) -> Result<Option<String>> {
    Ok(connection
        .query_row("SELECT value FROM board WHERE key = ?1", [key], |row| row.get(0))
        .optional()?)
}

pub(super) fn set(connection: &Connection, key: &str, value: &str) -> Result<()> {
    let sql = "INSERT INTO board (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2";
    connection.execute(sql, params![key, value])?;
    Ok(())
}

/// The generation after this one; part of the change's own transaction.
pub(super) fn next_generation(connection: &Connection) -> Result<u64> {
    let next = generation(connection)? + 1;
    set(connection, "generation", &next.to_string())?;
    Ok(next)
}

pub(super) fn generation(connection: &Connection) -> Result<u64> {
    get(connection, "generation")?.map_or(Ok(0), |text| stored(&text))
}

pub(super) fn name(connection: &Connection) -> Result<BoardName> {
    get(connection, "name")?.map_or_else(|| stored("commonhost"), |text| stored(&text))
}

impl Store {
    /// The board's name: `commonhost` until somebody chooses.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn board_name(&self) -> Result<BoardName> {
        self.run(|connection| name(connection)).await
    }

    /// Sets the board's name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_board_name(&self, board: BoardName) -> Result<()> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            set(&change, "name", board.as_str())?;
            next_generation(&change)?;
            change.commit()?;
            Ok(())
        })
        .await
    }

    /// Whether somebody has claimed the board: whether it has a member.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_claimed(&self) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM member)";
        self.run(|connection| Ok(connection.query_row(sql, [], |row| row.get(0))?))
            .await
    }

    /// The claim code of an unclaimed board, made by `make` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_code(&self, make: impl FnOnce() -> ClaimCode + Send + 'static) -> Result<ClaimCode> {
        self.run(move |connection| {
            if let Some(code) = get(connection, "claim_code")? {
                return stored(&code);
            }
            let code = make();
            set(connection, "claim_code", code.as_str())?;
            Ok(code)
        })
        .await
    }

    /// The secret of [`crate::access::seal`], made by `make` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn seal(&self, make: impl FnOnce() -> String + Send + 'static) -> Result<String> {
        self.run(move |connection| {
            if let Some(secret) = get(connection, "seal")? {
                return Ok(secret);
            }
            let secret = make();
            set(connection, "seal", &secret)?;
            Ok(secret)
        })
        .await
    }

    /// Replaces the claim code.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_claim_code(&self, code: ClaimCode) -> Result<()> {
        self.run(move |connection| set(connection, "claim_code", code.as_str()))
            .await
    }

    /// The chosen certificate authority.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn acme(&self) -> Result<AcmeChoice> {
        self.run(|connection| {
            get(connection, "acme")?.map_or_else(|| Ok(AcmeChoice::default()), |text| stored_json(&text))
        })
        .await
    }

    /// Sets the certificate authority.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_acme(&self, choice: AcmeChoice) -> Result<()> {
        self.run(move |connection| set(connection, "acme", &to_json(&choice)?))
            .await
    }

    /// The network the board joins.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn network(&self) -> Result<types::Network> {
        self.run(|connection| {
            get(connection, "network")?
                .map_or_else(|| Ok(types::Network::default()), |text| stored_json(&text))
        })
        .await
    }

    /// Sets the network the board joins.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_network(&self, network: types::Network) -> Result<()> {
        self.run(move |connection| set(connection, "network", &to_json(&network)?))
            .await
    }

    /// The number of the schema's last step.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn schema(&self) -> Result<u32> {
        self.run(|connection| Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?))
            .await
    }

    /// A board fact of free form, such as when a check was last silenced.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fact(&self, key: &'static str) -> Result<Option<String>> {
        self.run(move |connection| get(connection, key)).await
    }

    /// Sets a board fact.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_fact(&self, key: &'static str, value: String) -> Result<()> {
        self.run(move |connection| set(connection, key, &value)).await
    }
}

impl From<types::NameError> for StateError {
    fn from(error: types::NameError) -> Self {
        Self::Unexpected(error.to_string())
    }
}
