// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who makes a request to the board itself, and what each route demands of them.

use super::{csrf, secret};
use crate::{
    ApiError, App,
    state::{Member, Role},
};
use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, StatusCode, header, request::Parts};
use ingress::ClientInfo;
use std::net::IpAddr;
use types::{MemberName, Timestamp};

/// What a route demands. Every route names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Anybody may ask.
    Public,
    /// Anybody who is signed in, guests too.
    Guest,
    /// A member who is signed in.
    Member,
    /// A steward who is signed in.
    Steward,
}

/// Who asks.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The member, when signed in.
    pub member: Option<Member>,
    /// Hash of the session's secret, when signed in by one.
    pub session: Option<String>,
    /// Whether the browser added the identity by itself (a cookie).
    pub ambient: bool,
    /// What the browser shows of earlier sign-ins; see [`super::devices`].
    pub device: String,
    /// Where the request came from; `None` on the control socket.
    pub address: Option<IpAddr>,
    /// Whether the connection is TLS.
    pub secure: bool,
    /// `Host`, with port.
    pub authority: String,
    /// What the browser calls itself, shortened.
    pub agent: String,
}

/// Marks a request from the control socket: its caller is root on the board, as the kernel says.
#[derive(Clone, Copy, Debug)]
pub struct Operator;

/// Cookie of the board's pages and of services' hosts, over TLS. `__Host-` keeps it to its host (RFC 6265bis).
pub const SECURE_COOKIE: &str = "__Host-commonhost";
/// The same without TLS: only on local names.
pub const PLAIN_COOKIE: &str = "commonhost";
/// Cookie of a device where somebody signed in before, over TLS.
const SECURE_DEVICE_COOKIE: &str = "__Host-commonhost-device";
/// The same without TLS.
const PLAIN_DEVICE_COOKIE: &str = "commonhost-device";

/// Seconds a browser keeps the session cookie.
const SESSION_LIFE: u64 = 30 * 86_400;
/// Seconds a device stays known after a sign-in.
const DEVICE_LIFE: u64 = 365 * 86_400;

impl Caller {
    /// The member, for routes whose policy demands one.
    ///
    /// # Errors
    /// 401 when nobody is signed in.
    pub fn member(&self) -> Result<&Member, ApiError> {
        self.member.as_ref().ok_or_else(unauthorized)
    }

    /// The member's name.
    ///
    /// # Errors
    /// 401 when nobody is signed in.
    pub fn name(&self) -> Result<&MemberName, ApiError> {
        self.member().map(|member| &member.name)
    }

    /// Whether a steward asks.
    pub fn is_steward(&self) -> bool {
        self.member
            .as_ref()
            .is_some_and(|member| member.role == Role::Steward)
    }

    /// Name of the session cookie on this connection.
    pub fn cookie(&self) -> &'static str {
        if self.secure { SECURE_COOKIE } else { PLAIN_COOKIE }
    }

    fn device_cookie(&self) -> &'static str {
        if self.secure {
            SECURE_DEVICE_COOKIE
        } else {
            PLAIN_DEVICE_COOKIE
        }
    }

    /// The values of `Set-Cookie` that open a session in a browser, which from now on is a known device of the
    /// member on the board's own host.
    pub fn session_cookies(&self, secret: &str, device: Option<&str>) -> Vec<String> {
        let session = set_cookie(self.cookie(), secret, self.secure, SESSION_LIFE);
        let device = device.map(|value| set_cookie(self.device_cookie(), value, self.secure, DEVICE_LIFE));
        std::iter::once(session).chain(device).collect()
    }
}

/// The value of a `Set-Cookie` header.
pub fn set_cookie(name: &str, value: &str, secure: bool, seconds: u64) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

/// A cookie's value.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let texts = headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    texts
        .flat_map(|text| text.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

fn unauthorized() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "sign_in_needed",
        "Please sign in first.",
    )
}

/// Finds out who asks and checks where the request comes from. Runs before every route.
///
/// # Errors
/// 403 for a request that another site made, 401 for a token that does not exist.
pub async fn identify(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let mut caller = Caller {
        authority: authority(&request),
        ..Caller::default()
    };
    if let Some(agent) = request
        .headers()
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok())
    {
        caller.agent = agent.chars().take(120).collect();
    }
    if let Some(info) = request.extensions().get::<ClientInfo>() {
        (caller.address, caller.secure) = (Some(info.remote.ip()), info.secure);
    }
    if let Some(device) = cookie(request.headers(), caller.device_cookie()) {
        caller.device = device.to_owned();
    }
    if request.extensions().get::<Operator>().is_some() {
        caller.member = Some(operator());
    } else if let Some(token) = bearer(request.headers()) {
        let hash = secret::hash(token);
        caller.member = app.store.token_member(hash.clone(), app.now()).await?;
        if caller.member.is_none() {
            // A script that signed in may use its session as it would a token.
            caller.member = app.store.session_member(hash.clone(), None, app.now()).await?;
            caller.session = caller.member.as_ref().map(|_| hash);
        }
        if caller.member.is_none() {
            let message = "This token does not exist or was taken back. Make a new one on your account page.";
            return Err(ApiError::new(StatusCode::UNAUTHORIZED, "token_unknown", message));
        }
    } else if let Some(value) = cookie(request.headers(), caller.cookie()) {
        let hash = secret::hash(value);
        caller.member = app.store.session_member(hash.clone(), None, app.now()).await?;
        (caller.session, caller.ambient) = (caller.member.is_some().then_some(hash), true);
    }
    if !csrf::allowed(
        request.method(),
        request.headers(),
        &caller.authority,
        caller.ambient,
    ) {
        let message = "This request did not come from the board's own page, so it was not carried out. \
                       Open the board's page and try again there.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "cross_site", message));
    }
    request.extensions_mut().insert(caller.clone());
    let mut response = next.run(request).await;
    // An error's page is in the language of the one who asked.
    response.extensions_mut().insert(caller);
    Ok(response)
}

/// Refuses callers whom the route's policy does not admit.
///
/// # Errors
/// 401 and 403.
pub async fn admit(State(policy): State<Policy>, request: Request, next: Next) -> Result<Response, ApiError> {
    let caller = request.extensions().get::<Caller>().cloned().unwrap_or_default();
    match policy {
        Policy::Public => {}
        Policy::Guest => {
            caller.member()?;
        }
        Policy::Member => {
            if caller.member()?.role == Role::Guest {
                let message = "This is for members of the board. Ask a steward to make you one.";
                return Err(ApiError::new(StatusCode::FORBIDDEN, "member_needed", message));
            }
        }
        Policy::Steward => {
            caller.member()?;
            if !caller.is_steward() {
                let message = "Only a steward may do this. Ask one of the stewards of this board.";
                return Err(ApiError::new(StatusCode::FORBIDDEN, "steward_needed", message));
            }
        }
    }
    Ok(next.run(request).await)
}

/// The steward that root on the board acts as.
fn operator() -> Member {
    Member {
        name: "board"
            .parse()
            .unwrap_or_else(|_| unreachable!("board is a name")),
        display_name: "Board".into(),
        role: Role::Steward,
        language: None,
        groups: Vec::new(),
        created: Timestamp::default(),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    // What a client of the OpenID Connect provider holds opens nothing here: only its own routes read it.
    let token = token.trim();
    let ours = scheme.eq_ignore_ascii_case("bearer") && !token.starts_with(crate::openid::TOKEN_PREFIX);
    ours.then_some(token)
}

fn authority(request: &Request) -> String {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    authority.or(host).unwrap_or_default().to_ascii_lowercase()
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}
