// SPDX-License-Identifier: AGPL-3.0-or-later
//! A connection to a paired board, wherever it may be: only the one that owns the key is talked with.

use super::{address::Address, call, wire};
use crate::App;
use cluster::{Identity, channel, talk::Message};
use rustls::pki_types::ServerName;
use std::{collections::BTreeSet, io, net::IpAddr, sync::Arc, time::Duration};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use types::{BoardKey, BoardName, Domain, Peer};

/// How long one address may take to answer, handshake included.
const PATIENCE: Duration = Duration::from_secs(8);

/// A connection to a peer.
pub(super) struct Line {
    stream: TlsStream<TcpStream>,
    /// Where it was found.
    pub(super) address: Address,
}

/// Where a peer may be, the likeliest first.
pub(super) fn places(
    known: &str,
    domain: Option<&Domain>,
    came_from: Option<IpAddr>,
    name: Option<&BoardName>,
) -> Vec<Address> {
    let at = |host: String| Address { host, port: 443 };
    let known = known.parse().ok();
    let domain = domain.map(|domain| at(domain.to_string()));
    let came_from = came_from.map(|ip| at(ip.to_string()));
    let name = name.map(|name| at(format!("{name}.local")));
    let mut seen = BTreeSet::new();
    let all = [known, domain, came_from, name].into_iter().flatten();
    all.filter(|address| seen.insert(address.to_string())).collect()
}

/// Where this peer may be, the likeliest first.
pub(super) fn places_of(app: &App, peer: &Peer) -> Vec<Address> {
    let live = app.peers.of(peer.key);
    places(
        &peer.address,
        live.domain.as_ref(),
        live.came_from,
        Some(&peer.name),
    )
}

/// Whom to call, and what about.
pub(super) struct Whom<'a> {
    /// The key that is shown here.
    pub(super) us: &'a Identity,
    /// The only key that is taken there.
    pub(super) them: BoardKey,
    /// The server name that is asked for.
    pub(super) server_name: &'a str,
    /// What is spoken.
    pub(super) protocol: &'a [u8],
}

/// Connects with the board with this key at the first of these places where it is.
pub(super) async fn connect(
    app: &App,
    whom: Whom<'_>,
    places: Vec<Address>,
) -> io::Result<(TlsStream<TcpStream>, Address)> {
    let config = channel::client(whom.us, whom.them, whom.protocol).map_err(io::Error::other)?;
    let connector = TlsConnector::from(Arc::new(config));
    let mut problem = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in places {
        for to in call::look_up(app, &address).await {
            let name = ServerName::try_from(whom.server_name.to_owned()).map_err(io::Error::other)?;
            let connecting = async { connector.connect(name, TcpStream::connect(to).await?).await };
            match tokio::time::timeout(PATIENCE, connecting).await {
                Ok(Ok(stream)) => return Ok((stream, address)),
                Ok(Err(error)) => problem = error,
                Err(_) => problem = io::ErrorKind::TimedOut.into(),
            }
        }
    }
    Err(problem)
}

/// Calls the board with this key at each of these places in turn, to talk.
pub(super) async fn call(
    app: &App,
    us: &Identity,
    them: BoardKey,
    places: Vec<Address>,
) -> Result<Line, io::Error> {
    let whom = Whom {
        us,
        them,
        server_name: channel::SERVER_NAME,
        protocol: channel::PROTOCOL,
    };
    let (stream, address) = connect(app, whom, places).await?;
    Ok(Line { stream, address })
}

impl Line {
    /// Says something, and waits for the answer.
    pub(super) async fn say(&mut self, message: &Message) -> io::Result<Message> {
        let saying = async {
            wire::write(&mut self.stream, message).await?;
            wire::read(&mut self.stream).await
        };
        tokio::time::timeout(PATIENCE, saying)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_looked_for_where_it_was_and_where_it_may_have_gone() {
        let domain: Domain = "elm.example.org".parse().unwrap();
        let name: BoardName = "elm".parse().unwrap();
        let came_from = Some("192.168.1.21".parse().unwrap());
        let written = |places: Vec<Address>| places.iter().map(ToString::to_string).collect::<Vec<_>>();
        let all = places("192.168.1.20:8443", Some(&domain), came_from, Some(&name));
        assert_eq!(
            written(all),
            [
                "192.168.1.20:8443",
                "elm.example.org",
                "192.168.1.21",
                "elm.local"
            ]
        );
        assert_eq!(
            written(places("192.168.1.21", None, came_from, None)),
            ["192.168.1.21"]
        );
        assert!(places("", None, None, None).is_empty());
    }
}
