// SPDX-License-Identifier: AGPL-3.0-or-later
//! A certificate with its key, as it is stored and served.

use crate::store::TlsError;
use rustls::{
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    sign::CertifiedKey,
};
use std::{net::IpAddr, sync::Arc};
use types::Timestamp;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

/// When a certificate is valid, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// First second.
    pub not_before: Timestamp,
    /// Last second.
    pub not_after: Timestamp,
}

impl Validity {
    /// Whether it is valid at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }
}

/// When the first certificate of a PEM text stops being valid.
pub(crate) fn not_after(pem: &str) -> Option<Timestamp> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
    let (_, parsed) = X509Certificate::from_der(&der).ok()?;
    Some(Timestamp(parsed.validity().not_after.timestamp()))
}

/// A certificate, its chain and its key.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    pub(crate) key: Arc<CertifiedKey>,
    pub(crate) validity: Validity,
    /// Names and addresses it is for.
    pub(crate) covers: Vec<String>,
    /// Common name of its issuer.
    pub(crate) issuer: String,
}

impl Leaf {
    /// Reads a private key and a chain, leaf first, in PEM. `name` is for messages.
    ///
    /// # Errors
    /// [`TlsError::Unusable`], also when the key is not the certificate's.
    pub(crate) fn parse(name: &str, pem: &[u8]) -> Result<Self, TlsError> {
        let unusable = |reason: &dyn std::fmt::Display| TlsError::Unusable {
            name: name.to_owned(),
            reason: reason.to_string(),
        };
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|error| unusable(&error))?;
        let chain = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| unusable(&error))?;
        let first = chain
            .first()
            .ok_or_else(|| unusable(&"there is no certificate in it"))?
            .clone();
        let (_, parsed) = X509Certificate::from_der(&first).map_err(|error| unusable(&error))?;
        let validity = Validity {
            not_before: Timestamp(parsed.validity().not_before.timestamp()),
            not_after: Timestamp(parsed.validity().not_after.timestamp()),
        };
        let issuer = parsed
            .issuer()
            .iter_common_name()
            .next()
            .and_then(|name| name.as_str().ok());
        let issuer = issuer.unwrap_or_default().to_owned();
        let covers = names_in(&parsed);
        let key = CertifiedKey::from_der(chain, key, &ring::default_provider())
            .map_err(|error| unusable(&error))?;
        Ok(Self {
            key: Arc::new(key),
            validity,
            covers,
            issuer,
        })
    }

    /// Whether it is for this very name.
    pub(crate) fn is_for(&self, name: &str) -> bool {
        self.covers.iter().any(|covered| covered == name)
    }
}

fn names_in(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    };
    names.value.general_names.iter().filter_map(text).collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}
