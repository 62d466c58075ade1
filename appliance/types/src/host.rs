// SPDX-License-Identifier: AGPL-3.0-or-later
//! The vocabulary the supervisor speaks to the host process, which alone is root.
//!
//! One request per line of JSON, one reply per line. Every argument is a typed name or number: no request holds a
//! path, a shell word or a unit's text. The host process finds manifests in signed catalogs by itself.

use crate::{
    backup::{BackupSetup, Credentials, Repository},
    data::{Act, Snapshot, WorkState},
    name::{
        BackupKey, BoardName, ClaimCode, Digest, DiskId, MemberName, RepositoryId, ServiceName, SnapshotName,
        WorkId,
    },
    network::{FixedAddress, Network, Wifi},
    observed::Observed,
    release::ReleaseVersion,
    settings::Settings,
    system::SystemFacts,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// What can be asked of the host process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum HostRequest {
    /// Tell what is there.
    Observe,
    /// Verify and mount the bundles of a service's catalog entry. Done already: nothing.
    MountBundles {
        /// The service.
        service: ServiceName,
        /// Digest of its catalog entry.
        entry: Digest,
    },
    /// Unmount every bundle that no unit uses.
    UnmountUnused,
    /// Write units, files and folders of a service; reload systemd.
    Render(RenderInput),
    /// Give a service the certificate of its name, and tell its main process if it runs. The same as before: nothing.
    Certificate {
        /// The service.
        service: ServiceName,
        /// Key and chain.
        certificate: HandedCertificate,
    },
    /// Start a service's units, or restart those that run from an older rendering.
    Start {
        /// The service.
        service: ServiceName,
    },
    /// Stop a service's units.
    Stop {
        /// The service.
        service: ServiceName,
    },
    /// Stop and remove a service's units and rendered files. Its data stays.
    Remove {
        /// The service.
        service: ServiceName,
    },
    /// Move a removed service's data to the archive.
    Archive {
        /// The service.
        service: ServiceName,
        /// Now: it becomes part of the archive's name.
        at: Timestamp,
    },
    /// List the archives.
    Archives,
    /// Delete an archive for ever.
    Purge {
        /// Its name.
        archive: String,
    },
    /// Begin a piece of work that may take long. Asked again with the same id while it goes on, or after it was done:
    /// nothing.
    Begin {
        /// Its id.
        work: WorkId,
        /// What to do.
        act: Act,
    },
    /// How far a piece of work is.
    Work {
        /// Its id.
        work: WorkId,
    },
    /// Let go of a piece of work that has ended, and of what it left behind. With `keep`, what it restored stays ready
    /// to take the place of live data.
    EndWork {
        /// Its id.
        work: WorkId,
        /// Whether what was restored is to be kept.
        keep: bool,
    },
    /// Hand what was packed to the supervisor, below its own folder `exports`, under this name.
    HandOver {
        /// The work that packed it.
        work: WorkId,
        /// Of which service, and when.
        name: SnapshotName,
    },
    /// What the host knows of backups.
    BackupSetup,
    /// Tell the key of all backups, for its sheet.
    BackupKey,
    /// Keep the key of all backups. Another one is there: refused.
    SetBackupKey {
        /// The key.
        key: BackupKey,
    },
    /// Forget the key of all backups, which opened nothing. Refused while there is a repository.
    ForgetBackupKey,
    /// Lay a board that was restored where the supervisor takes it in, and restart the supervisor.
    AdoptBoard {
        /// The work that restored it.
        work: WorkId,
        /// Where it came from.
        repository: RepositoryId,
    },
    /// Add a repository, or change one.
    SetRepository {
        /// The repository.
        repository: Repository,
        /// How it knows us; `None` leaves that as it is.
        credentials: Option<Credentials>,
    },
    /// Forget a repository. What is in it stays.
    RemoveRepository {
        /// Its id.
        repository: RepositoryId,
    },
    /// Put data that were made ready by [`Act::Ready`] in the place of a service's data, in one step; what was there
    /// becomes a snapshot. The service must be stopped. Done already: nothing.
    TakeOver {
        /// The service.
        service: ServiceName,
        /// The work that made them ready.
        work: WorkId,
        /// Now: it becomes part of the snapshot's name.
        at: Timestamp,
    },
    /// List the local snapshots.
    Snapshots,
    /// Delete a local snapshot.
    DropSnapshot {
        /// Its name.
        snapshot: SnapshotName,
    },
    /// Make or change a member's account inside a service that keeps its own.
    Provision {
        /// The service.
        service: ServiceName,
        /// The member.
        member: MemberName,
        /// What the member is called.
        display_name: String,
        /// The password to set; `None` takes the account's access away.
        password: Option<String>,
    },
    /// The newest lines of a service's journal.
    Journal {
        /// The service.
        service: ServiceName,
        /// At most this many (up to 1,000).
        lines: u16,
        /// Only lines after this cursor.
        after: Option<String>,
    },
    /// What a service uses now.
    Usage {
        /// The service.
        service: ServiceName,
    },
    /// Put a code that proves possession on the boot partition; `None` takes it away.
    ClaimCode {
        /// The code.
        code: Option<ProofCode>,
        /// The board's name, shown beside it.
        board: BoardName,
    },
    /// Set the host name.
    HostName {
        /// The name.
        board: BoardName,
    },
    /// Read `setup.toml` from the boot partition.
    Setup,
    /// What stood in `setup.toml` is stored: take it out, secrets first of all.
    SetupStored,
    /// Tell whether somebody put `RESET-STEWARD` on the boot partition.
    ResetAsked,
    /// The wish to reset a steward's password is stored: take `RESET-STEWARD` off the boot partition.
    ResetStored,
    /// Join this network. The same as before: nothing.
    Network(Network),
    /// Show on the screen how the board is reached. The same as before: nothing.
    Screen(Screen),
    /// Make a disk beside the board's own readable, to update from it. Done already: nothing.
    OpenDisk {
        /// Which.
        disk: DiskId,
    },
    /// What is known of the card's two systems.
    System,
    /// Begin to write a release of the board's system into the idle slot: its files are taken from what was downloaded
    /// and from the slot that runs, all by the digests that were signed. Written already, or being written: nothing.
    Stage {
        /// Which. The signed metadata on the board must describe it, and it must be newer than what runs.
        version: ReleaseVersion,
    },
    /// Let the idle slot be tried at the next start.
    Arm,
    /// What runs is healthy: an update being tried is kept.
    Healthy,
    /// The update being tried is not healthy.
    Unhealthy {
        /// Why, in a few words for the record on the card.
        detail: String,
    },
    /// Restart the board.
    Reboot,
}

/// All that a service's units and files are rendered from. Its digest tells whether a rendering is current.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenderInput {
    /// The service.
    pub service: ServiceName,
    /// Digest of its catalog entry.
    pub entry: Digest,
    /// Complete settings: every declared key has a value.
    pub settings: Settings,
    /// The board's name.
    pub board: BoardName,
    /// Host names the service is reached by, the first being the one it calls itself.
    pub hosts: Vec<String>,
    /// Rises when a restart is asked for.
    pub restarts: u64,
    /// For a service that signs members in by `OpenID` Connect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openid: Option<OpenIdClient>,
}

/// What a service is told that signs members in by `OpenID` Connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenIdClient {
    /// The board's name that vouches for members: the issuer is `https://<host>`.
    pub host: String,
    /// The client's secret.
    pub secret: Digest,
    /// Root certificate of the board's own authority (PEM).
    pub authority: String,
}

/// A private key and a certificate chain, leaf first, in PEM. What it holds is never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HandedCertificate(String);

impl HandedCertificate {
    /// The text.
    pub fn pem(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for HandedCertificate {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const LONGEST: usize = 64 * 1024;
        let plain = |byte: u8| byte == b'\n' || byte == b'\r' || (b' '..=b'~').contains(&byte);
        if text.len() > LONGEST || !text.bytes().all(plain) {
            return Err("a certificate is at most 64 KiB of plain text");
        }
        let key = text.find(" PRIVATE KEY-----");
        let chain = text.find("-----BEGIN CERTIFICATE-----");
        match (key, chain) {
            (Some(key), Some(chain)) if key < chain && text.starts_with("-----BEGIN ") => Ok(Self(text)),
            _ => Err("a private key and then a certificate are needed"),
        }
    }
}

impl From<HandedCertificate> for String {
    fn from(certificate: HandedCertificate) -> Self {
        certificate.0
    }
}

impl std::fmt::Debug for HandedCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HandedCertificate(…)")
    }
}

/// What the host process answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum HostReply {
    /// Done.
    Done,
    /// Done; this is the archive's name.
    Archived {
        /// `<service>-<time>`; `None` when there was no data.
        archive: Option<String>,
    },
    /// What is there.
    Observed(Observed),
    /// The archives.
    Archives {
        /// Newest first.
        archives: Vec<ArchiveInfo>,
    },
    /// How far a piece of work is.
    Work(WorkState),
    /// What the host knows of backups.
    BackupSetup(BackupSetup),
    /// The key of all backups.
    BackupKey {
        /// `None` when there is none yet.
        key: Option<BackupKey>,
    },
    /// The local snapshots.
    Snapshots {
        /// Newest first.
        snapshots: Vec<Snapshot>,
    },
    /// Journal lines.
    Journal {
        /// Oldest first.
        lines: Vec<JournalLine>,
    },
    /// What a service uses.
    Usage(Usage),
    /// What stood in `setup.toml`.
    Setup(Box<Setup>),
    /// What is known of the card's two systems.
    System {
        /// `None`: this board does not run from a card of its own.
        system: Option<Box<SystemFacts>>,
    },
    /// Whether `RESET-STEWARD` is there.
    ResetAsked {
        /// It is.
        asked: bool,
    },
    /// Not done; the message says why and what to do.
    Refused {
        /// A word for programs: `bundle_damaged`, `unknown_entry`, `unit_failed`, …
        code: String,
        /// For people.
        message: String,
    },
}

/// A removed service's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveInfo {
    /// `<service>-<time>`.
    pub name: String,
    /// The service it came from.
    pub service: ServiceName,
    /// When it was archived.
    pub at: Timestamp,
    /// Bytes on disk.
    pub bytes: u64,
}

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalLine {
    /// Where it stands: ask for what comes after it.
    pub cursor: String,
    /// When it was written.
    pub at: Timestamp,
    /// Syslog priority, 0 (emergency) to 7 (debug).
    pub priority: u8,
    /// The text; control characters are taken out.
    pub message: String,
}

/// What a service uses now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Bytes of memory: of its control group, or the proportional set size of its processes.
    pub memory_bytes: Option<u64>,
    /// Whether the machine enforces the memory limit (some kernels are started without it).
    pub memory_enforced: bool,
    /// Processor time since it started, in microseconds.
    pub cpu_usec: Option<u64>,
    /// Processes and threads.
    pub tasks: Option<u32>,
    /// Bytes of its data on disk.
    pub disk_bytes: u64,
}

/// A code that whoever holds the board in their hands can read, and what it is good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofCode {
    /// Makes the first steward.
    FirstSteward(ClaimCode),
    /// Sets a new password for a steward.
    NewPassword(ClaimCode),
}

impl ProofCode {
    /// The code itself.
    pub fn code(&self) -> &ClaimCode {
        match self {
            Self::FirstSteward(code) | Self::NewPassword(code) => code,
        }
    }
}

/// What whoever stands before the board sees on its screen, if it has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Screen {
    /// The board's name.
    pub board: BoardName,
    /// Addresses it is reached at, the best first. None: it has no network.
    pub addresses: Vec<std::net::IpAddr>,
    /// The code that is good for something now.
    pub code: Option<ProofCode>,
    /// What is wrong, in a line each; control characters are taken out.
    pub trouble: Vec<String>,
}

/// What a person wrote into `setup.toml` before the first start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Setup {
    /// `[host]`
    pub host: SetupHost,
    /// `[claim]`
    pub claim: SetupClaim,
    /// `[acme]`
    pub acme: SetupAcme,
    /// `[wifi]`: a wireless network.
    pub wifi: Option<Wifi>,
    /// `[network]`: a fixed address.
    pub network: Option<FixedAddress>,
}

impl Setup {
    /// The network that stands there, if one does.
    pub fn joined(&self) -> Option<Network> {
        let network = Network {
            wifi: self.wifi.clone(),
            fixed: self.network.clone(),
        };
        (network != Network::default()).then_some(network)
    }
}

/// `[host]` of `setup.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SetupHost {
    /// The board's name until a steward chooses another.
    pub name: Option<BoardName>,
}

/// `[claim]` of `setup.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SetupClaim {
    /// A claim code of the person's own choice.
    pub code: Option<ClaimCode>,
}

/// `[acme]` of `setup.toml`: another certificate authority than Let's Encrypt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SetupAcme {
    /// URL of its directory (RFC 8555 section 7.1.1).
    pub directory: Option<String>,
    /// PEM of the root that signed the directory's own certificate.
    pub root: Option<String>,
    /// Contact address for the account.
    pub contact: Option<String>,
}
