// SPDX-License-Identifier: AGPL-3.0-or-later
//! How the CA's own server is spoken to.

use crate::{order::Failure, settings::AcmeSettings};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use rustls_acme::acme::AcmeError;
use std::{future::Future, sync::Arc, time::Duration};

/// How long the CA may take for one answer.
const ANSWER: Duration = Duration::from_secs(30);
/// How often a nonce may be refused before a request is given up (RFC 8555 section 6.5 wants it tried again).
const NONCES: u32 = 10;

/// TLS towards the CA: its own roots if there are any, else the public ones.
pub(crate) fn client_config(settings: &AcmeSettings) -> Result<Arc<ClientConfig>, Failure> {
    let mut roots = RootCertStore::empty();
    match &settings.root_pem {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(pem) => {
            for root in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let root = root.map_err(|error| Failure::BadRoot(error.to_string()))?;
                roots
                    .add(root)
                    .map_err(|error| Failure::BadRoot(error.to_string()))?;
            }
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::BadRoot(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Makes one request: with a deadline, and again when only the nonce was refused.
pub(crate) async fn ask<T, F>(request: impl Fn() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, AcmeError>>,
{
    let mut refused = 0;
    loop {
        match tokio::time::timeout(ANSWER, request()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) if refused < NONCES && is_bad_nonce(&error) => refused += 1,
            Ok(Err(error)) => return Err(Failure::Ca(error)),
            Err(_) => return Err(Failure::Silent),
        }
    }
}

fn is_bad_nonce(error: &AcmeError) -> bool {
    matches!(error, AcmeError::HttpRequest(error) if error.to_string().contains("urn:ietf:params:acme:error:badNonce"))
}
