// SPDX-License-Identifier: AGPL-3.0-or-later
//! Picks the certificate of each handshake.

use crate::challenge::Challenges;
use arc_swap::ArcSwap;
use http::HeaderValue;
use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_acme::is_tls_alpn_challenge;
use std::{collections::HashMap, sync::Arc};

/// What is served under which name. Built anew for each change and swapped in whole: a handshake sees the old or
/// the new one, and no connection notices.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) by_name: HashMap<Box<str>, Arc<CertifiedKey>>,
    /// By the name below which every name is covered.
    pub(crate) wildcards: HashMap<Box<str>, Arc<CertifiedKey>>,
    /// What browsers are promised of a name (RFC 6797).
    pub(crate) promises: HashMap<Box<str>, HeaderValue>,
    /// For clients that name no host, or one that has no certificate.
    pub(crate) otherwise: Arc<CertifiedKey>,
}

impl Table {
    /// The certificate of a name: its own, else the wildcard's of the name above.
    fn find(&self, name: &str) -> Option<&Arc<CertifiedKey>> {
        self.by_name.get(name).or_else(|| {
            let (_, above) = name.split_once('.')?;
            self.wildcards.get(above)
        })
    }
}

/// The board's certificate resolver: an open TLS-ALPN-01 challenge (RFC 8737), else the certificate of the name
/// asked for, else the board's local one.
#[derive(Debug)]
pub struct Resolver {
    table: ArcSwap<Table>,
    challenges: Arc<Challenges>,
}

impl Resolver {
    pub(crate) fn new(table: Table, challenges: Arc<Challenges>) -> Self {
        Self {
            table: ArcSwap::from_pointee(table),
            challenges,
        }
    }

    pub(crate) fn publish(&self, table: Table) {
        self.table.store(Arc::new(table));
    }

    /// What is served for a name.
    pub(crate) fn served(&self, name: &str) -> Arc<CertifiedKey> {
        let table = self.table.load();
        Arc::clone(table.find(name).unwrap_or(&table.otherwise))
    }

    /// What browsers are promised of a name.
    pub(crate) fn promise(&self, name: &str) -> Option<HeaderValue> {
        self.table.load().promises.get(name).cloned()
    }

    /// Whether these are the promises in force.
    pub(crate) fn promises_are(&self, promises: &HashMap<Box<str>, HeaderValue>) -> bool {
        self.table.load().promises == *promises
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name();
        if is_tls_alpn_challenge(&hello) {
            return self.challenges.certificate(name?);
        }
        let table = self.table.load();
        let found = name.and_then(|name| table.find(name));
        Some(Arc::clone(found.unwrap_or(&table.otherwise)))
    }
}
