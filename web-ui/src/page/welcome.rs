// SPDX-License-Identifier: AGPL-3.0-or-later
//! The first page of a newcomer.

use crate::{
    layout::{Layout, page},
    page::ServiceRow,
};

/// `GET /welcome`: what a newcomer can do today, in three steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WelcomePage {
    /// What every page knows.
    pub layout: Layout,
    /// What they may use.
    pub services: Vec<ServiceRow>,
    /// The address of the board itself, to be kept.
    pub address: String,
}

page!(WelcomePage, "welcome.html");
