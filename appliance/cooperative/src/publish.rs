// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is told to the public: one [`Model`], many renderings. Nothing stands in one of them that is not in the model,
//! and what the model does not hold (where a board stands, who owns it, how many disks it has) cannot be published by
//! mistake.

mod chatons;
mod extended;
mod json_ld;
mod librehost;
mod model;
mod murmurations;
mod profile;
mod security;

pub use chatons::{organization, service};
pub use extended::extended;
pub use json_ld::json_ld;
pub use librehost::{LibrehostError, render as librehost};
pub use model::{Delegate, Generator, Health, Model, PublicService};
pub use murmurations::murmurations;
pub(crate) use profile::is_https;
pub use profile::{FIELDS, Field, FieldKind, Profile, check};
pub use security::security_txt;

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use std::collections::BTreeMap;

/// A document ready to be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// `Content-Type`.
    pub kind: &'static str,
    /// The bytes.
    pub body: String,
    /// The `ETag`, with its quotes.
    pub etag: String,
}

impl Document {
    /// A document of this kind.
    pub fn new(kind: &'static str, body: String) -> Self {
        let hash = HEXLOWER.encode(digest(&SHA256, body.as_bytes()).as_ref());
        Self {
            kind,
            etag: format!("\"{}\"", &hash[..16]),
            body,
        }
    }

    /// A JSON document.
    pub fn json(body: String) -> Self {
        Self::new("application/json", body)
    }
}

/// Every document but `librehost.json`, by its path; nothing before that one is complete.
pub fn neighbours(model: &Model) -> BTreeMap<String, Document> {
    const TEXT: &str = "text/plain; charset=utf-8";
    let mut documents = BTreeMap::from([
        (
            "/librehost-extended.json".to_owned(),
            Document::json(extended(model)),
        ),
        (
            "/murmurations.json".to_owned(),
            Document::json(murmurations(model)),
        ),
        (
            chatons::path("organization"),
            Document::new(TEXT, organization(model)),
        ),
    ]);
    for one in &model.services {
        documents.insert(chatons::path(&one.id), Document::new(TEXT, service(model, one)));
    }
    if let Some(vouched) = &model.directory {
        documents.insert("/directory.json".to_owned(), Document::json(pretty(vouched)));
    }
    documents
}

fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests;
