// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a certificate is for, and how a name is proved by a record in DNS (DNS-01, RFC 8555 section 8.4).

use async_trait::async_trait;
use std::{collections::BTreeSet, fmt, sync::Arc};
use types::Domain;

/// Makes and takes away the records that prove a name. What writes them, the caller knows.
#[async_trait]
pub trait DnsRecords: Send + Sync {
    /// Makes a TXT record; returns when the domain's own servers answer with it.
    ///
    /// # Errors
    /// Says in plain English what went wrong and what to do.
    async fn put(&self, name: &str, value: &str) -> Result<(), String>;

    /// Takes it away again.
    ///
    /// # Errors
    /// Says what went wrong.
    async fn remove(&self, name: &str, value: &str) -> Result<(), String>;
}

/// What a certificate is for.
#[derive(Clone)]
pub struct Subject {
    /// The name.
    pub domain: Domain,
    /// Whether it also covers every name directly below.
    pub wildcard: bool,
    /// Names below that are in use and covered by the wildcard: they have no certificate of their own.
    pub under: BTreeSet<Domain>,
    /// How it is proved by DNS. Without it, by TLS-ALPN-01 or HTTP-01, and no wildcard is possible.
    pub dns: Option<Arc<dyn DnsRecords>>,
}

impl Subject {
    /// A name that is proved by being reached.
    pub fn plain(domain: Domain) -> Self {
        Self {
            domain,
            wildcard: false,
            under: BTreeSet::new(),
            dns: None,
        }
    }

    /// The names on the certificate.
    pub(crate) fn names(&self) -> Vec<String> {
        let name = self.domain.to_string();
        if self.wildcard {
            vec![format!("*.{name}"), name]
        } else {
            vec![name]
        }
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({})", self.names().join(", "))
    }
}
