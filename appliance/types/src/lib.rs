// SPDX-License-Identifier: AGPL-3.0-or-later
//! The words every other crate uses: names, manifests, desired and observed state, and the vocabulary the
//! supervisor speaks to the host process.
//!
//! Only serde and checks of form live here. This crate never does I/O, never reads a clock and never decides.

pub mod backup;
pub mod catalog;
pub mod data;
pub mod desired;
pub mod host;
pub mod manifest;
pub mod name;
pub mod network;
pub mod observed;
pub mod peer;
pub mod release;
pub mod settings;
pub mod system;
pub mod text;
pub mod time;

pub use catalog::{Catalog, CatalogEntry};
pub use desired::{Desired, DesiredService, Running};
pub use manifest::Manifest;
pub use name::{
    BackupId, BackupKey, BoardName, ClaimCode, Digest, DiskId, Domain, GroupName, MemberName, NameError,
    ProcessId, RepositoryId, ServiceName, SnapshotName, StoreUrl, WorkId,
};
pub use network::Network;
pub use observed::{Active, Observed, ObservedService, UnitState};
pub use peer::{BoardKey, Peer};
pub use settings::{SettingError, SettingValue, Settings};
pub use text::{Language, Text};
pub use time::Timestamp;
