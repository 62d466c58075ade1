// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a board trusts, and how that moves on.

use super::document::{
    Role, RoleKeys, RootDoc, Signed, SnapshotDoc, TargetsDoc, TimestampDoc, check_signatures, envelope, open,
};
use serde::{Deserialize, Serialize};
use types::{Timestamp, release::Releases};

/// Why metadata of releases is not believed. What runs goes on.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Larger than any of ours.
    #[error("{}.json is larger than it can be: it was not made by us, fetch it again", .role.as_str())]
    TooLarge {
        /// Which.
        role: Role,
    },
    /// Cut short, changed, or not written by us.
    #[error("{}.json is damaged or was changed: fetch it again", .role.as_str())]
    Damaged {
        /// Which.
        role: Role,
    },
    /// Not signed by those this board trusts.
    #[error("{}.json is not signed by the keys this board trusts: fetch it from another place", .role.as_str())]
    Signatures {
        /// Which.
        role: Role,
    },
    /// Signed, but of a form this release cannot read.
    #[error("{}.json is signed but this release cannot read it: write a newer image to the card", .role.as_str())]
    Syntax {
        /// Which.
        role: Role,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The place offers what was replaced long ago.
    #[error(
        "{}.json has version {offered}, older than {trusted} which this board has seen: the place it came from is out of date or holds back updates",
        .role.as_str()
    )]
    Older {
        /// Which.
        role: Role,
        /// The version offered.
        offered: u64,
        /// The version seen before.
        trusted: u64,
    },
    /// Documents that do not belong together.
    #[error(
        "{}.json is not the one that belongs to the rest: it was mixed up or is just being replaced, try again later",
        .role.as_str()
    )]
    Mixed {
        /// Which.
        role: Role,
    },
    /// Its time is over.
    #[error(
        "{}.json expired {} days ago: updates are being held back, or the board's clock is wrong",
        .role.as_str(),
        .now.since(*.expires).as_secs() / 86_400
    )]
    Expired {
        /// Which.
        role: Role,
        /// Until when it was good.
        expires: Timestamp,
        /// The board's time.
        now: Timestamp,
    },
    /// A root that does not follow the one before.
    #[error("root.json {offered} does not follow {trusted}: fetch the ones between")]
    RootGap {
        /// The version offered.
        offered: u64,
        /// The version trusted.
        trusted: u64,
    },
}

/// The four documents as they are offered, byte for byte. Together in one file they are what a board keeps of what it
/// has accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// Roots newer than the one of the image, in order.
    pub roots: Vec<String>,
    /// `timestamp.json`
    pub timestamp: String,
    /// `snapshot.json`
    pub snapshot: String,
    /// `targets.json`
    pub targets: String,
}

/// What a board has come to trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    root: Signed<RootDoc>,
    timestamp: u64,
    snapshot: u64,
    targets: u64,
    releases: Releases,
}

impl Trusted {
    /// From the root that came with the image: nobody but the maker of the image vouches for it. Its expiry does not
    /// count, so that an old card can find its way to the root of today.
    ///
    /// # Errors
    /// When it is no root, or not signed by itself.
    pub fn from_image(root: &str) -> Result<Self, TrustError> {
        let role = Role::Root;
        let unchecked: Signed<RootDoc> = serde_json::from_str(&envelope(root, role)?.signed)
            .map_err(|source| TrustError::Syntax { role, source })?;
        let root = open_root(root, keys(&unchecked, role)?)?;
        Ok(Self {
            root,
            timestamp: 0,
            snapshot: 0,
            targets: 0,
            releases: Releases::default(),
        })
    }

    /// The releases.
    pub fn releases(&self) -> &Releases {
        &self.releases
    }

    /// Versions of root, timestamp, snapshot and targets.
    pub fn versions(&self) -> [u64; 4] {
        [self.root.version, self.timestamp, self.snapshot, self.targets]
    }

    /// What is trusted after this has been offered, at `now`.
    ///
    /// # Errors
    /// When anything is not as it must be. Nothing of it has been used then.
    pub fn advance(&self, offered: &Metadata, now: Timestamp) -> Result<Self, TrustError> {
        let next = self.load(offered)?;
        next.check_expiry(offered, now)?;
        Ok(next)
    }

    /// As [`Trusted::advance`], without regard to expiry: for what a board has accepted before, and keeps.
    ///
    /// # Errors
    /// The same, but for expiry.
    pub fn load(&self, offered: &Metadata) -> Result<Self, TrustError> {
        let mut root = self.root.clone();
        for bytes in &offered.roots {
            root = next_root(&root, bytes)?;
        }
        let timestamp: Signed<TimestampDoc> =
            open(&offered.timestamp, Role::Timestamp, keys(&root, Role::Timestamp)?)?;
        not_older(Role::Timestamp, timestamp.version, self.timestamp)?;
        let pinned = &timestamp.body.snapshot;
        // A key that is used every day must not make a board forget what it knows.
        not_older(Role::Snapshot, pinned.version, self.snapshot)?;
        if !pinned.is(&offered.snapshot) {
            return Err(TrustError::Mixed { role: Role::Snapshot });
        }
        let snapshot: Signed<SnapshotDoc> =
            open(&offered.snapshot, Role::Snapshot, keys(&root, Role::Snapshot)?)?;
        let pinned_targets = &snapshot.body.targets;
        not_older(Role::Targets, pinned_targets.version, self.targets)?;
        if snapshot.version != pinned.version || !pinned_targets.is(&offered.targets) {
            return Err(TrustError::Mixed { role: Role::Targets });
        }
        let targets: Signed<TargetsDoc> = open(&offered.targets, Role::Targets, keys(&root, Role::Targets)?)?;
        if targets.version != pinned_targets.version {
            return Err(TrustError::Mixed { role: Role::Targets });
        }
        Ok(Self {
            root,
            timestamp: timestamp.version,
            snapshot: snapshot.version,
            targets: targets.version,
            releases: targets.body,
        })
    }

    /// Whether what was accepted is still fresh at `now`.
    fn check_expiry(&self, offered: &Metadata, now: Timestamp) -> Result<(), TrustError> {
        let of = |role: Role, bytes: &str| -> Result<(), TrustError> {
            let signed: Signed<serde_json::Value> = open(bytes, role, keys(&self.root, role)?)?;
            fresh(role, signed.expires, now)
        };
        fresh(Role::Root, self.root.expires, now)?;
        of(Role::Timestamp, &offered.timestamp)?;
        of(Role::Snapshot, &offered.snapshot)?;
        of(Role::Targets, &offered.targets)
    }
}

fn fresh(role: Role, expires: Timestamp, now: Timestamp) -> Result<(), TrustError> {
    if now < expires {
        Ok(())
    } else {
        Err(TrustError::Expired { role, expires, now })
    }
}

fn not_older(role: Role, offered: u64, trusted: u64) -> Result<(), TrustError> {
    if offered >= trusted {
        Ok(())
    } else {
        Err(TrustError::Older {
            role,
            offered,
            trusted,
        })
    }
}

fn keys(root: &Signed<RootDoc>, role: Role) -> Result<&RoleKeys, TrustError> {
    root.body.roles.get(&role).ok_or(TrustError::Signatures { role })
}

fn open_root(bytes: &str, keys: &RoleKeys) -> Result<Signed<RootDoc>, TrustError> {
    open(bytes, Role::Root, keys)
}

/// The root after `root`: signed by enough of its keys, and by enough of those it names itself.
fn next_root(root: &Signed<RootDoc>, bytes: &str) -> Result<Signed<RootDoc>, TrustError> {
    let next = open_root(bytes, keys(root, Role::Root)?)?;
    check_signatures(
        &envelope(bytes, Role::Root)?,
        Role::Root,
        keys(&next, Role::Root)?,
    )?;
    if next.version == root.version + 1 {
        Ok(next)
    } else {
        Err(TrustError::RootGap {
            offered: next.version,
            trusted: root.version,
        })
    }
}
