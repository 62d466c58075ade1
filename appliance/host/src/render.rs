// SPDX-License-Identifier: AGPL-3.0-or-later
//! From a manifest and settings to systemd units and files: pure, with a golden file per service.
//!
//! The sandbox is the default; a manifest asks for exceptions. Sources: systemd.exec(5), systemd.resource-control(5).

mod files;
mod unit;

pub use files::render_files;
pub(crate) use files::{HOSTS, render_hosts};
pub use unit::render_units;
pub(crate) use unit::{Account, Trying, render_account_unit, render_trial_units};

use ring::digest::{SHA256, digest};
use types::{Digest, ProcessId, ServiceName, Settings, host::RenderInput};

/// The systemd unit of a service's process: `service-radicale.service`, `service-miniflux-db.service`.
pub fn unit_name(service: &ServiceName, process: &ProcessId) -> String {
    if process.as_str() == "main" {
        format!("service-{service}.service")
    } else {
        format!("service-{service}--{process}.service")
    }
}

/// The service and process a unit belongs to; `None` for units that are not ours.
pub(crate) fn parse_unit_name(unit: &str) -> Option<(ServiceName, ProcessId)> {
    let inner = unit.strip_prefix("service-")?.strip_suffix(".service")?;
    let (service, process) = inner.split_once("--").unwrap_or((inner, "main"));
    Some((service.parse().ok()?, process.parse().ok()?))
}

/// What a service's data are used by: the digest of its catalog entry and its settings.
pub fn version_digest(entry: &Digest, settings: &Settings) -> Digest {
    let bytes = serde_json::to_vec(&(entry, settings)).unwrap_or_default();
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, &bytes).as_ref());
    Digest::from_bytes(&hash)
}

/// Tells whether a rendering is current: the digest of all it is made from, and of the release that renders it.
pub fn rendering_digest(input: &RenderInput) -> Digest {
    let mut bytes = serde_json::to_vec(input).unwrap_or_default();
    bytes.extend_from_slice(env!("CARGO_PKG_VERSION").as_bytes());
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, &bytes).as_ref());
    Digest::from_bytes(&hash)
}

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;
