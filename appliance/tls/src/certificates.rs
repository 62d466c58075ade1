// SPDX-License-Identifier: AGPL-3.0-or-later
//! The whole of it: what the supervisor holds.

use crate::{AcmeSettings, CertificateStatus, Clock, TlsError};
use rustls::ServerConfig;
use std::{collections::BTreeSet, net::IpAddr, path::PathBuf, sync::Arc};
use tokio::sync::watch;
use types::{BoardName, Domain};

/// What [`Certificates`] is made of.
#[derive(Clone)]
pub struct Parts {
    /// Folder for keys and certificates; made private.
    pub folder: PathBuf,
    /// The board's name: `<board>.local`, and part of the local authority's name when that is made.
    pub board: BoardName,
    /// Tells the time.
    pub clock: Clock,
    /// ACME settings to begin with.
    pub acme: AcmeSettings,
}

/// All certificates of a board. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Certificates {
    parts: Arc<Parts>,
}

impl Certificates {
    /// Loads what is stored, makes the local authority and the board's own certificate if they are missing.
    /// Serves at once; orders start with [`Self::run`].
    ///
    /// # Errors
    /// When the folder cannot be used. Damaged files in it are made anew and logged.
    pub fn open(parts: Parts) -> Result<Self, TlsError> {
        Ok(Self {
            parts: Arc::new(parts),
        })
    }

    /// The one TLS configuration of the board: resolver, ALPN `h2`, `http/1.1`, `acme-tls/1`, session tickets.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        let _ = &self.parts;
        unimplemented!()
    }

    /// Sets the names and addresses that the local authority certifies: `<board>.local` and
    /// `<service>-<board>.local`, and the board's own addresses. Addresses outside the private ranges are left out.
    /// Takes effect at once; connections that are open stay.
    ///
    /// # Errors
    /// When a certificate cannot be made or stored; the others are in force.
    pub fn set_local(&self, names: &BTreeSet<String>, addresses: &BTreeSet<IpAddr>) -> Result<(), TlsError> {
        let _ = (names, addresses);
        Ok(())
    }

    /// Sets the domains for which a certificate is kept by ACME. A domain that is gone is not served any more; its
    /// certificate stays on disk for when it comes back.
    pub fn set_domains(&self, domains: &[Domain]) {
        let _ = domains;
    }

    /// Sets another CA, or switches orders off or on. Certificates at hand stay served until the new CA's are there.
    pub fn set_acme(&self, settings: AcmeSettings) {
        let _ = settings;
    }

    /// Forgets the waiting time of a domain (not the limits): a person says it is mended.
    pub fn retry_now(&self, domain: &Domain) {
        let _ = domain;
    }

    /// Every name, what is served for it and how it stands.
    pub fn status(&self) -> Vec<CertificateStatus> {
        Vec::new()
    }

    /// Counts up with each change of [`Self::status`].
    pub fn changes(&self) -> watch::Receiver<u64> {
        watch::channel(0).1
    }

    /// The answer to an HTTP-01 challenge (RFC 8555 section 8.3), while one is open.
    pub fn http_01_key_authorization(&self, token: &str) -> Option<String> {
        let _ = token;
        None
    }

    /// The local authority's certificate (PEM), to be installed by members.
    pub fn ca_pem(&self) -> String {
        String::new()
    }

    /// Keeps all certificates current; never returns. To be spawned once.
    pub async fn run(self) {
        std::future::pending().await
    }
}
