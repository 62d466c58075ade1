// SPDX-License-Identifier: AGPL-3.0-or-later
//! `commonhost act …`.

use super::run::{Asked, segment};
use clap::Subcommand;
use http::Method;
use serde_json::json;

#[derive(Debug, Subcommand)]
pub(super) enum Act {
    /// List what waits for another steward.
    List,
    /// Approve what another steward asked for; it is done then.
    Approve {
        /// Its id.
        id: String,
    },
    /// Refuse it, or take back what you asked for.
    Refuse {
        /// Its id.
        id: String,
    },
    /// Show or choose which acts need two stewards.
    Rule {
        /// `purge`, `unpair`, `stewards`, `restore`; absent: show them.
        #[arg(value_parser = ["purge", "unpair", "stewards", "restore"])]
        kinds: Vec<String>,
        /// None: the rule ends, once another steward approves.
        #[arg(long, conflicts_with = "kinds")]
        none: bool,
    },
}

impl Act {
    /// What is asked of the API.
    pub(super) fn request(&self) -> Asked {
        let rule = "/two-person-rule".to_owned();
        let one = |id: &str, verb: &str| format!("/acts/{}{verb}", segment(id));
        match self {
            Self::List => (Method::GET, "/acts".into(), None),
            Self::Approve { id } => (Method::POST, one(id, "/approve"), Some(json!({}))),
            Self::Refuse { id } => (Method::DELETE, one(id, ""), None),
            Self::Rule { kinds, none } if kinds.is_empty() && !none => (Method::GET, rule, None),
            Self::Rule { kinds, .. } => (Method::PUT, rule, Some(json!({ "kinds": kinds }))),
        }
    }
}
