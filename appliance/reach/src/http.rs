// SPDX-License-Identifier: AGPL-3.0-or-later
//! One small HTTP/1.1 question over a connection of its own: what echo services and dyndns2 need.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

/// Longest answer that is read, in bytes.
const LONGEST: usize = 4096;

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address of the service is not one.
    #[error("\"{0}\" is not a web address; write it like https://address.example.org/")]
    Url(String),
    /// No connection.
    #[error("no connection to {host}; check that the board is online and the address is right")]
    Connect {
        /// Who was asked.
        host: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The service has no address of the kind asked for.
    #[error("{0} cannot be reached by this kind of address")]
    Family(String),
    /// An answer that is not HTTP, or too long.
    #[error("{host} gave an answer that cannot be read; check that it is the right service")]
    Answer {
        /// Who was asked.
        host: String,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Nothing within the time.
    #[error("{0} did not answer in time; it is tried again later")]
    Timeout(String),
}

/// Which kind of address a connection uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
    Any,
}

impl Family {
    fn has(self, address: &SocketAddr) -> bool {
        match self {
            Self::V4 => address.is_ipv4(),
            Self::V6 => address.is_ipv6(),
            Self::Any => true,
        }
    }
}

/// A TLS client that trusts the public roots.
///
/// # Panics
/// Never: ring has the default protocol versions.
pub fn public_tls() -> Arc<rustls::ClientConfig> {
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the default protocol versions");
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Asks by GET; gives the status and the text of the answer. `headers` must be valid header values.
pub(crate) async fn get(
    url: &str,
    headers: &[(http::HeaderName, String)],
    family: Family,
    tls: &Arc<rustls::ClientConfig>,
    within: Duration,
) -> Result<(http::StatusCode, String), HttpError> {
    let question = Question {
        method: http::Method::GET,
        url,
        headers,
        body: String::new(),
        family,
    };
    ask(question, tls, within).await
}

/// What is asked.
pub(crate) struct Question<'a> {
    pub(crate) method: http::Method,
    pub(crate) url: &'a str,
    /// Must be valid header values.
    pub(crate) headers: &'a [(http::HeaderName, String)],
    pub(crate) body: String,
    pub(crate) family: Family,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: http::StatusCode,
    /// Where it sends on to; empty when it does not.
    pub(crate) location: String,
    pub(crate) text: String,
}

/// Asks; gives the status and the text of the answer.
pub(crate) async fn ask(
    question: Question<'_>,
    tls: &Arc<rustls::ClientConfig>,
    within: Duration,
) -> Result<(http::StatusCode, String), HttpError> {
    let Question {
        method,
        url,
        headers,
        body,
        family,
    } = question;
    let bad = || HttpError::Url(url.to_owned());
    let uri: http::Uri = url.parse().map_err(|_| bad())?;
    let host = uri.host().ok_or_else(bad)?.trim_matches(['[', ']']).to_owned();
    let secure = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(bad()),
    };
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = uri.authority().ok_or_else(bad)?.as_str();
    if authority.contains('@') {
        return Err(bad());
    }
    let mut request = http::Request::builder()
        .method(method)
        .uri(path)
        .header(http::header::HOST, authority)
        .header(http::header::CONNECTION, "close");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(|_| bad())?;
    let ask = async {
        let stream = connect(&host, port, family).await?;
        if secure {
            let name = ServerName::try_from(host.clone()).map_err(|_| bad())?;
            let stream = tokio_rustls::TlsConnector::from(tls.clone())
                .connect(name, stream)
                .await
                .map_err(|source| HttpError::Connect {
                    host: host.clone(),
                    source,
                })?;
            exchange(stream, request, &host).await
        } else {
            exchange(stream, request, &host).await
        }
    };
    let answer = tokio::time::timeout(within, ask)
        .await
        .map_err(|_| HttpError::Timeout(host.clone()))??;
    Ok((answer.status, answer.text))
}

async fn connect(host: &str, port: u16, family: Family) -> Result<TcpStream, HttpError> {
    let failed = |source| HttpError::Connect {
        host: host.to_owned(),
        source,
    };
    let found: Vec<SocketAddr> = match host.parse::<IpAddr>() {
        Ok(address) => vec![(address, port).into()],
        Err(_) => tokio::net::lookup_host((host, port))
            .await
            .map_err(failed)?
            .collect(),
    };
    let mut last = None;
    for address in found.into_iter().filter(|address| family.has(address)) {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or_else(|| HttpError::Family(host.to_owned()), failed))
}

/// Sends one request over a connection that is there, and reads the answer.
pub(crate) async fn exchange<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    request: http::Request<Full<Bytes>>,
    host: &str,
) -> Result<Answer, HttpError> {
    let failed = |source| HttpError::Answer {
        host: host.to_owned(),
        source,
    };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failed(error.into()))?;
    let ask = async {
        let response = sender.send_request(request).await.map_err(|e| failed(e.into()))?;
        let status = response.status();
        let location = response.headers().get(http::header::LOCATION);
        let location = location
            .and_then(|to| to.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let body = Limited::new(response.into_body(), LONGEST)
            .collect()
            .await
            .map_err(failed)?;
        Ok(Answer {
            status,
            location,
            text: String::from_utf8_lossy(&body.to_bytes()).into_owned(),
        })
    };
    tokio::pin!(ask);
    // The connection is driven here, not by a task: when the time is over, it ends with the question.
    tokio::select! {
        answer = &mut ask => answer,
        _ = connection => ask.await,
    }
}
