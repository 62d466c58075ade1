// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether ports can be reached. From inside: the hairpin test. From outside: whoever stands there knocks.

use crate::{DangerAnyCertificate, address::is_public, http::exchange, http::public_tls};
use bytes::Bytes;
use http_body_util::Full;
use rustls::pki_types::ServerName;
use serde::{Deserialize, Serialize};
use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use types::Domain;

/// How long one knock may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Whether devices at home reach the board by its public address (RFC 4787 section 6, hairpinning).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hairpin {
    /// The board itself answered. Says nothing of the outside: many routers hairpin what they do not forward.
    Works,
    /// Somebody else answered, mostly the router's own pages.
    SomebodyElse,
    /// Connected, but no TLS: something stands in between.
    NoTls,
    /// No answer: devices at home must use the `.local` name, or a DNS of their own.
    NoAnswer,
}

impl fmt::Display for Hairpin {
    /// In plain English: what is so, and what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Works => "Devices at home reach this board by its public name.",
            Self::SomebodyElse => {
                "At the public address something else answers devices at home, mostly the router's own pages. Move \
                 those to another port, and open port 443 to this board."
            }
            Self::NoTls => "At the public address something answers that is not a web server. Check the open ports.",
            Self::NoAnswer => {
                "Devices at home do not reach this board by its public address. Most routers cannot do that (NAT \
                 loopback): use the .local name at home. From outside it may work all the same."
            }
        })
    }
}

/// Connects to the board's own public address. `is_ours` gets the certificate that is shown (DER).
pub async fn hairpin(
    public: SocketAddr,
    name: &Domain,
    is_ours: impl Fn(&[u8]) -> bool,
    within: Duration,
) -> Hairpin {
    let Ok(Ok(stream)) = tokio::time::timeout(within, TcpStream::connect(public)).await else {
        return Hairpin::NoAnswer;
    };
    let Some(stream) = any_tls(stream, name, within).await else {
        return Hairpin::NoTls;
    };
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    match shown {
        Some(certificate) if is_ours(certificate) => Hairpin::Works,
        _ => Hairpin::SomebodyElse,
    }
}

/// TLS with whoever answers.
async fn any_tls(stream: TcpStream, name: &Domain, within: Duration) -> Option<TlsStream<TcpStream>> {
    let mut config = (*public_tls()).clone();
    config
        .dangerous()
        .set_certificate_verifier(Arc::new(DangerAnyCertificate));
    let server = ServerName::try_from(name.to_string()).ok()?;
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let connecting = tokio::time::timeout(within, connector.connect(server, stream));
    connecting.await.ok()?.ok()
}

/// What somebody found at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Port {
    /// A board answers there for the name.
    Open,
    /// Something else answers.
    SomebodyElse,
    /// Nothing answers, or it is refused.
    Closed,
}

/// The two ports of a front door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Port 80: it sends on to HTTPS of the same name.
    Http,
    /// Port 443: with whatever certificate, it says that it is a board.
    Https,
}

impl Door {
    /// Its number.
    pub fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Knocks at a door of the name as anybody on the internet would. `None`: it could not be tried, because the name leads
/// nowhere, or anywhere but to the public internet: nobody shall have our own network looked at by a name.
pub async fn knock(name: &Domain, door: Door) -> Option<Port> {
    let found = tokio::net::lookup_host((name.as_str(), door.port())).await.ok()?;
    let found: Vec<SocketAddr> = found.collect();
    if found.is_empty() || !found.iter().all(|at| is_public(at.ip())) {
        return None;
    }
    let mut best = Port::Closed;
    for at in found {
        match knock_at(at, name, door, PATIENCE).await {
            Port::Open => return Some(Port::Open),
            Port::SomebodyElse => best = Port::SomebodyElse,
            Port::Closed => {}
        }
    }
    Some(best)
}

/// Knocks there.
pub async fn knock_at(at: SocketAddr, name: &Domain, door: Door, within: Duration) -> Port {
    let Ok(Ok(stream)) = tokio::time::timeout(within, TcpStream::connect(at)).await else {
        return Port::Closed;
    };
    let asked = tokio::time::timeout(within, async {
        let request = http::Request::get("/api/v1/health")
            .header(http::header::HOST, name.as_str())
            .header(http::header::CONNECTION, "close")
            .body(Full::new(Bytes::new()))
            .ok()?;
        match door {
            Door::Http => exchange(stream, request, name.as_str()).await.ok(),
            Door::Https => {
                let stream = any_tls(stream, name, within).await?;
                exchange(stream, request, name.as_str()).await.ok()
            }
        }
    });
    match asked.await {
        Ok(Some(answer)) if is_the_board(&answer, name, door) => Port::Open,
        _ => Port::SomebodyElse,
    }
}

fn is_the_board(answer: &crate::http::Answer, name: &Domain, door: Door) -> bool {
    match door {
        Door::Http => {
            let home = format!("https://{name}/");
            answer.status.is_redirection() && answer.location.starts_with(&home)
        }
        Door::Https => {
            let health = serde_json::from_str::<serde_json::Value>(&answer.text);
            health.is_ok_and(|health| health["status"] == "ok")
        }
    }
}
