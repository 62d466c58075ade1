// SPDX-License-Identifier: AGPL-3.0-or-later
//! What went wrong with an order, in words that say what to do.

use crate::order::Failure;
use rustls_acme::acme::{self, AcmeError};
use serde::{Deserialize, Serialize};
use types::{Domain, Timestamp};

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

/// A failure, understood.
pub(crate) struct Diagnosis {
    pub(crate) kind: ProblemKind,
    pub(crate) detail: String,
    /// When the CA wants to be asked again, if it said so.
    pub(crate) retry_after: Option<Timestamp>,
}

/// Finds out what a failure is.
pub(crate) fn diagnose(failure: &Failure) -> Diagnosis {
    let (kind, detail) = match failure {
        Failure::Ca(error) => return by_error(error),
        Failure::Refused(Some(problem)) => return by_problem(problem, None),
        Failure::Refused(None) => (ProblemKind::Other, "The CA gave no reason.".to_owned()),
        Failure::Silent => (ProblemKind::CaTimeout, failure.to_string()),
        Failure::BadRoot(_) => (ProblemKind::CaNotTrusted, failure.to_string()),
        Failure::Clock(_) => (ProblemKind::ClockWrong, failure.to_string()),
        Failure::WrongCertificate(_) => (ProblemKind::WrongCertificate, failure.to_string()),
        Failure::Store(error) => (ProblemKind::Storage, chain(error)),
        Failure::Other(text) => (ProblemKind::Other, text.clone()),
    };
    Diagnosis {
        kind,
        detail,
        retry_after: None,
    }
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

fn by_error(error: &AcmeError) -> Diagnosis {
    if let AcmeError::HttpRequest(error) = error {
        return by_answer(&error.to_string());
    }
    let kind = match error {
        AcmeError::Json(_) | AcmeError::MissingHeader(_) | AcmeError::HttpResponseNonStringHeader(_) => {
            ProblemKind::CaBroken
        }
        AcmeError::Io(_) => return by_answer(&error.to_string()),
        _ => ProblemKind::Other,
    };
    Diagnosis {
        kind,
        detail: error.to_string(),
        retry_after: None,
    }
}

/// Reads the text of rustls-acme's HTTP error, whose type it keeps to itself:
/// `non 2xx http status: 403 "{\"type\": …}"`, or the debug form of a connection's error.
fn by_answer(text: &str) -> Diagnosis {
    if let Some(rest) = text.split_once("non 2xx http status: ").map(|(_, rest)| rest) {
        let (status, quoted) = rest.split_once(' ').unwrap_or((rest, ""));
        let status = status.parse().ok();
        // Rust quotes a text as JSON does, but for rare characters that no CA sends.
        let body = serde_json::from_str::<String>(quoted).unwrap_or_else(|_| quoted.to_owned());
        if let Ok(problem) = serde_json::from_str::<acme::Problem>(&body)
            && problem.typ.is_some()
        {
            return by_problem(&problem, status);
        }
        let kind = if status == Some(429) {
            ProblemKind::RateLimited
        } else {
            ProblemKind::CaBroken
        };
        return Diagnosis {
            kind,
            detail: rest.chars().take(500).collect(),
            retry_after: None,
        };
    }
    let holds = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let kind = if holds(&["NotValidYet", "Expired", "CertNotValidYet", "CertExpired"]) {
        ProblemKind::ClockWrong
    } else if holds(&["InvalidCertificate", "UnknownIssuer", "invalid peer certificate"]) {
        ProblemKind::CaNotTrusted
    } else if holds(&[
        "failed to lookup address",
        "Name or service not known",
        "name resolution",
    ]) {
        ProblemKind::CaNameNotFound
    } else if holds(&[
        "ConnectionRefused",
        "NetworkUnreachable",
        "HostUnreachable",
        "os error",
        "NotConnected",
    ]) {
        ProblemKind::CaUnreachable
    } else if holds(&["TimedOut", "timed out"]) {
        ProblemKind::CaTimeout
    } else if holds(&[
        "ConnectionReset",
        "ConnectionAborted",
        "BrokenPipe",
        "UnexpectedEof",
        "InvalidData",
    ]) {
        ProblemKind::CaBroken
    } else {
        ProblemKind::CaUnreachable
    };
    Diagnosis {
        kind,
        detail: text.chars().take(500).collect(),
        retry_after: None,
    }
}

/// Reads a problem document (RFC 8555 section 6.7).
fn by_problem(problem: &acme::Problem, status: Option<u16>) -> Diagnosis {
    use ProblemKind as K;
    let typ = problem.typ.as_deref().unwrap_or_default();
    let detail = problem.detail.clone().unwrap_or_default();
    let kind = match typ
        .strip_prefix("urn:ietf:params:acme:error:")
        .unwrap_or_default()
    {
        "badNonce" => K::BadNonce,
        "rateLimited" => K::RateLimited,
        "connection" => K::NotReachable,
        "dns" => K::NameNotFound,
        "tls" => K::TlsAtChallenge,
        "caa" => K::Caa,
        // Beside a status it is the request that was not allowed; beside a challenge, what answered there.
        "unauthorized" if status.is_some() => K::AccountRefused,
        // Pebble says so of a connection that failed, too.
        "unauthorized" if detail.starts_with("Failed to connect") => K::NotReachable,
        "unauthorized" | "incorrectResponse" => K::WrongAnswer,
        "accountDoesNotExist" => K::AccountRefused,
        "rejectedIdentifier" | "unsupportedIdentifier" => K::NameRefused,
        "externalAccountRequired" => K::ExternalAccountRequired,
        "userActionRequired" => K::TermsChanged,
        "invalidContact" | "unsupportedContact" => K::ContactRefused,
        "serverInternal" => K::CaBroken,
        // Pebble tells of a name that is not found in this way.
        _ if detail.contains("NXDOMAIN") || detail.contains("no such host") => K::NameNotFound,
        _ if status.is_some_and(|status| status >= 500) => K::CaBroken,
        _ => K::Other,
    };
    let retry_after = (kind == K::RateLimited).then(|| retry_after(&detail)).flatten();
    Diagnosis {
        kind,
        detail: format!("{typ}: {detail}"),
        retry_after,
    }
}

/// Let's Encrypt writes "retry after 2026-11-21 12:00:00 UTC" into the text; the library drops the header.
fn retry_after(detail: &str) -> Option<Timestamp> {
    let at = detail.split_once("retry after ")?.1.get(..19)?;
    let number = |range: std::ops::Range<usize>| at.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if !(1..=12).contains(&month) || !(1970..=9999).contains(&year) {
        return None;
    }
    // Days from civil, H. Hinnant (<https://howardhinnant.github.io/date_algorithms.html>).
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    Some(Timestamp(((days * 24 + hour) * 60 + minute) * 60 + second))
}

/// Says in plain words what is wrong and what to do.
pub(crate) fn summary(kind: ProblemKind, domain: &Domain) -> String {
    use ProblemKind as K;
    match kind {
        K::CaNameNotFound => {
            "The certificate authority's own name was not found. Check that the board has internet access and a \
             working DNS server."
                .into()
        }
        K::CaUnreachable => {
            "The certificate authority cannot be reached. Check the board's internet connection; it is tried again \
             by itself."
                .into()
        }
        K::CaTimeout => {
            "The certificate authority took too long to answer. It is tried again by itself.".into()
        }
        K::CaNotTrusted => {
            "The certificate authority's server has a certificate this board does not trust. If it is a private \
             authority, enter its root certificate; if not, something between here and there reads along."
                .into()
        }
        K::ClockWrong => {
            "The board's clock seems to be wrong, so certificates cannot be checked. It sets itself once the board \
             can reach a time server."
                .into()
        }
        K::CaBroken => {
            "The certificate authority answered with an error of its own. Nothing to do here; it is tried again by \
             itself."
                .into()
        }
        K::BadNonce => {
            "The certificate authority kept asking to start over. It is tried again by itself.".into()
        }
        K::NameNotFound => format!(
            "{domain} was not found in DNS. Make an A or AAAA record for it that holds this board's public address."
        ),
        K::NotReachable => format!(
            "The certificate authority could not connect to {domain}. Check that its DNS record holds this board's \
             public address, and that the router passes ports 80 and 443 on to the board."
        ),
        K::WrongAnswer => format!(
            "Something else than this board answered at {domain}. Check that its DNS record (A and AAAA) holds this \
             board's public address and no other."
        ),
        K::TlsAtChallenge => format!(
            "Something at {domain} answered on port 443 but not as this board would. Check that the router passes \
             port 443 on to the board unchanged."
        ),
        K::Caa => format!(
            "A CAA record in DNS does not allow this certificate authority to issue for {domain}. Change or remove \
             the record."
        ),
        K::RateLimited => {
            "The certificate authority's limit for this name or board is used up. It is tried again by itself when \
             the authority allows it."
                .into()
        }
        K::NameRefused => format!("The certificate authority does not issue certificates for {domain}. Use another name or authority."),
        K::ExternalAccountRequired => {
            "This certificate authority wants an account bound to a contract, which is not set up. Choose another \
             authority."
                .into()
        }
        K::TermsChanged => {
            "The certificate authority has new terms. Read and accept them to go on.".into()
        }
        K::ContactRefused => {
            "The certificate authority does not accept the contact address. Correct it in the settings.".into()
        }
        K::AccountRefused => {
            "The certificate authority does not know this board's account any more, or has closed it. A new try \
             registers it again."
                .into()
        }
        K::WrongCertificate => {
            "The certificate authority sent a certificate that is not for this name. It was not put to use.".into()
        }
        K::Storage => {
            "The certificate could not be written to the board's storage. Check the health of its disk or card."
                .into()
        }
        K::Other => format!("No certificate was issued for {domain}. What the certificate authority said is below."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_answer_of_the_ca_is_understood() {
        let text = r#"non 2xx http status: 429 "{\"type\":\"urn:ietf:params:acme:error:rateLimited\",\n\"detail\":\"too many failed authorizations (5) for \\\"a.test\\\" in the last 1h0m0s, retry after 2026-11-21 12:00:00 UTC: see docs\",\"status\":429}""#;
        let found = by_answer(text);
        assert_eq!(found.kind, ProblemKind::RateLimited);
        assert_eq!(found.retry_after, Some(Timestamp(1_795_262_400)));
        assert!(found.detail.contains("too many failed"), "{}", found.detail);
        assert_eq!(
            by_answer("non 2xx http status: 500 \"oops\"").kind,
            ProblemKind::CaBroken
        );
        assert_eq!(
            by_answer("non 2xx http status: 429 \"\"").kind,
            ProblemKind::RateLimited
        );
    }

    #[test]
    fn the_same_word_means_two_things() {
        let problem = acme::Problem {
            typ: Some("urn:ietf:params:acme:error:unauthorized".into()),
            detail: Some("no".into()),
        };
        assert_eq!(by_problem(&problem, None).kind, ProblemKind::WrongAnswer);
        assert_eq!(by_problem(&problem, Some(403)).kind, ProblemKind::AccountRefused);
    }

    #[test]
    fn dates_are_read() {
        assert_eq!(
            retry_after("retry after 1970-01-01T00:00:01Z"),
            Some(Timestamp(1))
        );
        assert_eq!(
            retry_after("retry after 2024-02-29 23:59:59 UTC"),
            Some(Timestamp(1_709_251_199))
        );
        assert_eq!(retry_after("retry after soon"), None);
        assert_eq!(retry_after("come back"), None);
    }

    proptest! {
        #[test]
        fn no_text_of_a_stranger_makes_it_panic(text: String) {
            let _ = by_answer(&text);
            let _ = by_answer(&format!("non 2xx http status: {text}"));
            let _ = retry_after(&format!("retry after {text}"));
        }
    }
}
