// SPDX-License-Identifier: AGPL-3.0-or-later
//! A whole board in one process, for tests: the real supervisor with its front door, database and certificates, and
//! a machine that only pretends ([`host::FakeHost`]) below a temporary folder.
//!
//! A board asks nothing of the network and writes nothing outside its folder. Whatever goes wrong here panics: that
//! is how a test fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_errors_doc,
    clippy::return_self_not_must_use,
    reason = "a test fails by panicking, and often looks at the status alone"
)]

mod board;
pub mod card;
mod catalog;
mod chance;
mod client;
mod dns;
mod lan;
mod machine;
mod peer;
mod person;
mod releases;

pub use board::{BOARD, Board, Scene};
pub use catalog::{catalog, entry, manifest, with_version};
pub use chance::Chance;
pub use client::{Answer, Ask, Stream};
pub use dns::{Dns, ZONE};
pub use lan::TestLan;
pub use machine::TestHost;
pub use peer::PeerLine;
pub use person::{PASSWORD, Person};
pub use releases::Publisher;
pub use supervisor::cooperative::hosters::Reply;
