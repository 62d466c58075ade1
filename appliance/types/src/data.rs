// SPDX-License-Identifier: AGPL-3.0-or-later
//! Copies of services' data: local snapshots, and the work that makes them.

use crate::{
    backup::Run,
    name::{Digest, RepositoryId, ServiceName, SnapshotName, WorkId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// What the data of a service were last used by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataMark {
    /// Digest of the catalog entry.
    pub entry: Digest,
    /// Digest of the entry and the settings: when it changes, the data may be changed in ways that cannot be undone.
    pub version: Digest,
}

/// Why a snapshot was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SnapshotReason {
    /// The software was about to change.
    Update,
    /// Settings were about to change.
    Settings,
    /// Other data were about to take their place.
    Restore,
    /// Somebody asked for it.
    Manual,
    /// A backup is made from it, while the service goes on.
    Backup,
}

/// A copy of a service's data on the same disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Its name.
    pub name: SnapshotName,
    /// Of which service.
    pub service: ServiceName,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: SnapshotReason,
    /// The version ahead of which it was made, for [`SnapshotReason::Update`] and [`SnapshotReason::Settings`].
    pub before: Option<Digest>,
    /// What had used the data until then.
    pub from: Option<DataMark>,
    /// Files.
    pub files: u64,
    /// Bytes of all its files.
    pub bytes: u64,
    /// Bytes that no earlier snapshot held already: what it costs.
    pub own_bytes: u64,
}

/// Work that may take long; the host process goes on with it by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Copy a service's data as a snapshot. The service must be stopped, or keep every file complete at every moment.
    Snapshot {
        /// The service.
        service: ServiceName,
        /// Now: it becomes part of the name.
        at: Timestamp,
        /// Why.
        reason: SnapshotReason,
        /// The version that is to come.
        before: Option<Digest>,
        /// Bytes that must stay free on the disk.
        reserve: u64,
    },
    /// Copy a snapshot, ready to take the place of the service's data.
    Ready {
        /// Which.
        snapshot: SnapshotName,
        /// Bytes that must stay free on the disk.
        reserve: u64,
    },
    /// Run restic.
    Restic {
        /// On which repository.
        repository: RepositoryId,
        /// What for.
        run: Run,
    },
    /// Pack data of a service into one archive that any computer opens (tar, gzip).
    Pack {
        /// The service.
        service: ServiceName,
        /// What to pack.
        from: Packed,
    },
    /// Try what was restored, in the service's sandbox, without network.
    Try {
        /// The service.
        service: ServiceName,
        /// The work that restored it.
        restored: WorkId,
        /// What to try.
        trial: Trial,
    },
}

/// What is packed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Packed {
    /// A local snapshot.
    Snapshot(SnapshotName),
    /// What this work restored.
    Restored(WorkId),
}

/// How a restored copy is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trial {
    /// By the manifest's `restore_check`.
    Check,
    /// By starting the service, which then answers at its socket in the folder `trial-<service>`.
    Serve,
}

/// How far a piece of work is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "snake_case")]
pub enum WorkState {
    /// The host process does not know it: it was not begun, or the board was restarted since. Begin it (again).
    Unknown,
    /// It goes on.
    Running {
        /// Bytes done.
        done: u64,
        /// The newest line restic wrote; empty for other work.
        line: String,
    },
    /// restic has ended. What it wrote stays until [`crate::host::HostRequest::EndWork`].
    Ended {
        /// Its exit status.
        status: i32,
        /// What it wrote; the end of it when it is long.
        out: String,
        /// Its complaints; the end of them when they are long.
        err: String,
    },
    /// It is done.
    Done,
    /// It was not done; everything is as before.
    Failed {
        /// A word for programs: `no_room`, `file_error`, …
        code: String,
        /// For people: why, and what to do.
        message: String,
    },
}
