// SPDX-License-Identifier: AGPL-3.0-or-later
//! What went wrong with an order, in words that say what to do.

use crate::{
    ca::{Answer, Trouble},
    order::Failure,
};
use instant_acme::{Error, Problem as AcmeProblem};
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
    /// The domain's own name servers answered the CA with an error, or not at all.
    NameServersFail,
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
    /// The CA does not accept the contract that the account shall be bound to.
    ExternalAccountRefused,
    /// The CA's terms must be agreed to again.
    TermsChanged,
    /// The contact address is not accepted.
    ContactRefused,
    /// The account is unknown, or closed.
    AccountRefused,
    /// The record that proves the name could not be made in DNS.
    DnsUpdate,
    /// The CA sent a certificate that is not for this name or key.
    WrongCertificate,
    /// The certificate could not be written to the board's storage.
    Storage,
    /// Anything else.
    Other,
}

impl ProblemKind {
    /// Whether it is the CA's, or lies between here and there: nothing that the name's owner could mend.
    pub(crate) fn is_of_the_ca(self) -> bool {
        use ProblemKind as K;
        matches!(
            self,
            K::CaNameNotFound
                | K::CaUnreachable
                | K::CaTimeout
                | K::CaNotTrusted
                | K::CaBroken
                | K::BadNonce
                | K::RateLimited
        )
    }
}

impl ProblemKind {
    /// The same where a name is proved by a record in DNS: nobody connects to the board then.
    pub(crate) fn of_dns(self) -> Self {
        match self {
            Self::WrongAnswer | Self::NotReachable | Self::TlsAtChallenge => Self::DnsUpdate,
            other => other,
        }
    }
}

/// A failure, understood.
pub(crate) struct Diagnosis {
    pub(crate) kind: ProblemKind,
    pub(crate) detail: String,
    /// When the CA wants to be asked again, if it said so.
    pub(crate) retry_after: Option<Timestamp>,
}

/// Finds out what a failure is.
pub(crate) fn diagnose(failure: &Failure, now: Timestamp) -> Diagnosis {
    let (kind, detail) = match failure {
        Failure::Ca(error) => return by_error(error, now),
        Failure::Refused(Some(problem)) => return by_problem(problem, None),
        Failure::Refused(None) => (ProblemKind::Other, "The CA gave no reason.".to_owned()),
        Failure::Silent => (ProblemKind::CaTimeout, failure.to_string()),
        Failure::BadRoot(_) => (ProblemKind::CaNotTrusted, failure.to_string()),
        Failure::Clock(_) => (ProblemKind::ClockWrong, failure.to_string()),
        Failure::WrongCertificate(_) => (ProblemKind::WrongCertificate, failure.to_string()),
        Failure::Contract(error) => {
            let found = by_error(error, now);
            return Diagnosis {
                kind: ProblemKind::ExternalAccountRefused,
                ..found
            };
        }
        Failure::Dns(text) => (ProblemKind::DnsUpdate, text.clone()),
        Failure::Store(error) => (ProblemKind::Storage, chain(error)),
        Failure::Other(text) => (ProblemKind::Other, text.clone()),
    };
    Diagnosis {
        kind,
        detail,
        retry_after: None,
    }
}

/// The status of an answer that said no.
pub(crate) fn status(failure: &Failure) -> Option<u16> {
    match failure {
        Failure::Ca(Error::Api(problem)) => Some(problem.status.unwrap_or(400)),
        Failure::Ca(Error::Other(error)) => match error.downcast_ref::<Trouble>()? {
            Trouble::Answered(answer) => Some(answer.status),
            _ => None,
        },
        _ => None,
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

fn by_error(error: &Error, now: Timestamp) -> Diagnosis {
    let kind = match error {
        Error::Api(problem) => return by_problem(problem, Some(problem.status.unwrap_or(400))),
        Error::Other(other) => match other.downcast_ref::<Trouble>() {
            Some(Trouble::Answered(answer)) => return by_answer(answer, now),
            Some(trouble) => by_trouble(trouble),
            None => ProblemKind::Other,
        },
        // An answer that is no JSON, or lacks what must be in it.
        Error::Json(_) | Error::Str(_) | Error::Unsupported(_) => ProblemKind::CaBroken,
        Error::Timeout(_) => ProblemKind::CaTimeout,
        _ => ProblemKind::Other,
    };
    Diagnosis {
        kind,
        detail: chain(error).chars().take(500).collect(),
        retry_after: None,
    }
}

fn by_trouble(trouble: &Trouble) -> ProblemKind {
    match trouble {
        Trouble::NameNotFound(..) => ProblemKind::CaNameNotFound,
        Trouble::Unreachable(..) => ProblemKind::CaUnreachable,
        Trouble::Silent(_) => ProblemKind::CaTimeout,
        Trouble::Garbled(..) | Trouble::Answered(_) => ProblemKind::CaBroken,
        Trouble::Tls(_, error) => by_tls(error),
    }
}

fn by_tls(error: &std::io::Error) -> ProblemKind {
    use rustls::{CertificateError as C, Error as E};
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<E>());
    match inner {
        Some(E::InvalidCertificate(
            C::Expired | C::ExpiredContext { .. } | C::NotValidYet | C::NotValidYetContext { .. },
        )) => ProblemKind::ClockWrong,
        Some(E::InvalidCertificate(_)) => ProblemKind::CaNotTrusted,
        // The connection broke off, or it was no TLS.
        _ => ProblemKind::CaBroken,
    }
}

fn by_answer(answer: &Answer, now: Timestamp) -> Diagnosis {
    let found = match &answer.problem {
        Some(problem) => by_problem(problem, Some(answer.status)),
        None => Diagnosis {
            kind: ProblemKind::CaBroken,
            detail: answer.to_string(),
            retry_after: None,
        },
    };
    let kind = match answer.status {
        429 => ProblemKind::RateLimited,
        _ => found.kind,
    };
    let asked = answer.retry_after.map(|retry| retry.from(now));
    Diagnosis {
        kind,
        // A CA may also ask for patience with a 503.
        retry_after: asked.or(found.retry_after),
        ..found
    }
}

/// How Let's Encrypt, and Pebble, tell of name servers that fail.
const FAILING: [&str; 5] = [
    "SERVFAIL",
    "REFUSED looking up",
    "query timed out",
    "DNSSEC",
    "Could not resolve URL",
];

/// Reads a problem document (RFC 8555 section 6.7).
fn by_problem(problem: &AcmeProblem, status: Option<u16>) -> Diagnosis {
    use ProblemKind as K;
    let typ = problem.r#type.as_deref().unwrap_or_default();
    let detail = problem.detail.clone().unwrap_or_default();
    let kind = match typ
        .strip_prefix("urn:ietf:params:acme:error:")
        .unwrap_or_default()
    {
        "badNonce" => K::BadNonce,
        "rateLimited" => K::RateLimited,
        "connection" => K::NotReachable,
        _ if FAILING.iter().any(|words| detail.contains(words)) => K::NameServersFail,
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

/// Let's Encrypt writes "retry after 2026-11-21 12:00:00 UTC" into the text as well.
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
        K::NameServersFail => format!(
            "The name servers of {domain} answered the certificate authority with an error, or not at all. Where the \
             domain is managed, look whether they are in order (with DNSSEC, whether its keys are); if that is not \
             yours to mend, it is tried again by itself."
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
            "This certificate authority wants an account bound to a contract. Enter the key name and the key that it \
             gave you, or choose another authority."
                .into()
        }
        K::ExternalAccountRefused => {
            "This certificate authority does not accept the key of your contract. Enter key name and key again, as the \
             authority gave them to you."
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
        K::DnsUpdate => format!(
            "The record that proves {domain} did not get into DNS. Check the server, the key and the zone in the \
             domain's settings."
        ),
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

    fn problem(kind: &str, detail: &str) -> AcmeProblem {
        let json =
            serde_json::json!({ "type": format!("urn:ietf:params:acme:error:{kind}"), "detail": detail });
        serde_json::from_value(json).unwrap()
    }

    fn answer(status: u16, problem: Option<AcmeProblem>) -> Answer {
        let (retry_after, text) = (None, "oops".into());
        Answer {
            status,
            retry_after,
            problem,
            text,
        }
    }

    #[test]
    fn an_answer_of_the_ca_is_understood() {
        let now = Timestamp(1_795_000_000);
        let text = "too many failed authorizations (5) for \"a.test\" in the last 1h0m0s, retry after 2026-11-21 \
                    12:00:00 UTC: see docs";
        let found = by_answer(&answer(429, Some(problem("rateLimited", text))), now);
        assert_eq!(found.kind, ProblemKind::RateLimited);
        assert_eq!(found.retry_after, Some(Timestamp(1_795_262_400)));
        assert!(found.detail.contains("too many failed"), "{}", found.detail);
        // The header counts more than the text.
        let mut limited = answer(429, Some(problem("rateLimited", text)));
        limited.retry_after = Some(crate::ca::RetryAfter::Seconds(120));
        assert_eq!(by_answer(&limited, now).retry_after, Some(Timestamp(now.0 + 120)));
        assert_eq!(by_answer(&answer(500, None), now).kind, ProblemKind::CaBroken);
        assert_eq!(by_answer(&answer(429, None), now).kind, ProblemKind::RateLimited);
    }

    #[test]
    fn the_same_word_means_two_things() {
        let problem = problem("unauthorized", "no");
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
            let _ = by_problem(&problem(&text, &text), None);
            let _ = retry_after(&format!("retry after {text}"));
        }
    }
}
