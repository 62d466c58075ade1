// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who may reach a service for members: people by a session that was handed over from the board's own page, their
//! apps by an app password (RFC 7617).

use super::{
    caller::{PLAIN_COOKIE, SECURE_COOKIE, cookie},
    csrf,
    rules::{groups, may_use},
    secret,
};
use crate::{App, app::lock, state::Member};
use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, Method, Response, StatusCode, header};
use ingress::{Allowed, Body, Gate, GateRequest, Identity, Verdict};
use types::ServiceName;

/// The gate of the front door.
pub struct SignInGate(pub App);

#[async_trait]
impl Gate for SignInGate {
    async fn check(&self, request: &GateRequest<'_>) -> Verdict {
        if let Some((name, password)) = basic(request.headers) {
            return self.check_app_password(request, &name, &password).await;
        }
        let name = if request.secure {
            SECURE_COOKIE
        } else {
            PLAIN_COOKIE
        };
        if let Some(value) = cookie(request.headers, name) {
            let host = Some(request.host.to_owned());
            match self
                .0
                .store
                .session_member(secret::hash(value), host, self.0.now())
                .await
            {
                Ok(Some(member))
                    if csrf::allowed(request.method, request.headers, request.authority, true) =>
                {
                    return admit(&self.0, request.service, &member, false);
                }
                Ok(Some(_)) => {
                    return refuse(
                        StatusCode::FORBIDDEN,
                        "Another site made this request; it was not passed on.\n",
                    );
                }
                Ok(None) => {}
                Err(error) => {
                    log::error!("{}", host::chain(&error));
                    return refuse(StatusCode::SERVICE_UNAVAILABLE, "Please try again in a moment.\n");
                }
            }
        }
        if is_page_view(request) {
            self.to_sign_in(request)
        } else {
            ask_for_password()
        }
    }
}

impl SignInGate {
    async fn check_app_password(&self, request: &GateRequest<'_>, name: &str, password: &str) -> Verdict {
        let (app, now) = (&self.0, self.0.now());
        let hash = secret::hash_typed(password);
        let found = app
            .store
            .app_password_member(hash, request.service.clone(), now)
            .await;
        match found {
            Ok(Some(member)) if member.name.as_str() == name => admit(app, request.service, &member, true),
            Ok(_) => {
                let address = request.remote.ip();
                if let Err(wait) = lock(&app.guesses).count_app(address.into(), now) {
                    let message = format!("Too many wrong passwords from here. Wait {wait} seconds.\n");
                    return refuse(StatusCode::TOO_MANY_REQUESTS, message);
                }
                ask_for_password()
            }
            Err(error) => {
                log::error!("{}", host::chain(&error));
                refuse(StatusCode::SERVICE_UNAVAILABLE, "Please try again in a moment.\n")
            }
        }
    }

    /// Sends a browser to the board's own host, which knows whether somebody is signed in, and back.
    fn to_sign_in(&self, request: &GateRequest<'_>) -> Verdict {
        let seen = self.0.seen.load();
        // A member who came by a public name is sent to a public name, if the board has one.
        let local = ingress::is_local(request.host);
        let board = seen
            .addresses
            .board
            .iter()
            .find(|name| ingress::is_local(name) == local);
        let Some(board) = board.or_else(|| seen.addresses.board.first()) else {
            return ask_for_password();
        };
        let port = request.authority.rsplit_once(':').map_or("", |(_, port)| port);
        let port = if port.bytes().all(|byte| byte.is_ascii_digit()) && !port.is_empty() {
            format!(":{port}")
        } else {
            String::new()
        };
        let scheme = if request.secure { "https" } else { "http" };
        let to = encode(&format!("{}{}", request.authority, request.path_and_query));
        let location = format!("{scheme}://{board}{port}/sign-in/continue?to={to}");
        let response = Response::builder()
            .status(StatusCode::SEE_OTHER)
            .header(header::LOCATION, location)
            .header(header::CACHE_CONTROL, "no-store");
        response
            .body(Body::empty())
            .map_or_else(|_| ask_for_password(), Verdict::Respond)
    }
}

/// Lets a member through, unless the service is not for this member.
fn admit(app: &App, service: &ServiceName, member: &Member, consumed_authorization: bool) -> Verdict {
    if may_use(&app.rules.load(), service, member) {
        return allow(member, consumed_authorization);
    }
    let message = "This service is not open to you. Ask a steward of this board.\n";
    refuse(StatusCode::FORBIDDEN, message)
}

fn allow(member: &Member, consumed_authorization: bool) -> Verdict {
    let identity = Identity {
        member: member.name.clone(),
        display_name: member.display_name.clone(),
        groups: groups(member),
    };
    Verdict::Allow(Allowed {
        identity: Some(identity),
        consumed_authorization,
    })
}

fn refuse(status: StatusCode, message: impl Into<String>) -> Verdict {
    let mut response = Response::new(Body::from(message.into()));
    *response.status_mut() = status;
    Verdict::Respond(response)
}

fn ask_for_password() -> Verdict {
    let message =
        "Sign in with your name and an app password. Make one on the service's page of your board.\n";
    let response = Response::builder()
        .status(StatusCode::UNAUTHORIZED)
        .header(
            header::WWW_AUTHENTICATE,
            "Basic realm=\"Commonhost\", charset=\"UTF-8\"",
        )
        .header(header::CACHE_CONTROL, "no-store")
        .body(Body::from(message));
    response.map_or_else(|_| refuse(StatusCode::UNAUTHORIZED, message), Verdict::Respond)
}

/// Whether a person's browser asks for a page, rather than an app for data.
fn is_page_view(request: &GateRequest<'_>) -> bool {
    let accepts = request
        .headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    *request.method == Method::GET && accepts.is_some_and(|accepts| accepts.contains("text/html"))
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// Percent-encodes for a query value (RFC 3986 section 2.3).
pub fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes()
        .fold(String::with_capacity(text.len()), |mut encoded, byte| {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
                encoded.push(char::from(byte));
            } else {
                let _ = write!(encoded, "%{byte:02X}");
            }
            encoded
        })
}
