// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a cooperative owes its members and the public: texts, decisions, books, promises, announcements.
//!
//! Everything here is pure. State is a set of statements that were made once and are never changed; what holds
//! now (who voted, what the fund has, which terms are in force) is a function of them and of the time, the same on
//! every board whatever the order they came in. This crate does no I/O and reads no clock.

pub mod commitment;
pub mod date;
pub mod decision;
pub mod ledger;
pub mod news;
pub mod publish;
pub mod reader;
pub mod register;
pub mod text;
pub mod uptime;
pub mod winding;

pub use decision::{Act, Ballot, Method, Outcome, Proposal, ProposalError, Tally};
pub use ledger::{Account, Amount, Booking, Commodity, Entry, Ledger, LedgerError};
pub use text::{Answers, TextKind, Version};
