// SPDX-License-Identifier: AGPL-3.0-or-later
//! Backups elsewhere: where they go, and what restic is run for.

use crate::{
    name::{BackupId, DiskId, RepositoryId, ServiceName, SnapshotName, StoreUrl},
    peer::BoardKey,
};
use serde::{Deserialize, Serialize};

/// A place backups go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    /// Its id.
    pub id: RepositoryId,
    /// What people call it.
    pub title: String,
    /// Where it is.
    pub place: Place,
    /// Whether nothing can be deleted there by this board: what is too old is forgotten by the owner of the place.
    pub append_only: bool,
    /// Upload at most this many KiB a second; 0 is no limit.
    pub upload_kib: u32,
}

/// Where a repository is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Place {
    /// A folder of ours on another disk.
    Disk {
        /// Which.
        disk: DiskId,
    },
    /// A bucket that speaks S3.
    S3 {
        /// Address of the server and the bucket: `https://s3.example.org/bucket`.
        url: StoreUrl,
    },
    /// A rest-server (<https://github.com/restic/rest-server>).
    Rest {
        /// Its address.
        url: StoreUrl,
    },
    /// A board of another owner that keeps our backups: restic reaches it through a socket of the supervisor.
    Peer {
        /// Which.
        board: BoardKey,
    },
}

/// How a store knows us.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// User name, or the id of an S3 key.
    pub user: String,
    /// Password, or the secret of an S3 key.
    pub secret: String,
}

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The board itself: members, settings, certificates.
    Board,
    /// The data of a service.
    Service(ServiceName),
}

impl Subject {
    /// The word it goes by: `board`, or the service's name after `service-`.
    pub fn word(&self) -> String {
        match self {
            Self::Board => "board".into(),
            Self::Service(name) => format!("service-{name}"),
        }
    }

    /// The subject of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        if word == "board" {
            return Some(Self::Board);
        }
        Some(Self::Service(word.strip_prefix("service-")?.parse().ok()?))
    }
}

/// What restic is run for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "run", rename_all = "snake_case", deny_unknown_fields)]
pub enum Run {
    /// See whether the repository is there and the key opens it.
    Open,
    /// Make the repository.
    Init,
    /// Take away locks of runs that no longer exist.
    Unlock,
    /// Back up.
    Backup {
        /// What.
        subject: Subject,
        /// From this local snapshot instead of the live data.
        snapshot: Option<SnapshotName>,
    },
    /// List the backups.
    List,
    /// Restore beside the live data, ready to take their place.
    Restore {
        /// What.
        subject: Subject,
        /// Which backup.
        backup: BackupId,
    },
    /// Forget what is too old of one subject; with `prune`, free the room it took.
    Forget {
        /// Of what.
        subject: Subject,
        /// Whether to free the room now.
        prune: bool,
    },
    /// Check the repository, and read one part of its data.
    Check {
        /// The part, from 1.
        part: u8,
        /// Of so many.
        of: u8,
    },
}

/// What the host knows of backups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupSetup {
    /// Whether there is a key.
    pub key: bool,
    /// The repositories.
    pub repositories: Vec<Repository>,
    /// Disks beside the board's own that hold a file system.
    pub disks: Vec<Disk>,
}

/// Where the host process lays a board that was restored, below the supervisor's folder.
pub struct Adopted;

impl Adopted {
    /// The folder.
    pub const FOLDER: &str = "restored";
    /// The database in it.
    pub const DATABASE: &str = "state.db";
    /// The folder of certificates in it.
    pub const CERTIFICATES: &str = "certificates";
    /// The file with the id of the repository it came from.
    pub const REPOSITORY: &str = "repository";
}

/// A disk beside the board's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// The identifier of its file system.
    pub id: DiskId,
    /// Bytes in all; unknown until it was mounted.
    pub total: Option<u64>,
    /// Bytes that are free.
    pub free: Option<u64>,
}
