// SPDX-License-Identifier: AGPL-3.0-or-later
//! The question the front door asks before a request reaches a service meant for members.

use crate::body::Body;
use async_trait::async_trait;
use http::{HeaderMap, Method, Response};
use std::net::SocketAddr;
use types::{MemberName, ServiceName};

/// Decides who may pass. Sessions, app passwords and the way to the sign-in page are its business.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Asked for each request to a service with `Access::Members`, outside its public paths and outside
    /// `/.commonhost/`. Must not block: hash passwords on another thread.
    async fn check(&self, request: &GateRequest<'_>) -> Verdict;
}

/// What the gate sees of a request: all but the body.
#[derive(Clone, Copy, Debug)]
pub struct GateRequest<'a> {
    /// Service that is asked for.
    pub service: &'a ServiceName,
    /// Host name it was asked under: lower case, without port.
    pub host: &'a str,
    /// Host and port as the client wrote them: what a link back must hold.
    pub authority: &'a str,
    /// Method.
    pub method: &'a Method,
    /// Path and query as sent.
    pub path_and_query: &'a str,
    /// Headers as sent, except that what claims an identity or an origin is already gone.
    pub headers: &'a HeaderMap,
    /// The other end of the connection.
    pub remote: SocketAddr,
    /// Whether the connection is TLS.
    pub secure: bool,
}

/// The gate's answer.
#[derive(Debug)]
pub enum Verdict {
    /// The request goes on to the service.
    Allow(Allowed),
    /// This is sent instead: a redirect to the sign-in page, or 401 for a native client.
    Respond(Response<Body>),
}

/// How a request goes on.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    /// Who it is; set in the service's identity headers. `None`: somebody without a name for the service.
    pub identity: Option<Identity>,
    /// The gate used up the `Authorization` header (an app password): the service must not see it.
    pub consumed_authorization: bool,
}

/// A member, as a service gets to know one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Sign-in name.
    pub member: MemberName,
    /// Name shown to others. Not sent to services by header; for logs and pages.
    pub display_name: String,
    /// Groups, sent comma separated. A group name with a comma or a control character is left out.
    pub groups: Vec<String>,
}
