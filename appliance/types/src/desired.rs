// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the stewards asked for. Committed before anything is done.

use crate::{
    name::{BoardName, Digest, Domain, ServiceName},
    settings::Settings,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything asked for, at one generation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desired {
    /// Rises with every change.
    pub generation: u64,
    /// The board's name.
    pub board: BoardName,
    /// The services that should exist.
    pub services: BTreeMap<ServiceName, DesiredService>,
}

/// One service that should exist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesiredService {
    /// Which version: the digest of its catalog entry.
    pub entry: Digest,
    /// Whether it should run.
    pub running: Running,
    /// Values chosen by a steward.
    pub settings: Settings,
    /// Public names beside `<service>-<board>.local`, the first being the one it calls itself.
    pub domains: Vec<Domain>,
    /// Rises when a restart is asked for.
    pub restarts: u64,
}

/// Whether a service should run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Running {
    /// Yes.
    Started,
    /// No, but everything stays in place.
    Stopped,
}
