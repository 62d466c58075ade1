// SPDX-License-Identifier: AGPL-3.0-or-later
//! Boards on the local network that show a pairing code. Announced only as long as a code is open.

use async_trait::async_trait;
use mdns_sd::{HostnameResolutionEvent, ServiceDaemon, ServiceEvent, ServiceInfo};
use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    sync::Mutex,
    time::Duration,
};
use types::BoardName;

/// The kind of service that is announced (RFC 6763).
const KIND: &str = "_commonhost._tcp.local.";
/// How long the network is asked at a time.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it is asked: a name that another board has just taken is answered for only once it was probed.
const ROUNDS: usize = 4;
/// Further boards than these are not looked at.
const MOST: usize = 8;

/// The local network, as pairing sees it. What it says is never trusted, only tried.
#[async_trait]
pub trait Lan: Send + Sync {
    /// Announces that this board shows a code with this hint; `None`: no more.
    fn offer(&self, board: &BoardName, hint: Option<u8>);

    /// Addresses of boards that show a code with this hint.
    async fn find(&self, hint: u8) -> Vec<SocketAddr>;

    /// Addresses of a `.local` name.
    async fn resolve(&self, name: &str) -> Vec<IpAddr>;
}

/// By multicast DNS.
pub struct Neighbours {
    daemon: Option<ServiceDaemon>,
    offered: Mutex<Option<String>>,
}

impl Neighbours {
    /// Asks through this responder; without one nobody is found.
    pub fn new(daemon: Option<ServiceDaemon>) -> Self {
        Self {
            daemon,
            offered: Mutex::new(None),
        }
    }
}

#[async_trait]
impl Lan for Neighbours {
    fn offer(&self, board: &BoardName, hint: Option<u8>) {
        let Some(daemon) = &self.daemon else { return };
        let mut offered = crate::app::lock(&self.offered);
        if let Some(before) = offered.take() {
            let _ = daemon.unregister(&before);
        }
        let Some(hint) = hint else { return };
        let host = format!("{board}.local.");
        let hint = format!("{hint:02}");
        let info = ServiceInfo::new(
            KIND,
            board.as_str(),
            &host,
            "",
            443,
            &[("pairing", hint.as_str())][..],
        );
        match info.map(ServiceInfo::enable_addr_auto) {
            Ok(info) => {
                let name = info.get_fullname().to_owned();
                if daemon.register(info).is_ok() {
                    *offered = Some(name);
                }
            }
            Err(error) => log::warn!("the pairing code cannot be announced: {error}"),
        }
    }

    async fn find(&self, hint: u8) -> Vec<SocketAddr> {
        let Some(daemon) = &self.daemon else {
            return Vec::new();
        };
        let hint = format!("{hint:02}");
        for _ in 0..ROUNDS {
            let found = look(daemon, &hint).await;
            let _ = daemon.stop_browse(KIND);
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    async fn resolve(&self, name: &str) -> Vec<IpAddr> {
        let Some(daemon) = &self.daemon else {
            return Vec::new();
        };
        let patience = u64::try_from(PATIENCE.as_millis()).ok();
        let Ok(answers) = daemon.resolve_hostname(&format!("{}.", name.trim_end_matches('.')), patience)
        else {
            return Vec::new();
        };
        while let Ok(answer) = answers.recv_async().await {
            if let HostnameResolutionEvent::AddressesFound(_, addresses) = answer {
                let addresses = addresses.iter().map(mdns_sd::ScopedIp::to_ip_addr);
                return addresses.filter(reachable).take(MOST).collect();
            }
        }
        Vec::new()
    }
}

/// Asks the network once, until the first board that shows a code with this hint.
async fn look(daemon: &ServiceDaemon, hint: &str) -> Vec<SocketAddr> {
    let Ok(answers) = daemon.browse(KIND) else {
        return Vec::new();
    };
    let looking = async {
        while let Ok(answer) = answers.recv_async().await {
            let ServiceEvent::ServiceResolved(board) = answer else {
                continue;
            };
            if board.get_property_val_str("pairing") != Some(hint) {
                continue;
            }
            let port = board.get_port();
            let addresses = board.get_addresses().iter().map(mdns_sd::ScopedIp::to_ip_addr);
            let found: BTreeSet<SocketAddr> = addresses
                .filter(reachable)
                .map(|address| SocketAddr::new(address, port))
                .collect();
            if !found.is_empty() {
                return found.into_iter().take(MOST).collect();
            }
        }
        Vec::new()
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_default()
}

/// Link-local IPv6 addresses mean nothing without the name of an interface.
fn reachable(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(address) => !address.is_unicast_link_local(),
    }
}
