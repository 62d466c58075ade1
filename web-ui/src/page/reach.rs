// SPDX-License-Identifier: AGPL-3.0-or-later
//! How the board is reached from outside.

use crate::{
    field::TextField,
    i18n::T,
    layout::{Layout, page},
};
use types::Timestamp;

/// `GET /reach`: the public address, open ports, the name that follows the address.
///
/// Forms, answered with 303 to `/reach` or this page with errors (422):
/// - `POST /reach/look` without fields
/// - `POST /reach/ports` with `allow` (`true` when ticked)
/// - `POST /reach/echo` with `echo` (web addresses, one a line)
/// - `POST /reach/dynamic` with `way` (`none`, `dyndns2` or `rfc2136`), `name`, `server`, `user`, `password`, `zone`,
///   `key_name`, `key`, `algorithm`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReachPage {
    /// What every page knows.
    pub layout: Layout,
    /// By IPv4.
    pub v4: Way4,
    /// The address by IPv6, if the board has one.
    pub v6: Option<String>,
    /// Ports 80 and 443.
    pub ports: Vec<PortRow>,
    /// Who allowed to open them.
    pub ports_allowed_by: Option<String>,
    /// Echo services, one a line.
    pub echo: TextField,
    /// The name that follows the address.
    pub dynamic: DynamicForm,
    /// How its last update ended.
    pub dynamic_status: Option<DynamicStatus>,
}

/// Algorithms of a key (RFC 8945 section 6), the usual one first.
pub(crate) const ALGORITHMS: [&str; 3] = ["hmac-sha256", "hmac-sha384", "hmac-sha512"];

/// How the board can be reached by IPv4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way4 {
    /// It has this public address itself.
    Direct(String),
    /// The router has this public address.
    BehindRouter(String),
    /// Two routers; the nearer one has this inner address.
    DoubleNat(String),
    /// The provider shares an address; the router has this one.
    Cgnat(String),
    /// Seen at this address; the router does not tell.
    Seen(String),
    /// Not known.
    Unknown,
}

/// A port in the router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortRow {
    /// 80 or 443.
    pub port: u16,
    /// Whether the router opened it.
    pub open: bool,
    /// What the router said when it refused.
    pub problem: Option<String>,
}

/// The form for the name that follows the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DynamicForm {
    /// `none`, `dyndns2` or `rfc2136`.
    pub way: String,
    /// The name.
    pub name: TextField,
    /// The provider's or the server's address.
    pub server: TextField,
    /// User name.
    pub user: TextField,
    /// Password: never filled in.
    pub password: TextField,
    /// The zone.
    pub zone: TextField,
    /// The key's name.
    pub key_name: TextField,
    /// The key: never filled in.
    pub key: TextField,
}

/// How the last update ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamicStatus {
    /// When it was begun.
    pub at: Option<Timestamp>,
    /// Whether the name has the address.
    pub good: bool,
    /// What it means and what to do.
    pub text: String,
}

impl Way4 {
    pub(crate) fn text(&self, t: T) -> String {
        match self {
            Self::Direct(address) => t.reach_direct(address),
            Self::BehindRouter(address) => t.reach_behind_router(address),
            Self::DoubleNat(address) => t.reach_double_nat(address),
            Self::Cgnat(address) => t.reach_cgnat(address),
            Self::Seen(address) => t.reach_seen(address),
            Self::Unknown => t.reach_unknown().into(),
        }
    }

    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Direct(_) | Self::BehindRouter(_) => "good",
            Self::DoubleNat(_) | Self::Seen(_) | Self::Unknown => "warn",
            Self::Cgnat(_) => "bad",
        }
    }
}

impl DynamicForm {
    pub(crate) fn ways(&self, t: T) -> [(&'static str, &'static str, bool); 3] {
        let way = |code, text| (code, text, self.way == code);
        [
            way("none", t.reach_dynamic_none()),
            way("dyndns2", t.reach_dynamic_dyndns2()),
            way("rfc2136", t.reach_dynamic_rfc2136()),
        ]
    }
}

page!(ReachPage, "reach.html");
