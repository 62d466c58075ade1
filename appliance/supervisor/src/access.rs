// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who is asking, and what they may do. Trust comes from a session or a key, never from an address or a header.

pub mod attempts;
pub mod caller;
pub mod challenges;
pub mod csrf;
pub mod devices;
pub mod gate;
pub mod judge;
pub mod limits;
pub mod password;
pub mod rules;
pub mod seal;
pub mod secret;
pub mod strength;
pub mod tickets;
pub mod totp;
pub mod webauthn;

pub use caller::{Caller, Policy};
