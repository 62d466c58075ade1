// SPDX-License-Identifier: AGPL-3.0-or-later
//! Names that are proved to the certificate authority by a record in DNS (DNS-01, RFC 8555 section 8.4): who makes it.
//! Nobody has to reach the board for that, and one certificate can cover every name below a domain.

use super::{Tsig, choice};
use crate::{
    ApiError,
    app::Clock,
    state::{DomainRecord, PublicName},
};
use async_trait::async_trait;
use reach::{Hook, Lookup, lookup::LookupSettings};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};
use tls::{DnsRecords, Subject};
use types::Domain;

/// Pauses between questions whether the record is there, in seconds: a minute and a half in all.
const PAUSES: [u64; 10] = [1, 1, 2, 4, 8, 14, 15, 15, 15, 15];
/// Time for each request.
const WITHIN: Duration = Duration::from_secs(20);

/// Who makes the record. Stored as it is, so with secrets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "way", rename_all = "lowercase")]
pub enum Proof {
    /// The board itself, at the domain's own server (RFC 2136).
    Rfc2136(Tsig),
    /// A web hook (lego's `httpreq`).
    Hook {
        /// Its address.
        url: String,
        /// User name; may be empty.
        user: String,
        /// Password.
        password: String,
    },
}

/// How a domain is proved by DNS, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProofView {
    /// `rfc2136` or `hook`.
    pub way: String,
    /// The server, or the hook's address.
    pub server: String,
    /// The zone; `null` with a hook.
    pub zone: Option<String>,
}

impl fmt::Debug for Proof {
    /// Without secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proof({:?})", self.view())
    }
}

impl Proof {
    /// What may be shown.
    pub fn view(&self) -> ProofView {
        match self {
            Self::Rfc2136(tsig) => ProofView {
                way: "rfc2136".into(),
                server: tsig.server.to_string(),
                zone: Some(tsig.zone.to_string()),
            },
            Self::Hook { url, .. } => ProofView {
                way: "hook".into(),
                server: url.clone(),
                zone: None,
            },
        }
    }
}

/// Reads how `domain` is proved: `way` is `rfc2136` (with `server`, `zone`, `key_name`, `key`, `algorithm`), `hook` (with
/// `url`, `user`, `password`) or `none`. A secret that is left out stays as it was.
///
/// # Errors
/// 422 with what is wrong per field.
pub fn check_proof(
    domain: &Domain,
    before: Option<&Proof>,
    fields: &BTreeMap<String, String>,
) -> Result<Option<Proof>, ApiError> {
    const KNOWN: [&str; 9] = [
        "way",
        "server",
        "zone",
        "key_name",
        "key",
        "algorithm",
        "url",
        "user",
        "password",
    ];
    if let Some(unknown) = fields.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        return Err(ApiError::field(unknown, "is not known here"));
    }
    let get = |key: &str| fields.get(key).map(|text| text.trim()).unwrap_or_default();
    match get("way") {
        "none" => Ok(None),
        "rfc2136" => {
            let kept = match before {
                Some(Proof::Rfc2136(tsig)) => Some(tsig.key.clone()),
                _ => None,
            };
            let tsig = choice::tsig(fields, kept)?;
            let inside = domain.as_str() == tsig.zone.as_str()
                || domain.as_str().ends_with(&format!(".{}", tsig.zone));
            if !inside {
                return Err(ApiError::field(
                    "zone",
                    format!("must be {domain}, or a name above it"),
                ));
            }
            Ok(Some(Proof::Rfc2136(tsig)))
        }
        "hook" => {
            let url = get("url");
            let good =
                |uri: &http::Uri| matches!(uri.scheme_str(), Some("https" | "http")) && uri.host().is_some();
            if !url.parse().is_ok_and(|uri| good(&uri)) || url.contains(['?', '#', '@']) {
                let message = "must be a web address like https://hook.example.org/dns";
                return Err(ApiError::field("url", message));
            }
            let kept = match before {
                Some(Proof::Hook { password, .. }) => Some(password.clone()),
                _ => None,
            };
            let user = get("user").to_owned();
            let password = if user.is_empty() {
                String::new()
            } else {
                choice::secret(get("password"), kept, "password")?
            };
            Ok(Some(Proof::Hook {
                url: url.to_owned(),
                user,
                password,
            }))
        }
        _ => Err(ApiError::field("way", "must be rfc2136, hook or none")),
    }
}

/// Makes the records of one domain, and waits until its servers show them.
pub struct Records {
    /// Who makes them.
    pub proof: Proof,
    /// Tells the time, which is part of a signature.
    pub clock: Clock,
    /// Who is asked whether they are there; `None`: nobody.
    pub lookup: Option<LookupSettings>,
}

#[async_trait]
impl DnsRecords for Records {
    async fn put(&self, name: &str, value: &str) -> Result<(), String> {
        match &self.proof {
            Proof::Rfc2136(tsig) => {
                let client = tsig
                    .client(&tsig.zone)
                    .ok_or("The key is damaged. Enter it again.")?;
                let outcome = client.add_text(name, value, (self.clock)()).await;
                if !outcome.is_success() {
                    return Err(outcome.to_string());
                }
            }
            Proof::Hook { url, user, password } => {
                let hook = hook(url, user, password);
                hook.present(name, value)
                    .await
                    .map_err(|error| host::chain(&error))?;
            }
        }
        self.wait_for(name, value).await
    }

    async fn remove(&self, name: &str, value: &str) -> Result<(), String> {
        match &self.proof {
            Proof::Rfc2136(tsig) => {
                let client = tsig.client(&tsig.zone).ok_or("the key is damaged")?;
                let outcome = client.remove_text(name, value, (self.clock)()).await;
                outcome
                    .is_success()
                    .then_some(())
                    .ok_or_else(|| outcome.to_string())
            }
            Proof::Hook { url, user, password } => {
                let cleanup = hook(url, user, password).cleanup(name, value).await;
                cleanup.map_err(|error| host::chain(&error))
            }
        }
    }
}

impl Records {
    /// Waits until every server of the zone shows the record. Where none answers the board, the authority has the last
    /// word.
    async fn wait_for(&self, name: &str, value: &str) -> Result<(), String> {
        let domain = name
            .strip_prefix("_acme-challenge.")
            .and_then(|domain| domain.parse::<Domain>().ok());
        let lookup = self
            .lookup
            .clone()
            .and_then(|settings| Lookup::new(settings).ok());
        let (Some(domain), Some(lookup)) = (domain, lookup) else {
            return Ok(());
        };
        for pause in PAUSES {
            match lookup.shows_text(&domain, name, value).await {
                Ok(true) => return Ok(()),
                Ok(false) => tokio::time::sleep(Duration::from_secs(pause)).await,
                Err(error) => {
                    log::warn!("whether {name} is there: {error}");
                    return Ok(());
                }
            }
        }
        Err(format!(
            "The record {name} was accepted, but the domain's servers do not show it."
        ))
    }
}

fn hook(url: &str, user: &str, password: &str) -> Hook {
    Hook {
        url: url.into(),
        user: user.into(),
        password: password.into(),
        within: WITHIN,
    }
}

/// What certificates are kept for: one a name, but one for all names below a domain with a wildcard that is proved by
/// DNS.
pub fn subjects(
    names: &[PublicName],
    domains: &[DomainRecord],
    records: impl Fn(&Domain) -> Option<Arc<dyn DnsRecords>>,
) -> Vec<Subject> {
    let mut subjects: BTreeMap<Domain, Subject> = BTreeMap::new();
    let mut below = Vec::new();
    for name in names {
        let dns = records(&name.domain);
        let domain = domains.iter().find(|domain| domain.name == name.domain);
        let wildcard = dns.is_some() && domain.is_some_and(|domain| domain.wildcard);
        if wildcard && name.name != name.domain {
            below.push(name);
            continue;
        }
        let subject = Subject {
            wildcard,
            dns,
            ..Subject::plain(name.name.clone())
        };
        subjects.insert(name.name.clone(), subject);
    }
    for name in below {
        if let Some(subject) = subjects.get_mut(&name.domain) {
            subject.under.insert(name.name.clone());
        }
    }
    subjects.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    const ZONE: [(&str, &str); 5] = [
        ("way", "rfc2136"),
        ("server", "192.0.2.53"),
        ("zone", "example.org"),
        ("key_name", "board"),
        ("key", "c2VjcmV0IHNlY3JldCBzZWNyZXQ="),
    ];

    #[test]
    fn a_secret_that_is_left_out_stays_and_is_never_shown() {
        let domain = "garden.example.org".parse().unwrap();
        let proof = check_proof(&domain, None, &fields(&ZONE)).unwrap();
        let again = check_proof(&domain, proof.as_ref(), &fields(&ZONE[..4])).unwrap();
        assert_eq!(proof, again);
        assert!(!format!("{proof:?}").contains("c2VjcmV0"));
        assert!(
            !serde_json::to_string(&proof.unwrap().view())
                .unwrap()
                .contains("c2VjcmV0")
        );
        assert!(
            check_proof(&domain, None, &fields(&ZONE[..4])).is_err(),
            "nothing was kept"
        );
    }

    #[test]
    fn what_cannot_work_is_refused_with_the_field() {
        let domain = "example.net".parse().unwrap();
        let cases = [
            (fields(&ZONE), "zone"),
            (fields(&[("way", "hook"), ("url", "ftp://hook.test")]), "url"),
            (
                fields(&[("way", "hook"), ("url", "https://hook.test"), ("user", "ada")]),
                "password",
            ),
            (fields(&[("way", "carrier pigeon")]), "way"),
            (fields(&[("way", "none"), ("passwort", "x")]), "passwort"),
        ];
        for (given, field) in cases {
            let error = check_proof(&domain, None, &given).unwrap_err();
            assert!(error.fields.contains_key(field), "{field}: {:?}", error.fields);
        }
    }

    struct Nobody;

    #[async_trait]
    impl DnsRecords for Nobody {
        async fn put(&self, _: &str, _: &str) -> Result<(), String> {
            Ok(())
        }
        async fn remove(&self, _: &str, _: &str) -> Result<(), String> {
            Ok(())
        }
    }

    #[test]
    fn one_certificate_covers_what_a_wildcard_can() {
        let domain = |name: &str, wildcard| DomainRecord {
            name: name.parse().unwrap(),
            service: None,
            every_service: true,
            wildcard,
        };
        let domains = [
            domain("a.org", true),
            domain("b.org", true),
            domain("c.org", false),
        ];
        let services: Vec<types::ServiceName> = ["files", "notes"].map(|name| name.parse().unwrap()).into();
        let names = crate::state::public_names(&domains, &services.iter());
        let proved = |name: &Domain| -> Option<Arc<dyn DnsRecords>> {
            (name.as_str() != "b.org").then(|| Arc::new(Nobody) as _)
        };
        let subjects = subjects(&names, &domains, proved);
        let shown: Vec<String> = subjects
            .iter()
            .map(|subject| format!("{subject:?} +{}", subject.under.len()))
            .collect();
        let expected = [
            "Subject(*.a.org, a.org) +2",
            "Subject(b.org) +0",
            "Subject(c.org) +0",
            "Subject(files.b.org) +0",
            "Subject(files.c.org) +0",
            "Subject(notes.b.org) +0",
            "Subject(notes.c.org) +0",
        ];
        assert_eq!(shown, expected);
    }
}
