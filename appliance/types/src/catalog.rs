// SPDX-License-Identifier: AGPL-3.0-or-later
//! The catalog: every service a board may enable, in one signed document.

use crate::{
    manifest::{Manifest, ManifestError},
    name::{Digest, ServiceName},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The signed document (`catalog.json`; the signature over its exact bytes is `catalog.sig`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    /// Rises with every catalog: an older one never replaces a newer one.
    pub version: u64,
    /// When it was made.
    pub created: Timestamp,
    /// After this moment nothing new is enabled from it; what runs goes on.
    pub expires: Timestamp,
    /// The architecture of its bundles, as Debian names it: `amd64`, `arm64`.
    pub architecture: String,
    /// The services, by name.
    pub services: BTreeMap<ServiceName, CatalogEntry>,
}

/// One service in a catalog: its manifest as written, what it is rendered from, and its software.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CatalogEntry {
    /// `service.toml`, byte for byte.
    pub manifest: String,
    /// Templates, by file name.
    pub templates: BTreeMap<String, String>,
    /// The icon, an SVG.
    pub icon: String,
    /// The software, in the order it is laid over `/usr`.
    pub bundles: Vec<Bundle>,
}

/// A read-only erofs image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// SHA-256 of the image; it is found as `<digest>.erofs`.
    pub digest: Digest,
    /// Size in bytes.
    pub size: u64,
    /// The packages in it, name and version, for the record.
    #[serde(default)]
    pub packages: BTreeMap<String, String>,
}

impl CatalogEntry {
    /// The parsed manifest.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn manifest(&self) -> Result<Manifest, ManifestError> {
        Manifest::parse(&self.manifest)
    }

    /// Bytes of all its bundles together.
    pub fn size(&self) -> u64 {
        self.bundles.iter().map(|bundle| bundle.size).sum()
    }
}
