// SPDX-License-Identifier: AGPL-3.0-or-later
//! Static files, compressed when the crate was built.

/// A static file. Its path changes with its content: serve it with
/// `Cache-Control: public, max-age=31536000, immutable` and `Vary: Accept-Encoding`.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Like `/assets/style.0123456789abcdef.css`.
    pub path: &'static str,
    /// For `Content-Type`.
    pub content_type: &'static str,
    /// For `ETag`, with its quotes.
    pub etag: &'static str,
    /// As it is.
    pub bytes: &'static [u8],
    /// For `Content-Encoding: br` (browsers ask for it over https only).
    pub brotli: &'static [u8],
    /// For `Content-Encoding: gzip`.
    pub gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Every static file.
pub fn assets() -> &'static [Asset] {
    &ASSETS
}

/// The static file with this path.
pub fn asset(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}
