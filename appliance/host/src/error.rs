// SPDX-License-Identifier: AGPL-3.0-or-later
//! What can go wrong on the machine; each variant says what was being done, with the path.

use std::{io, path::PathBuf};
use types::{Digest, ServiceName, host::HostReply, manifest::ManifestError};

/// Why the machine did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// A file operation failed.
    #[error("could not {doing} {}", path.display())]
    File {
        /// The verb.
        doing: &'static str,
        /// What it was done to.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// No catalog that verifies holds this entry.
    #[error("no signed catalog on this board holds {service} in version {}; refresh the catalog", entry.short())]
    UnknownEntry {
        /// The service.
        service: ServiceName,
        /// Digest of the entry asked for.
        entry: Digest,
    },
    /// A bundle is not on the board.
    #[error("the software of {service} (bundle {}) is not on this board; download it again", bundle.short())]
    BundleMissing {
        /// The service.
        service: ServiceName,
        /// The bundle's digest.
        bundle: Digest,
    },
    /// A bundle's bytes are not what the catalog says.
    #[error("the software of {service} is damaged: bundle {} has the digest {}; nothing was changed, download it again", bundle.short(), found.short())]
    BundleDamaged {
        /// The service.
        service: ServiceName,
        /// The digest in the catalog.
        bundle: Digest,
        /// The digest of the file.
        found: Digest,
    },
    /// A manifest in a signed catalog cannot be used by this release.
    #[error("the manifest of {service} cannot be used")]
    Manifest {
        /// The service.
        service: ServiceName,
        /// Why.
        #[source]
        source: ManifestError,
    },
    /// A template of a service fails.
    #[error("the file {file} of {service} could not be rendered")]
    Template {
        /// The service.
        service: ServiceName,
        /// The file.
        file: String,
        /// What the template engine said.
        #[source]
        source: minijinja::Error,
    },
    /// systemd refused or did not answer.
    #[error("systemd could not {doing} {unit}")]
    Systemd {
        /// The verb.
        doing: &'static str,
        /// The unit.
        unit: String,
        /// What it said.
        #[source]
        source: zbus::Error,
    },
    /// A unit did not end in time.
    #[error("{unit} did not {doing} within {seconds} seconds")]
    Timeout {
        /// The verb.
        doing: &'static str,
        /// The unit.
        unit: String,
        /// How long was waited.
        seconds: u64,
    },
    /// A copy does not fit on the disk.
    #[error("there is not enough room on the disk: {} more MB are needed, {} MB are free; delete old snapshots or archives, or move the data to a larger disk", needed / 1_000_000 + 1, free / 1_000_000)]
    NoRoom {
        /// Bytes that are needed, with what must stay free.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// Other work on the same data goes on.
    #[error("its data are being copied already; try again when that has ended")]
    Busy,
    /// Backups have another key.
    #[error(
        "this board already has a key for its backups; a second one would leave what was backed up unreadable"
    )]
    KeyExists,
    /// A disk is not there.
    #[error("the disk is not connected; connect it and try again")]
    DiskMissing,
    /// A command of a service ended with an error.
    #[error("{what} failed: {detail}")]
    Command {
        /// What was run, in words.
        what: String,
        /// Its last words.
        detail: String,
    },
    /// A file of a release is neither downloaded nor on the card.
    #[error("{name} of this release is missing or damaged; download it again")]
    ReleaseFile {
        /// Its name.
        name: String,
    },
    /// The card refused, or failed.
    #[error("the other system on the card was not changed as asked")]
    Card(#[source] slots::CardError),
    /// The request does not fit the state of the machine.
    #[error("{0}")]
    Refused(String),
}

impl MachineError {
    /// The word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { source, .. } if source.kind() == io::ErrorKind::StorageFull => "disk_full",
            Self::File { .. } => "file_error",
            Self::UnknownEntry { .. } => "unknown_entry",
            Self::BundleMissing { .. } => "bundle_missing",
            Self::BundleDamaged { .. } => "bundle_damaged",
            Self::Manifest { .. } | Self::Template { .. } => "manifest_invalid",
            Self::Systemd { .. } => "systemd_error",
            Self::Timeout { .. } => "timeout",
            Self::Command { .. } => "command_failed",
            Self::NoRoom { .. } => "no_room",
            Self::Busy => "busy",
            Self::KeyExists => "key_exists",
            Self::DiskMissing => "disk_missing",
            Self::ReleaseFile { .. } => "release_file",
            Self::Card(slots::CardError::Refused(_)) => "slot_refused",
            Self::Card(_) => "card_failed",
            Self::Refused(_) => "refused",
        }
    }

    /// The reply, with the whole chain of causes in one sentence.
    pub fn reply(&self) -> HostReply {
        HostReply::Refused {
            code: self.code().to_owned(),
            message: chain(self),
        }
    }
}

/// An error and its causes, joined by colons.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !message.ends_with(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        next = cause.source();
    }
    message
}

/// Says what was being done to which path when an `io::Error` came.
pub(crate) trait At<T> {
    fn at(self, doing: &'static str, path: impl Into<PathBuf>) -> Result<T, MachineError>;
}

impl<T> At<T> for Result<T, io::Error> {
    fn at(self, doing: &'static str, path: impl Into<PathBuf>) -> Result<T, MachineError> {
        self.map_err(|source| MachineError::File {
            doing,
            path: path.into(),
            source,
        })
    }
}

impl<T> At<T> for Result<T, nix::Error> {
    fn at(self, doing: &'static str, path: impl Into<PathBuf>) -> Result<T, MachineError> {
        self.map_err(io::Error::from).at(doing, path)
    }
}
