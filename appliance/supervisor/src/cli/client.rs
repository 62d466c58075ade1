// SPDX-License-Identifier: AGPL-3.0-or-later
//! Asks a board: over its own socket, or over the network with a token.

use super::arguments::Target;
use http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use serde_json::Value;
use std::sync::Arc;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};

/// The board's own socket; a test has its own, named by `COMMONHOST_CONTROL_SOCKET`.
fn socket() -> String {
    std::env::var("COMMONHOST_CONTROL_SOCKET").unwrap_or_else(|_| "/run/commonhost/control.sock".into())
}

/// What went wrong, in words.
pub(super) type Failure = String;

/// A board.
pub(super) struct Client<'a>(pub(super) &'a Target);

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Client<'_> {
    /// One request; the answer's body as JSON (`null` without one).
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, Failure> {
        let (stream, host) = self.connect().await?;
        let broken = |error: &dyn std::error::Error| format!("the board broke the connection: {error}");
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| broken(&error))?;
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, host);
        if let Some(token) = self.0.token.as_ref().filter(|_| self.0.url.is_some()) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let bytes = body.map(|body| body.to_string()).unwrap_or_default();
        let request = request
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .body(Full::new(bytes::Bytes::from(bytes)))
            .map_err(|error| error.to_string())?;
        let answer = sender
            .send_request(request)
            .await
            .map_err(|error| broken(&error))?;
        let status = answer.status();
        let bytes = answer
            .into_body()
            .collect()
            .await
            .map_err(|error| broken(&error))?
            .to_bytes();
        let value: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if status.is_success() {
            Ok(value)
        } else {
            Err(refusal(status, &value))
        }
    }

    async fn connect(&self) -> Result<(Box<dyn Stream>, String), Failure> {
        let Some(url) = &self.0.url else {
            let socket = socket();
            let stream = UnixStream::connect(&socket).await.map_err(|error| {
                format!("no board answers at {socket} ({error}); elsewhere than on a board, and as another user than root, name it with --url and --token")
            })?;
            return Ok((Box::new(stream), "localhost".into()));
        };
        let uri: Uri = url
            .parse()
            .map_err(|_| format!("{url} is not an address; write it like https://oak.local"))?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(format!("{url} must start with https:// or http://")),
        };
        let host = uri.host().ok_or_else(|| format!("{url} names no host"))?;
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await;
        let stream = stream.map_err(|error| format!("{host} does not answer on port {port}: {error}"))?;
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        if !secure {
            return Ok((Box::new(stream), authority));
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
        let connector = tokio_rustls::TlsConnector::from(Arc::new(self.tls()?));
        let stream = connector.connect(name, stream).await.map_err(|error| {
            format!("{host} cannot be trusted: {error}. Give its local authority with --ca-file (from http://{host}/ca.pem)")
        })?;
        Ok((Box::new(stream), authority))
    }

    fn tls(&self) -> Result<ClientConfig, Failure> {
        let mut roots = RootCertStore::empty();
        let system = std::path::PathBuf::from("/etc/ssl/certs/ca-certificates.crt");
        let (file, needed) = match &self.0.ca_file {
            Some(file) => (file, true),
            None => (&system, false),
        };
        match CertificateDer::pem_file_iter(file) {
            Ok(certificates) => {
                roots.add_parsable_certificates(certificates.flatten());
            }
            Err(error) if needed => return Err(format!("{} cannot be read: {error}", file.display())),
            Err(_) => {}
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        Ok(config
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth())
    }
}

fn refusal(status: StatusCode, value: &Value) -> Failure {
    let message = value.pointer("/error/message").and_then(Value::as_str);
    message.map_or_else(|| format!("the board answered {status}"), str::to_owned)
}
