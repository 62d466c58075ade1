// SPDX-License-Identifier: AGPL-3.0-or-later
//! The way to the router: cables, Wi-Fi, addresses, the default route.

use serde::Serialize;
use std::{
    fs,
    net::{IpAddr, Ipv4Addr},
    path::Path,
};

/// What is known of the way to the router.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Network {
    /// Interfaces of hardware: no loopback, bridge or tunnel.
    pub links: Vec<Link>,
    /// Addresses that others can use to reach the board, private ones included.
    pub addresses: Vec<IpAddr>,
    /// The router of the default route, by IPv4.
    pub gateway: Option<Ipv4Addr>,
    /// Whether there is a default route by IPv6.
    pub gateway_v6: bool,
}

/// One interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Its name.
    pub name: String,
    /// Whether a cable is plugged in at both ends, or a Wi-Fi joined.
    pub up: bool,
    /// Whether it is Wi-Fi.
    pub wireless: bool,
    /// Speed of the cable in megabits per second, when it is up and tells.
    pub mbit: Option<u32>,
}

impl Network {
    /// Looks below `root`; `addresses` are the machine's own.
    pub fn read(root: &Path, addresses: Vec<IpAddr>) -> Self {
        let entries = fs::read_dir(root.join("sys/class/net"))
            .into_iter()
            .flatten()
            .flatten();
        let mut links: Vec<Link> = entries.filter_map(|entry| Link::read(&entry.path())).collect();
        links.sort_by(|a, b| a.name.cmp(&b.name));
        let text = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
        Self {
            links,
            addresses: addresses
                .into_iter()
                .filter(|address| !address.is_loopback())
                .collect(),
            gateway: default_gateway(&text("proc/net/route")),
            gateway_v6: has_default_v6(&text("proc/net/ipv6_route")),
        }
    }
}

impl Link {
    fn read(folder: &Path) -> Option<Self> {
        let text = |file: &str| fs::read_to_string(folder.join(file)).unwrap_or_default();
        let name = folder.file_name()?.to_str()?.to_owned();
        // Ethernet (1) only; what is made of others (bridges, bonds, VLANs) is left out by their folders.
        let made = ["bridge", "bonding", "tun_flags"]
            .iter()
            .any(|part| folder.join(part).exists());
        if text("type").trim() != "1" || made || text("uevent").contains("DEVTYPE=vlan") {
            return None;
        }
        let up = text("operstate").trim() == "up";
        Some(Self {
            name,
            up,
            wireless: folder.join("wireless").exists() || folder.join("phy80211").exists(),
            // -1 and an error are how drivers say that they do not know.
            mbit: text("speed").trim().parse().ok().filter(|_| up),
        })
    }
}

/// The gateway in the line of `/proc/net/route` whose destination and mask are 0, with the flag of a gateway (2).
/// Addresses stand there in the machine's own order of bytes, which is little-endian on all boards.
fn default_gateway(table: &str) -> Option<Ipv4Addr> {
    table.lines().skip(1).find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let flags = u16::from_str_radix(words.get(3)?, 16).ok()?;
        let is_default = words[1] == "00000000" && *words.get(7)? == "00000000" && flags & 2 != 0;
        let address = u32::from_str_radix(words[2], 16).ok()?;
        is_default.then(|| Ipv4Addr::from(address.swap_bytes()))
    })
}

/// A line of `/proc/net/ipv6_route` for `::/0` over a gateway, not the kernel's own on `lo`.
fn has_default_v6(table: &str) -> bool {
    table.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let flags = words
            .get(8)
            .and_then(|flags| u32::from_str_radix(flags, 16).ok())
            .unwrap_or(0);
        words.get(1) == Some(&"00") && words.last() != Some(&"lo") && flags & 2 != 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cables_are_told_from_what_is_made_of_them() {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = root.path().join("sys/class/net").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for (name, kind, state, speed) in [
            ("end0", "1", "up", "100"),
            ("lo", "772", "unknown", ""),
            ("br0", "1", "up", "1000"),
            ("wlan0", "1", "down", "-1"),
        ] {
            put(&format!("{name}/type"), kind);
            put(&format!("{name}/operstate"), state);
            put(&format!("{name}/speed"), speed);
        }
        put("br0/bridge/stp_state", "0");
        put("wlan0/phy80211/index", "0");
        let network = Network::read(root.path(), vec![[127, 0, 0, 1].into(), [192, 168, 1, 7].into()]);
        let links: Vec<_> = network
            .links
            .iter()
            .map(|l| (l.name.as_str(), l.up, l.wireless, l.mbit))
            .collect();
        assert_eq!(
            links,
            [("end0", true, false, Some(100)), ("wlan0", false, true, None)]
        );
        assert_eq!(network.addresses, [IpAddr::from([192, 168, 1, 7])]);
        assert_eq!((network.gateway, network.gateway_v6), (None, false));
    }

    #[test]
    fn a_default_route_leads_over_a_gateway() {
        let table = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n\
                     end0 0001A8C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n";
        assert_eq!(default_gateway(table), None);
        let table = format!("{table}end0 00000000 0101A8C0 0003 0 0 0 00000000 0 0 0\n");
        assert_eq!(default_gateway(&table), Some([192, 168, 1, 1].into()));
        let zero = "0".repeat(32);
        let own = format!("{zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200 lo\n");
        assert!(!has_default_v6(&own));
        let route = format!(
            "{zero} 00 {zero} 00 fe80{} 00000400 00000001 00000000 00450003 end0\n",
            "0".repeat(28)
        );
        assert!(has_default_v6(&(own + &route)));
    }
}
