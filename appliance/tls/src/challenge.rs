// SPDX-License-Identifier: AGPL-3.0-or-later
//! Challenges that a CA may be checking just now.

use rustls::sign::CertifiedKey;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, PoisonError, RwLock},
};

/// The two ways to prove that a name leads to this board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A special certificate on port 443 (RFC 8737).
    TlsAlpn01,
    /// A text on port 80 (RFC 8555 section 8.3).
    Http01,
}

/// All open challenges, of both kinds.
#[derive(Debug, Default)]
pub(crate) struct Challenges {
    certificates: RwLock<HashMap<String, Arc<CertifiedKey>>>,
    answers: RwLock<HashMap<String, String>>,
}

/// One open challenge; closed when dropped, however the order ends.
pub(crate) struct Open {
    challenges: Arc<Challenges>,
    way: Way,
    key: String,
}

impl Challenges {
    /// The certificate for a TLS-ALPN-01 challenge of `name`.
    pub(crate) fn certificate(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        get(&self.certificates, name)
    }

    /// The key authorization for an HTTP-01 challenge.
    pub(crate) fn answer(&self, token: &str) -> Option<String> {
        get(&self.answers, token)
    }

    pub(crate) fn open_tls(self: &Arc<Self>, name: &str, certificate: CertifiedKey) -> Open {
        put(&self.certificates, name, Arc::new(certificate));
        Open {
            challenges: Arc::clone(self),
            way: Way::TlsAlpn01,
            key: name.to_owned(),
        }
    }

    pub(crate) fn open_http(self: &Arc<Self>, token: &str, answer: String) -> Open {
        put(&self.answers, token, answer);
        Open {
            challenges: Arc::clone(self),
            way: Way::Http01,
            key: token.to_owned(),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        match self.way {
            Way::TlsAlpn01 => drop(remove(&self.challenges.certificates, &self.key)),
            Way::Http01 => drop(remove(&self.challenges.answers, &self.key)),
        }
    }
}

fn get<V: Clone>(map: &RwLock<HashMap<String, V>>, key: &str) -> Option<V> {
    map.read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(key)
        .cloned()
}

fn put<V>(map: &RwLock<HashMap<String, V>>, key: &str, value: V) {
    map.write()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(key.to_owned(), value);
}

fn remove<K: Eq + Hash, V>(map: &RwLock<HashMap<K, V>>, key: &K) -> Option<V> {
    map.write().unwrap_or_else(PoisonError::into_inner).remove(key)
}
