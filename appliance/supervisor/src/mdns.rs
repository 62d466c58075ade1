// SPDX-License-Identifier: AGPL-3.0-or-later
//! Announces the board's names on the local network by multicast DNS (RFC 6762), through mdns-sd.

mod neighbours;

pub use neighbours::{Lan, Neighbours};

use mdns_sd::{ServiceDaemon, ServiceInfo};
use std::collections::{BTreeMap, BTreeSet};

/// The kind of service that is announced (RFC 6763).
const KIND: &str = "_https._tcp.local.";

/// Announces `.local` names and takes those back that are gone.
pub struct Announcer {
    daemon: Option<ServiceDaemon>,
    announced: BTreeMap<String, String>,
}

impl Announcer {
    /// Starts the responder. Without one, names work by DNS and addresses only; that is written to the log.
    pub fn new() -> Self {
        let daemon = ServiceDaemon::new()
            .inspect_err(|error| log::warn!("no multicast DNS: {error}"))
            .ok();
        Self {
            daemon,
            announced: BTreeMap::new(),
        }
    }

    /// The responder, for whoever else asks the local network.
    pub fn daemon(&self) -> Option<ServiceDaemon> {
        self.daemon.clone()
    }

    /// Announces exactly these names.
    pub fn set(&mut self, names: &BTreeSet<String>) {
        let Some(daemon) = &self.daemon else { return };
        let gone: Vec<String> = self
            .announced
            .keys()
            .filter(|name| !names.contains(*name))
            .cloned()
            .collect();
        for name in gone {
            if let Some(instance) = self.announced.remove(&name) {
                let _ = daemon.unregister(&instance);
            }
        }
        for name in names {
            if self.announced.contains_key(name) {
                continue;
            }
            let label = name.trim_end_matches(".local");
            let info = ServiceInfo::new(KIND, label, &format!("{name}."), "", 443, &[("path", "/")][..]);
            match info.map(ServiceInfo::enable_addr_auto) {
                Ok(info) => {
                    let instance = info.get_fullname().to_owned();
                    if daemon.register(info).is_ok() {
                        self.announced.insert(name.clone(), instance);
                    }
                }
                Err(error) => log::warn!("{name} cannot be announced: {error}"),
            }
        }
    }
}

impl Default for Announcer {
    fn default() -> Self {
        Self::new()
    }
}
