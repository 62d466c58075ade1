// SPDX-License-Identifier: AGPL-3.0-or-later
//! Checks of a catalog. None of them reads a file or a clock.

use crate::{folder::MAX_CATALOG_BYTES, key::PublicKey};
use ring::digest::{Context, SHA256};
use std::path::PathBuf;
use types::{Catalog, CatalogEntry, Digest, Manifest, ServiceName, Timestamp, manifest::ManifestError};

/// Length of an ed25519 signature (RFC 8032).
const SIGNATURE_BYTES: usize = 64;

/// Why a catalog is not used. Whatever the reason, services that run go on running.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// A file could not be read.
    #[error("cannot read {path}; if it is missing, the catalog was not copied completely: copy it again")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Larger than any catalog of ours.
    #[error(
        "{what} is larger than {limit} bytes, so it is not a catalog: fetch it again from where you trust"
    )]
    TooLarge {
        /// Which file.
        what: &'static str,
        /// What would be right.
        limit: u64,
    },
    /// The signature file is cut short or not a signature.
    #[error("the catalog's signature has {found} bytes instead of 64: copy catalog.sig again")]
    SignatureLength {
        /// Its length.
        found: usize,
    },
    /// Not signed by the key this board trusts, or changed since.
    #[error("the catalog was changed, or is not signed by the key this board trusts: fetch it again")]
    Signature,
    /// Signed, but of a form this release cannot read.
    #[error("the catalog is signed but this release cannot read it: update the board first")]
    Syntax(#[source] serde_json::Error),
    /// Its time is over.
    #[error(
        "the catalog expired {} days ago: fetch a newer one, or set the clock if the date is wrong. What runs goes on",
        .now.since(*.expires).as_secs() / 86_400
    )]
    Expired {
        /// Until when it was good.
        expires: Timestamp,
        /// The board's time.
        now: Timestamp,
    },
    /// Older than the one already there.
    #[error("the catalog has version {offered}, older than {present} which this board has: fetch the newest")]
    Older {
        /// The one offered.
        offered: u64,
        /// The one there.
        present: u64,
    },
    /// For other hardware.
    #[error("the catalog is for {found} boards, this one is {expected}: fetch the {expected} catalog")]
    Architecture {
        /// The catalog's.
        found: String,
        /// The board's.
        expected: String,
    },
    /// No service of that name.
    #[error("the catalog has no service {0}")]
    UnknownService(ServiceName),
    /// A manifest that this release cannot read.
    #[error("this release cannot read the manifest of {service}: update the board, then try again")]
    Manifest {
        /// The service.
        service: ServiceName,
        /// Why.
        #[source]
        source: ManifestError,
    },
    /// A manifest under another service's name.
    #[error(
        "the catalog lists {listed} with the manifest of {found}: it was made wrongly, fetch a newer one"
    )]
    NameMismatch {
        /// The name in the catalog.
        listed: ServiceName,
        /// The name in the manifest.
        found: ServiceName,
    },
}

/// Checks the signature over a catalog's exact bytes, then reads it. Expiry, version and architecture are checked
/// separately: a catalog that has expired still describes what runs.
///
/// # Errors
/// When anything about it is not right; nothing of it has been used then.
pub fn verify(json: &[u8], signature: &[u8], key: &PublicKey) -> Result<Catalog, CatalogError> {
    if u64::try_from(json.len()).is_ok_and(|length| length > MAX_CATALOG_BYTES) {
        return Err(CatalogError::TooLarge {
            what: "catalog.json",
            limit: MAX_CATALOG_BYTES,
        });
    }
    if signature.len() != SIGNATURE_BYTES {
        return Err(CatalogError::SignatureLength {
            found: signature.len(),
        });
    }
    if !key.accepts(json, signature) {
        return Err(CatalogError::Signature);
    }
    serde_json::from_slice(json).map_err(CatalogError::Syntax)
}

/// Whether new services may be enabled from this catalog at `now`.
///
/// # Errors
/// [`CatalogError::Expired`] from the moment named in it.
pub fn check_expiry(catalog: &Catalog, now: Timestamp) -> Result<(), CatalogError> {
    if now < catalog.expires {
        Ok(())
    } else {
        Err(CatalogError::Expired {
            expires: catalog.expires,
            now,
        })
    }
}

/// Whether `offered` may replace `present`. The same version may: copying a catalog twice is no harm.
///
/// # Errors
/// [`CatalogError::Older`] when somebody replays an old catalog.
pub fn check_replaces(offered: &Catalog, present: &Catalog) -> Result<(), CatalogError> {
    if offered.version >= present.version {
        Ok(())
    } else {
        Err(CatalogError::Older {
            offered: offered.version,
            present: present.version,
        })
    }
}

/// Whether the catalog is for this hardware (`amd64`, `arm64`).
///
/// # Errors
/// [`CatalogError::Architecture`].
pub fn check_architecture(catalog: &Catalog, expected: &str) -> Result<(), CatalogError> {
    if catalog.architecture == expected {
        Ok(())
    } else {
        Err(CatalogError::Architecture {
            found: catalog.architecture.clone(),
            expected: expected.into(),
        })
    }
}

/// The name of one version of a service: SHA-256 over a heading and the entry as compact JSON, fields in the order
/// they are declared and maps sorted by key. A field added to [`CatalogEntry`] later must be left out of the JSON
/// while it is empty, or every digest changes.
pub fn entry_digest(entry: &CatalogEntry) -> Digest {
    let mut context = Context::new(&SHA256);
    context.update(b"commonhost catalog entry 1\n");
    // Strings, numbers and maps with string keys: there is nothing in an entry that JSON could refuse.
    context.update(&serde_json::to_vec(entry).unwrap_or_default());
    crate::digest::finish(context)
}

/// The service and entry with this digest.
pub fn find_entry<'a>(catalog: &'a Catalog, digest: &Digest) -> Option<(&'a ServiceName, &'a CatalogEntry)> {
    catalog
        .services
        .iter()
        .find(|(_, entry)| entry_digest(entry) == *digest)
}

/// A service's manifest, parsed, and sure to be that service's.
///
/// # Errors
/// When the service is unknown, or its manifest cannot be read or bears another name.
pub fn manifest_of(catalog: &Catalog, service: &ServiceName) -> Result<Manifest, CatalogError> {
    let entry = catalog
        .services
        .get(service)
        .ok_or_else(|| CatalogError::UnknownService(service.clone()))?;
    let manifest = entry.manifest().map_err(|source| CatalogError::Manifest {
        service: service.clone(),
        source,
    })?;
    if manifest.service.name == *service {
        Ok(manifest)
    } else {
        Err(CatalogError::NameMismatch {
            listed: service.clone(),
            found: manifest.service.name,
        })
    }
}
