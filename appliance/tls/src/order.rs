// SPDX-License-Identifier: AGPL-3.0-or-later
//! One order, from asking to the certificate (RFC 8555 section 7.4), placed through instant-acme.
//!
//! rustls-acme places orders too, and its driver was the first choice; what it cannot do is written down in
//! `docs/certificates.md`: it spends a CA's limits within half a minute, hides `Retry-After`, knows no bound accounts,
//! no DNS-01, no ARI, and forgets an order when power fails. Here it is one attempt, which can be taken up again after
//! a power cut; when to try again is decided in `schedule`.

use crate::{
    ca::ask,
    challenge::{Challenges, Open, Way},
    dns::Subject,
    leaf::Leaf,
    store::{CertificateStore, TlsError},
};
use instant_acme::{
    Account, AuthorizationStatus, CertificateIdentifier, ChallengeHandle, ChallengeType, Error, Identifier,
    NewOrder, Order as Placed, OrderStatus, Problem,
};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::{
    crypto::ring::sign::any_ecdsa_type,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    sign::CertifiedKey,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long a CA may take to check a challenge, or to issue.
const PATIENCE: Duration = Duration::from_secs(90);
/// DNS servers need longer to tell each other.
const PATIENCE_DNS: Duration = Duration::from_mins(4);

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("asking the CA")]
    Ca(#[from] Error),
    #[error("the CA did not answer in time")]
    Silent,
    #[error("the CA refused: {0:?}")]
    Refused(Option<Problem>),
    #[error("the certificate of the CA is not usable: {0}")]
    BadRoot(String),
    #[error("the board's clock says it is before {0}, which cannot be")]
    Clock(&'static str),
    #[error("the CA sent a certificate that cannot be used: {0}")]
    WrongCertificate(String),
    #[error("the record for the challenge could not be made: {0}")]
    Dns(String),
    #[error("the CA does not accept the contract: {0}")]
    Contract(#[source] Error),
    #[error("storing")]
    Store(#[from] TlsError),
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// What a CA refuses when an account is bound to a contract is the contract.
    pub(crate) fn of_contract(self) -> Self {
        match (crate::problem::status(&self), self) {
            (Some(400 | 401 | 403 | 404 | 422), Self::Ca(error)) => Self::Contract(error),
            (_, failure) => failure,
        }
    }
}

/// An order on its way, stored so that it survives a power cut: the key of the certificate, and where the order is.
#[derive(Serialize, Deserialize)]
struct Begun {
    account: String,
    url: String,
    key: String,
}

/// What an order needs.
pub(crate) struct Order<'a> {
    pub(crate) account: &'a Account,
    pub(crate) store: &'a CertificateStore,
    pub(crate) challenges: &'a Arc<Challenges>,
    pub(crate) subject: &'a Subject,
    pub(crate) way: Way,
    /// The certificate that it replaces (RFC 9773 section 5).
    pub(crate) replaces: Option<CertificateIdentifier<'static>>,
    /// A rehearsal: nothing is stored, and its certificate is thrown away.
    pub(crate) rehearsal: bool,
    /// Records that were made in DNS, by name and value: taken away at the end, however it ends.
    pub(crate) made: Mutex<Vec<(String, String)>>,
}

/// Open as long as the CA may look; a record in DNS is no part of it.
type Answer = Option<Open>;

/// Told before each validation and after each that succeeded, so that it can be stored.
pub(crate) trait Witness {
    fn validation_begins(&mut self) -> Result<(), Failure>;
    fn validation_succeeded(&mut self) -> Result<(), Failure>;
}

impl Order<'_> {
    /// Takes the order to its end. The certificate, with its key, is stored when this returns.
    pub(crate) async fn place(&self, witness: &mut (impl Witness + Send)) -> Result<Leaf, Failure> {
        let (begun, mut order) = match self.resume().await? {
            Some(resumed) => resumed,
            None => self.begin().await?,
        };
        let patience = if self.subject.dns.is_some() {
            PATIENCE_DNS
        } else {
            PATIENCE
        };
        let finished = tokio::time::timeout(patience, self.drive(&begun, &mut order, witness)).await;
        self.tidy().await;
        match finished.unwrap_or(Err(Failure::Silent)) {
            Ok(leaf) => {
                self.store.remove(&self.file())?;
                Ok(leaf)
            }
            // What was refused stays refused; all else may go on where it stopped.
            Err(failure @ (Failure::Refused(_) | Failure::WrongCertificate(_))) => {
                self.store.remove(&self.file())?;
                Err(failure)
            }
            Err(failure) => Err(failure),
        }
    }

    async fn drive(
        &self,
        begun: &Begun,
        order: &mut Placed,
        witness: &mut (impl Witness + Send),
    ) -> Result<Leaf, Failure> {
        let mut pauses = pauses();
        loop {
            match order.state().status {
                OrderStatus::Pending => {
                    let mut index = 0;
                    while self.authorize(order, index, witness).await? {
                        index += 1;
                    }
                    ask!(async { order.refresh().await.map(drop) })?;
                    if order.state().status == OrderStatus::Pending {
                        tokio::time::sleep(pauses()).await;
                    }
                }
                OrderStatus::Ready => {
                    let csr = self.request(&begun.key)?;
                    ask!(order.finalize_csr(&csr))?;
                }
                OrderStatus::Processing => {
                    tokio::time::sleep(pauses()).await;
                    ask!(async { order.refresh().await.map(drop) })?;
                }
                OrderStatus::Valid => {
                    let chain = ask!(order.certificate())?;
                    let chain = chain.ok_or(Failure::Silent)?;
                    return self.accept(&begun.key, &chain);
                }
                OrderStatus::Invalid => return Err(Failure::Refused(order.state().error.clone())),
            }
        }
    }

    /// The order that was under way when power failed, if the CA still knows it and it can still succeed.
    async fn resume(&self) -> Result<Option<(Begun, Placed)>, Failure> {
        if self.rehearsal {
            return Ok(None);
        }
        let Some(bytes) = self.store.read(&self.file())? else {
            return Ok(None);
        };
        let begun = serde_json::from_slice::<Begun>(&bytes)
            .ok()
            .filter(|begun| begun.account == self.account.id());
        if let Some(begun) = begun {
            match ask!(self.account.order(begun.url.clone())) {
                Ok(mut order) => {
                    if order.state().status != OrderStatus::Invalid {
                        return Ok(Some((begun, order)));
                    }
                }
                // The CA answers, and does not know it.
                Err(failure) if crate::problem::status(&failure).is_some_and(|status| status < 500) => {}
                Err(failure) => return Err(failure),
            }
        }
        self.store.remove(&self.file())?;
        Ok(None)
    }

    async fn begin(&self) -> Result<(Begun, Placed), Failure> {
        let key = KeyPair::generate().map_err(|error| Failure::Other(error.to_string()))?;
        let names: Vec<Identifier> = self.subject.names().into_iter().map(Identifier::Dns).collect();
        let order = ask!(async {
            let mut new = NewOrder::new(&names);
            if let Some(replaces) = &self.replaces {
                new = new.replaces(replaces.clone());
            }
            self.account.new_order(&new).await
        })?;
        let begun = Begun {
            account: self.account.id().to_owned(),
            url: order.url().to_owned(),
            key: key.serialize_pem(),
        };
        if !self.rehearsal {
            let json = serde_json::to_vec(&begun).map_err(|error| Failure::Other(error.to_string()))?;
            self.store.write(&self.file(), &json)?;
        }
        Ok((begun, order))
    }

    /// Proves that a name leads here; `false` when the order has no authorization of this number.
    async fn authorize(
        &self,
        order: &mut Placed,
        index: usize,
        witness: &mut (impl Witness + Send),
    ) -> Result<bool, Failure> {
        let Some(_answer) = self.answer(order, index, witness).await? else {
            return Ok(order.state().authorizations.len() > index);
        };
        let mut pauses = pauses();
        loop {
            tokio::time::sleep(pauses()).await;
            if self.is_proved(order, index).await? {
                witness.validation_succeeded()?;
                return Ok(true);
            }
        }
    }

    /// Puts up the answer to a challenge and tells the CA; `None` when there is nothing (more) to prove.
    async fn answer(
        &self,
        order: &mut Placed,
        index: usize,
        witness: &mut (impl Witness + Send),
    ) -> Result<Option<Answer>, Failure> {
        let mut authorizations = order.authorizations();
        for _ in 0..index {
            authorizations.next().await.transpose()?;
        }
        let Some(authorization) = authorizations.next().await else {
            return Ok(None);
        };
        let mut authorization = authorization?;
        match authorization.status {
            AuthorizationStatus::Valid => return Ok(None),
            AuthorizationStatus::Pending => {}
            _ => return Err(Failure::Refused(reason(&authorization))),
        }
        let wildcard = authorization.wildcard;
        let offered: Vec<ChallengeType> = authorization
            .challenges
            .iter()
            .map(|challenge| challenge.r#type.clone())
            .collect();
        let kind = self
            .kinds(wildcard)
            .into_iter()
            .find(|kind| offered.contains(kind));
        let kind = kind
            .ok_or_else(|| Failure::Other("the CA offers no challenge that the board can answer".into()))?;
        let mut challenge = authorization
            .challenge(kind.clone())
            .ok_or_else(|| Failure::Other("the CA took its challenge back".into()))?;
        let answer = self.put_up(&challenge, &kind).await?;
        witness.validation_begins()?;
        ask!(challenge.set_ready())?;
        Ok(Some(answer))
    }

    /// Whether the CA has seen the answer.
    async fn is_proved(&self, order: &mut Placed, index: usize) -> Result<bool, Failure> {
        let mut authorizations = order.authorizations();
        for _ in 0..index {
            authorizations.next().await.transpose()?;
        }
        let Some(authorization) = authorizations.next().await else {
            return Err(Failure::Other("the CA took an authorization back".into()));
        };
        let mut authorization = authorization?;
        let looked = ask!(async { authorization.refresh().await.map(|state| state.status) })?;
        match looked {
            AuthorizationStatus::Valid => Ok(true),
            AuthorizationStatus::Pending => Ok(false),
            _ => Err(Failure::Refused(reason(&authorization))),
        }
    }

    /// Which challenges can be answered, best first.
    fn kinds(&self, wildcard: bool) -> Vec<ChallengeType> {
        use ChallengeType::{Dns01, Http01, TlsAlpn01};
        match (&self.subject.dns, wildcard, self.way) {
            (Some(_), _, _) => vec![Dns01],
            (None, true, _) => Vec::new(),
            (None, false, Way::TlsAlpn01) => vec![TlsAlpn01, Http01],
            (None, false, Way::Http01) => vec![Http01, TlsAlpn01],
        }
    }

    async fn put_up(&self, challenge: &ChallengeHandle<'_>, kind: &ChallengeType) -> Result<Answer, Failure> {
        let domain = self.subject.domain.as_str();
        let key = challenge.key_authorization();
        Ok(match (kind, &self.subject.dns) {
            (ChallengeType::Dns01, Some(records)) => {
                let (name, value) = (format!("_acme-challenge.{domain}"), key.dns_value());
                // Noted first: what is half done is taken away, too.
                lock(&self.made).push((name.clone(), value.clone()));
                records.put(&name, &value).await.map_err(Failure::Dns)?;
                None
            }
            (ChallengeType::Http01, _) => Some(
                self.challenges
                    .open_http(&challenge.token, key.as_str().to_owned()),
            ),
            _ => {
                let certificate = challenge_certificate(domain, key.digest().as_ref())
                    .map_err(|error| Failure::Other(error.to_string()))?;
                Some(self.challenges.open_tls(domain, certificate))
            }
        })
    }

    /// Takes the records in DNS away again.
    async fn tidy(&self) {
        let made = std::mem::take(&mut *lock(&self.made));
        let Some(records) = &self.subject.dns else {
            return;
        };
        for (name, value) in made {
            if let Err(error) = records.remove(&name, &value).await {
                log::warn!("the record {name} could not be taken away: {error}");
            }
        }
    }

    fn request(&self, key: &str) -> Result<Vec<u8>, Failure> {
        let make = || {
            let mut params = CertificateParams::new(self.subject.names())?;
            params.distinguished_name = DistinguishedName::new();
            params
                .serialize_request(&KeyPair::from_pem(key)?)
                .map(|request| request.der().to_vec())
        };
        make().map_err(|error: rcgen::Error| Failure::Other(error.to_string()))
    }

    /// Checks that it is a certificate for these names and this key, and stores it.
    fn accept(&self, key: &str, chain: &str) -> Result<Leaf, Failure> {
        let domain = &self.subject.domain;
        let pem = format!("{key}\n{chain}");
        let leaf = Leaf::parse(domain.as_str(), pem.as_bytes())
            .map_err(|error| Failure::WrongCertificate(error.to_string()))?;
        let covered: BTreeSet<&str> = leaf.covers.iter().map(String::as_str).collect();
        if !self
            .subject
            .names()
            .iter()
            .all(|name| covered.contains(name.as_str()))
        {
            let covers = leaf.covers.join(", ");
            return Err(Failure::WrongCertificate(format!("it is for {covers}")));
        }
        if !self.rehearsal {
            self.store.write(&format!("{domain}.pem"), pem.as_bytes())?;
        }
        Ok(leaf)
    }

    fn file(&self) -> String {
        format!("{}.order", self.subject.domain)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The certificate that answers TLS-ALPN-01 (RFC 8737 section 3). Put together by hand: rustls would refuse to check
/// the key against a certificate with a critical extension that it does not know.
fn challenge_certificate(domain: &str, digest: &[u8]) -> Result<CertifiedKey, Box<dyn std::error::Error>> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec![domain.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let certificate: CertificateDer<'static> = params.self_signed(&key)?.der().clone();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Ok(CertifiedKey::new(vec![certificate], any_ecdsa_type(&key)?))
}

/// What the CA wrote beside the challenge that failed.
fn reason(authorization: &instant_acme::AuthorizationState) -> Option<Problem> {
    authorization
        .challenges
        .iter()
        .find_map(|challenge| challenge.error.clone())
}

/// Growing pauses between questions: 0.05 s, 0.1 s, … at most 3 s.
fn pauses() -> impl FnMut() -> Duration + use<> {
    let mut next = Duration::from_millis(50);
    move || {
        let pause = next;
        next = (next * 2).min(Duration::from_secs(3));
        pause
    }
}
