// SPDX-License-Identifier: AGPL-3.0-or-later
//! `commonhost second-step …`.

use super::{
    client::Failure,
    run::{Asked, password_or_ask, segment},
};
use clap::Subcommand;
use http::Method;
use serde_json::json;

#[derive(Debug, Subcommand)]
pub(super) enum SecondStep {
    /// Whether there is one.
    Show,
    /// Make a secret for an authenticator app; nothing is changed yet.
    Begin,
    /// Turn it on; gives recovery codes, once.
    On {
        /// The secret that `begin` gave.
        #[arg(long)]
        secret: String,
        /// What the app shows now.
        #[arg(long)]
        code: String,
        /// Your password; asked on standard input when absent.
        #[arg(long)]
        password: Option<String>,
    },
    /// Make new recovery codes.
    Codes {
        /// Your password; asked on standard input when absent.
        #[arg(long)]
        password: Option<String>,
    },
    /// Turn it off.
    Off {
        /// As a steward, for this member whose phone is lost.
        #[arg(long, conflicts_with = "password")]
        member: Option<String>,
        /// Your password; asked on standard input when absent.
        #[arg(long)]
        password: Option<String>,
    },
}

impl SecondStep {
    /// What is asked of the API.
    pub(super) fn request(&self) -> Result<Asked, Failure> {
        let path = "/account/second-step".to_owned();
        Ok(match self {
            Self::Show => (Method::GET, path, None),
            Self::Begin => (Method::POST, path, Some(json!({}))),
            Self::On {
                secret,
                code,
                password,
            } => {
                let password = password_or_ask(password.as_ref())?;
                let body = json!({ "secret": secret, "code": code, "password": password });
                (Method::PUT, path, Some(body))
            }
            Self::Codes { password } => {
                let body = json!({ "password": password_or_ask(password.as_ref())? });
                (Method::POST, path + "/recovery-codes", Some(body))
            }
            Self::Off {
                member: Some(member), ..
            } => (
                Method::DELETE,
                format!("/members/{}/second-step", segment(member)),
                None,
            ),
            Self::Off { password, .. } => {
                let body = json!({ "password": password_or_ask(password.as_ref())? });
                (Method::DELETE, path, Some(body))
            }
        })
    }
}
