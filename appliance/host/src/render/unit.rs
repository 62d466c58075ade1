// SPDX-License-Identifier: AGPL-3.0-or-later
//! The systemd units of a service.

use super::{
    files::{FRONT_DOOR, HOSTS, render_hosts},
    rendering_digest, unit_name,
};
use crate::{hardening::hardening, layout::Layout};
use std::{collections::BTreeMap, fmt::Write as _};
use types::{
    CatalogEntry, Manifest, MemberName, ProcessId,
    data::Trial,
    host::RenderInput,
    manifest::{CERTIFICATE_FOLDER, LDAP_FOLDER, ListenKind, Network, Process},
};

/// The units of a service, by unit name. Deterministic: same input, same bytes.
pub fn render_units(
    manifest: &Manifest,
    entry: &CatalogEntry,
    input: &RenderInput,
    layout: &Layout,
) -> BTreeMap<String, String> {
    manifest
        .process
        .iter()
        .map(|(id, process)| {
            let unit = Unit {
                manifest,
                entry,
                input,
                layout,
            };
            (unit_name(&input.service, id), unit.service(id, process))
        })
        .collect()
}

/// The unit of one run of a `[sign_in] provision` command: the service's own sandbox and user, once.
pub(crate) fn render_account_unit(
    manifest: &Manifest,
    entry: &CatalogEntry,
    input: &RenderInput,
    layout: &Layout,
    account: &Account<'_>,
) -> String {
    Unit {
        manifest,
        entry,
        input,
        layout,
    }
    .account(account)
}

/// The units of one trial of restored data, by unit name.
pub(crate) fn render_trial_units(
    manifest: &Manifest,
    entry: &CatalogEntry,
    input: &RenderInput,
    layout: &Layout,
    trying: &Trying<'_>,
) -> BTreeMap<String, String> {
    Unit {
        manifest,
        entry,
        input,
        layout,
    }
    .trial(trying)
}

/// What is tried, and where.
pub(crate) struct Trying<'a> {
    /// The unit that is begun and stopped.
    pub(crate) unit: &'a str,
    /// The restored data.
    pub(crate) data: &'a std::path::Path,
    /// Where it may listen.
    pub(crate) sockets: &'a std::path::Path,
    /// Where its output goes.
    pub(crate) output: &'a std::path::Path,
    /// By which means.
    pub(crate) trial: Trial,
}

/// What a `provision` command is run with.
pub(crate) struct Account<'a> {
    /// Who.
    pub(crate) member: &'a MemberName,
    /// What the member is called.
    pub(crate) display_name: &'a str,
    /// The command of the manifest.
    pub(crate) command: &'a [String],
    /// File with the password, for root's eyes.
    pub(crate) password: Option<&'a std::path::Path>,
}

/// The unit of a process in a trial whose main unit is `unit`.
fn trial_unit_name(unit: &str, process: &ProcessId) -> String {
    if process.as_str() == "main" {
        return unit.to_owned();
    }
    format!("{}--{process}.service", unit.trim_end_matches(".service"))
}

struct Unit<'a> {
    manifest: &'a Manifest,
    entry: &'a CatalogEntry,
    input: &'a RenderInput,
    layout: &'a Layout,
}

/// One `Key=value` line.
fn line(text: &mut String, key: &str, value: impl std::fmt::Display) {
    let _ = writeln!(text, "{key}={value}");
}

impl Unit<'_> {
    fn service(&self, id: &ProcessId, process: &Process) -> String {
        let mut text = self.head(id.as_str());
        for other in &process.after {
            let unit = unit_name(&self.input.service, other);
            line(&mut text, "Wants", &unit);
            line(&mut text, "After", &unit);
        }
        if id.as_str() != "main" {
            self.join_main(&mut text, self.manifest.network_of(process));
        }
        // A service that cannot start is tried again for ever, ever more slowly: the board stays calm and the
        // service comes back by itself when the cause is gone.
        line(&mut text, "StartLimitIntervalSec", 0);
        text.push_str("\n[Service]\n");
        line(&mut text, "Type", if process.notify { "notify" } else { "exec" });
        for command in &process.prepare {
            line(&mut text, "ExecStartPre", words(command));
        }
        line(&mut text, "ExecStart", words(&process.command));
        line(&mut text, "Restart", "always");
        line(&mut text, "RestartSec", 1);
        line(&mut text, "RestartSteps", 6);
        line(&mut text, "RestartMaxDelaySec", 300);
        line(&mut text, "TimeoutStartSec", 120);
        line(&mut text, "TimeoutStopSec", 20);
        for (key, value) in &process.environment {
            line(
                &mut text,
                "Environment",
                quoted(&format!("{key}={value}"), Specifiers::Kept),
            );
        }
        let rendered = rendering_digest(self.input);
        line(
            &mut text,
            "Environment",
            format!("COMMONHOST_RENDERED={rendered}"),
        );
        let most = process
            .memory_max_mib
            .unwrap_or(self.manifest.limits.memory_max_mib);
        self.sandbox(&mut text, self.manifest.network_of(process), most);
        text
    }

    fn account(&self, account: &Account<'_>) -> String {
        let mut text = self.head("account");
        let network = self.main_network();
        self.join_main(&mut text, network);
        text.push_str("\n[Service]\n");
        line(&mut text, "Type", "oneshot");
        line(&mut text, "ExecStart", words(account.command));
        line(&mut text, "TimeoutStartSec", 30);
        for (key, value) in [
            ("MEMBER", account.member.as_str()),
            ("DISPLAY_NAME", account.display_name),
        ] {
            line(
                &mut text,
                "Environment",
                quoted(&format!("{key}={value}"), Specifiers::Escaped),
            );
        }
        if let Some(password) = account.password {
            line(
                &mut text,
                "LoadCredential",
                format!("password:{}", password.display()),
            );
        }
        self.sandbox(&mut text, network, self.manifest.limits.memory_max_mib);
        text
    }

    fn trial(&self, trying: &Trying<'_>) -> BTreeMap<String, String> {
        match trying.trial {
            Trial::Check => {
                let mut text = self.head("trial");
                text.push_str("\n[Service]\nType=oneshot\nRemainAfterExit=yes\nTimeoutStartSec=1h\n");
                line(&mut text, "ExecStart", words(&self.manifest.data.restore_check));
                if let Some(main) = self.manifest.main() {
                    self.try_within(&mut text, main, trying, "");
                }
                BTreeMap::from([(trying.unit.to_owned(), text)])
            }
            Trial::Serve => {
                let processes = self.manifest.process.iter();
                processes
                    .map(|(id, process)| self.tried_process(id, process, trying))
                    .collect()
            }
        }
    }

    /// A process of the service on what was restored. All of them come and go with the main one.
    fn tried_process(&self, id: &ProcessId, process: &Process, trying: &Trying<'_>) -> (String, String) {
        let name = |id: &ProcessId| trial_unit_name(trying.unit, id);
        let mut text = self.head("trial");
        for other in &process.after {
            line(&mut text, "Wants", name(other));
            line(&mut text, "After", name(other));
        }
        let main = id.as_str() == "main";
        if !main {
            line(&mut text, "PartOf", trying.unit);
            line(&mut text, "JoinsNamespaceOf", trying.unit);
        }
        text.push_str("\n[Service]\n");
        line(&mut text, "Type", if process.notify { "notify" } else { "exec" });
        for command in &process.prepare {
            line(&mut text, "ExecStartPre", words(command));
        }
        line(&mut text, "ExecStart", words(&process.command));
        line(&mut text, "TimeoutStopSec", 20);
        let suffix = if main { String::new() } else { format!("-{id}") };
        self.try_within(&mut text, process, trying, &suffix);
        (name(id), text)
    }

    /// Environment, output and sandbox of what is tried.
    fn try_within(&self, text: &mut String, process: &Process, trying: &Trying<'_>, suffix: &str) {
        for (key, value) in &process.environment {
            let pair = format!("{key}={value}");
            line(text, "Environment", quoted(&pair, Specifiers::Kept));
        }
        for (key, file) in [("StandardOutput", "stdout"), ("StandardError", "stderr")] {
            let path = trying.output.join(format!("{file}{suffix}"));
            line(text, key, format!("truncate:{}", path.display()));
        }
        let most = process
            .memory_max_mib
            .unwrap_or(self.manifest.limits.memory_max_mib);
        self.confine(text, self.manifest.network_of(process), most, Some(trying));
    }

    /// One network namespace, and one `/tmp`, for the processes of a service that are alike in what they may reach.
    ///
    /// Never for others: of two units that join, the one that starts first decides whether there is a private network,
    /// and a process that must have one would come to stand in the board's (systemd 257).
    fn join_main(&self, text: &mut String, network: Network) {
        let outbound = |network| network == Network::Outbound;
        if outbound(network) == outbound(self.main_network()) {
            line(
                text,
                "JoinsNamespaceOf",
                format!("service-{}.service", self.input.service),
            );
        }
    }

    fn main_network(&self) -> Network {
        let main = self.manifest.main();
        main.map_or(Network::None, |main| self.manifest.network_of(main))
    }

    fn head(&self, process: &str) -> String {
        let service = &self.input.service;
        let mut text = String::from(
            "# Rendered by Commonhost from a signed manifest. Changes are overwritten.\n[Unit]\n",
        );
        line(
            &mut text,
            "Description",
            format!("Commonhost service {service} ({process})"),
        );
        line(&mut text, "X-Commonhost-Rendered", rendering_digest(self.input));
        text
    }

    /// What a process of a service lives in; `memory_max` in MiB.
    fn sandbox(&self, text: &mut String, network: Network, memory_max: u32) {
        self.confine(text, network, memory_max, None);
    }

    /// The sandbox, around the live data or around restored ones.
    fn confine(&self, text: &mut String, network: Network, memory_max: u32, trying: Option<&Trying<'_>>) {
        let service = &self.input.service;
        let limits = &self.manifest.limits;
        // What is tried reaches nobody.
        let network = match (network, trying) {
            (Network::Outbound, Some(_)) => Network::None,
            (network, _) => network,
        };

        text.push_str("\n# Software: read-only bundles over /usr, for this unit alone.\n");
        for bundle in &self.entry.bundles {
            line(
                text,
                "ExtensionDirectories",
                self.layout.mount_point(&bundle.digest).display(),
            );
        }
        text.push_str("\n# Identity, state, sockets, rendered files.\n");
        let sockets = match trying {
            None => {
                line(text, "DynamicUser", "yes");
                line(text, "User", format!("service-{service}"));
                line(text, "StateDirectory", service);
                line(text, "StateDirectoryMode", "0700");
                self.layout.sockets(service)
            }
            Some(trying) => {
                line(text, "User", crate::trial::USER);
                line(text, "Group", crate::trial::USER);
                line(text, "TemporaryFileSystem", "/var/lib:mode=0755");
                line(text, "Environment", format!("STATE_DIRECTORY=/var/lib/{service}"));
                let data = trying.data.display();
                line(text, "BindPaths", format!("{data}:/var/lib/{service}"));
                trying.sockets.to_owned()
            }
        };
        line(text, "UMask", "0007");
        line(text, "BindPaths", format!("{}:/run/service", sockets.display()));
        if self.manifest.asks_directory() && trying.is_none() {
            let folder = self.layout.directory(service);
            line(
                text,
                "BindReadOnlyPaths",
                format!("{}:{LDAP_FOLDER}", folder.display()),
            );
        }
        if self.manifest.certificate.is_some() {
            let folder = self.layout.certificate(service);
            line(
                text,
                "BindReadOnlyPaths",
                format!("{}:{CERTIFICATE_FOLDER}", folder.display()),
            );
        }
        let finds_board = trying.is_none() && render_hosts(self.input).is_some();
        if finds_board {
            let hosts = self.layout.files(service).join(HOSTS);
            line(
                text,
                "BindReadOnlyPaths",
                format!("{}:/etc/hosts", hosts.display()),
            );
        }
        for name in self.manifest.files.keys() {
            let path = self.layout.files(service).join(name);
            line(text, "LoadCredential", format!("{name}:{}", path.display()));
        }
        text.push_str("\n# Limits.\n");
        line(text, "Slice", "services.slice");
        line(text, "MemoryMax", format!("{memory_max}M"));
        line(text, "MemorySwapMax", format!("{memory_max}M"));
        line(text, "TasksMax", limits.tasks);
        line(text, "CPUWeight", limits.cpu_weight);
        line(text, "OOMPolicy", "stop");
        line(text, "LimitCORE", 0);
        text.push_str("\n# Sandbox.\n");
        text.push_str(SANDBOX);
        let writable_executable = self.manifest.permissions.writable_executable_memory;
        line(
            text,
            "MemoryDenyWriteExecute",
            if writable_executable { "no" } else { "yes" },
        );
        let private = network != Network::Outbound;
        line(text, "PrivateNetwork", if private { "yes" } else { "no" });
        let ports = self.manifest.ports();
        let listens = !ports.is_empty();
        let families = match network {
            Network::None => "AF_UNIX",
            // Programs ask by netlink which addresses there are to listen on.
            Network::Loopback => "AF_UNIX AF_INET AF_INET6 AF_NETLINK",
            Network::Outbound if listens => "AF_UNIX AF_INET AF_INET6 AF_NETLINK",
            Network::Outbound => "AF_UNIX AF_INET AF_INET6",
        };
        line(text, "RestrictAddressFamilies", families);
        match network {
            Network::None => line(text, "IPAddressDeny", "any"),
            Network::Loopback => {
                line(text, "IPAddressDeny", "any");
                line(text, "IPAddressAllow", "localhost");
            }
            Network::Outbound => {
                // The world, but not the board's own loopback, except its resolver. Who comes to a port may come from
                // the same cable.
                let denied = if listens {
                    "localhost"
                } else {
                    "localhost link-local multicast"
                };
                line(text, "IPAddressDeny", denied);
                line(text, "IPAddressAllow", "127.0.0.53");
                if finds_board {
                    line(text, "IPAddressAllow", FRONT_DOOR);
                }
            }
        }
        if network == Network::Outbound {
            for (port, kind) in ports {
                let protocol = if kind == ListenKind::Udp { "udp" } else { "tcp" };
                line(text, "SocketBindAllow", format!("{protocol}:{port}"));
            }
            line(text, "SocketBindDeny", "any");
        }
    }
}

/// The part of the sandbox that no manifest can change.
const SANDBOX: &str = concat!(
    "\
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
",
    hardening!(),
    "\
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
InaccessiblePaths=-/data -/boot -/run/commonhost -/run/dbus -/run/lock -/run/systemd/private
"
);

/// Whether `%d` and `%S` mean folders (manifest) or are just characters (a member's text).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Specifiers {
    Kept,
    Escaped,
}

/// A command line, each word quoted as systemd.service(5) and systemd.syntax(7) say; `$` is not expanded.
fn words(command: &[String]) -> String {
    let quoted: Vec<String> = command
        .iter()
        .map(|word| quoted(&word.replace('$', "$$"), Specifiers::Kept))
        .collect();
    quoted.join(" ")
}

fn quoted(word: &str, specifiers: Specifiers) -> String {
    let mut text = String::with_capacity(word.len() + 2);
    text.push('"');
    for c in word.chars() {
        match c {
            '"' | '\\' => {
                text.push('\\');
                text.push(c);
            }
            '%' if specifiers == Specifiers::Escaped => text.push_str("%%"),
            c if c.is_control() => text.push(' '),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}
