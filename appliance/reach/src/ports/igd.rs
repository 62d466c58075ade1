// SPDX-License-Identifier: AGPL-3.0-or-later
//! UPnP Internet Gateway Device, through igd-next.

use super::{LIFETIME, Mapping, RouterError, RouterSettings, Way};
use igd_next::{
    AddPortError, PortMappingProtocol, RemovePortError, SearchOptions,
    aio::{Gateway, tokio::Tokio},
};
use std::{
    future::Future,
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

/// What the router's own list of mappings shows.
const DESCRIPTION: &str = "Commonhost";

/// Gives a question its time.
async fn timed<T>(
    within: Duration,
    ask: impl Future<Output = Result<T, RouterError>>,
) -> Result<T, RouterError> {
    tokio::time::timeout(within, ask)
        .await
        .map_err(|_| RouterError::Silent(Way::Upnp))?
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> RouterError {
    RouterError::Upnp(Box::new(error))
}

async fn search(settings: &RouterSettings) -> Result<Gateway<Tokio>, RouterError> {
    let mut options = SearchOptions::default();
    options.bind_addr = (settings.local, 0).into();
    options.broadcast_address = settings.ssdp;
    options.timeout = Some(settings.within);
    options.single_search_timeout = Some(settings.within);
    igd_next::aio::tokio::search_gateway(options)
        .await
        .map_err(|error| match error {
            igd_next::SearchError::NoResponseWithinTimeout => RouterError::Silent(Way::Upnp),
            error => other(error),
        })
}

/// The router's address on the provider's side.
pub(super) async fn address(settings: &RouterSettings) -> Result<IpAddr, RouterError> {
    let gateway = search(settings).await?;
    timed(settings.within, async {
        gateway.get_external_ip().await.map_err(other)
    })
    .await
}

/// Opens or renews; gives the lifetime (0: without end). The same request again is how UPnP renews.
pub(super) async fn open(
    settings: &RouterSettings,
    mapping: Mapping,
    local: Ipv4Addr,
) -> Result<u32, RouterError> {
    let gateway = search(settings).await?;
    let ask = |lifetime| {
        let local = (local, mapping.internal).into();
        gateway.add_port(
            PortMappingProtocol::TCP,
            mapping.external,
            local,
            lifetime,
            DESCRIPTION,
        )
    };
    timed(settings.within, async {
        match ask(LIFETIME).await {
            Ok(()) => Ok(LIFETIME),
            Err(AddPortError::OnlyPermanentLeasesSupported) => ask(0).await.map(|()| 0),
            Err(error) => Err(error),
        }
        .map_err(|error| match error {
            AddPortError::ActionNotAuthorized => RouterError::NotAllowed(Way::Upnp),
            AddPortError::PortInUse => RouterError::PortTaken,
            error => other(error),
        })
    })
    .await
}

/// Removes. What is not there is removed.
pub(super) async fn remove(settings: &RouterSettings, mapping: Mapping) -> Result<(), RouterError> {
    let gateway = search(settings).await?;
    timed(settings.within, async {
        match gateway
            .remove_port(PortMappingProtocol::TCP, mapping.external)
            .await
        {
            Ok(()) | Err(RemovePortError::NoSuchPortMapping) => Ok(()),
            Err(RemovePortError::ActionNotAuthorized) => Err(RouterError::NotAllowed(Way::Upnp)),
            Err(error) => Err(other(error)),
        }
    })
    .await
}
