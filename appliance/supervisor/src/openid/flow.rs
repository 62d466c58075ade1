// SPDX-License-Identifier: AGPL-3.0-or-later
//! The flow itself: a browser that a client sent, a code for it, what the code is worth.

use super::{
    ask::{Ask, Denied, Problem, Scope, Scopes},
    clients::{Client, client},
    grants::{Grant, TOKEN_LIFE},
    issuer, jws, keys,
};
use crate::{
    ApiError, App,
    access::{Caller, gate::encode, rules::groups},
    app::lock,
    state::Member,
};
use http::StatusCode;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use types::Timestamp;

/// What a browser is shown that a client sent.
pub enum Answered {
    /// It goes back to the client.
    Back(String),
    /// The member signs in first, again if need be, and goes on here.
    SignIn(String),
    /// The member is asked.
    Consent(Box<Client>, Scopes),
    /// It is not known whom to answer.
    Stay(&'static str),
}

fn unknown() -> Answered {
    Answered::Stay(
        "The software that sent you here is not registered on this board, or wants you to go on to an address that is not registered for it.",
    )
}

/// With parameters added to a redirect address.
fn back(redirect: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut uri = redirect.to_owned();
    for (name, value) in parameters {
        if let Some(value) = value {
            uri.push(if uri.contains('?') { '&' } else { '?' });
            uri.push_str(name);
            uri.push('=');
            uri.push_str(&encode(value));
        }
    }
    uri
}

/// Tells a client that it gets nothing.
fn refuse(denied: &Denied, authority: &str) -> Answered {
    let issuer = issuer(authority);
    Answered::Back(back(
        &denied.redirect,
        &[
            ("error", Some(denied.code)),
            ("error_description", Some(denied.why)),
            ("state", denied.state.as_deref()),
            ("iss", Some(&issuer)),
        ],
    ))
}

/// The address at which a request goes on after a sign-in.
fn again(query: &[(String, String)], since: Option<Timestamp>) -> String {
    let kept = query
        .iter()
        .filter(|(key, _)| key != "since" && (since.is_none() || key != "prompt"));
    let mut more = Vec::new();
    if let Some(since) = since {
        more.push(("since".to_owned(), since.0.to_string()));
        let consent = |(key, value): &(String, String)| {
            key == "prompt" && value.split(' ').any(|word| word == "consent")
        };
        if query.iter().any(consent) {
            more.push(("prompt".to_owned(), "consent".to_owned()));
        }
    }
    let pairs: Vec<String> = kept
        .chain(&more)
        .map(|(key, value)| format!("{}={}", encode(key), encode(value)))
        .collect();
    format!("/openid/authorize?{}", pairs.join("&"))
}

/// The client of a request, if its redirect address is one of its own.
///
/// # Errors
/// When the database fails.
pub async fn sender(app: &App, query: &[(String, String)]) -> Result<Option<Client>, ApiError> {
    let Ok((id, redirect)) = Ask::sender(query) else {
        return Ok(None);
    };
    let found = client(app, id).await?;
    Ok(found.filter(|client| client.redirects.iter().any(|known| known == redirect)))
}

/// Decides what comes of a request. `agreed` says that the member has just been asked, and agreed.
///
/// # Errors
/// When the database fails.
pub async fn decide(
    app: &App,
    caller: &Caller,
    query: &[(String, String)],
    agreed: bool,
) -> Result<Answered, ApiError> {
    let Some(client) = sender(app, query).await? else {
        return Ok(unknown());
    };
    let ask = match Ask::parse(query) {
        Ok(ask) => ask,
        Err(Problem::Stay(why)) => return Ok(Answered::Stay(why)),
        Err(Problem::Tell(denied)) => return Ok(refuse(&denied, &caller.authority)),
    };
    let deny = |code, why| Ok(refuse(&ask.denied(code, why), &caller.authority));
    let now = app.now();
    let session = caller.session.clone().filter(|_| caller.ambient);
    let (Some(member), Some(session)) = (&caller.member, session) else {
        if ask.prompt.none {
            return deny("login_required", "nobody is signed in");
        }
        // Whoever signs in now has just shown the password.
        let since = ask.prompt.login.then_some(now);
        return Ok(Answered::SignIn(again(query, since.or(ask.since))));
    };
    let signed_in = app
        .store
        .session_opened(session.clone())
        .await?
        .unwrap_or_default();
    if !ask.is_fresh(signed_in, now) {
        if ask.prompt.none {
            return deny("login_required", "the sign-in is too long ago");
        }
        return Ok(Answered::SignIn(again(query, Some(now))));
    }
    if !client.admits(app, member) {
        return deny("access_denied", "this member may not use it");
    }
    if client.service.is_none() {
        let given = app.store.consents(member.name.clone()).await?;
        let given = given.iter().find(|consent| consent.client == client.id);
        let enough = given.is_some_and(|given| ask.scopes.0.is_subset(&Scopes::parse(&given.scopes).0));
        if agreed {
            let (name, scopes) = (member.name.clone(), ask.scopes.to_string());
            app.store
                .give_consent(name, client.id.clone(), scopes, now)
                .await?;
        } else if !enough || ask.prompt.consent {
            if ask.prompt.none {
                return deny("consent_required", "the member has not agreed yet");
            }
            return Ok(Answered::Consent(Box::new(client), ask.scopes));
        }
    }
    let grant = Grant {
        client: client.id,
        member: member.name.clone(),
        session,
        scopes: ask.scopes.clone(),
        signed_in,
        authority: caller.authority.clone(),
        nonce: ask.nonce.clone(),
    };
    let code = lock(&app.openid).issue(grant, ask.redirect.clone(), ask.challenge.clone(), now);
    let Some(code) = code else {
        return deny("temporarily_unavailable", "too many sign-ins at the same time");
    };
    let issuer = issuer(&caller.authority);
    Ok(Answered::Back(back(
        &ask.redirect,
        &[
            ("code", Some(&code)),
            ("state", ask.state.as_deref()),
            ("iss", Some(&issuer)),
        ],
    )))
}

/// The member's answer to the question whether a client may know.
///
/// # Errors
/// When the database fails.
pub async fn consent(
    app: &App,
    caller: &Caller,
    query: &[(String, String)],
    agreed: bool,
) -> Result<Answered, ApiError> {
    if agreed {
        return decide(app, caller, query, true).await;
    }
    if sender(app, query).await?.is_none() {
        return Ok(unknown());
    }
    match Ask::parse(query) {
        Ok(ask) => {
            let denied = ask.denied("access_denied", "the member did not agree");
            Ok(refuse(&denied, &caller.authority))
        }
        Err(Problem::Stay(why)) => Ok(Answered::Stay(why)),
        Err(Problem::Tell(denied)) => Ok(refuse(&denied, &caller.authority)),
    }
}

/// What a client sends to redeem a code.
#[derive(Clone, Debug, Default)]
pub struct TokenRequest {
    /// `grant_type`
    pub grant_type: String,
    /// `code`
    pub code: String,
    /// `redirect_uri`
    pub redirect: String,
    /// `code_verifier`
    pub verifier: String,
    /// `client_id`
    pub client: String,
    /// `client_secret`, by either way.
    pub secret: Option<String>,
}

/// An error of the token endpoint (RFC 6749 section 5.2).
pub type TokenError = (StatusCode, &'static str, &'static str);

/// Redeems a code.
///
/// # Errors
/// For the client: 401 when it did not prove itself, 400 for the rest.
pub async fn token(
    app: &App,
    authority: &str,
    request: &TokenRequest,
) -> Result<Result<Value, TokenError>, ApiError> {
    let bad = |code, why| Ok(Err((StatusCode::BAD_REQUEST, code, why)));
    let proven = client(app, &request.client).await?;
    let proven = proven.filter(|client| client.is_proven(request.secret.as_deref()));
    let Some(proven) = proven else {
        return Ok(Err((
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "client_id or client_secret is wrong",
        )));
    };
    if request.grant_type != "authorization_code" {
        return bad("unsupported_grant_type", "only authorization_code is supported");
    }
    let now = app.now();
    let redeemed = lock(&app.openid).redeem(
        &request.code,
        &proven.id,
        &request.redirect,
        &request.verifier,
        now,
    );
    let invalid = "the code is unknown, used, too old, or for another redirect_uri or code_verifier";
    let Some((grant, access)) = redeemed.filter(|(grant, _)| grant.authority == authority) else {
        return bad("invalid_grant", invalid);
    };
    let Some(member) = still(app, &grant, &proven).await? else {
        return bad("invalid_grant", "the member signed out in the meantime");
    };
    let half = &digest(&SHA256, access.as_bytes()).as_ref()[..16].to_vec();
    let mut claims = claims(app, &grant, &member);
    claims["iss"] = json!(issuer(authority));
    claims["aud"] = json!(grant.client);
    claims["iat"] = json!(now.0);
    claims["exp"] = json!(now.0 + TOKEN_LIFE);
    claims["auth_time"] = json!(grant.signed_in.0);
    claims["at_hash"] = json!(jws::encode(half));
    if let Some(nonce) = &grant.nonce {
        claims["nonce"] = json!(nonce);
    }
    Ok(Ok(json!({
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": TOKEN_LIFE,
        "scope": grant.scopes.to_string(),
        "id_token": keys::sign(app, &claims).await?,
    })))
}

/// What an access token tells; `None` when it is not good any more.
///
/// # Errors
/// When the database fails.
pub async fn userinfo(app: &App, authority: &str, token: &str) -> Result<Option<Value>, ApiError> {
    let grant = lock(&app.openid).of(token, app.now());
    let Some(grant) = grant.filter(|grant| grant.authority == authority) else {
        return Ok(None);
    };
    let Some(client) = client(app, &grant.client).await? else {
        return Ok(None);
    };
    let member = still(app, &grant, &client).await?;
    Ok(member.map(|member| claims(app, &grant, &member)))
}

/// The member, if still signed in where the grant came from and still admitted.
async fn still(app: &App, grant: &Grant, client: &Client) -> Result<Option<Member>, ApiError> {
    let member = app
        .store
        .session_member(grant.session.clone(), None, app.now())
        .await?;
    Ok(member.filter(|member| member.name == grant.member && client.admits(app, member)))
}

/// What the scopes of a grant tell about a member. The identifier belongs to the person: another one who gets the same
/// sign-in name later has another.
fn claims(app: &App, grant: &Grant, member: &Member) -> Value {
    let since = member.created.0.to_string();
    let seal = app.seal.of(&["openid-subject", member.name.as_str(), &since]);
    let subject: String = seal.chars().take(32).collect();
    let mut claims = json!({ "sub": subject });
    if grant.scopes.has(Scope::Profile) {
        claims["preferred_username"] = json!(member.name.as_str());
        claims["name"] = json!(member.display_name);
        if let Some(language) = member.language {
            claims["locale"] = json!(language.code());
        }
    }
    if grant.scopes.has(Scope::Groups) {
        claims["groups"] = json!(groups(member));
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn the_way_back_keeps_what_the_address_had() {
        let plain = back(
            "https://a.example/cb",
            &[("code", Some("c")), ("state", None), ("iss", Some("https://o"))],
        );
        assert_eq!(plain, "https://a.example/cb?code=c&iss=https%3A//o");
        let with = back("https://a.example/cb?x=1", &[("state", Some("a b&c=d#e"))]);
        assert_eq!(with, "https://a.example/cb?x=1&state=a%20b%26c%3Dd%23e");
    }

    #[test]
    fn after_a_sign_in_the_password_is_not_asked_again() {
        let query = pairs(&[
            ("client_id", "a"),
            ("prompt", "login"),
            ("since", "1"),
            ("state", "x y"),
        ]);
        let to = again(&query, Some(Timestamp(100)));
        assert_eq!(to, "/openid/authorize?client_id=a&state=x%20y&since=100");
        let query = pairs(&[("client_id", "a"), ("prompt", "login consent")]);
        let to = again(&query, Some(Timestamp(100)));
        assert_eq!(to, "/openid/authorize?client_id=a&since=100&prompt=consent");
        let query = pairs(&[("client_id", "a"), ("prompt", "consent")]);
        assert_eq!(
            again(&query, None),
            "/openid/authorize?client_id=a&prompt=consent"
        );
    }
}
