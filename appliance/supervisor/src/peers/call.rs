// SPDX-License-Identifier: AGPL-3.0-or-later
//! One message of a pairing to another board, over HTTPS.
//!
//! The certificate is not checked: two boards that were never paired have nobody in common who could vouch for it.
//! The pairing itself is what tells the right board from a wrong one, and it holds on an open wire.

use super::address::Address;
use crate::App;
use cluster::pairing::{Ask, Reply};
use http::{Request, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use reach::DangerAnyCertificate;
use rustls::{ClientConfig, pki_types::ServerName};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::TcpStream;

/// How long a board may take to answer.
const PATIENCE: Duration = Duration::from_secs(8);
/// Longest answer, in bytes.
const LONGEST: usize = 8 * 1024;

/// Why there is no answer, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CallError {
    /// Nobody there.
    #[error("nothing answers at {0}; check the address, and that the board is on")]
    Unreachable(String),
    /// Something else than a board.
    #[error("what answers at {0} is no Commonhost board, or an older one")]
    NotABoard(String),
}

/// The network addresses behind an address.
pub(super) async fn look_up(app: &App, address: &Address) -> Vec<SocketAddr> {
    // No name server outside is asked for a name of this network.
    if address.host.rsplit('.').next() == Some("local") {
        let found = app.lan.resolve(&address.host).await.into_iter();
        return found.map(|ip| SocketAddr::new(ip, address.port)).collect();
    }
    let found = tokio::net::lookup_host((address.host.as_str(), address.port)).await;
    found.into_iter().flatten().take(8).collect()
}

/// Sends `ask` and gives the reply.
pub(super) async fn send(to: SocketAddr, address: &Address, ask: &Ask) -> Result<Reply, CallError> {
    let answered = tokio::time::timeout(PATIENCE, exchange(to, address, ask)).await;
    answered.unwrap_or_else(|_| Err(CallError::Unreachable(address.to_string())))
}

async fn exchange(to: SocketAddr, address: &Address, ask: &Ask) -> Result<Reply, CallError> {
    let unreachable = || CallError::Unreachable(address.to_string());
    let strange = || CallError::NotABoard(address.to_string());
    let stream = TcpStream::connect(to).await.map_err(|_| unreachable())?;
    let name = ServerName::try_from(address.host.clone()).map_err(|_| strange())?;
    let config = danger_any_certificate().ok_or_else(strange)?;
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream = connector.connect(name, stream).await.map_err(|_| strange())?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|_| strange())?;
    tokio::spawn(connection);
    let body = serde_json::to_vec(ask).map_err(|_| strange())?;
    let request = Request::post("/api/v1/pairings/exchange")
        .header(header::HOST, address.to_string())
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(bytes::Bytes::from(body)))
        .map_err(|_| strange())?;
    let answer = sender.send_request(request).await.map_err(|_| unreachable())?;
    let good = answer.status().is_success();
    let body = Limited::new(answer.into_body(), LONGEST).collect().await;
    let body = body.map_err(|_| strange())?.to_bytes();
    if !good {
        return Err(strange());
    }
    serde_json::from_slice(&body).map_err(|_| strange())
}

/// TLS with whoever answers. Only for pairing, which needs no trust in the wire.
fn danger_any_certificate() -> Option<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?;
    let config = config
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(DangerAnyCertificate));
    Some(config.with_no_client_auth())
}
