// SPDX-License-Identifier: AGPL-3.0-or-later
//! `commonhost openid …`.

use super::run::{Asked, segment};
use clap::Subcommand;
use http::Method;
use serde_json::json;

#[derive(Debug, Subcommand)]
pub(super) enum OpenId {
    /// List software elsewhere that signs members in by this board.
    List,
    /// Register such software; its secret is shown once.
    Add {
        /// What members are told it is.
        name: String,
        /// Where it may send a browser back to; may be given several times.
        #[arg(long = "redirect", required = true)]
        redirects: Vec<String>,
        /// It runs on members' own devices and can keep no secret.
        #[arg(long)]
        public: bool,
    },
    /// Remove such software: it signs nobody in any more.
    Remove {
        /// Its `client_id`.
        id: String,
    },
    /// Make a new signing key now and drop all others.
    Rotate,
    /// List the software that you agreed to be known to.
    Consents,
    /// Take such a consent back.
    Withdraw {
        /// Its `client_id`.
        id: String,
    },
}

impl OpenId {
    /// What is asked of the API.
    pub(super) fn request(&self) -> Asked {
        let clients = "/openid/clients".to_owned();
        match self {
            Self::List => (Method::GET, clients, None),
            Self::Add {
                name,
                redirects,
                public,
            } => {
                let body = json!({ "name": name, "redirects": redirects, "public": public });
                (Method::POST, clients, Some(body))
            }
            Self::Remove { id } => (Method::DELETE, format!("{clients}/{}", segment(id)), None),
            Self::Rotate => (Method::POST, "/openid/rotate".into(), Some(json!({}))),
            Self::Consents => (Method::GET, "/account/consents".into(), None),
            Self::Withdraw { id } => {
                let path = format!("/account/consents/{}", segment(id));
                (Method::DELETE, path, None)
            }
        }
    }
}
