// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a steward chose about updates, and what the updater remembers over a restart.

use super::Before;
use crate::state::{Result, StateError, Store};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use types::{Timestamp, release::Channel};

/// An update may be put off for at most that many days.
pub const MOST_DAYS: u64 = 7;

const CHOICE: &str = "updates";
const MEMORY: &str = "updates_memory";
const SEED: &str = "updates_seed";

/// How the board is updated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Choice {
    /// Updates are taken at night without anybody doing anything.
    pub automatic: bool,
    /// `stable`, or `candidate` to try what comes next.
    #[schemars(with = "String")]
    pub channel: Channel,
    /// The hour (UTC, 0 to 23) in which the night begins: a board restarts within two hours from then.
    pub hour: u8,
    /// Where releases come from, another place than the image names; empty: that one.
    pub source: String,
}

impl Default for Choice {
    fn default() -> Self {
        Self {
            automatic: true,
            channel: Channel::Stable,
            hour: 2,
            source: String::new(),
        }
    }
}

impl Choice {
    /// Checks the form of what a person chose.
    ///
    /// # Errors
    /// The field, and what would be right.
    pub fn check(&self) -> std::result::Result<(), (&'static str, &'static str)> {
        if self.hour > 23 {
            return Err(("hour", "must be an hour from 0 to 23"));
        }
        if !self.source.is_empty() && super::fetch::place(&self.source).is_none() {
            return Err((
                "source",
                "must be an address like https://updates.example.org/commonhost/, or a disk like disk:1234-ABCD",
            ));
        }
        Ok(())
    }
}

/// What outlives a restart. Written before the board restarts, and read by whichever version comes up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    /// When it was last looked for releases.
    pub(super) looked: Option<Timestamp>,
    /// The version that a steward asked for, to be taken without waiting for the night.
    pub(super) wanted: Option<String>,
    /// Not before then.
    pub(super) deferred_until: Option<Timestamp>,
    /// A version that a steward went back from: it is not taken again by itself.
    pub(super) skipped: Option<String>,
    /// What members were told.
    pub(super) announced: Option<Announced>,
    /// The version that the board restarted for.
    pub(super) tried: Option<String>,
    /// What was well then.
    pub(super) before: Before,
    /// Versions that were tried and did not work here, the latest last: they are not offered again.
    pub(super) failed: Vec<String>,
    /// How the last one ended.
    pub(super) outcome: Option<Outcome>,
}

/// A restart that members were told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Announced {
    /// For which version.
    pub(super) version: String,
    /// When.
    pub(super) begins: Timestamp,
    /// The news that tell it.
    pub(super) news: String,
}

/// How an update ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// Which version was tried.
    pub version: String,
    /// When it was decided (seconds since 1970).
    #[schemars(with = "i64")]
    pub at: Timestamp,
    /// Whether it was kept.
    pub kept: bool,
    /// Why not, as the card's record says: a word for programs, empty when it was kept.
    pub cause: String,
    /// What the update itself said was wrong; may be empty.
    pub detail: String,
}

impl Store {
    /// How the board is updated.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_choice(&self) -> Result<Choice> {
        read(self.fact(CHOICE).await?)
    }

    pub(super) async fn set_update_choice(&self, choice: &Choice) -> Result<()> {
        self.set_fact(CHOICE, write(choice)?).await
    }

    pub(super) async fn update_memory(&self) -> Result<Memory> {
        read(self.fact(MEMORY).await?)
    }

    pub(super) async fn set_update_memory(&self, memory: &Memory) -> Result<()> {
        self.set_fact(MEMORY, write(memory)?).await
    }

    /// Something that tells this board from others, made once: its place among the waves.
    pub(super) async fn update_seed(&self) -> Result<String> {
        if let Some(seed) = self.fact(SEED).await? {
            return Ok(seed);
        }
        let seed = crate::access::secret::secret();
        self.set_fact(SEED, seed.clone()).await?;
        Ok(seed)
    }
}

fn read<T: DeserializeOwned + Default>(text: Option<String>) -> Result<T> {
    let parse = |text: String| serde_json::from_str(&text);
    let parsed = text.map(parse).transpose();
    parsed
        .map(Option::unwrap_or_default)
        .map_err(|error| StateError::Unexpected(error.to_string()))
}

fn write<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StateError::Unexpected(error.to_string()))
}
