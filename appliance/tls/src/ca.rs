// SPDX-License-Identifier: AGPL-3.0-or-later
//! How the CA's own server is spoken to: one HTTP/1.1 connection at a time, with a deadline for each answer, and with
//! what a CA says beside its answer (`Retry-After`) kept, which instant-acme's own client drops.

use crate::{Clock, order::Failure, settings::AcmeSettings};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Collected, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient, Problem};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
    time_provider::TimeProvider,
};
use serde::Deserialize;
use std::{error::Error as _, fmt, future::Future, io, pin::Pin, sync::Arc, time::Duration};
use tokio::{net::TcpStream, sync::Mutex};
use tokio_rustls::TlsConnector;
use types::Timestamp;

/// How long the CA may take for one answer, connecting included.
const ANSWER: Duration = Duration::from_secs(30);
/// How often a nonce may be refused before a request is given up (RFC 8555 section 6.5 wants it tried again).
/// instant-acme tries three times by itself.
pub(crate) const NONCES: u32 = 6;
/// Longest answer, in bytes: a chain of certificates is some 10 kB.
const LONGEST: usize = 256 * 1024;

/// What went wrong between the board and the CA.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// Its name was not found.
    #[error("the name {0} was not found")]
    NameNotFound(String, #[source] io::Error),
    /// No connection.
    #[error("no connection to {0}")]
    Unreachable(String, #[source] io::Error),
    /// TLS failed.
    #[error("no TLS with {0}")]
    Tls(String, #[source] io::Error),
    /// No answer in time.
    #[error("{0} did not answer in time")]
    Silent(String),
    /// Half an answer, or none that is HTTP.
    #[error("the answer of {0} cannot be read")]
    Garbled(String, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// An answer that says no.
    #[error("{0}")]
    Answered(Answer),
}

/// An answer that says no.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{status}: {text}")]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<RetryAfter>,
    pub(crate) problem: Option<Problem>,
    /// The answer's text, shortened.
    pub(crate) text: String,
}

/// When a CA wants to be asked again (RFC 9110 section 10.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryAfter {
    /// In so many seconds.
    Seconds(u64),
    /// Then.
    At(Timestamp),
}

impl RetryAfter {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Self::Seconds(seconds));
        }
        let at = jiff::fmt::rfc2822::parse(text).ok()?;
        Some(Self::At(Timestamp(at.timestamp().as_second())))
    }

    /// As a moment.
    pub(crate) fn from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Seconds(seconds) => now.plus(Duration::from_secs(seconds)),
            Self::At(at) => at,
        }
    }
}

/// What a CA says of itself (RFC 8555 section 7.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaFacts {
    /// Where its terms of service are.
    pub terms: Option<String>,
    /// The names by which CAA records mean it.
    pub caa: Vec<String>,
    /// Whether it wants an account bound to a contract.
    pub external_account: bool,
    /// Whether it says when to renew (RFC 9773).
    pub renewal_info: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Directory {
    renewal_info: Option<String>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Meta {
    terms_of_service: Option<String>,
    caa_identities: Vec<String>,
    external_account_required: bool,
}

/// Asks a CA's directory what it says of itself.
pub(crate) async fn facts(settings: &AcmeSettings, clock: &Clock) -> Result<CaFacts, Failure> {
    let client = Client::new(settings, clock)?;
    let request = Request::get(&settings.directory)
        .body(BodyWrapper::default())
        .map_err(|error| Failure::Ca(error.into()))?;
    let mut response = client.request(request).await?;
    let body = response
        .body
        .into_bytes()
        .await
        .map_err(|error| Failure::Ca(Error::Other(error)))?;
    let directory: Directory = serde_json::from_slice(&body).map_err(|error| Failure::Ca(error.into()))?;
    Ok(CaFacts {
        terms: directory.meta.terms_of_service,
        caa: directory.meta.caa_identities,
        external_account: directory.meta.external_account_required,
        renewal_info: directory.renewal_info.is_some(),
    })
}

/// The board's clock, as rustls wants to see it.
struct Time(Clock);

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Time")
    }
}

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from((self.0)().0).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

type Sender = SendRequest<Full<Bytes>>;

/// A client that trusts the CA's own roots if there are any, else the public ones. Clones share their connection.
#[derive(Clone)]
pub(crate) struct Client {
    tls: Arc<ClientConfig>,
    idle: Arc<Mutex<Option<(String, Sender)>>>,
}

impl Client {
    /// Certificates are checked by the board's own clock.
    pub(crate) fn new(settings: &AcmeSettings, clock: &Clock) -> Result<Self, Failure> {
        let mut roots = RootCertStore::empty();
        let bad = |error: &dyn std::fmt::Display| Failure::BadRoot(error.to_string());
        match &settings.root_pem {
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(pem) => {
                let mut count = 0;
                for root in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                    let root = root.map_err(|error| bad(&error))?;
                    roots.add(root).map_err(|error| bad(&error))?;
                    count += 1;
                }
                if count == 0 {
                    return Err(Failure::BadRoot("there is no certificate in it".into()));
                }
            }
        }
        let time = Arc::new(Time(Arc::clone(clock)));
        let config = ClientConfig::builder_with_details(Arc::new(ring::default_provider()), time)
            .with_safe_default_protocol_versions()
            .map_err(|error| bad(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            tls: Arc::new(config),
            idle: Arc::default(),
        })
    }

    async fn exchange(&self, request: Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, Trouble> {
        let uri = request.uri().clone();
        let host = uri.host().unwrap_or_default().to_owned();
        match tokio::time::timeout(ANSWER, self.ask(request, &uri, &host)).await {
            Ok(answer) => answer,
            Err(_) => Err(Trouble::Silent(host)),
        }
    }

    async fn ask(
        &self,
        request: Request<BodyWrapper<Bytes>>,
        uri: &Uri,
        host: &str,
    ) -> Result<BytesResponse, Trouble> {
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        let garbled =
            |error: Box<dyn std::error::Error + Send + Sync>| Trouble::Garbled(host.to_owned(), error);
        let request = origin_form(request, &authority).await;
        let sent = match self.idle(&authority).await {
            // A server may close a connection that idles, just when it is used again.
            Some(mut sender) => match sender.send_request(request.clone()).await {
                Err(error) if is_gone(&error) => None,
                answer => Some((sender, answer)),
            },
            None => None,
        };
        let (sender, response) = if let Some(sent) = sent {
            sent
        } else {
            let mut sender = self.connect(uri, host).await?;
            let answer = sender.send_request(request).await;
            (sender, answer)
        };
        let response = response.map_err(|error| garbled(error.into()))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, LONGEST)
            .collect()
            .await
            .map_err(garbled)?
            .to_bytes();
        if parts.status.is_client_error() || parts.status.is_server_error() {
            let problem = serde_json::from_slice::<Problem>(&body)
                .ok()
                .filter(|problem| problem.r#type.is_some());
            let bad_nonce = problem.as_ref().is_some_and(is_bad_nonce);
            // A refused nonce is instant-acme's to deal with.
            if !(bad_nonce && parts.status == StatusCode::BAD_REQUEST) {
                let text = String::from_utf8_lossy(&body);
                return Err(Trouble::Answered(Answer {
                    status: parts.status.as_u16(),
                    retry_after: RetryAfter::of(&parts.headers),
                    problem,
                    text: text.chars().take(500).collect(),
                }));
            }
        }
        *self.idle.lock().await = Some((authority, sender));
        Ok(BytesResponse {
            parts,
            body: Box::new(body),
        })
    }

    /// The connection that is open, if it is to the right server and still good.
    async fn idle(&self, authority: &str) -> Option<Sender> {
        let (to, mut sender) = self.idle.lock().await.take()?;
        (to == authority && sender.ready().await.is_ok()).then_some(sender)
    }

    async fn connect(&self, uri: &Uri, host: &str) -> Result<Sender, Trouble> {
        let port = uri.port_u16().unwrap_or(443);
        let name = host.trim_matches(['[', ']']).to_owned();
        let found: Vec<_> = tokio::net::lookup_host((name.as_str(), port))
            .await
            .map_err(|error| Trouble::NameNotFound(name.clone(), error))?
            .collect();
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for address in found {
            match TcpStream::connect(address).await {
                Ok(tcp) => return self.secure(tcp, name).await,
                Err(error) => last = error,
            }
        }
        Err(Trouble::Unreachable(name, last))
    }

    async fn secure(&self, tcp: TcpStream, host: String) -> Result<Sender, Trouble> {
        let server = ServerName::try_from(host.clone())
            .map_err(|error| Trouble::Tls(host.clone(), io::Error::other(error)))?;
        let tls = TlsConnector::from(Arc::clone(&self.tls))
            .connect(server, tcp)
            .await;
        let tls = tls.map_err(|error| Trouble::Tls(host.clone(), error))?;
        let (sender, connection) = http1::handshake(TokioIo::new(tls))
            .await
            .map_err(|error| Trouble::Garbled(host, error.into()))?;
        // Ends when the sender is dropped, or the CA closes.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                log::debug!("a connection to the CA ended: {error}");
            }
        });
        Ok(sender)
    }
}

impl HttpClient for Client {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let client = self.clone();
        Box::pin(async move {
            let answer = client.exchange(request).await;
            answer.map_err(|trouble| Error::Other(Box::new(trouble)))
        })
    }
}

/// What HTTP/1.1 wants: the path alone, and the host in a header.
async fn origin_form(request: Request<BodyWrapper<Bytes>>, authority: &str) -> Request<Full<Bytes>> {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    if let Ok(uri) = path.parse() {
        parts.uri = uri;
    }
    if let Ok(host) = authority.parse() {
        parts.headers.insert(header::HOST, host);
    }
    // It is in memory already, and cannot fail.
    let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    Request::from_parts(parts, Full::new(body))
}

/// Whether the connection ended before there was an answer.
fn is_gone(error: &hyper::Error) -> bool {
    use io::ErrorKind as K;
    // A server that was killed says no farewell: rustls calls that an unexpected end.
    let cut = |kind| {
        matches!(
            kind,
            K::UnexpectedEof | K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe
        )
    };
    let below = error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>());
    error.is_canceled()
        || error.is_closed()
        || error.is_incomplete_message()
        || below.is_some_and(|below| cut(below.kind()))
}

/// Makes one request, and again when only the nonce was refused. A macro, because an async closure that borrows cannot
/// be told to be `Send`.
macro_rules! ask {
    ($request:expr) => {{
        let mut refused = 0;
        loop {
            match $request.await {
                Err(instant_acme::Error::Api(problem))
                    if refused < $crate::ca::NONCES && $crate::ca::is_bad_nonce(&problem) =>
                {
                    refused += 1;
                }
                result => break result.map_err($crate::order::Failure::Ca),
            }
        }
    }};
}
pub(crate) use ask;

pub(crate) fn is_bad_nonce(problem: &Problem) -> bool {
    problem.r#type.as_deref() == Some("urn:ietf:params:acme:error:badNonce")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_retry_after_are_read() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, text.parse().unwrap());
            RetryAfter::of(&headers)
        };
        assert_eq!(
            of("120").map(|retry| retry.from(Timestamp(5))),
            Some(Timestamp(125))
        );
        let date = of("Wed, 25 Nov 2026 12:00:00 GMT");
        assert_eq!(
            date.map(|retry| retry.from(Timestamp(5))),
            Some(Timestamp(1_795_608_000))
        );
        assert_eq!(of("soon"), None);
    }
}
