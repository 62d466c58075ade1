// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether ports can be reached. From inside: the hairpin test. From outside: whoever stands there, by [`Probe`].

use crate::{DangerAnyCertificate, http::public_tls};
use async_trait::async_trait;
use rustls::pki_types::ServerName;
use serde::{Deserialize, Serialize};
use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::TcpStream;
use types::Domain;

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
    let mut config = (*public_tls()).clone();
    config
        .dangerous()
        .set_certificate_verifier(Arc::new(DangerAnyCertificate));
    let Ok(server) = ServerName::try_from(name.to_string()) else {
        return Hairpin::NoTls;
    };
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let Ok(Ok(stream)) = tokio::time::timeout(within, connector.connect(server, stream)).await else {
        return Hairpin::NoTls;
    };
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    match shown {
        Some(certificate) if is_ours(certificate) => Hairpin::Works,
        _ => Hairpin::SomebodyElse,
    }
}

/// What somebody outside found at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Port {
    /// This board answers.
    Open,
    /// Something else answers.
    SomebodyElse,
    /// Nothing answers, or it is refused.
    Closed,
    /// Nobody could look.
    Unknown,
}

/// Somebody who stands outside: a paired peer; before there is one, what the CA said when it last tried.
#[async_trait]
pub trait Probe: Send + Sync {
    /// Looks at a port of the board from outside. Must end within `within`.
    async fn look(&self, at: SocketAddr, within: Duration) -> Port;
}

/// Asks each until one knows. A probe that overstays is cut off, and knows nothing.
pub async fn look(probes: &[Arc<dyn Probe>], at: SocketAddr, within: Duration) -> Port {
    for probe in probes {
        match tokio::time::timeout(within, probe.look(at, within)).await {
            Ok(Port::Unknown) | Err(_) => {}
            Ok(found) => return found,
        }
    }
    Port::Unknown
}
