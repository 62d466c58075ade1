// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who may ask the board to sign members in: its own services whose manifests say so, and software elsewhere that a
//! steward registered.

use crate::{
    ApiError, App,
    access::{
        rules::may_use,
        seal::Seal,
        secret::{hash, identifier, same, secret},
    },
    app::lock,
    state::{Member, OpenIdClientRecord, Role},
};
use http::Uri;
use schemars::JsonSchema;
use serde::Deserialize;
use types::{MemberName, ServiceName, host::OpenIdClient, manifest::SignIn};

/// Somebody who may ask.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// What members are told it is.
    pub name: String,
    /// Where it may send a browser back to.
    pub redirects: Vec<String>,
    /// The board's own service that it is: members are not asked for consent.
    pub service: Option<ServiceName>,
    /// Hash of its secret.
    secret: Option<String>,
}

impl Client {
    /// Whether this member may sign in there.
    pub fn admits(&self, app: &App, member: &Member) -> bool {
        match &self.service {
            Some(service) => may_use(&app.rules.load(), service, member),
            None => member.role != Role::Guest,
        }
    }

    /// Whether a client that shows this secret, or none, is who it says.
    pub(super) fn is_proven(&self, shown: Option<&str>) -> bool {
        match (&self.secret, shown) {
            (Some(right), Some(shown)) => same(&hash(shown), right),
            (None, None) => true,
            _ => false,
        }
    }
}

/// A service's secret: nothing is stored, and it stays the same for as long as the board is the same.
fn service_secret(seal: &Seal, service: &ServiceName) -> String {
    seal.of(&["openid-client", service.as_str()])
}

/// What a service is told that signs members in; `host` is the board's name that vouches for them.
pub fn client_of_service(app: &App, service: &ServiceName, host: &str) -> Option<OpenIdClient> {
    Some(OpenIdClient {
        host: host.to_owned(),
        secret: service_secret(&app.seal, service).parse().ok()?,
        authority: app.certificates.ca_pem(),
    })
}

/// Where a service may send a browser back to, from its names and the path of its manifest.
fn redirects(names: &[String], path: &str) -> Vec<String> {
    names.iter().map(|name| format!("https://{name}{path}")).collect()
}

/// A client by its id.
///
/// # Errors
/// When the database fails.
pub(super) async fn client(app: &App, id: &str) -> Result<Option<Client>, ApiError> {
    if let Ok(service) = id.parse::<ServiceName>()
        && let Some(found) = of_service(app, &service).await?
    {
        return Ok(Some(found));
    }
    let found = app.store.openid_client(id.to_owned()).await?;
    Ok(found.map(|record| Client {
        id: record.id,
        name: record.name,
        redirects: record.redirects,
        service: None,
        secret: record.secret,
    }))
}

async fn of_service(app: &App, service: &ServiceName) -> Result<Option<Client>, ApiError> {
    let desired = app.store.desired().await?;
    let Some(wanted) = desired.services.get(service) else {
        return Ok(None);
    };
    let catalogs = app.catalogs.get();
    let Some(entry) = catalogs.entry(service, &wanted.entry) else {
        return Ok(None);
    };
    let SignIn::OpenId { redirect } = &entry.manifest.sign_in else {
        return Ok(None);
    };
    let seen = app.seen.load();
    let names = seen
        .addresses
        .services
        .get(service)
        .map_or(&[][..], Vec::as_slice);
    Ok(Some(Client {
        id: service.to_string(),
        name: catalogs.title(service, types::Language::En),
        redirects: redirects(names, redirect),
        service: Some(service.clone()),
        secret: Some(hash(&service_secret(&app.seal, service))),
    }))
}

/// What a steward registers.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClient {
    /// What members are told it is.
    pub name: String,
    /// Where it may send a browser back to, one to eight addresses.
    pub redirects: Vec<String>,
    /// For an app on members' own devices, which can keep no secret: it proves itself by PKCE alone.
    #[serde(default)]
    pub public: bool,
}

/// Registered clients.
///
/// # Errors
/// When the database fails.
pub async fn list(app: &App) -> Result<Vec<OpenIdClientRecord>, ApiError> {
    Ok(app.store.openid_clients().await?)
}

/// Registers a client; its secret is shown this once.
///
/// # Errors
/// 422 for values that do not fit.
pub async fn add(
    app: &App,
    new: NewClient,
    by: &MemberName,
) -> Result<(OpenIdClientRecord, Option<String>), ApiError> {
    let mut errors = Vec::new();
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        errors.push((
            "name".to_owned(),
            "must be a short name, like \"The choir's forum\"".to_owned(),
        ));
    }
    let redirects: Vec<String> = new.redirects.iter().map(|uri| uri.trim().to_owned()).collect();
    if redirects.is_empty() || redirects.len() > 8 || !redirects.iter().all(|uri| is_redirect(uri)) {
        let message = "must be one to eight addresses that begin with https:// (on the member's own device also \
                       http://localhost or http://127.0.0.1), without # and exactly as the software sends them";
        errors.push(("redirects".to_owned(), message.to_owned()));
    }
    if !errors.is_empty() {
        return Err(ApiError::fields(errors));
    }
    let shown = (!new.public).then(secret);
    let record = OpenIdClientRecord {
        id: identifier(),
        name: name.to_owned(),
        redirects,
        confidential: shown.is_some(),
        by: by.to_string(),
        created: app.now(),
        secret: shown.as_deref().map(hash),
    };
    app.store.add_openid_client(record.clone()).await?;
    Ok((record, shown))
}

/// Removes a client: it signs nobody in any more.
///
/// # Errors
/// 404 when there is none.
pub async fn remove(app: &App, id: &str, by: &MemberName) -> Result<(), ApiError> {
    let removed = app
        .store
        .remove_openid_client(id.to_owned(), by, app.now())
        .await?;
    lock(&app.openid).revoke(id, None);
    removed.then_some(()).ok_or_else(|| {
        ApiError::not_found(
            "There is no such client; the list shows all. A service's own goes with the service.",
        )
    })
}

/// A member takes consent back: what the client was given ends at once.
///
/// # Errors
/// 404 when there is none.
pub async fn withdraw(app: &App, member: &MemberName, id: &str) -> Result<(), ApiError> {
    let found = app.store.withdraw_consent(member.clone(), id.to_owned()).await?;
    lock(&app.openid).revoke(id, Some(member));
    found
        .then_some(())
        .ok_or_else(|| ApiError::not_found("You did not agree to this; it may have been taken back already."))
}

/// Whether it may be registered: what a browser that is sent there cannot be tricked with.
fn is_redirect(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"#\\\"<>".contains(&byte);
    let Ok(uri) = text.parse::<Uri>() else {
        return false;
    };
    let Some(authority) = uri.authority() else {
        return false;
    };
    let local = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let scheme = uri.scheme_str() == Some("https") || local && uri.scheme_str() == Some("http");
    scheme && text.len() <= 500 && text.bytes().all(plain) && !authority.as_str().contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_sent_back_to_where_tls_or_the_device_itself_is() {
        for good in [
            "https://forum.example.org/auth/callback",
            "https://forum.example.org:8443/cb?tenant=1",
            "http://127.0.0.1:7777/cb",
            "http://localhost/cb",
            "http://[::1]:1/",
        ] {
            assert!(is_redirect(good), "{good}");
        }
        for bad in [
            "",
            "/cb",
            "forum.example.org/cb",
            "http://forum.example.org/cb",
            "https://forum.example.org/cb#part",
            "https://oak.local@evil.example/",
            "https://forum.example.org/\\evil",
            "https://forum.example.org/\r\nX: y",
            "https://forum.example.org/ü",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://forum.example.org/",
            "http://localhost.evil.example/",
        ] {
            assert!(!is_redirect(bad), "{bad}");
        }
    }
}
