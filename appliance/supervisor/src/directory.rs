// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board's directory: LDAP version 3 (RFC 4511) for services that speak it, read-only, over one Unix socket a
//! service.
//!
//! A bind takes an app password for that very service and nothing else: a member's own password never gets into a
//! service. There is nothing to guess (an app password has 100 random bits), so a wrong one costs nobody a wait, and
//! nobody can lock a member out. What is refused: every change, SASL, StartTLS, and binds with a name but no password
//! (RFC 4513 section 5.1.2: many clients take their success for a right password).

mod entries;
mod filter;
mod serve;
mod session;

pub(crate) use serve::Directory;
