// SPDX-License-Identifier: AGPL-3.0-or-later
//! Places that backups go to.

use crate::{i18n::T, service::ServiceState};
use types::Timestamp;

/// What kind of place it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlaceKind {
    /// Another disk.
    #[default]
    Disk,
    /// An S3 store.
    S3,
    /// A rest-server.
    Rest,
    /// A board of another owner.
    Peer,
}

impl PlaceKind {
    /// In the order they are offered.
    pub const ALL: [Self; 4] = [Self::Disk, Self::Peer, Self::Rest, Self::S3];

    /// The word for programs and forms.
    pub fn code(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::S3 => "s3",
            Self::Rest => "rest",
            Self::Peer => "peer",
        }
    }

    pub(crate) fn label(self, t: T) -> &'static str {
        match self {
            Self::Disk => t.place_disk(),
            Self::S3 => t.place_s3(),
            Self::Rest => t.place_rest(),
            Self::Peer => t.held_place(),
        }
    }

    pub(crate) fn is_disk(self) -> bool {
        self == Self::Disk
    }

    pub(crate) fn is_peer(self) -> bool {
        self == Self::Peer
    }

    pub(crate) fn help(self, t: T) -> &'static str {
        match self {
            Self::Disk => t.place_disk_help(),
            Self::S3 => t.place_s3_help(),
            Self::Rest => t.place_rest_help(),
            Self::Peer => t.held_place_help(),
        }
    }

    pub(crate) fn url_help(self, t: T) -> &'static str {
        match self {
            Self::Disk | Self::Peer => "",
            Self::S3 => t.place_s3_url_help(),
            Self::Rest => t.place_rest_url_help(),
        }
    }

    pub(crate) fn user(self, t: T) -> &'static str {
        match self {
            Self::S3 => t.place_key_id(),
            Self::Disk | Self::Rest | Self::Peer => t.place_user(),
        }
    }

    pub(crate) fn secret(self, t: T) -> &'static str {
        match self {
            Self::S3 => t.place_key_secret(),
            Self::Disk | Self::Rest | Self::Peer => t.place_secret(),
        }
    }
}

/// Why a backup was not made, or what a look at a place found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceProblem {
    /// The key does not open it.
    WrongKey,
    /// There is no repository.
    NoRepository,
    /// Somebody else works on it.
    Locked,
    /// A newer restic made it.
    NewerFormat,
    /// It cannot be reached.
    Unreachable(String),
    /// It is full.
    Full,
    /// Data in it are damaged.
    Damaged(String),
    /// Some files could not be read.
    Incomplete(String),
    /// Anything else, in words that somebody else chose.
    Other(String),
}

impl PlaceProblem {
    pub(crate) fn text(&self, t: T) -> String {
        match self {
            Self::WrongKey => t.place_wrong_key().into(),
            Self::NoRepository => t.place_no_repository().into(),
            Self::Locked => t.place_locked().into(),
            Self::NewerFormat => t.place_newer().into(),
            Self::Unreachable(why) => t.place_unreachable(why),
            Self::Full => t.place_full().into(),
            Self::Damaged(why) => t.place_damaged(why),
            Self::Incomplete(why) => t.place_incomplete(why),
            Self::Other(why) => why.clone(),
        }
    }
}

/// How far one can rely on a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// There is none.
    None,
    /// It was made, but never tried.
    Untried,
    /// It was restored, checked and started.
    Proven,
    /// Trying it failed.
    Broken,
    /// The last try to make a newer one failed.
    Failing,
    /// The newest is too old.
    Old,
}

impl Trust {
    /// A state for styles: a dot of the same colour.
    pub(crate) fn state(self) -> &'static str {
        match self {
            Self::None => ServiceState::Stopped.code(),
            Self::Untried => ServiceState::Starting.code(),
            Self::Proven => ServiceState::Running.code(),
            Self::Broken | Self::Failing | Self::Old => ServiceState::Failing.code(),
        }
    }

    pub(crate) fn is_bad(self) -> bool {
        matches!(self, Self::Broken | Self::Failing | Self::Old)
    }

    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Proven => "good",
            Self::Untried => "info",
            Self::None => "warn",
            Self::Broken | Self::Failing | Self::Old => "bad",
        }
    }

    /// A sentence about all backups.
    pub(crate) fn verdict(self, t: T) -> &'static str {
        match self {
            Self::None => t.backups_verdict_none(),
            Self::Untried => t.backups_verdict_untried(),
            Self::Proven => t.backups_verdict_proven(),
            Self::Broken => t.backups_verdict_broken(),
            Self::Failing => t.backups_verdict_failing(),
            Self::Old => t.backups_verdict_old(),
        }
    }

    pub(crate) fn label(self, t: T) -> &'static str {
        match self {
            Self::None => t.place_trust_none(),
            Self::Untried => t.place_trust_untried(),
            Self::Proven => t.place_trust_proven(),
            Self::Broken => t.place_trust_broken(),
            Self::Failing => t.place_trust_failing(),
            Self::Old => t.place_trust_old(),
        }
    }
}

/// A place in the list of places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceRow {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// What it is.
    pub kind: PlaceKind,
    /// The disk, or the address.
    pub address: String,
    /// How far one can rely on the worst of its backups.
    pub trust: Trust,
    /// When the oldest of the newest backups was made: no service is further behind.
    pub newest: Option<Timestamp>,
}

impl PlaceRow {
    pub(crate) fn path(&self) -> String {
        format!("/backups/places/{}", crate::url::segment(&self.id))
    }
}

/// One subject in a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectRow {
    /// The service's name; `None` for the board itself.
    pub service: Option<String>,
    /// What people call it; empty for the board itself.
    pub title: String,
    /// How far one can rely on its newest backup.
    pub trust: Trust,
    /// When that was made.
    pub at: Option<Timestamp>,
    /// Bytes of its files.
    pub bytes: u64,
    /// Bytes that were new.
    pub added: u64,
    /// When a backup was last tried.
    pub tested: Option<Timestamp>,
    /// Why that failed.
    pub test_problem: Option<String>,
    /// Why the last backup failed.
    pub problem: Option<PlaceProblem>,
    /// Whether the service is enabled, so that its backup can be tried and put back.
    pub enabled: bool,
}
