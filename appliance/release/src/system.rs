// SPDX-License-Identifier: AGPL-3.0-or-later
//! Releases of the board's own system: what is believed about them, and which one a board takes.
//!
//! The roles, versions and checks are those of The Update Framework (specification 1.0.34,
//! <https://theupdateframework.github.io/specification/latest/>), in a strict subset: four documents, ed25519 only,
//! one payload each that is signed byte for byte, no delegations, no algorithms to agree on. `tough` was not taken:
//! it brings `aws-lc-rs`, a second provider of cryptography, and a reader of canonical JSON that nothing else needs.
//!
//! | role | says | lives |
//! | --- | --- | --- |
//! | root | which keys may sign as which role, and how many of them must; a new root is signed by the old one and by itself | years, offline |
//! | targets | the releases | months |
//! | snapshot | the one `targets` that counts | days |
//! | timestamp | the one `snapshot` that counts now | a week |
//!
//! # Against whom
//!
//! | who | can | cannot |
//! | --- | --- | --- |
//! | the network, a mirror, a peer, a USB stick from a stranger | withhold updates, which is noticed when `timestamp` expires | change a byte; offer old metadata again ([`TrustError::Older`]); mix old and new ([`TrustError::Mixed`]); freeze a board unnoticed ([`TrustError::Expired`]) |
//! | who has the timestamp or snapshot key | hold boards at the newest targets for that key's life | make a release |
//! | who has the targets key | **make a release** until the root takes the key away | keep it after that |
//! | who has fewer root keys than the threshold | nothing | |
//! | a board's own process that faces the network | keep updates from being taken | have root write what is not signed: the root process reads and checks the metadata itself, and takes no version below the one that runs |
//!
//! A board whose clock is behind notices expiry late. That is why versions are remembered, too.

mod choose;
mod document;
mod folder;
mod trust;

pub use choose::{Blocked, Board, Offer, choose, position, wave_time};
pub use document::{
    Envelope, Pinned, Role, RoleKeys, RootDoc, Signed, SignedBy, SnapshotDoc, TimestampDoc, seal,
};
pub use folder::{metadata_file, read_metadata, write_metadata};
pub use trust::{Metadata, TrustError, Trusted};

#[cfg(test)]
mod tests;
