// SPDX-License-Identifier: AGPL-3.0-or-later
//! The supervisor: keeps what the stewards asked for, makes the machine match it, and serves the API and the pages.
//!
//! It is not root and touches nothing on the machine itself: [`host::Host`] does. A request is refused at once with
//! the reason, or recorded and carried out by [`reconcile`], which observes, plans and applies until desired and
//! observed are equal.

pub mod access;
pub mod api;
pub mod app;
pub mod catalogs;
pub mod checks;
pub mod cli;
pub mod cooperative;
pub mod daemon;
pub mod data;
pub mod directory;
pub mod domains;
pub mod error;
pub mod events;
mod first_start;
pub mod mdns;
pub mod members;
pub mod openid;
pub mod outside;
pub mod pages;
pub mod peers;
pub mod publish;
pub mod reconcile;
pub mod roots;
pub mod services;
pub mod state;
pub mod system;
pub mod two_person;
pub mod views;

pub use app::App;
pub use error::ApiError;
