// SPDX-License-Identifier: AGPL-3.0-or-later
//! How a board is reached from outside: the DNS records it needs, its public address, the ports its router lets
//! through, and the DNS name that follows its address.
//!
//! What decides is pure and takes the time as a parameter; what asks the network is thin, and every question has a
//! time-out. What it refuses to do: it opens no port without a [`ports::Consent`], sends no update that
//! [`dyndns::State`] has not allowed, stores nothing itself, and never asks an outside service that nobody
//! configured, but for the registry of a domain.

pub mod address;
mod any_certificate;
pub mod dyndns;
mod hook;
mod http;
pub mod lookup;
pub mod outside;
pub mod ports;
pub mod records;
pub mod registration;
pub mod watch;

pub use address::{Observation, Reachability, judge};
pub use any_certificate::DangerAnyCertificate;
pub use hook::{Hook, HookError};
pub use http::{HttpError, public_tls};
pub use lookup::Lookup;
pub use ports::Router;
pub use records::{Addresses, NameReport, NameState, Record};
