// SPDX-License-Identifier: AGPL-3.0-or-later
//! `commonhost forgotten …`.

use super::{
    client::Failure,
    run::{Asked, password_or_ask, segment},
};
use clap::Subcommand;
use http::Method;
use serde_json::json;

#[derive(Debug, Subcommand)]
pub(super) enum Forgotten {
    /// List who forgot a password and can be helped by you.
    List,
    /// Make a code for somebody, to be told to them; it is shown once.
    Approve {
        /// The request's id.
        id: String,
    },
    /// Refuse a request, or one for yourself that you did not make.
    Refuse {
        /// The request's id.
        id: String,
    },
    /// Ask for a new password of your own.
    Ask {
        /// Your sign-in name.
        name: String,
    },
    /// Set it, with the code that somebody made for you.
    Set {
        /// What `ask` gave.
        token: String,
        /// The code.
        code: String,
        /// The new password; asked on standard input when absent.
        #[arg(long)]
        password: Option<String>,
    },
    /// Show or choose who can help you back in, besides stewards.
    Contacts {
        /// Sign-in names of three other members at most; absent: show them.
        names: Vec<String>,
        /// Nobody.
        #[arg(long, conflicts_with = "names")]
        none: bool,
    },
}

impl Forgotten {
    /// What is asked of the API.
    pub(super) fn request(&self) -> Result<Asked, Failure> {
        let requests = "/password-requests".to_owned();
        let contacts = "/account/recovery-contacts".to_owned();
        let one = |id: &str, act: &str| format!("/password-requests/{}{act}", segment(id));
        Ok(match self {
            Self::List => (Method::GET, requests, None),
            Self::Approve { id } => (Method::POST, one(id, "/approve"), Some(json!({}))),
            Self::Refuse { id } => (Method::DELETE, one(id, ""), None),
            Self::Ask { name } => (Method::POST, requests, Some(json!({ "name": name }))),
            Self::Set {
                token,
                code,
                password,
            } => {
                let password = password_or_ask(password.as_ref())?;
                let body = json!({ "token": token, "code": code, "password": password });
                (Method::POST, requests + "/redeem", Some(body))
            }
            Self::Contacts { names, none } if names.is_empty() && !none => (Method::GET, contacts, None),
            Self::Contacts { names, .. } => (Method::PUT, contacts, Some(json!({ "contacts": names }))),
        })
    }
}
