// SPDX-License-Identifier: AGPL-3.0-or-later
//! How a device comes to trust the board's own certificates.

use crate::{
    layout::{Layout, page},
    svg,
};
use types::Timestamp;

/// `GET /trust`: for everybody, and by plain HTTP, as nobody trusts the board yet who needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustPage {
    /// What every page knows.
    pub layout: Layout,
    /// Where this page is found on the local network; also as a QR code for the telephone.
    pub address: String,
    /// The root that follows.
    pub next: Option<OtherRoot>,
    /// The root before.
    pub former: Option<OtherRoot>,
    /// SHA-256 fingerprint of the root certificate, as browsers show it.
    pub fingerprint: String,
    /// When it stops being valid.
    pub not_after: Timestamp,
}

/// A root that is not in force: it will be, or it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherRoot {
    /// SHA-256 fingerprint, as browsers show it.
    pub fingerprint: String,
    /// When the board changes over to it, or when it changed over from it.
    pub at: Timestamp,
}

impl TrustPage {
    pub(crate) fn qr(&self) -> String {
        svg::qr(&self.address).unwrap_or_default()
    }
}

page!(TrustPage, "trust.html");
