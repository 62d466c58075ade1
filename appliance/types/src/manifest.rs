// SPDX-License-Identifier: AGPL-3.0-or-later
//! `service.toml`: what a service is, needs, asks and provides. Data, no code.

mod verify;

use crate::{
    name::{Digest, ProcessId, ServiceName},
    settings::Setting,
    text::Text,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A whole manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What the service is.
    pub service: About,
    /// Where its software comes from.
    #[serde(default)]
    pub bundle: BundleSource,
    /// Its processes; one must be `main`.
    pub process: BTreeMap<ProcessId, Process>,
    /// What it may use at most.
    pub limits: Limits,
    /// What it may do beyond the default sandbox.
    #[serde(default)]
    pub permissions: Permissions,
    /// Where it listens, and for whom.
    #[serde(default)]
    pub listen: BTreeMap<String, Listen>,
    /// How a member's identity reaches it.
    #[serde(default)]
    pub sign_in: SignIn,
    /// The certificate of its name, for what it speaks besides HTTP.
    #[serde(default)]
    pub certificate: Option<CertificateUse>,
    /// What a steward can set.
    #[serde(default)]
    pub settings: BTreeMap<String, Setting>,
    /// Files rendered from the settings, by file name.
    #[serde(default)]
    pub files: BTreeMap<String, FileTemplate>,
    /// What it stores.
    pub data: Data,
    /// What is told to the public.
    #[serde(default)]
    pub public: Public,
    /// Whether and how it may move to another board.
    #[serde(default)]
    pub placement: Placement,
    /// What is metered.
    #[serde(default)]
    pub cost: Cost,
}

/// `[service]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Unique in the catalog.
    pub name: ServiceName,
    /// What people call it: "Calendars and contacts".
    pub title: Text,
    /// One sentence.
    pub summary: Text,
    /// A word the catalog groups by: `calendar`, `files`, `social`.
    pub category: String,
    /// Version of the software, as upstream counts.
    pub version: String,
    /// SPDX licence expression.
    pub licence: String,
    /// Where the source code is.
    pub source: String,
    /// The software's own site.
    pub website: String,
    /// How a member reaches it from an app: a help text, with `{url}`, `{host}` and `{member}` to be filled in.
    #[serde(default)]
    pub connect: Text,
    /// The address to paste into an app: `{origin}/{member}/` (may be empty: then the origin).
    #[serde(default)]
    pub app_address: String,
    /// Whether an app password is what a native client signs in with.
    #[serde(default)]
    pub app_passwords: bool,
    /// Whether its web address shows a page to people; `false` for what only apps talk to.
    #[serde(default = "default_page")]
    pub page: bool,
}

fn default_page() -> bool {
    true
}

/// `[bundle]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleSource {
    /// Debian packages, without version: the archive's current one at build time.
    #[serde(default)]
    pub debian: Vec<String>,
    /// Take the Debian packages from this suite (`trixie-backports`) instead of the release.
    #[serde(default)]
    pub suite: Option<String>,
    /// Packages those depend on but are not needed for what the service does here: left out.
    #[serde(default)]
    pub without: Vec<String>,
    /// Python packages from `PyPI`, pinned.
    #[serde(default)]
    pub pypi: Vec<PypiPackage>,
    /// What pages are made of, from the npm registry, pinned.
    #[serde(default)]
    pub npm: Vec<NpmPackage>,
    /// What packages bring outside `/usr` and the service needs: path in the package, path below `/usr` it is
    /// moved to (both without a leading slash: `"var/lib/snac2/lang" = "usr/share/snac/lang"`). The rest is dropped.
    #[serde(default)]
    pub keep: BTreeMap<String, String>,
    /// Files of our own that are put among the packages' files: path in the bundle, name of the file beside the
    /// manifest.
    #[serde(default)]
    pub add: BTreeMap<String, String>,
    /// Changes to files of the packages.
    #[serde(default)]
    pub edit: Vec<BundleEdit>,
}

/// One change to a file in a bundle. Building fails when `find` is not there exactly once, so that a new version of
/// the software cannot silently lose it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleEdit {
    /// Path in the bundle, without a leading slash.
    pub file: String,
    /// The text to be replaced.
    pub find: String,
    /// What stands there instead.
    pub replace: String,
}

/// A wheel or source archive from `PyPI`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PypiPackage {
    /// Name in the index.
    pub name: String,
    /// Exact version.
    pub version: String,
    /// SHA-256 of every file that may be taken (one per platform).
    pub sha256: Vec<Digest>,
}

/// Files of a package of the npm registry. Nothing of it is run on the board: it is what a page loads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NpmPackage {
    /// Name in the registry.
    pub name: String,
    /// Exact version.
    pub version: String,
    /// SHA-256 of the packed package.
    pub sha256: Digest,
    /// What is taken: file or folder in the package, path below `/usr` it is put at. The rest is dropped.
    pub take: BTreeMap<String, String>,
}

/// `[process.<id>]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// The program and its arguments. `%d` is the folder of the rendered files, `%S/<service>` the state folder;
    /// other systemd specifiers are refused.
    pub command: Vec<String>,
    /// Commands run to their end before it, in the same sandbox.
    #[serde(default)]
    pub prepare: Vec<Vec<String>>,
    /// Environment variables. The same specifiers as in `command`.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// When it is ready.
    #[serde(default)]
    pub ready: Option<Ready>,
    /// Whether the program tells systemd itself that it is ready (`Type=notify`).
    #[serde(default)]
    pub notify: bool,
    /// Processes of the same service that are started first. It goes on without them when they end: each comes back
    /// by itself.
    #[serde(default)]
    pub after: Vec<ProcessId>,
    /// What this process may reach, when that is something else than `[permissions] network`.
    #[serde(default)]
    pub network: Option<Network>,
    /// Memory at which it is ended, in MiB, when that is less than `[limits] memory_max_mib`.
    #[serde(default)]
    pub memory_max_mib: Option<u32>,
}

/// A request that a ready service answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ready {
    /// Which `[listen.<id>]`.
    pub listen: String,
    /// Path to GET.
    pub path: String,
    /// Status codes that mean ready.
    pub status: Vec<u16>,
    /// How long a start may take, in seconds, before it counts as failed.
    #[serde(default = "default_ready_timeout")]
    pub timeout_seconds: u32,
}

fn default_ready_timeout() -> u32 {
    60
}

/// `[limits]`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Memory it is expected to use, idle, in MiB: used to refuse what will not fit.
    pub memory_expected_mib: u32,
    /// Memory at which systemd ends it, in MiB (`MemoryMax=`).
    pub memory_max_mib: u32,
    /// Processes and threads at most (`TasksMax=`).
    pub tasks: u32,
    /// Share of the processor against others (`CPUWeight=`, 1 to 10000, 100 is usual).
    #[serde(default = "default_cpu_weight")]
    pub cpu_weight: u32,
}

fn default_cpu_weight() -> u32 {
    100
}

/// `[permissions]`: exceptions from the default sandbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permissions {
    /// What it may reach.
    #[serde(default)]
    pub network: Network,
    /// Memory that is both writable and executable (needed by some just-in-time compilers).
    #[serde(default)]
    pub writable_executable_memory: bool,
    /// How open its sandbox is, in tenths, from 0 (shut) to 100: the most that `systemd-analyze security` says of one of
    /// its units. The tests of the board hold it to be true.
    #[serde(default)]
    pub exposure_tenths: Option<u8>,
}

/// What a service may reach over the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// Nothing: only Unix sockets, in a network namespace of its own.
    #[default]
    None,
    /// The loopback of a network namespace that only the processes of this service share: for programs that can
    /// listen on TCP only.
    Loopback,
    /// It may open connections to others.
    Outbound,
}

/// `[listen.<id>]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// What is spoken there.
    pub kind: ListenKind,
    /// Name of the Unix socket in the service's socket folder, like `http.sock`: for `http`.
    #[serde(default)]
    pub socket: String,
    /// Port of the board, for `tcp` and `udp`. The service opens it itself and decides who may do what there; the
    /// front door sees nothing of it.
    #[serde(default)]
    pub port: Option<u16>,
    /// Who may reach it: through the front door, or at the port.
    pub access: Access,
    /// Paths (prefixes) that anybody may reach although `access` is `members`, such as `/.well-known/`.
    #[serde(default)]
    pub public_paths: Vec<String>,
}

/// What is spoken at a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListenKind {
    /// HTTP/1.1 at a Unix socket, behind the front door.
    Http,
    /// A protocol of its own at a TCP port of the board.
    Tcp,
    /// A protocol of its own at a UDP port of the board.
    Udp,
}

/// `[certificate]`: the service finds key and chain of its first name, in this order, in one file,
/// [`CERTIFICATE_FILE`]: the same that the front door shows for that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateUse {
    /// How the main process is told that there is a new one; its connections go on. Without: it is restarted.
    #[serde(default)]
    pub renewed: Option<Signal>,
}

/// Signals that programs read their files again at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signal {
    /// `SIGHUP`.
    Hangup,
    /// `SIGUSR1`.
    User1,
}

/// Folder in which a service with `[certificate]` finds the certificate of its name.
pub const CERTIFICATE_FOLDER: &str = "/run/certificate";
/// The file's name: a private key and a chain, leaf first, in PEM.
pub const CERTIFICATE_FILE: &str = "certificate.pem";

/// Who may reach a listener through the front door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Anybody; the service itself decides further.
    Public,
    /// Members who are signed in, or use an app password.
    Members,
    /// Nobody: only the board itself.
    None,
}

/// `[sign_in]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "lowercase", deny_unknown_fields)]
pub enum SignIn {
    /// The service knows no members.
    #[default]
    None,
    /// The front door sets this header to the member's name.
    Header {
        /// Like `X-Remote-User`.
        header: String,
        /// A header for the member's groups, comma separated, if the service takes one.
        #[serde(default)]
        groups: Option<String>,
    },
    /// The service asks the board's directory (LDAP version 3, read-only), which it finds at the socket
    /// [`LDAP_SOCKET`]: it searches for the member and binds as the member with an app password for this service.
    Ldap {
        /// A header that the front door sets to the member's name, for the service's own page.
        #[serde(default)]
        header: Option<String>,
    },
    /// The service is a client of the board's `OpenID` Connect provider. Its templates see `openid`, and its processes
    /// reach the board's front door under the board's own name.
    OpenId {
        /// Path on the service's own host to which a browser comes back, like `/oauth2/oidc/callback`.
        redirect: String,
    },
    /// Accounts are made in the service by a command. It runs in the service's sandbox, as its user, with
    /// `MEMBER` and `DISPLAY_NAME` in the environment and the password in the file `%d/password`.
    Provision {
        /// Makes the account or sets its password; must be idempotent.
        add: Vec<String>,
        /// Takes the account's access away, keeping its data; must be idempotent.
        remove: Vec<String>,
    },
}

/// Folder in which a service with `[sign_in] method = "ldap"` finds the board's directory.
pub const LDAP_FOLDER: &str = "/run/ldap";
/// The socket in it, in the URI form of the common C library.
pub const LDAP_URI: &str = "ldapi://%2Frun%2Fldap%2Fldap.sock";
/// The socket's file name.
pub const LDAP_SOCKET: &str = "ldap.sock";
/// Where members stand in the directory: `uid=<name>` below it.
pub const LDAP_MEMBERS: &str = "ou=members,o=commonhost";
/// Where groups stand in the directory: `cn=<group>` below it.
pub const LDAP_GROUPS: &str = "ou=groups,o=commonhost";

/// `[files.<name>]`: a file rendered from settings, found by the service at `%d/<name>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileTemplate {
    /// Template file beside the manifest, in minijinja's syntax. It sees `settings`, `service`, `board`, `host`
    /// (the service's first public host name), `origin` (`https://<host>`), `hosts`, `ldap` (`uri`, `socket`,
    /// `members`, `groups`), and with `[sign_in] method = "openid"` `openid` (`issuer`, `client`, `secret`, `authority`:
    /// the board's own root certificate).
    pub template: String,
}

/// `[data]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Paths below the state folder that hold what must not be lost.
    pub paths: Vec<String>,
    /// How personal it is, for the privacy text.
    pub class: DataClass,
    /// How a consistent copy is made.
    pub backup: Backup,
    /// A request or command that proves a restored copy works.
    #[serde(default)]
    pub restore_check: Vec<String>,
    /// How members take their data with them, in words.
    #[serde(default)]
    pub export: Text,
}

/// How personal a service's data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataClass {
    /// About people.
    Personal,
    /// Meant for everybody.
    Public,
    /// Neither.
    Technical,
}

/// How a consistent copy is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backup {
    /// While it runs: every file is complete at every moment.
    Hot,
    /// Stopped for seconds.
    Cold,
}

/// `[public]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Public {
    /// Shown on the public page.
    #[serde(default)]
    pub listed: bool,
    /// Standards it speaks, such as `CalDAV`.
    #[serde(default)]
    pub protocols: Vec<String>,
}

/// `[placement]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placement {
    /// Whether it can run on another board from a copy of its data.
    #[serde(default)]
    pub movable: bool,
}

/// `[cost]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// What is metered: `disk`, `cpu`, `traffic`.
    #[serde(default)]
    pub metered: BTreeSet<String>,
}

/// What is wrong with a manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not TOML, a key that does not exist, or a value of the wrong type.
    #[error("service.toml cannot be read: {0}")]
    Syntax(String),
    /// Well-formed but not usable.
    #[error("service.toml: {0}")]
    Invalid(String),
}

impl Manifest {
    /// Parses and checks a manifest.
    ///
    /// # Errors
    /// With the key and what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self =
            toml::from_str(text).map_err(|error| ManifestError::Syntax(error.to_string()))?;
        manifest.verify().map_err(ManifestError::Invalid)?;
        Ok(manifest)
    }

    /// The main process.
    pub fn main(&self) -> Option<&Process> {
        self.process
            .iter()
            .find(|(id, _)| id.as_str() == "main")
            .map(|(_, process)| process)
    }

    /// The listener that members and the public open in a browser: `web`.
    pub fn web(&self) -> Option<&Listen> {
        self.listen.get("web")
    }

    /// Whether members' apps sign in to it with app passwords.
    pub fn takes_app_passwords(&self) -> bool {
        self.service.app_passwords || matches!(self.sign_in, SignIn::Ldap { .. } | SignIn::Provision { .. })
    }

    /// Whether it asks the board's directory.
    pub fn asks_directory(&self) -> bool {
        matches!(self.sign_in, SignIn::Ldap { .. })
    }

    /// The ports of the board it opens, in order.
    pub fn ports(&self) -> BTreeSet<(u16, ListenKind)> {
        let ports = self.listen.values();
        ports
            .filter_map(|listen| Some((listen.port?, listen.kind)))
            .collect()
    }

    /// The same in words: `5222/tcp`.
    pub fn port_names(&self) -> Vec<String> {
        let name = |(port, kind): (u16, ListenKind)| match kind {
            ListenKind::Udp => format!("{port}/udp"),
            ListenKind::Tcp | ListenKind::Http => format!("{port}/tcp"),
        };
        self.ports().into_iter().map(name).collect()
    }

    /// What a process may reach.
    pub fn network_of(&self, process: &Process) -> Network {
        process.network.unwrap_or(self.permissions.network)
    }

    /// The most that any of its processes may reach.
    pub fn network(&self) -> Network {
        let most = self
            .process
            .values()
            .map(|process| self.network_of(process))
            .max();
        most.unwrap_or_default()
    }
}
