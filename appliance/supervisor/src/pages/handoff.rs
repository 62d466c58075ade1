// SPDX-License-Identifier: AGPL-3.0-or-later
//! Taking a sign-in from the board's own host to a service's host.
//!
//! The gate sends a browser that has no session on a service's host to `/sign-in/continue` here. Whoever is signed in
//! gets a ticket that opens this one host, once, within a minute, and is sent back with it.

use super::{
    shell::Visit,
    sign_in::{encoded, with_session},
};
use crate::{
    ApiError,
    access::{Caller, Policy, caller::cookie},
    api::Route,
    app::{Seen, lock},
    members,
};
use axum::{
    Extension,
    extract::{Query, State},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use ingress::ServiceHost;
use serde::Deserialize;

/// Tells a browser that came back with a used ticket a moment ago: it is not sent around again.
const RETRY_COOKIE: &str = "commonhost-retry";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/sign-in/continue",
            Policy::Public,
            "Go on to a service, signed in.",
            go_on,
        ),
        Route::new(
            Method::GET,
            "/.commonhost/session",
            Policy::Public,
            "Open a session on a service's host.",
            arrive,
        ),
    ]
}

/// Where a sign-in goes on: a name of a service, and a page there.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    host: String,
    authority: String,
    path: String,
}

impl Target {
    /// Reads `host[:port]/path`, as the gate writes it. Nothing else gets through: no scheme, no user name, no
    /// path that a browser could take for another host.
    fn parse(to: &str) -> Option<Self> {
        let start = to.find('/')?;
        let (authority, path) = to.split_at(start);
        let authority = authority.to_ascii_lowercase();
        let (host, port) = authority
            .split_once(':')
            .map_or((authority.as_str(), None), |(host, port)| (host, Some(port)));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        let good_host = !host.is_empty() && host.chars().all(plain);
        let good_port = port
            .is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok());
        let path = web_ui::local_path(path)?.to_owned();
        (good_host && good_port).then(|| Self {
            host: host.to_owned(),
            authority: authority.clone(),
            path,
        })
    }

    /// Whether it is a service of this board.
    fn is_ours(&self, seen: &Seen) -> bool {
        seen.addresses
            .services
            .values()
            .flatten()
            .any(|name| *name == self.host)
    }
}

/// The origin of the service that a sign-in form leads to in the end, when `to` is a way through here.
///
/// Browsers hold `form-action` against every redirect that follows a form, so the form's page has to name it.
pub(super) fn destination(visit: &Visit, to: &str) -> Option<String> {
    let uri: Uri = to
        .parse()
        .ok()
        .filter(|uri: &Uri| uri.path() == "/sign-in/continue")?;
    let Query(query) = Query::<To>::try_from_uri(&uri).ok()?;
    let target = Target::parse(&query.to).filter(|target| target.is_ours(&visit.app.seen.load()))?;
    let scheme = if visit.caller.secure { "https" } else { "http" };
    Some(format!("{scheme}://{}", target.authority))
}

#[derive(Deserialize)]
struct To {
    #[serde(default)]
    to: String,
}

async fn go_on(visit: Visit, Query(query): Query<To>) -> Result<Response, ApiError> {
    let target = Target::parse(&query.to).filter(|target| target.is_ours(&visit.app.seen.load()));
    let Some(target) = target else {
        let message = "This is not a service of this board.";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "unknown_target", message));
    };
    let (Some(member), Some(session)) = (&visit.caller.member, &visit.caller.session) else {
        let here = format!("/sign-in/continue?to={}", encoded(&query.to));
        return Ok(Redirect::to(&format!("/sign-in?to={}", encoded(&here))).into_response());
    };
    let ticket =
        lock(&visit.app.tickets).issue(member.name.clone(), session.clone(), target.host, visit.app.now());
    let ticket = ticket.ok_or_else(|| {
        let message = "Too many people are signing in at the same time. Try again in a minute.";
        ApiError {
            retry_after: Some(60),
            ..ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries", message)
        }
    })?;
    let scheme = if visit.caller.secure { "https" } else { "http" };
    let to = format!(
        "{scheme}://{}/.commonhost/session?ticket={ticket}&to={}",
        target.authority,
        encoded(&target.path)
    );
    Ok(([(header::CACHE_CONTROL, "no-store")], Redirect::to(&to)).into_response())
}

#[derive(Deserialize)]
struct Arrival {
    #[serde(default)]
    ticket: String,
    #[serde(default)]
    to: String,
}

async fn arrive(
    State(app): State<crate::App>,
    host: Option<Extension<ServiceHost>>,
    caller: Caller,
    headers: HeaderMap,
    Query(arrival): Query<Arrival>,
) -> Result<Response, ApiError> {
    let Some(Extension(host)) = host else {
        return Err(ApiError::not_found("There is nothing here."));
    };
    let to = web_ui::local_path(&arrival.to).unwrap_or("/");
    match members::redeem(&app, &arrival.ticket, &host.host, &caller).await {
        Ok(secret) => Ok(with_session(&secret, None, &caller, to)),
        // Somebody went back, or was slow: the gate asks for a new ticket, or knows the session already.
        Err(error) if error.code == "ticket_used" && cookie(&headers, RETRY_COOKIE).is_none() => {
            let secure = if caller.secure { "; Secure" } else { "" };
            let retry =
                format!("{RETRY_COOKIE}=1; Path=/.commonhost/; HttpOnly; SameSite=Lax; Max-Age=20{secure}");
            Ok((AppendHeaders([(header::SET_COOKIE, retry)]), Redirect::to(to)).into_response())
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::ServiceName;

    fn ours(to: &str) -> Option<Target> {
        let mut seen = Seen::default();
        let name: ServiceName = "radicale".parse().unwrap();
        let names = ["radicale-oak.local", "cal.example.org"].map(String::from);
        seen.addresses.services.insert(name, names.to_vec());
        seen.addresses.board = vec!["oak.local".into()];
        Target::parse(to).filter(|target| target.is_ours(&seen))
    }

    #[test]
    fn the_way_goes_to_services_of_this_board() {
        let target = ours("radicale-oak.local:8441/.web/?a=b&c=/d").unwrap();
        assert_eq!(target.host, "radicale-oak.local");
        assert_eq!(target.authority, "radicale-oak.local:8441");
        assert_eq!(target.path, "/.web/?a=b&c=/d");
        assert!(ours("CAL.example.org/").is_some());
    }

    #[test]
    fn and_to_nowhere_else() {
        for bad in [
            "",
            "/",
            "radicale-oak.local",
            "oak.local/",
            "evil.example/",
            "https://radicale-oak.local/",
            "//radicale-oak.local/",
            "radicale-oak.local@evil.example/",
            "evil.example:443@radicale-oak.local/",
            "radicale-oak.local.evil.example/",
            "radicale-oak.local:443:1/",
            "radicale-oak.local:99999/",
            "radicale-oak.local:/x@evil.example",
            "radicale-oak.local:+80/",
            "radicale-oak.local//evil.example/",
            "radicale-oak.local/\\evil.example",
            "radicale-oak.local/\r\nSet-Cookie: a=b",
            "radicale-oak.local\\/",
            "radicale-oak.local%2f/",
            "radicale-oak.local#/",
            "radicale-oak.local?/",
            " radicale-oak.local/",
            "[::1]/",
        ] {
            assert_eq!(ours(bad), None, "{bad:?}");
        }
    }
}
