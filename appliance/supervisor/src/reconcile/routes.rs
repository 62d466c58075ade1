// SPDX-License-Identifier: AGPL-3.0-or-later
//! Which name leads where: pure.

use crate::{catalogs::Entry, state::PublicName, views::ServiceState};
use http::HeaderName;
use ingress::{IdentityHeaders, RouteTable, ServiceRoute, Target};
use std::{collections::BTreeMap, path::Path, sync::Arc};
use types::{BoardName, ServiceName, manifest::SignIn};

/// A service as the front door sees it.
pub struct Serving<'a> {
    /// Its manifest.
    pub entry: &'a Entry,
    /// How it is.
    pub state: ServiceState,
}

/// The names of a board and its services, in the order they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Names of the board itself; the first is the one it calls itself.
    pub board: Vec<String>,
    /// Names of each service; the first is the one it calls itself.
    pub services: BTreeMap<ServiceName, Vec<String>>,
}

/// Every name, from the board's name and the domains.
pub fn addresses<'a>(
    board: &BoardName,
    names: &[PublicName],
    services: impl IntoIterator<Item = &'a ServiceName>,
) -> Addresses {
    let of = |service: Option<&ServiceName>| -> Vec<String> {
        let mine = names.iter().filter(|name| name.service.as_ref() == service);
        mine.map(|name| name.name.to_string()).collect()
    };
    let mut addresses = Addresses {
        board: of(None),
        services: BTreeMap::new(),
    };
    addresses.board.push(format!("{board}.local"));
    for service in services {
        let mut names = of(Some(service));
        names.push(format!("{service}-{board}.local"));
        addresses.services.insert(service.clone(), names);
    }
    addresses
}

/// The table of the front door. `sockets` is the folder with one folder of sockets per service.
pub fn route_table(
    addresses: &Addresses,
    services: &BTreeMap<ServiceName, Serving<'_>>,
    sockets: &Path,
) -> RouteTable {
    let mut table = RouteTable::default();
    for name in &addresses.board {
        table.insert(name, Target::Board);
    }
    for (service, names) in &addresses.services {
        let Some(serving) = services.get(service) else {
            continue;
        };
        let Some(web) = serving.entry.manifest.web() else {
            continue;
        };
        let state = match serving.state {
            ServiceState::Running => ingress::ServiceState::Serving,
            ServiceState::Starting | ServiceState::Failing => ingress::ServiceState::Starting,
            ServiceState::Stopped | ServiceState::Removing => ingress::ServiceState::Stopped,
        };
        let identity = match &serving.entry.manifest.sign_in {
            SignIn::Header { header, groups } => {
                header.parse::<HeaderName>().ok().map(|user| IdentityHeaders {
                    user,
                    groups: groups.as_ref().and_then(|groups| groups.parse().ok()),
                })
            }
            SignIn::Ldap { header } => header
                .as_ref()
                .and_then(|header| header.parse().ok())
                .map(|user| IdentityHeaders { user, groups: None }),
            SignIn::None | SignIn::OpenId { .. } | SignIn::Provision { .. } => None,
        };
        let socket = sockets.join(service.as_str()).join(&web.socket);
        let route = ServiceRoute::new(service.clone(), socket)
            .with_access(web.access, web.public_paths.clone())
            .with_identity(identity)
            .with_state(state);
        let route = Arc::new(route);
        for name in names {
            table.insert(name, Target::Service(Arc::clone(&route)));
        }
    }
    table
}
