// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is there, as the host process saw it.

use crate::{
    data::DataMark,
    name::{Digest, ProcessId, ServiceName},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Every service the host knows something of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// By name; a service with nothing at all on the machine is absent.
    pub services: BTreeMap<ServiceName, ObservedService>,
    /// Bundles that are mounted.
    pub mounted: BTreeSet<Digest>,
}

/// What is there of one service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedService {
    /// What its units and files were rendered from (see `host::RenderInput`); absent without units.
    pub rendered: Option<Digest>,
    /// Its processes' units.
    pub units: BTreeMap<ProcessId, UnitState>,
    /// Digest of the certificate it was given and told of.
    pub certificate: Option<Digest>,
    /// Whether it has a folder with data.
    pub data: bool,
    /// Which version last started on these data; absent before the first start.
    pub data_from: Option<DataMark>,
    /// Ahead of which version the newest snapshot was made (see [`DataMark::version`]).
    pub snapshot_before: Option<Digest>,
}

/// State of one systemd unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitState {
    /// `ActiveState` of systemd.
    pub active: Active,
    /// `Result` of systemd: `success`, `exit-code`, `oom-kill`, …
    pub result: String,
    /// Exit status or signal of the last main process.
    pub exit_status: i32,
    /// Automatic restarts since the last start by hand.
    pub restarts: u32,
    /// What the running process was started from; differs from `rendered` when a restart is due.
    pub started_from: Option<Digest>,
    /// When it last became active.
    pub since: Option<Timestamp>,
    /// Main process id; 0 when none.
    pub main_pid: u32,
}

/// `ActiveState` of systemd (org.freedesktop.systemd1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Active {
    /// Not running.
    #[default]
    Inactive,
    /// On its way up, or waiting for an automatic restart.
    Activating,
    /// Running.
    Active,
    /// On its way down.
    Deactivating,
    /// Ended with an error and not to be restarted.
    Failed,
}
