// SPDX-License-Identifier: AGPL-3.0-or-later
//! A catalog as two files in a folder.

use crate::{catalog::CatalogError, key::PublicKey, verify};
use std::{fs::File, io::Read, path::Path};
use types::Catalog;

/// The document.
pub const CATALOG_FILE: &str = "catalog.json";
/// The signature over it: 64 bytes.
pub const SIGNATURE_FILE: &str = "catalog.sig";
/// A service takes about 15 KB of a catalog; nobody needs a thousand.
pub const MAX_CATALOG_BYTES: u64 = 16 * 1024 * 1024;
/// More than a signature, to tell "too long" from "right".
const MAX_SIGNATURE_BYTES: u64 = 4096;

/// Reads and verifies the catalog in a folder. Expiry is checked apart, by [`crate::check_expiry`].
///
/// # Errors
/// When a file is missing or too large, or the signature does not fit.
pub fn load_folder(folder: &Path, key: &PublicKey) -> Result<Catalog, CatalogError> {
    let json = read_bounded(folder, CATALOG_FILE, MAX_CATALOG_BYTES)?;
    let signature = read_bounded(folder, SIGNATURE_FILE, MAX_SIGNATURE_BYTES)?;
    verify(&json, &signature, key)
}

/// Never reads more than one byte over the limit, whatever the file claims to be.
fn read_bounded(folder: &Path, name: &'static str, limit: u64) -> Result<Vec<u8>, CatalogError> {
    let path = folder.join(name);
    let mut bytes = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
        .map_err(|source| CatalogError::Read { path, source })?;
    if bytes.len() as u64 > limit {
        return Err(CatalogError::TooLarge { what: name, limit });
    }
    Ok(bytes)
}
