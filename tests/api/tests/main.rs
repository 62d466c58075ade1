// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board's API, front door and reconcile loop as they meet in one process, over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod agreements;
mod authority;
mod backups;
mod bad_catalogs;
mod bad_requests;
mod checks;
mod claim;
mod command_line;
mod cooperative;
mod crashes;
mod cross_site;
mod decisions;
mod description;
mod directory;
mod domains;
mod events;
mod forgotten;
mod front_door;
mod guessing;
mod holding;
mod invitations;
mod members;
mod openid;
mod pairing;
mod passkeys;
mod policies;
mod proof;
mod publishing;
mod refusals;
mod removal;
mod renewals;
mod second_step;
mod services;
mod session;
mod snapshots;
mod sudden_death;
mod trust;
mod two_person;
mod updates;
mod versions;
mod way_back;
