// SPDX-License-Identifier: AGPL-3.0-or-later
//! The front door: accepts connections, terminates TLS, finds who is asked for by host name, asks the gate, and
//! relays to a service over its Unix socket or to the board's own pages.
//!
//! What it refuses to do: it never trusts a header that says who somebody is or where they come from, never
//! reaches a service over TCP, never guesses a host it was not told of, and never buffers a body. It holds no
//! certificates (it is handed a [`rustls::ServerConfig`]) and no sessions (it is handed a [`Gate`]).

mod accept;
mod aside;
mod body;
mod connection;
mod count;
mod forward;
mod gate;
mod headers;
mod host;
mod limits;
mod linger;
mod pages;
mod proxy;
mod route;
mod stall;
mod upstream;

pub use accept::{Http01, Ingress, Parts, Strict};
pub use aside::Aside;
pub use body::{Body, BoxError};
pub use connection::ClientInfo;
pub use forward::ServiceHost;
pub use gate::{Allowed, Gate, GateRequest, Identity, Verdict};
pub use host::{HostError, is_local};
pub use limits::Limits;
pub use pages::{ErrorPages, Page, PlainPages};
pub use proxy::{Board, board};
pub use route::{Found, IdentityHeaders, RouteTable, ServiceRoute, ServiceState, Target};
