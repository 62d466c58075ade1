// SPDX-License-Identifier: AGPL-3.0-or-later
//! `commonhost passkey …`. One is made in a browser.

use super::run::{Asked, segment};
use clap::Subcommand;
use http::Method;

#[derive(Debug, Subcommand)]
pub(super) enum Passkey {
    /// List your passkeys.
    List,
    /// Take one back.
    Remove {
        /// Its id.
        id: String,
    },
}

impl Passkey {
    /// What is asked of the API.
    pub(super) fn request(&self) -> Asked {
        let path = "/account/passkeys".to_owned();
        match self {
            Self::List => (Method::GET, path, None),
            Self::Remove { id } => (Method::DELETE, format!("{path}/{}", segment(id)), None),
        }
    }
}
