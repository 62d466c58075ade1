// SPDX-License-Identifier: AGPL-3.0-or-later
//! One order, from asking to the certificate (RFC 8555 section 7.4).
//!
//! rustls-acme's own driver tries again by itself after 1, 2, 4… seconds whatever the reason, which spends a CA's
//! limits within half a minute; it gives up when a nonce is refused, and it forgets an order when power fails. So its
//! protocol parts are driven from here: one attempt, and the decision when to try again stays in `schedule`.

use crate::{
    account::OpenAccount,
    ca::ask,
    challenge::{Challenges, Open, Way},
    leaf::Leaf,
    store::{CertificateStore, TlsError},
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use rustls_acme::acme::{self, AcmeError, Auth, AuthStatus, OrderStatus, Problem};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use types::Domain;

/// How long a CA may take to check a challenge, or to issue.
const PATIENCE: Duration = Duration::from_secs(90);

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("asking the CA")]
    Ca(#[source] AcmeError),
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
    #[error("storing")]
    Store(#[from] TlsError),
    #[error("{0}")]
    Other(String),
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
    pub(crate) account: &'a OpenAccount,
    pub(crate) store: &'a CertificateStore,
    pub(crate) challenges: &'a Arc<Challenges>,
    pub(crate) domain: &'a Domain,
    pub(crate) way: Way,
}

/// Told before each validation and after each that succeeded, so that it can be stored.
pub(crate) trait Witness {
    fn validation_begins(&mut self) -> Result<(), Failure>;
    fn validation_succeeded(&mut self) -> Result<(), Failure>;
}

impl Order<'_> {
    /// Takes the order to its end. The certificate, with its key, is stored when this returns.
    pub(crate) async fn place(&self, witness: &mut impl Witness) -> Result<Leaf, Failure> {
        let (begun, mut order) = match self.resume().await? {
            Some(resumed) => resumed,
            None => self.begin().await?,
        };
        let finished = tokio::time::timeout(PATIENCE, self.drive(&begun, &mut order, witness)).await;
        let finished = finished.unwrap_or(Err(Failure::Silent));
        match finished {
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
        order: &mut acme::Order,
        witness: &mut impl Witness,
    ) -> Result<Leaf, Failure> {
        let OpenAccount { account, client } = self.account;
        let mut pauses = pauses();
        loop {
            match &order.status {
                OrderStatus::Pending => {
                    for url in &order.authorizations {
                        self.authorize(url, witness).await?;
                    }
                    *order = ask(|| account.order(client, &begun.url)).await?;
                    if order.status == OrderStatus::Pending {
                        tokio::time::sleep(pauses()).await;
                    }
                }
                OrderStatus::Ready => {
                    let csr = self.request(&begun.key)?;
                    *order = ask(|| account.finalize(client, &order.finalize, &csr)).await?;
                }
                OrderStatus::Processing => {
                    tokio::time::sleep(pauses()).await;
                    *order = ask(|| account.order(client, &begun.url)).await?;
                }
                OrderStatus::Valid { certificate } => {
                    let chain = ask(|| account.certificate(client, certificate)).await?;
                    return self.accept(&begun.key, &chain);
                }
                OrderStatus::Invalid => return Err(Failure::Refused(order.error.clone())),
            }
        }
    }

    /// The order that was under way when power failed, if the CA still knows it and it can still succeed.
    async fn resume(&self) -> Result<Option<(Begun, acme::Order)>, Failure> {
        let Some(bytes) = self.store.read(&self.file())? else {
            return Ok(None);
        };
        let OpenAccount { account, client } = self.account;
        let begun = serde_json::from_slice::<Begun>(&bytes)
            .ok()
            .filter(|begun| begun.account == account.kid);
        if let Some(begun) = begun {
            match ask(|| account.order(client, &begun.url)).await {
                Ok(order) if order.status != OrderStatus::Invalid => return Ok(Some((begun, order))),
                Ok(_) | Err(Failure::Ca(AcmeError::HttpRequest(_) | AcmeError::Json(_))) => {}
                Err(failure) => return Err(failure),
            }
        }
        self.store.remove(&self.file())?;
        Ok(None)
    }

    async fn begin(&self) -> Result<(Begun, acme::Order), Failure> {
        let OpenAccount { account, client } = self.account;
        let key = KeyPair::generate().map_err(|error| Failure::Other(error.to_string()))?;
        let (url, order) = ask(|| account.new_order(client, vec![self.domain.to_string()])).await?;
        let begun = Begun {
            account: account.kid.clone(),
            url,
            key: key.serialize_pem(),
        };
        let json = serde_json::to_vec(&begun).map_err(|error| Failure::Other(error.to_string()))?;
        self.store.write(&self.file(), &json)?;
        Ok((begun, order))
    }

    /// Proves that the name leads here.
    async fn authorize(&self, url: &str, witness: &mut impl Witness) -> Result<(), Failure> {
        let OpenAccount { account, client } = self.account;
        let auth = ask(|| account.auth(client, url)).await?;
        match auth.status {
            AuthStatus::Valid => return Ok(()),
            AuthStatus::Pending => {}
            _ => return Err(Failure::Refused(reason(auth))),
        }
        let (challenge, _open) = self.answer(&auth)?;
        witness.validation_begins()?;
        ask(|| account.challenge(client, challenge)).await?;
        let mut pauses = pauses();
        loop {
            tokio::time::sleep(pauses()).await;
            let auth = ask(|| account.auth(client, url)).await?;
            match auth.status {
                AuthStatus::Valid => return witness.validation_succeeded(),
                AuthStatus::Pending => {}
                _ => return Err(Failure::Refused(reason(auth))),
            }
        }
    }

    /// Puts up the answer to a challenge: by the way that is wanted, else by the other one.
    fn answer<'a>(&self, auth: &'a Auth) -> Result<(&'a str, Open), Failure> {
        let account = &self.account.account;
        let by_tls = || {
            let (challenge, key) = account.tls_alpn_01(&auth.challenges, self.domain.to_string())?;
            Ok((
                challenge.url.as_str(),
                self.challenges.open_tls(self.domain.as_str(), key),
            ))
        };
        let by_http = || {
            let (challenge, answer) = account.http_01(&auth.challenges)?;
            Ok((
                challenge.url.as_str(),
                self.challenges.open_http(&challenge.token, answer),
            ))
        };
        match self.way {
            Way::TlsAlpn01 => by_tls().or_else(|_: AcmeError| by_http()),
            Way::Http01 => by_http().or_else(|_: AcmeError| by_tls()),
        }
        .map_err(Failure::Ca)
    }

    fn request(&self, key: &str) -> Result<Vec<u8>, Failure> {
        let make = || {
            let mut params = CertificateParams::new(vec![self.domain.to_string()])?;
            params.distinguished_name = DistinguishedName::new();
            params
                .serialize_request(&KeyPair::from_pem(key)?)
                .map(|request| request.der().to_vec())
        };
        make().map_err(|error: rcgen::Error| Failure::Other(error.to_string()))
    }

    /// Checks that it is a certificate for this name and key, and stores it.
    fn accept(&self, key: &str, chain: &str) -> Result<Leaf, Failure> {
        let pem = format!("{key}\n{chain}");
        let leaf = Leaf::parse(self.domain.as_str(), pem.as_bytes())
            .map_err(|error| Failure::WrongCertificate(error.to_string()))?;
        if !leaf.is_for(self.domain.as_str()) {
            return Err(Failure::WrongCertificate(format!(
                "it is for {}",
                leaf.covers.join(", ")
            )));
        }
        self.store
            .write(&format!("{}.pem", self.domain), pem.as_bytes())?;
        Ok(leaf)
    }

    fn file(&self) -> String {
        format!("{}.order", self.domain)
    }
}

/// What the CA wrote beside the challenge that failed.
fn reason(auth: Auth) -> Option<Problem> {
    auth.challenges.into_iter().find_map(|challenge| challenge.error)
}

/// Growing pauses between questions: 0.2 s, 0.4 s, … at most 3 s.
fn pauses() -> impl FnMut() -> Duration {
    let mut next = Duration::from_millis(200);
    move || {
        let pause = next;
        next = (next * 2).min(Duration::from_secs(3));
        pause
    }
}
