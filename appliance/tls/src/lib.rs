// SPDX-License-Identifier: AGPL-3.0-or-later
//! Names to certificates: the board's own authority for `.local` names and addresses, ACME for real domains, and
//! the resolver that picks one for each TLS handshake.
//!
//! What it refuses to do: it opens no listener, reads no clock (it is handed a [`Clock`]), never lets a problem
//! with a CA leave a name without any certificate, and never spends more of a CA's limits than [`schedule`] allows.

mod account;
mod authority;
mod ca;
mod certificates;
mod challenge;
mod dns;
mod domains;
mod drive;
mod leaf;
mod order;
mod problem;
mod resolver;
pub mod schedule;
mod settings;
mod status;
mod store;
mod strict;
mod succession;

pub use authority::LocalAuthority;
pub use ca::CaFacts;
pub use certificates::{Certificates, Parts};
pub use dns::{DnsRecords, Subject};
pub use problem::{Problem, ProblemKind};
pub use resolver::Resolver;
pub use settings::{AcmeSettings, ExternalAccount, LETS_ENCRYPT, LETS_ENCRYPT_STAGING, staging_of};
pub use status::{CertificateState, CertificateStatus, Source};
pub use store::{CertificateStore, TlsError};
pub use succession::{OtherRoot, Succession};

/// Tells the time. Only the host's clock module reads the machine's.
pub type Clock = std::sync::Arc<dyn Fn() -> types::Timestamp + Send + Sync>;
