// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is agreed: who does what for whom, within which limits, and until when.

use serde::{Deserialize, Serialize};
use types::{BoardKey, Domain, ServiceName, Timestamp};

/// Seconds of a day.
const DAY: u64 = 86_400;

/// What one board does for the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Grant {
    /// Ask how the other board is, and tell when it is silent.
    Watch {
        /// Minutes of silence before it is told.
        silence: u16,
    },
    /// Keep its backups, which this board can neither read nor change.
    HoldBackups {
        /// Room, in GiB.
        gib: u32,
        /// Days that backups are still kept after this board ended it.
        notice: u16,
    },
    /// Pass connections to its names on to it, unopened.
    Relay {
        /// Which names.
        names: Vec<Domain>,
        /// Traffic a month, in GiB.
        gib: u32,
    },
    /// Run one of its services when it cannot.
    RunService {
        /// Which.
        service: ServiceName,
        /// Days that it still runs after this board ended it.
        notice: u16,
    },
    /// Give it bundles and releases on the local network, so that they are downloaded once.
    ShareBundles {},
    /// Give room to a common store.
    PoolStorage {
        /// Room, in GiB.
        gib: u32,
        /// Days that data are still kept after this board ended it.
        notice: u16,
    },
    /// Show what it publishes beside what this board publishes.
    PublishTogether {},
}

/// The kinds, without their limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// See [`Grant::Watch`].
    Watch,
    /// See [`Grant::HoldBackups`].
    HoldBackups,
    /// See [`Grant::Relay`].
    Relay,
    /// See [`Grant::RunService`].
    RunService,
    /// See [`Grant::ShareBundles`].
    ShareBundles,
    /// See [`Grant::PoolStorage`].
    PoolStorage,
    /// See [`Grant::PublishTogether`].
    PublishTogether,
}

/// The terms of an agreement. They never change: who wants others proposes another agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The board that does something.
    pub giver: BoardKey,
    /// The board it is done for.
    pub receiver: BoardKey,
    /// The one of the two that proposed it.
    pub proposer: BoardKey,
    /// What is done.
    pub grant: Grant,
    /// The last moment it holds, by each board's own clock; without one it holds until somebody ends it.
    pub until: Option<Timestamp>,
}

/// A limit that makes no sense, by the name of its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {expected}")]
pub struct BadTerms {
    /// Which.
    pub field: &'static str,
    /// What it must be.
    pub expected: &'static str,
}

/// Most GiB anybody grants: 1 PiB.
const MOST_GIB: u32 = 1 << 20;
/// Most names in one agreement.
const MOST_NAMES: usize = 20;

impl Grant {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Watch { .. } => Kind::Watch,
            Self::HoldBackups { .. } => Kind::HoldBackups,
            Self::Relay { .. } => Kind::Relay,
            Self::RunService { .. } => Kind::RunService,
            Self::ShareBundles {} => Kind::ShareBundles,
            Self::PoolStorage { .. } => Kind::PoolStorage,
            Self::PublishTogether {} => Kind::PublishTogether,
        }
    }

    /// Seconds that it goes on after the giver ended it: where the other board's data are concerned, its owner needs
    /// time to take them elsewhere.
    pub fn notice(&self) -> u64 {
        match self {
            Self::HoldBackups { notice, .. }
            | Self::RunService { notice, .. }
            | Self::PoolStorage { notice, .. } => u64::from(*notice) * DAY,
            _ => 0,
        }
    }

    /// Whether its limits make sense.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), BadTerms> {
        let bad = |field, expected| Err(BadTerms { field, expected });
        match self {
            Self::Watch { silence } if !(2..=1440).contains(silence) => {
                bad("silence", "must be from 2 minutes to a day (1440)")
            }
            Self::HoldBackups { gib, .. } | Self::PoolStorage { gib, .. } | Self::Relay { gib, .. }
                if !(1..=MOST_GIB).contains(gib) =>
            {
                bad("gib", "must be from 1 to 1048576")
            }
            Self::HoldBackups { notice, .. }
            | Self::RunService { notice, .. }
            | Self::PoolStorage { notice, .. }
                if !(1..=365).contains(notice) =>
            {
                bad("notice", "must be from 1 to 365 days")
            }
            Self::Relay { names, .. } if names.is_empty() || names.len() > MOST_NAMES => {
                bad("names", "must be from 1 to 20 names")
            }
            _ => Ok(()),
        }
    }
}

impl Terms {
    /// Whether these are terms between exactly these two boards, with limits that make sense.
    pub fn fit(&self, one: &BoardKey, other: &BoardKey) -> bool {
        let both = |a: &BoardKey, b: &BoardKey| (a, b) == (one, other) || (a, b) == (other, one);
        one != other
            && both(&self.giver, &self.receiver)
            && (self.proposer == *one || self.proposer == *other)
            && self.grant.check().is_ok()
    }
}
