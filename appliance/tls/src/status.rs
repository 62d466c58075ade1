// SPDX-License-Identifier: AGPL-3.0-or-later
//! What can be told about each name's certificate.

use crate::problem::Problem;
use serde::Serialize;
use types::Timestamp;

/// One name and what is served for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertificateStatus {
    /// Host name; for the certificate that clients get who name no host: `""`.
    pub name: String,
    /// Who issued what is served now.
    pub source: Source,
    /// Names and addresses in the certificate that is served.
    pub covers: Vec<String>,
    /// Common name of the issuer.
    pub issuer: String,
    /// Start of validity of what is served.
    pub not_before: Timestamp,
    /// End of validity of what is served.
    pub not_after: Timestamp,
    /// When it is renewed: as the CA advises (RFC 9773), else at two thirds of its life. `None` when it is not this
    /// CA's, or the local authority's.
    pub renewal: Option<Timestamp>,
    /// For how long browsers are told to ask for this name by HTTPS only (RFC 6797), in seconds; `None` before it has had
    /// a good certificate for a week, and for local names.
    pub strict: Option<u64>,
    /// Where its certificate stands.
    pub state: CertificateState,
    /// What last went wrong; gone once a certificate was issued.
    pub last_problem: Option<Problem>,
    /// Failed attempts since the last success.
    pub attempts: u32,
}

/// Who issued a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The board's own authority.
    Local,
    /// A CA that was asked by ACME.
    Acme,
}

/// Where a name's certificate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum CertificateState {
    /// The right certificate is served.
    Issued,
    /// The CA is being asked now.
    Ordering,
    /// The CA will be asked again (or, with a valid certificate, for the first time again) at `until`.
    Waiting {
        /// When.
        until: Timestamp,
    },
    /// The CA is not asked before DNS leads the name here.
    Held,
    /// The CA will not be asked by itself: ACME is switched off.
    Off,
}
