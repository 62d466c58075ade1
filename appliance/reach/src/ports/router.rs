// SPDX-License-Identifier: AGPL-3.0-or-later
//! The router, asked by whichever way it understands.

use super::{Consent, LIFETIME, Lease, Mapping, Step, Way, igd, pcp};
use crate::address::{Observation, Source};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};
use types::Timestamp;

/// Where PCP and NAT-PMP servers listen (RFC 6887 section 19.1).
const PORT: u16 = 5351;

/// Where the router is.
#[derive(Clone, Debug)]
pub struct RouterSettings {
    /// Its PCP and NAT-PMP server; `None`: only UPnP is tried.
    pub server: Option<SocketAddr>,
    /// Where UPnP devices are searched: the multicast group `239.255.255.250:1900`.
    pub ssdp: SocketAddr,
    /// The board's address on the router's side.
    pub local: Ipv4Addr,
    /// Time for each question.
    pub within: Duration,
}

impl RouterSettings {
    /// The usual ports; three seconds a question.
    pub fn new(gateway: Option<Ipv4Addr>, local: Ipv4Addr) -> Self {
        Self {
            server: gateway.map(|gateway| (gateway, PORT).into()),
            ssdp: (Ipv4Addr::new(239, 255, 255, 250), 1900).into(),
            local,
            within: Duration::from_secs(3),
        }
    }
}

/// Why a router did not do it.
#[derive(Debug, thiserror::Error)]
pub enum RouterError {
    /// No answer.
    #[error(
        "the router does not answer; switch on UPnP, PCP or NAT-PMP in its settings, or open the ports by hand"
    )]
    Silent(Way),
    /// It speaks, but not this protocol.
    #[error("the router does not know this protocol; another one is tried")]
    Unsupported(Way),
    /// It does not allow it.
    #[error("the router does not allow this board to open ports; allow it there, or open the ports by hand")]
    NotAllowed(Way),
    /// Another device has the port, or the router gave another port than was asked for.
    #[error("another device has this port already; remove its rule in the router's settings")]
    PortTaken,
    /// Too many mappings.
    #[error("the router's table of open ports is full; remove old rules there, or restart it")]
    Full(Way),
    /// The router has no connection itself.
    #[error("the router has no connection to the internet now; this is tried again later")]
    NoLine(Way),
    /// Another result code.
    #[error("the router refused with code {result}; open the ports by hand")]
    Refused {
        /// How it was asked.
        way: Way,
        /// Its code.
        result: u16,
    },
    /// The question could not be sent.
    #[error("the router cannot be asked; check the board's network")]
    Io {
        /// How.
        way: Way,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// UPnP failed in some other way.
    #[error("the router's UPnP does not work as it should; restart the router, or open the ports by hand")]
    Upnp(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A router. Holds no state: leases are the caller's to store.
#[derive(Clone, Debug)]
pub struct Router {
    settings: RouterSettings,
}

impl Router {
    /// A router to ask. Nothing is asked yet.
    pub fn new(settings: RouterSettings) -> Self {
        Self { settings }
    }

    /// Its address on the provider's side: by UPnP, else by NAT-PMP. (PCP tells one only with a mapping.)
    ///
    /// # Errors
    /// When no way works: the error of the last.
    pub async fn external_address(&self) -> Result<Observation, RouterError> {
        let (way, address) = match igd::address(&self.settings).await {
            Ok(address) => (Way::Upnp, address),
            Err(error) => {
                let Some(server) = self.settings.server else {
                    return Err(error);
                };
                let (request, within) = (&pcp::NATPMP_ADDRESS, self.settings.within);
                let address = pcp::ask(server, request, within, Way::NatPmp, pcp::natpmp_address).await?;
                (Way::NatPmp, IpAddr::V4(address))
            }
        };
        let source = Source::Router { way };
        Ok(Observation { address, source })
    }

    /// Carries out a step of a [`super::Plan`] a person has consented to; gives the lease that now replaces the
    /// step's. After an error of [`Step::Renew`] the old lease still stands until it [is over](Lease::is_over).
    ///
    /// # Errors
    /// Says what a person can do. To be tried again after [`super::PAUSE`].
    pub async fn apply(
        &self,
        step: &Step,
        consent: &Consent,
        now: Timestamp,
    ) -> Result<Option<Lease>, RouterError> {
        match step {
            Step::Open(mapping) => {
                log::info!("opening port {} as {} allowed", mapping.external, consent.by);
                self.open(*mapping, now).await.map(Some)
            }
            Step::Renew(lease) => self.renew(lease, now).await.map(Some),
            Step::Remove(lease) => self.remove(lease).await.map(|()| None),
        }
    }

    /// PCP, then NAT-PMP, then UPnP: the first that grants exactly the port.
    async fn open(&self, mapping: Mapping, now: Timestamp) -> Result<Lease, RouterError> {
        let mut nonce = [0; 12];
        getrandom::fill(&mut nonce).map_err(|error| RouterError::Io {
            way: Way::Pcp,
            source: error.into(),
        })?;
        let mut last = RouterError::Silent(Way::Upnp);
        for way in [Way::Pcp, Way::NatPmp, Way::Upnp] {
            let lease = Lease {
                mapping,
                way,
                local: self.settings.local,
                granted: now,
                lifetime: LIFETIME,
                nonce,
            };
            match self.request(&lease).await {
                Ok(lifetime) => return Ok(Lease { lifetime, ..lease }),
                // What a router said itself is worth more to a person than the silence of another way.
                Err(RouterError::Silent(_) | RouterError::Unsupported(_)) => {}
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn renew(&self, lease: &Lease, now: Timestamp) -> Result<Lease, RouterError> {
        match self.request(lease).await {
            Ok(lifetime) => Ok(Lease {
                granted: now,
                lifetime,
                ..lease.clone()
            }),
            // The router was replaced by one that speaks otherwise.
            Err(RouterError::Silent(_) | RouterError::Unsupported(_)) => self.open(lease.mapping, now).await,
            Err(error) => Err(error),
        }
    }

    /// Asks for the lease as it stands; gives the lifetime granted.
    async fn request(&self, lease: &Lease) -> Result<u32, RouterError> {
        if lease.way == Way::Upnp {
            return igd::open(&self.settings, lease.mapping, lease.local).await;
        }
        let granted = self.map(lease, LIFETIME).await?;
        if granted.external_port != lease.mapping.external {
            // Another port than 80 or 443 is of no use: it is given back.
            if let Err(error) = self.map(lease, 0).await {
                log::debug!("a port that is of no use was not given back: {error}");
            }
            return Err(RouterError::PortTaken);
        }
        log::debug!("the router's public address: {:?}", granted.external_address);
        Ok(granted.lifetime.max(1))
    }

    async fn remove(&self, lease: &Lease) -> Result<(), RouterError> {
        match lease.way {
            Way::Upnp => igd::remove(&self.settings, lease.mapping).await,
            Way::Pcp | Way::NatPmp => self.map(lease, 0).await.map(|_| ()),
        }
    }

    async fn map(&self, lease: &Lease, lifetime: u32) -> Result<pcp::Granted, RouterError> {
        let (mapping, way, nonce) = (lease.mapping, lease.way, lease.nonce);
        let server = self.settings.server.ok_or(RouterError::Silent(way))?;
        let within = self.settings.within;
        if way == Way::Pcp {
            let request = pcp::pcp_request(mapping, lease.local, nonce, lifetime);
            pcp::ask(server, &request, within, way, |bytes| {
                pcp::pcp_answer(bytes, mapping, nonce)
            })
            .await
        } else {
            let request = pcp::natpmp_request(mapping, lifetime);
            pcp::ask(server, &request, within, way, |bytes| {
                pcp::natpmp_answer(bytes, mapping)
            })
            .await
        }
    }
}
