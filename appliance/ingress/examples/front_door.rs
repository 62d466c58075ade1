// SPDX-License-Identifier: AGPL-3.0-or-later
//! The front door alone, for `scripts/bench ingress`: `front_door ADDRESS CERTIFICATE KEY NAME=SOCKET…` terminates TLS
//! at ADDRESS and relays each NAME to the service at its Unix socket, with the routing and limits of a board. A name
//! that starts with `members.` asks the gate first, which lets everybody through.

use arc_swap::ArcSwap;
use async_trait::async_trait;
use ingress::{
    Allowed, Gate, GateRequest, Identity, IdentityHeaders, Ingress, Limits, Parts, PlainPages, RouteTable,
    ServiceRoute, Target, Verdict,
};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use std::{error::Error, net::SocketAddr, sync::Arc};
use types::manifest::Access;

struct Everybody;

#[async_trait]
impl Gate for Everybody {
    async fn check(&self, _: &GateRequest<'_>) -> Verdict {
        let Ok(member) = "alice".parse() else {
            return Verdict::Allow(Allowed::default());
        };
        Verdict::Allow(Allowed {
            identity: Some(Identity {
                member,
                display_name: String::new(),
                groups: Vec::new(),
            }),
            consumed_authorization: false,
        })
    }
}

fn tls(certificate: &str, key: &str) -> Result<Arc<ServerConfig>, Box<dyn Error>> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)?.collect::<Result<_, _>>()?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
    config.alpn_protocols = [&b"h2"[..], b"http/1.1"].map(<[u8]>::to_vec).into();
    config.ticketer = ring::Ticketer::new()?;
    Ok(Arc::new(config))
}

fn table(routes: &[String]) -> Result<RouteTable, Box<dyn Error>> {
    let mut table = RouteTable::default();
    for route in routes {
        let (name, socket) = route.split_once('=').ok_or("routes are NAME=SOCKET")?;
        let members = name.starts_with("members.");
        let access = if members { Access::Members } else { Access::Public };
        let identity = members.then(|| IdentityHeaders {
            user: http::HeaderName::from_static("x-remote-user"),
            groups: None,
        });
        let route = ServiceRoute::new("bench".parse()?, socket.into())
            .with_access(access, Vec::new())
            .with_identity(identity);
        table.insert(name, Target::Service(Arc::new(route)));
    }
    Ok(table)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, certificate, key, routes @ ..] = arguments.as_slice() else {
        return Err("front_door ADDRESS CERTIFICATE KEY NAME=SOCKET…".into());
    };
    let address: SocketAddr = address.parse()?;
    // A bench from one address is no attack; everything else is as on a board.
    let limits = Limits {
        connections: 4096,
        connections_per_address: 4096,
        ..Limits::default()
    };
    let ingress = Ingress::new(Parts {
        tls: tls(certificate, key)?,
        aside: None,
        routes: Arc::new(ArcSwap::from_pointee(table(routes)?)),
        gate: Arc::new(Everybody),
        board: ingress::board(axum::Router::new()),
        http01: Arc::new(|_| None),
        strict: Arc::new(|_| None),
        pages: Arc::new(PlainPages {
            title: "bench".into(),
        }),
        https_port: 443,
        limits,
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(1024 * 1024)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        ingress.serve_https(listener).await?;
        Ok(())
    })
}
