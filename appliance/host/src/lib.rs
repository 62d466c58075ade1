// SPDX-License-Identifier: AGPL-3.0-or-later
//! The only crate that touches the machine: systemd, mounts, files, journal, sensors and the clock.
//!
//! [`Machine`] runs as root in `commonhost-host.service` and carries out [`types::host::HostRequest`]s; it has no
//! network, takes no paths and no shell words, and checks every argument again. [`HostClient`] is how the supervisor,
//! which is not root, asks it. [`FakeHost`] stands in for both in tests.

mod adopt;
pub mod atomic;
mod boot;
mod card;
pub mod certificate;
pub mod client;
pub mod clock;
mod console;
mod data;
mod error;
mod fake;

mod hardening;
mod journal;
mod layout;
mod machine;
mod mount;
mod network;
mod pack;
mod provision;
mod render;
mod reset;
mod restic;
pub mod sensors;
mod server;
mod setup;
mod systemd;
mod trial;
mod usage;

pub use atomic::write_atomic;
pub use card::ReleaseSource;
pub use client::{Host, HostClient, HostError};
pub use error::{MachineError, chain};
pub use fake::{FakeHost, FakeRestic, FakeSystemd};

pub use layout::Layout;
pub use machine::{EntrySource, Machine};
pub use render::{render_files, render_units, rendering_digest, unit_name, version_digest};
pub use server::{serve, supervisor_ids};
pub use systemd::{Bus, Systemd};
