// SPDX-License-Identifier: AGPL-3.0-or-later
//! One request: find the host, answer or hand over.

use crate::{
    accept::Parts,
    body::{Body, BoxError},
    connection::Peer,
    forward::{ServiceHost, forward},
    gate::{Allowed, GateRequest, Verdict},
    headers, host,
    host::HostError,
    pages::Page,
    route::{Found, ServiceRoute, ServiceState},
    stall,
    upstream::Pool,
};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version,
    header::{CONNECTION, CONTENT_TYPE, HOST, LOCATION, STRICT_TRANSPORT_SECURITY},
    request,
    uri::PathAndQuery,
};
use hyper::body::Incoming;
use std::{convert::Infallible, future::Future, panic::AssertUnwindSafe, pin::Pin, sync::Arc};
use tower::{Service, ServiceExt as _};

/// Paths on a service's host that are the board's.
const RESERVED: &str = "/.commonhost/";
/// Where a CA asks for HTTP-01 answers (RFC 8555 section 8.3).
const ACME: &str = "/.well-known/acme-challenge/";

/// Something that serves the board's own UI and API.
pub trait Board: Send + Sync {
    /// Serves one request. It carries [`crate::ClientInfo`] and, for `/.commonhost/` on a service's host,
    /// [`crate::ServiceHost`] as extensions.
    fn serve(&self, request: Request<Body>) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>>;
}

struct Tower<S>(S);

impl<S, B> Board for Tower<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    fn serve(&self, request: Request<Body>) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
        let service = self.0.clone();
        Box::pin(async move {
            match service.oneshot(request).await {
                Ok(response) => response.map(Body::wrap),
                Err(never) => match never {},
            }
        })
    }
}

/// Makes a [`Board`] of any cloneable tower service, such as an `axum::Router`.
pub fn board<S, B>(service: S) -> std::sync::Arc<dyn Board>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    std::sync::Arc::new(Tower(service))
}

/// What answers requests: the same for every connection.
pub(crate) struct Door {
    pub(crate) parts: Parts,
    pool: Pool,
}

/// Where one request goes, with all that the route table had to say.
enum Way {
    Board,
    /// A service, and the host it was asked under.
    Service(Arc<ServiceRoute>, Arc<str>),
    /// To HTTPS on this host.
    Redirect(String),
}

impl Door {
    pub(crate) fn new(parts: Parts) -> Self {
        let pool = Pool::new(&parts.limits);
        Self { parts, pool }
    }

    /// Answers one request, whatever happens.
    pub(crate) async fn answer(&self, request: Request<Incoming>, peer: &Arc<Peer>) -> Response<Body> {
        let handled = AssertUnwindSafe(self.handle(request, peer)).catch_unwind().await;
        handled.unwrap_or_else(|_| {
            log::error!("a request handler panicked");
            let page = page(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Something went wrong inside this board. It was written to the log.",
            );
            self.parts.pages.render(&page, &HeaderMap::new())
        })
    }

    async fn handle(&self, request: Request<Incoming>, peer: &Arc<Peer>) -> Response<Body> {
        let (mut parts, body) = request.into_parts();
        if !peer.info.secure
            && let Some(token) = parts.uri.path().strip_prefix(ACME)
            && let Some(answer) = (self.parts.http01)(token)
        {
            let mut response = Response::new(Body::from(answer));
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
            return response;
        }
        let (admitted, strict) = self
            .admit(&mut parts, peer)
            .map_or_else(|page| (Err(page), None), |(way, strict)| (Ok(way), strict));
        let mut response = match admitted {
            Ok(Way::Board) => self.board(parts, body, peer).await,
            Ok(Way::Service(route, host)) => match self.service(&route, &host, (parts, body), peer).await {
                Ok(response) => response,
                Err(refused) => self.parts.pages.render(&refused.0, &refused.1),
            },
            Ok(Way::Redirect(host)) => self.redirect(&host, parts.uri.path_and_query()),
            Err(page) => {
                let mut response = self.parts.pages.render(&page, &parts.headers);
                if page.status == StatusCode::BAD_REQUEST && parts.version <= Version::HTTP_11 {
                    // What follows on this connection may be part of the same trick.
                    response
                        .headers_mut()
                        .insert(CONNECTION, HeaderValue::from_static("close"));
                }
                response
            }
        };
        if let Some(strict) = strict {
            response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, strict);
        }
        response
    }

    /// Checks form and host, removes what nobody may claim, and finds the way and what browsers are told of the host.
    /// Synchronous: the route table is only borrowed.
    fn admit(&self, parts: &mut request::Parts, peer: &Peer) -> Result<(Way, Option<HeaderValue>), Page> {
        if matches!(parts.method, Method::CONNECT | Method::TRACE) {
            return Err(page(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This method is not used here.",
            ));
        }
        if !headers::has_plain_framing(&parts.headers) {
            return Err(page(
                StatusCode::BAD_REQUEST,
                "bad_framing",
                "The request's Transfer-Encoding is not understood.",
            ));
        }
        let authority = host::authority(&parts.uri, &parts.headers).map_err(bad_host)?;
        let name = host::name(authority).map_err(bad_host)?;
        let routes = self.parts.routes.load();
        let way = match routes.match_host(&name) {
            Found::Unknown => return Err(unknown_host()),
            _ if !known_server_name(&routes, peer, &name) => return Err(unknown_host()),
            _ if !peer.info.secure && !host::is_local(&name) => Way::Redirect(name.to_string()),
            Found::Board => Way::Board,
            Found::Service(route) => Way::Service(
                Arc::clone(route),
                routes.key(&name).unwrap_or_else(|| Arc::from(&*name)),
            ),
            Found::Closed => return Err(closed()),
        };
        // Over plain HTTP anybody could say it (RFC 6797 section 7.2).
        let strict = peer.info.secure.then(|| (self.parts.strict)(&name)).flatten();
        if !parts.headers.contains_key(HOST) || parts.uri.authority().is_some() {
            // Host names have no character that a header value could not hold.
            let value = HeaderValue::from_str(authority).map_err(|_| bad_host(HostError::Malformed))?;
            parts.headers.insert(HOST, value);
        }
        headers::remove_claims(&mut parts.headers, &routes);
        headers::join_cookies(&mut parts.headers);
        Ok((way, strict))
    }

    async fn board(&self, mut parts: request::Parts, body: Incoming, peer: &Peer) -> Response<Body> {
        parts.extensions.insert(peer.info.clone());
        let (body, _) = stall::watch(body, self.parts.limits.body_stall);
        self.parts.board.serve(Request::from_parts(parts, body)).await
    }

    async fn service(
        &self,
        route: &ServiceRoute,
        host: &str,
        (mut parts, body): (request::Parts, Incoming),
        peer: &Arc<Peer>,
    ) -> Result<Response<Body>, (Page, HeaderMap)> {
        if parts.uri.path().starts_with(RESERVED) {
            parts.extensions.insert(ServiceHost {
                service: route.service.clone(),
                host: host.to_owned(),
            });
            return Ok(self.board(parts, body, peer).await);
        }
        let refusal = match (route.access, route.state) {
            (types::manifest::Access::None, _) => Some(closed()),
            (_, ServiceState::Stopped) => Some(stopped()),
            _ => None,
        };
        if let Some(mut page) = refusal {
            page.service = Some(route.service.to_string());
            return Err((page, parts.headers));
        }
        let guarded = route.access == types::manifest::Access::Members && !route.is_public(parts.uri.path());
        let allowed = if guarded {
            let question = GateRequest {
                service: &route.service,
                host,
                authority: parts
                    .headers
                    .get(HOST)
                    .and_then(|value| value.to_str().ok())
                    .unwrap_or(host),
                method: &parts.method,
                path_and_query: parts.uri.path_and_query().map_or("/", PathAndQuery::as_str),
                headers: &parts.headers,
                remote: peer.info.remote,
                secure: peer.info.secure,
            };
            match self.parts.gate.check(&question).await {
                Verdict::Allow(allowed) => allowed,
                Verdict::Respond(response) => return Ok(response),
            }
        } else {
            Allowed::default()
        };
        // Only what the page is chosen by, and only if one is needed.
        let accept = parts.headers.get(http::header::ACCEPT).cloned();
        let language = parts.headers.get(http::header::ACCEPT_LANGUAGE).cloned();
        let sent = forward(
            &self.pool,
            &self.parts.limits,
            route,
            &allowed,
            peer,
            (parts, body),
        )
        .await;
        sent.map_err(|page| {
            let mut wishes = HeaderMap::new();
            accept.map(|value| wishes.insert(http::header::ACCEPT, value));
            language.map(|value| wishes.insert(http::header::ACCEPT_LANGUAGE, value));
            (page, wishes)
        })
    }

    /// 308: the method stays, so that a client that was given the wrong scheme still gets its answer.
    fn redirect(&self, host: &str, path: Option<&PathAndQuery>) -> Response<Body> {
        let path = path.map_or("/", PathAndQuery::as_str);
        let location = match self.parts.https_port {
            443 => format!("https://{host}{path}"),
            port => format!("https://{host}:{port}{path}"),
        };
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
        if let Ok(location) = HeaderValue::from_str(&location) {
            response.headers_mut().insert(LOCATION, location);
        }
        response
    }
}

/// Whether the name in the TLS handshake is the request's, or at least ours too.
fn known_server_name(routes: &crate::RouteTable, peer: &Peer, host: &str) -> bool {
    match peer.info.server_name.as_deref() {
        None => true,
        Some(name) if name == host => true,
        Some(name) => !matches!(routes.match_host(name), Found::Unknown),
    }
}

fn page(status: StatusCode, code: &'static str, message: &'static str) -> Page {
    Page {
        status,
        code,
        message,
        service: None,
        retry_after: None,
    }
}

fn unknown_host() -> Page {
    page(
        StatusCode::MISDIRECTED_REQUEST,
        "unknown_host",
        "This board does not go by that name. Check the address for a typing error.",
    )
}

fn closed() -> Page {
    page(
        StatusCode::NOT_FOUND,
        "nothing_here",
        "Nothing is offered at this address just now.",
    )
}

fn stopped() -> Page {
    page(
        StatusCode::SERVICE_UNAVAILABLE,
        "service_stopped",
        "This service is switched off. A steward of this board can start it.",
    )
}

fn bad_host(error: HostError) -> Page {
    let message = match error {
        HostError::Missing => "The request does not say which host it is for.",
        HostError::Ambiguous => "The request names more than one host.",
        HostError::Malformed => "The request's host is not a host name.",
    };
    page(StatusCode::BAD_REQUEST, "bad_host", message)
}
