// SPDX-License-Identifier: AGPL-3.0-or-later
//! Relaying one request to a service.

use crate::{
    body::Body,
    connection::Peer,
    gate::Allowed,
    headers,
    limits::Limits,
    pages::Page,
    route::{ServiceRoute, ServiceState},
    stall::{self, Progress},
    upstream::{Pool, SendError},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, Version,
    header::{AUTHORIZATION, CONNECTION, HOST, UPGRADE},
    request,
    uri::PathAndQuery,
};
use hyper::{body::Incoming, upgrade::OnUpgrade};
use hyper_util::rt::TokioIo;
use std::sync::{Arc, atomic::Ordering};
use types::ServiceName;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Extension on a request under `/.commonhost/` that was asked on a service's host and is handed to the board:
/// the sign-in handoff lives there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceHost {
    /// Service that owns the host.
    pub service: ServiceName,
    /// Host name: lower case, without port.
    pub host: String,
}

/// Sends a request on to its service, with what the gate said, and brings back the answer or the page that stands
/// for the failure. The request's headers have been cleaned of claims and carry `Host`.
pub(crate) async fn forward(
    pool: &Pool,
    limits: &Limits,
    route: &ServiceRoute,
    allowed: &Allowed,
    peer: &Arc<Peer>,
    (mut parts, body): (request::Parts, Incoming),
) -> Result<Response<Body>, Page> {
    let protocol = match parts.version {
        Version::HTTP_11 => headers::upgrade_of(&parts.headers),
        _ => None,
    };
    let client_side = parts.extensions.remove::<OnUpgrade>();
    prepare(&mut parts, route, allowed, peer);
    if let Some(protocol) = &protocol {
        parts
            .headers
            .insert(CONNECTION, HeaderValue::from_static("upgrade"));
        parts.headers.insert(UPGRADE, protocol.clone());
    }
    let (body, progress) = stall::watch(body, limits.body_stall);
    let request = Request::from_parts(parts, body);
    let mut response = send(pool, limits, route, request, progress.as_deref())
        .await
        .map_err(|failure| failure.page(route))?;

    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let service_side = response.extensions_mut().remove::<OnUpgrade>();
        let (Some(protocol), Some(client), Some(service)) = (protocol, client_side, service_side) else {
            return Err(Failure::Broken.page(route));
        };
        peer.upgraded.store(true, Ordering::Relaxed);
        tokio::spawn(tunnel(client, service, Arc::clone(peer)));
        headers::clean_answer(response.headers_mut());
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("upgrade"));
        response.headers_mut().insert(UPGRADE, protocol);
        return Ok(response);
    }
    headers::clean_answer(response.headers_mut());
    *response.version_mut() = Version::HTTP_11;
    Ok(response)
}

/// Turns the head of a client's request into the head of the one the service gets.
fn prepare(parts: &mut request::Parts, route: &ServiceRoute, allowed: &Allowed, peer: &Peer) {
    let fields = &mut parts.headers;
    headers::remove_hop_by_hop(fields);
    headers::remove_own_cookies(fields);
    if allowed.consumed_authorization {
        fields.remove(AUTHORIZATION);
    }
    fields.insert(X_FORWARDED_FOR, peer.address_value.clone());
    let proto = if peer.info.secure { "https" } else { "http" };
    fields.insert(X_FORWARDED_PROTO, HeaderValue::from_static(proto));
    if let Some(host) = fields.get(HOST).cloned() {
        fields.insert(X_FORWARDED_HOST, host);
    }
    introduce(fields, route, allowed);

    if parts.uri.authority().is_some() || parts.uri.path_and_query().is_none() {
        let path = parts.uri.path_and_query().cloned();
        parts.uri = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
    }
    parts.version = Version::HTTP_11;
}

/// Sets the headers that tell the service who the member is.
fn introduce(fields: &mut HeaderMap, route: &ServiceRoute, allowed: &Allowed) {
    let (Some(names), Some(identity)) = (&route.identity, &allowed.identity) else {
        return;
    };
    if let Ok(value) = HeaderValue::from_str(identity.member.as_str()) {
        fields.insert(names.user.clone(), value);
    }
    if let Some(groups) = &names.groups {
        let plain = |group: &&String| !group.contains(|c: char| c == ',' || c.is_control());
        let joined = identity
            .groups
            .iter()
            .filter(plain)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(",");
        if let Ok(value) = HeaderValue::from_str(&joined) {
            fields.insert(groups.clone(), value);
        }
    }
}

/// Why a service gave no answer.
enum Failure {
    /// Nothing accepts connections on its socket.
    Unreachable,
    /// It broke off, or did not speak HTTP.
    Broken,
    /// It did not answer in time.
    Late,
    /// The client stopped sending.
    Stalled,
    /// The client broke off, or sent what is no body.
    BadBody,
}

async fn send(
    pool: &Pool,
    limits: &Limits,
    route: &ServiceRoute,
    request: Request<Body>,
    progress: Option<&Progress>,
) -> Result<Response<Body>, Failure> {
    let mut answer = std::pin::pin!(pool.send(&route.socket, request));
    let mut frames = 0;
    loop {
        match tokio::time::timeout(limits.response, answer.as_mut()).await {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(error)) => return Err(explain(&error, progress)),
            Err(_) => {
                // A long upload is no silence: the service answers when it has all of it.
                let now = progress.map_or(frames, Progress::frames);
                if now == frames {
                    return Err(Failure::Late);
                }
                frames = now;
            }
        }
    }
}

fn explain(error: &SendError, progress: Option<&Progress>) -> Failure {
    if progress.is_some_and(Progress::stalled) {
        return Failure::Stalled;
    }
    if progress.is_some_and(Progress::broken) {
        return Failure::BadBody;
    }
    log::debug!("a service gave no answer: {error:?}");
    match error {
        SendError::Connect(_) => Failure::Unreachable,
        SendError::Exchange(_) => Failure::Broken,
    }
}

impl Failure {
    fn page(&self, route: &ServiceRoute) -> Page {
        let starting = route.state == ServiceState::Starting;
        let (status, code, message, retry_after) = match self {
            Self::Unreachable if starting => (
                StatusCode::SERVICE_UNAVAILABLE,
                "service_starting",
                "This service is starting. One moment.",
                Some(2),
            ),
            Self::Unreachable => (
                StatusCode::BAD_GATEWAY,
                "service_unreachable",
                "This service does not answer just now. Try again in a moment; if it lasts, tell a steward of this board.",
                Some(5),
            ),
            Self::Broken => (
                StatusCode::BAD_GATEWAY,
                "service_broke_off",
                "This service broke off before it had answered. Try again; if it lasts, tell a steward of this board.",
                None,
            ),
            Self::Late => (
                StatusCode::GATEWAY_TIMEOUT,
                "service_late",
                "This service took too long to answer. Try again in a while.",
                None,
            ),
            Self::BadBody => (
                StatusCode::BAD_REQUEST,
                "bad_body",
                "The upload broke off or was malformed. Try again.",
                None,
            ),
            Self::Stalled => (
                StatusCode::REQUEST_TIMEOUT,
                "upload_stalled",
                "The upload stood still for too long. Try again.",
                None,
            ),
        };
        Page {
            status,
            code,
            message,
            service: Some(route.service.to_string()),
            retry_after,
        }
    }
}

/// Passes bytes both ways after an upgrade, until one side ends or the front door shuts. Holds the peer, so that
/// the connection keeps counting.
async fn tunnel(client: OnUpgrade, service: OnUpgrade, peer: Arc<Peer>) {
    let Ok((client, service)) = tokio::try_join!(client, service) else {
        return;
    };
    let (mut client, mut service) = (TokioIo::new(client), TokioIo::new(service));
    let mut shut = peer.shut.clone();
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut service) => {}
        _ = shut.wait_for(|shut| *shut) => {}
    }
}
