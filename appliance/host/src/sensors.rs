// SPDX-License-Identifier: AGPL-3.0-or-later
//! How the board itself is: processor, memory, disk, temperature, uptime (through sysinfo), power, storage, network.

mod link;
mod power;
mod storage;

pub use link::{Link, Network};
pub use storage::Storage;

use serde::Serialize;
use std::path::Path;
use sysinfo::{Components, Disks, System};

/// A measurement of the board. What the machine cannot tell is `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Readings {
    /// Share of all cores in use since the last reading, 0 to 1.
    pub cpu: Option<f32>,
    /// Cores.
    pub cores: usize,
    /// Memory in all, in bytes.
    pub memory_total: u64,
    /// Memory that a new service could get, in bytes.
    pub memory_available: u64,
    /// Size of the disk that holds `/data`, in bytes.
    pub disk_total: Option<u64>,
    /// Free space on it, in bytes.
    pub disk_available: Option<u64>,
    /// The warmest sensor, in degrees Celsius.
    pub temperature: Option<f32>,
    /// Seconds since the board started.
    pub uptime: u64,
    /// Whether the power supply was too weak at some time since the start.
    pub undervoltage: Option<bool>,
    /// How often the kernel ended a program because memory ran out, since the start.
    pub out_of_memory: Option<u64>,
    /// Whether the kernel enforces memory limits.
    pub memory_limits: Option<bool>,
    /// Health of the card or disk.
    pub storage: Storage,
    /// The way to the router; `None` where it was not looked at.
    pub network: Option<Network>,
}

/// Reads the sensors. Kept between readings, because processor use is a difference.
pub struct Sensors {
    system: Option<System>,
}

impl Sensors {
    /// Ready to read.
    pub fn new() -> Self {
        Self {
            system: System::new().ok(),
        }
    }

    /// One reading; `data` is the folder whose disk is measured.
    pub fn read(&mut self, data: &Path) -> Readings {
        let root = Path::new("/");
        let mut readings = Readings {
            uptime: System::uptime().unwrap_or(0),
            undervoltage: power::undervoltage(root),
            out_of_memory: power::out_of_memory(root),
            memory_limits: power::memory_limits(root),
            storage: Storage::read(root, data),
            network: Some(Network::read(root, addresses())),
            ..Readings::default()
        };
        if let Some(system) = &mut self.system {
            system.refresh_memory();
            system.refresh_cpu_usage();
            let usage = system.global_cpu_usage() / 100.0;
            readings.cpu = usage.is_finite().then_some(usage.clamp(0.0, 1.0));
            readings.cores = system.cpus().len();
            readings.memory_total = system.total_memory();
            readings.memory_available = system.available_memory();
        }
        if let Ok(disks) = Disks::new_with_refreshed_list() {
            // The disk with the longest mount point that leads to the folder.
            let leading = disks.iter().filter(|disk| data.starts_with(disk.mount_point()));
            let disk = leading.max_by_key(|disk| disk.mount_point().as_os_str().len());
            readings.disk_total = disk.map(sysinfo::Disk::total_space);
            readings.disk_available = disk.map(sysinfo::Disk::available_space);
        }
        if let Ok(components) = Components::new_with_refreshed_list() {
            let degrees = components.iter().filter_map(sysinfo::Component::temperature);
            readings.temperature = degrees
                .filter(|degrees| degrees.is_finite() && *degrees > 0.0)
                .reduce(f32::max);
        }
        readings
    }
}

impl Default for Sensors {
    fn default() -> Self {
        Self::new()
    }
}

/// The machine's own addresses, loopback included, without those that need a scope (link-local IPv6).
pub fn addresses() -> Vec<std::net::IpAddr> {
    let Ok(networks) = sysinfo::Networks::new_with_refreshed_list() else {
        return Vec::new();
    };
    let all = networks
        .values()
        .flat_map(sysinfo::NetworkData::ip_networks)
        .map(|network| network.addr);
    all.filter(|address| match address {
        std::net::IpAddr::V4(_) => true,
        std::net::IpAddr::V6(address) => !address.is_unicast_link_local(),
    })
    .collect()
}
