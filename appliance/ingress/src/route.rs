// SPDX-License-Identifier: AGPL-3.0-or-later
//! Host name to target: a table that is built anew for each change and swapped in whole.

use crate::host;
use http::HeaderName;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};
use types::{ServiceName, manifest::Access};

/// Every name this board answers to. A name that is not here is refused (421): that is what stops DNS rebinding.
#[derive(Clone, Debug, Default)]
pub struct RouteTable {
    hosts: HashMap<Arc<str>, Target>,
    /// Few: compared one by one.
    identity_headers: Vec<HeaderName>,
}

/// Where requests for a name go.
#[derive(Clone, Debug)]
pub enum Target {
    /// The board's own pages and API.
    Board,
    /// A service.
    Service(Arc<ServiceRoute>),
    /// A name of ours with nothing behind it: 404 in plain words.
    Closed,
}

/// How a service is reached and by whom.
#[derive(Clone, Debug)]
pub struct ServiceRoute {
    /// Its name.
    pub service: ServiceName,
    /// Its Unix socket, which speaks HTTP/1.1.
    pub socket: Arc<Path>,
    /// Who may reach it.
    pub access: Access,
    /// Path prefixes open to anybody although `access` is `Members`.
    pub public_paths: Vec<String>,
    /// Headers that tell it who a member is, if it takes any.
    pub identity: Option<IdentityHeaders>,
    /// Whether requests may be sent to it now.
    pub state: ServiceState,
}

/// Names of the headers that carry a member's identity to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityHeaders {
    /// Takes the sign-in name.
    pub user: HeaderName,
    /// Takes the groups, comma separated.
    pub groups: Option<HeaderName>,
}

/// What the supervisor knows of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceState {
    /// Running: requests are sent to it.
    Serving,
    /// On its way up: requests are sent to it, and a failure to connect is answered with 503 and `Retry-After`.
    Starting,
    /// Not running: 503 without trying.
    Stopped,
}

/// What a host name stands for.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// The board's own pages and API.
    Board,
    /// A service.
    Service(&'a Arc<ServiceRoute>),
    /// Ours, but nothing is behind it.
    Closed,
    /// Not ours.
    Unknown,
}

impl ServiceRoute {
    /// A route for members, with no identity headers and no public paths, to a service that is serving.
    pub fn new(service: ServiceName, socket: PathBuf) -> Self {
        Self {
            service,
            socket: socket.into(),
            access: Access::Members,
            public_paths: Vec::new(),
            identity: None,
            state: ServiceState::Serving,
        }
    }

    /// Sets who may reach it, and the path prefixes open to anybody.
    #[must_use]
    pub fn with_access(mut self, access: Access, public_paths: Vec<String>) -> Self {
        self.access = access;
        self.public_paths = public_paths;
        self
    }

    /// Sets the headers that tell it who a member is.
    #[must_use]
    pub fn with_identity(mut self, identity: Option<IdentityHeaders>) -> Self {
        self.identity = identity;
        self
    }

    /// Sets whether requests may be sent to it.
    #[must_use]
    pub fn with_state(mut self, state: ServiceState) -> Self {
        self.state = state;
        self
    }

    /// Whether anybody may ask for `path`. A path is public only as it stands: one that a service could read as
    /// another path (dot segments, empty segments, encoded dots, slashes or backslashes) never is.
    pub fn is_public(&self, path: &str) -> bool {
        let matches = |prefix: &String| {
            path.strip_prefix(prefix.as_str())
                .is_some_and(|rest| prefix.ends_with('/') || rest.is_empty() || rest.starts_with('/'))
        };
        self.public_paths.iter().any(matches) && is_plain(path)
    }
}

/// Whether every reader of `path` must see the same segments in it.
fn is_plain(path: &str) -> bool {
    !path.contains("//")
        && !path.contains(['\\', ';'])
        && !path.split('/').any(|segment| matches!(segment, "." | ".."))
        && path.split('%').skip(1).all(|escape| {
            let hex = escape.get(..2).map(str::to_ascii_lowercase);
            !matches!(
                hex.as_deref(),
                None | Some("2e" | "2f" | "5c" | "25" | "00" | "3b")
            )
        })
}

impl RouteTable {
    /// Adds or replaces a name. Upper case and a dot at the end do not matter.
    pub fn insert(&mut self, host: &str, target: Target) {
        if let Target::Service(route) = &target
            && let Some(identity) = &route.identity
        {
            for name in std::iter::once(&identity.user).chain(&identity.groups) {
                if !self.identity_headers.contains(name) {
                    self.identity_headers.push(name.clone());
                }
            }
        }
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        self.hosts.insert(host.into(), target);
    }

    /// What `host` (lower case, without port and without a dot at the end) stands for. Literal addresses and
    /// `localhost` are the board itself: nobody can make a browser send them for another site.
    pub fn match_host(&self, host: &str) -> Found<'_> {
        match self.hosts.get(host) {
            Some(Target::Board) => Found::Board,
            Some(Target::Service(route)) => Found::Service(route),
            Some(Target::Closed) => Found::Closed,
            None if host == "localhost" || host::is_address(host) => Found::Board,
            None => Found::Unknown,
        }
    }

    /// The table's own copy of a name, to be kept beyond the borrow at no cost.
    pub(crate) fn key(&self, host: &str) -> Option<Arc<str>> {
        self.hosts.get_key_value(host).map(|(host, _)| Arc::clone(host))
    }

    /// All names.
    pub fn hosts(&self) -> impl Iterator<Item = (&str, &Target)> {
        self.hosts.iter().map(|(host, target)| (&**host, target))
    }

    /// Whether some service reads a member's identity from this header.
    pub(crate) fn carries_identity(&self, name: &HeaderName) -> bool {
        self.identity_headers.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn route(paths: &[&str]) -> ServiceRoute {
        ServiceRoute::new("radicale".parse().unwrap(), "/run/radicale/http.sock".into())
            .with_access(Access::Members, paths.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_name_is_found_and_another_is_not() {
        let mut table = RouteTable::default();
        table.insert("Board.local.", Target::Board);
        table.insert("calendar.example.test", Target::Service(Arc::new(route(&[]))));
        table.insert("old.example.test", Target::Closed);
        assert!(matches!(table.match_host("board.local"), Found::Board));
        assert!(matches!(
            table.match_host("calendar.example.test"),
            Found::Service(_)
        ));
        assert!(matches!(table.match_host("old.example.test"), Found::Closed));
        assert!(matches!(table.match_host("attacker.test"), Found::Unknown));
        assert!(matches!(table.match_host("x.board.local"), Found::Unknown));
        for own in ["localhost", "192.0.2.7", "[2001:db8::1]"] {
            assert!(matches!(table.match_host(own), Found::Board), "{own}");
        }
    }

    #[test]
    fn a_public_path_cannot_be_used_to_climb_out() {
        let route = route(&["/.well-known/", "/public"]);
        for open in ["/.well-known/caldav", "/.well-known/", "/public", "/public/a%20b"] {
            assert!(route.is_public(open), "{open}");
        }
        for shut in [
            "/",
            "/publicity",
            "/.well-known",
            "/.well-known/../private",
            "/.well-known/%2e%2E/private",
            "/.well-known/..%2fprivate",
            "/.well-known//private",
            "/.well-known/.%5cprivate",
            "/.well-known/\\..\\private",
            "/.well-known/%252e%252e/private",
            "/.well-known/..;/private",
            "/.well-known/.",
            "/.well-known/..",
            "/.well-known/%",
        ] {
            assert!(!route.is_public(shut), "{shut}");
        }
    }

    proptest! {
        #[test]
        fn no_path_makes_the_check_panic(path: String) {
            let _ = route(&["/.well-known/"]).is_public(&path);
        }
    }
}
