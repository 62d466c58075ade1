// SPDX-License-Identifier: AGPL-3.0-or-later
//! Signed metadata of service bundles and of the board's own releases ([`system`]): what a board believes about
//! software before it runs any of it.
//!
//! A catalog is one JSON document and a 64-byte ed25519 signature over its exact bytes. It names every service's
//! manifest, templates, icon and bundle images, each image by its SHA-256. Nothing in it is looked at before the
//! signature has been checked, and no bundle is mounted before its bytes have been hashed.
//!
//! # Against whom
//!
//! | who | can | cannot |
//! | --- | --- | --- |
//! | the network, or a mirror that carries catalogs | withhold new catalogs; replay old ones that are still valid | change a byte ([`CatalogError::Signature`]); go back behind the version a board has ([`check_replaces`]); keep a board on old software unnoticed for longer than a catalog lives ([`check_expiry`]) |
//! | whoever can write to the folder of bundles | make services fail to start | have other bytes mounted than those that were signed ([`verify_bundle`]) |
//! | a service that was broken into | nothing here: it sees neither catalogs nor keys | |
//! | a huge or malformed file | nothing: sizes are bounded before reading, and every failure is an error, never a panic | |
//! | **the holder of the signing key** | publish anything as a service, within a service's sandbox | |
//!
//! An image is hashed from disk and mounted from disk: who can write to that folder between the two could still swap
//! it. That is root alone, who has won already; `host` keeps the folder closed to everybody else.
//!
//! # What this crate refuses to do
//!
//! It never reads the clock (a board starts with a wrong one: `now` is a parameter), never downloads, and never
//! decides what to do about a failure: what runs goes on, and nothing new is enabled.

mod catalog;
mod digest;
mod folder;
mod key;
pub mod system;

pub use catalog::{
    CatalogError, check_architecture, check_expiry, check_replaces, entry_digest, find_entry, manifest_of,
    verify,
};
pub use digest::{BundleError, digest_file, verify_bundle};
pub use folder::{CATALOG_FILE, MAX_CATALOG_BYTES, SIGNATURE_FILE, load_folder};
pub use key::{KeyError, PublicKey, SigningKey};

#[cfg(test)]
mod tests;
