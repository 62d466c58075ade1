// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the API shows and takes: plain values with their units, described for `openapi.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ServiceState {
    /// On its way up.
    Starting,
    /// Answers.
    Running,
    /// Does not answer, or ends again and again; it is tried again by itself.
    Failing,
    /// Stopped on purpose.
    Stopped,
    /// Being removed.
    Removing,
}

impl ServiceState {
    /// The word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Failing => "failing",
            Self::Stopped => "stopped",
            Self::Removing => "removing",
        }
    }
}

/// An enabled service.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ServiceView {
    /// Name in the catalog.
    pub name: String,
    /// What people call it, per language.
    pub title: BTreeMap<String, String>,
    /// How it is.
    pub state: ServiceState,
    /// Why it is failing, in words; else empty.
    pub reason: String,
    /// Version of the software.
    pub version: String,
    /// Whether the catalog has another version.
    pub update_available: bool,
    /// Whether the version before the last update is still there to go back to.
    pub rollback_available: bool,
    /// Every setting with its value.
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub settings: types::Settings,
    /// Where it is reached: URLs, the one it calls itself first.
    pub addresses: Vec<String>,
    /// What a member pastes into an app; `{member}` stands for the sign-in name.
    pub app_address: String,
    /// Memory it may use at most, in MiB.
    pub memory_max_mib: u32,
    /// SPDX licence of the software.
    pub licence: String,
    /// Where its source code is.
    pub source: String,
}

/// A service that can be enabled.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct CatalogView {
    /// Name.
    pub name: String,
    /// What people call it, per language.
    pub title: BTreeMap<String, String>,
    /// One sentence, per language.
    pub summary: BTreeMap<String, String>,
    /// A word to group by.
    pub category: String,
    /// Version of the software.
    pub version: String,
    /// SPDX licence.
    pub licence: String,
    /// Where its source code is.
    pub source: String,
    /// Memory it is expected to use, in MiB.
    pub memory_expected_mib: u32,
    /// Size of its software, in bytes.
    pub size: u64,
    /// How open its sandbox is, in tenths, from 0 (shut) to 100, as `systemd-analyze security` says; up to 25 is good.
    pub exposure_tenths: Option<u8>,
    /// Ports of the board it opens, like `5222/tcp`.
    pub ports: Vec<String>,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Settings that can be chosen, as in the manifest.
    pub settings: serde_json::Value,
}

/// The catalog.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct CatalogList {
    /// Rises with every catalog.
    pub version: u64,
    /// When it expires (seconds since 1970).
    pub expires: i64,
    /// Why a catalog was refused.
    pub problems: Vec<String>,
    /// What can be enabled.
    pub services: Vec<CatalogView>,
}

/// Body of `PUT /services/{name}`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PutService {
    /// Values to choose; what is absent has the default.
    pub settings: BTreeMap<String, serde_json::Value>,
}

/// A job was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobAccepted {
    /// Its id, for `GET /jobs/{id}`.
    pub job: String,
}

/// `GET /health`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// Version of this software.
    pub version: String,
    /// Whether somebody has claimed the board.
    pub claimed: bool,
}

/// Body of `POST /claim`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The code that the board shows.
    pub code: String,
    /// What the board shall be called.
    pub board_name: String,
    /// The first steward.
    pub member: NewMember,
}

/// Body of `POST /reset`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetSteward {
    /// The code that the board shows after a start with `RESET-STEWARD` on its card.
    pub code: String,
    /// Sign-in name of a steward.
    pub name: String,
    /// Their new password.
    pub password: String,
}

/// A member to be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    /// Sign-in name.
    pub name: String,
    /// What the member is called; absent: the sign-in name.
    #[serde(default)]
    pub display_name: String,
    /// Password.
    pub password: String,
    /// `steward`, `member` or `guest`; the first one is a steward in any case.
    #[serde(default)]
    pub role: Option<crate::state::Role>,
}

/// Body of `POST /invitations`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewInvitation {
    /// Whom it is for, for the stewards to remember.
    pub note: String,
    /// `member` (when absent) or `guest`.
    pub role: Option<crate::state::Role>,
    /// Groups that those who join get into.
    pub groups: Vec<String>,
    /// How many people may join by it: 1 to 500; absent: 1.
    pub uses: Option<u32>,
    /// Days it works: 1 to 90; absent: 7.
    pub days: Option<u32>,
}

/// Answer to a claim and to a sign-in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SignedIn {
    /// Sign-in name.
    pub member: String,
    /// For the cookie, which is set as well.
    pub session: String,
    /// For scripts, as `Authorization: Bearer`; only after a claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Body of `POST /session`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// Sign-in name.
    pub name: String,
    /// Password.
    pub password: String,
    /// Code of the authenticator app, or a recovery code, for those who have a second step.
    #[serde(default)]
    pub code: String,
}

/// The board.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BoardView {
    /// Its name.
    pub name: String,
    /// Version of this software.
    pub version: String,
    /// Generation of the desired state.
    pub generation: u64,
    /// What the sensors say.
    pub readings: serde_json::Value,
}
