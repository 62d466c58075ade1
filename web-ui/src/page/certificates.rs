// SPDX-License-Identifier: AGPL-3.0-or-later
//! Names and their certificates.

use crate::{
    field::{FieldError, TextField},
    i18n::T,
    layout::{Layout, page},
    page::{DomainCard, OtherRoot},
    url,
};
use types::{ServiceName, Timestamp};

/// `GET /certificates`: every name the board answers to.
///
/// Forms, answered with 303 to `/certificates` or this page with errors (422):
/// - `POST /certificates/domains` with `domain`, `service` (a service's name, or empty for the board itself),
///   `every_service` and `wildcard` (`true` when ticked)
/// - `POST /certificates/domains/remove` with `domain`
/// - `POST /certificates/retry` with `name`
/// - `POST /certificates/authority` with `directory`, `root`, `key_name`, `key` (empty: the one before)
/// - `POST /certificates/root` with `days` until the board changes over to another root; 0: at once
/// - `POST /certificates/root/keep`: the next root is forgotten
/// - `POST /certificates/acme` with `contact` (an e-mail address, may be empty) and `terms` (`accepted` when ticked)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificatesPage {
    /// What every page knows.
    pub layout: Layout,
    /// Domains that stewards added.
    pub domains: Vec<DomainCard>,
    /// Names, those with problems first.
    pub certificates: Vec<CertificateRow>,
    /// Services a domain can lead to: name and title.
    pub services: Vec<(ServiceName, String)>,
    /// The domain in the form, with its error.
    pub domain: TextField,
    /// The chosen service in the form; empty for the board itself.
    pub service: String,
    /// The account at the certificate authority.
    pub acme: AcmeAccount,
    /// The board's own authority, for `.local` names.
    pub local_ca: LocalCa,
}

/// A name and its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRow {
    /// The host name.
    pub name: String,
    /// Title of the service it leads to; `None` is the board itself.
    pub service: Option<String>,
    /// Who issued the certificate that is served now.
    pub source: CertificateSource,
    /// When it stops being valid.
    pub not_after: Option<Timestamp>,
    /// When it is renewed by itself.
    pub renewal: Option<Timestamp>,
    /// Whether browsers are told to ask for it by HTTPS only.
    pub strict: bool,
    /// How it is doing.
    pub state: CertificateState,
}

/// Who issued a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateSource {
    /// The board itself.
    Local,
    /// A public authority, by its name: `Let's Encrypt`.
    Authority(String),
}

/// How a certificate is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateState {
    /// Good.
    Good,
    /// Being asked for.
    Ordering,
    /// Not asked for: the records in DNS are not there yet.
    NeedsRecords,
    /// Not asked for: terms of the authority are not accepted.
    NeedsTerms,
    /// The last order failed.
    Failed {
        /// What went wrong.
        problem: CertificateProblem,
        /// The authority's or the network's own words.
        detail: String,
        /// When it is tried again.
        next_try: Option<Timestamp>,
    },
}

/// What went wrong when a certificate was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateProblem {
    /// The name is not in the DNS, or leads elsewhere.
    Dns,
    /// The domain's name servers fail.
    NameServers,
    /// The record that proves the name did not get into DNS.
    Record,
    /// The authority wants a contract, or does not accept it.
    Contract,
    /// The authority could not reach the board from outside.
    Unreachable,
    /// Asked too often.
    RateLimited,
    /// The authority could not be reached from the board.
    AuthorityDown,
    /// The domain's CAA record names another authority.
    Forbidden,
    /// The board's clock is wrong.
    Clock,
    /// Anything else.
    Other,
}

/// The account at the certificate authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcmeAccount {
    /// What the authority is called: `Let's Encrypt`.
    pub authority: String,
    /// Where its terms are.
    pub terms_url: Option<String>,
    /// The e-mail address it may write to.
    pub contact: TextField,
    /// Whether the terms are accepted.
    pub accepted: bool,
    /// What is wrong with the acceptance.
    pub accepted_error: Option<FieldError>,
    /// The form for another authority.
    pub other: AuthorityForm,
}

/// The form for another authority than the usual one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorityForm {
    /// Address of its ACME directory; empty is the usual authority.
    pub directory: TextField,
    /// Its root certificate in PEM, when browsers do not know it.
    pub root: TextField,
    /// Name of the key of a contract.
    pub key_name: TextField,
    /// That key; never filled in.
    pub key: TextField,
}

impl AuthorityForm {
    /// All of its fields.
    pub fn fields(&self) -> [&TextField; 4] {
        [&self.directory, &self.root, &self.key_name, &self.key]
    }

    /// Whether it is shown at once: it is in use, or something is wrong in it.
    pub(crate) fn is_open(&self) -> bool {
        !self.directory.value.is_empty() || self.fields().into_iter().any(|field| field.error.is_some())
    }
}

/// The board's own certificate authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalCa {
    /// Path of the root certificate for download.
    pub download: String,
    /// SHA-256 fingerprint, as browsers show it.
    pub fingerprint: String,
    /// When it stops being valid.
    pub not_after: Timestamp,
    /// The one that follows.
    pub next: Option<OtherRoot>,
    /// The one before.
    pub former: Option<OtherRoot>,
}

impl CertificateRow {
    pub(crate) fn source_text(&self, t: T) -> &str {
        match &self.source {
            CertificateSource::Local => t.certificates_source_local(),
            CertificateSource::Authority(name) => name,
        }
    }

    pub(crate) fn state_text(&self, t: T) -> &'static str {
        match self.state {
            CertificateState::Good => t.certificates_state_good(),
            CertificateState::Ordering => t.certificates_state_ordering(),
            CertificateState::NeedsRecords => t.certificates_state_records(),
            CertificateState::NeedsTerms => t.certificates_state_terms(),
            CertificateState::Failed { .. } => t.certificates_state_failed(),
        }
    }

    pub(crate) fn needs_terms(&self) -> bool {
        self.state == CertificateState::NeedsTerms
    }

    /// The word for styles, shared with services.
    pub(crate) fn state_code(&self) -> &'static str {
        match self.state {
            CertificateState::Good => "running",
            CertificateState::Ordering | CertificateState::NeedsRecords | CertificateState::NeedsTerms => {
                "starting"
            }
            CertificateState::Failed { .. } => "failing",
        }
    }
}

impl CertificateProblem {
    pub(crate) fn text(self, t: T) -> &'static str {
        match self {
            Self::Dns => t.certificates_problem_dns(),
            Self::NameServers => t.authority_problem_servers(),
            Self::Record => t.authority_problem_record(),
            Self::Contract => t.authority_problem_contract(),
            Self::Unreachable => t.certificates_problem_unreachable(),
            Self::RateLimited => t.certificates_problem_rate(),
            Self::AuthorityDown => t.certificates_problem_down(),
            Self::Forbidden => t.certificates_problem_caa(),
            Self::Clock => t.certificates_problem_clock(),
            Self::Other => t.certificates_problem_other(),
        }
    }
}

impl AcmeAccount {
    pub(crate) fn terms(&self) -> Option<&str> {
        self.terms_url.as_deref().map(url::href)
    }
}

page!(CertificatesPage, "certificates.html");
