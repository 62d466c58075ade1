// SPDX-License-Identifier: AGPL-3.0-or-later
//! What went wrong with an order, in words that say what to do.

use serde::{Deserialize, Serialize};
use types::Timestamp;

/// What went wrong, when, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// When.
    pub at: Timestamp,
    /// Which of the known problems; the key for translations.
    pub kind: ProblemKind,
    /// In plain English: what is wrong and what to do.
    pub summary: String,
    /// The CA's own text, or the error as the library gave it.
    pub detail: String,
}

/// The problems that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// The CA's own name was not found.
    CaNameNotFound,
    /// Nothing answers at the CA's address.
    CaUnreachable,
    /// The CA took too long.
    CaTimeout,
    /// The CA's own certificate is not trusted.
    CaNotTrusted,
    /// The board's clock is wrong.
    ClockWrong,
    /// The CA answered with an error of its own (5xx) or nonsense.
    CaBroken,
    /// The CA kept refusing the nonces it gave (RFC 8555 section 6.5).
    BadNonce,
    /// The name has no address, or the wrong kind.
    NameNotFound,
    /// The CA could not connect to this board.
    NotReachable,
    /// Something else than this board answered the CA.
    WrongAnswer,
    /// The CA could not talk TLS with whatever answered.
    TlsAtChallenge,
    /// A CAA record forbids this CA (RFC 8659).
    Caa,
    /// The CA's limits are used up.
    RateLimited,
    /// The CA does not issue for this name.
    NameRefused,
    /// The CA wants an account bound to a contract (external account binding).
    ExternalAccountRequired,
    /// The CA's terms must be agreed to again.
    TermsChanged,
    /// The contact address is not accepted.
    ContactRefused,
    /// The account is unknown, or closed.
    AccountRefused,
    /// The CA sent a certificate that is not for this name or key.
    WrongCertificate,
    /// The certificate could not be written to the board's storage.
    Storage,
    /// Anything else.
    Other,
}
