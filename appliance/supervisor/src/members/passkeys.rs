// SPDX-License-Identifier: AGPL-3.0-or-later
//! Signing in by a device that knows its owner (passkeys), without name and password.
//!
//! The device has asked who uses it, so such a sign-in needs no second step. A key works at the name of the board where
//! it was made, as browsers want it.

use super::{Opened, prove, sign_in::open_session};
use crate::{
    ApiError, App,
    access::{
        Caller, challenges,
        webauthn::{self, Expected, Flaw, PublicKey},
    },
    app::lock,
    openid::issuer,
    state::{Passkey, StoredKey},
};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Passkeys that a member may have.
const MOST: usize = 20;
/// What a challenge is for.
const ADD: &str = "add-passkey";
const SIGN_IN: &str = "sign-in";

/// What a browser needs to make a key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NewPasskey {
    /// To be signed (base64url).
    pub challenge: String,
    /// The board's name the key is for.
    pub site: String,
    /// The member, for the device: no name, and the same for all keys of the member (base64url).
    pub user: String,
    /// Sign-in name.
    pub name: String,
    /// What the member is called.
    pub display_name: String,
    /// Keys that are there already: a device makes no second one.
    pub known: Vec<String>,
}

/// What a browser needs to sign in by a key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PasskeyChallenge {
    /// To be signed (base64url).
    pub challenge: String,
    /// The board's name the key is for.
    pub site: String,
}

/// A key that a browser made; bytes are in base64url.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MadePasskey {
    /// What the member calls it.
    pub label: String,
    /// The member's password.
    pub password: String,
    /// The challenge.
    pub challenge: String,
    /// `clientDataJSON`.
    pub client_data: String,
    /// `getAuthenticatorData()`.
    pub authenticator_data: String,
    /// `getPublicKey()`.
    pub public_key: String,
}

/// A sign-in by a key; bytes are in base64url.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShownPasskey {
    /// The key's id.
    pub id: String,
    /// The challenge.
    pub challenge: String,
    /// `clientDataJSON`.
    pub client_data: String,
    /// `authenticatorData`.
    pub authenticator_data: String,
    /// `signature`.
    pub signature: String,
}

/// The board's name that the caller came to.
fn site(caller: &Caller) -> Result<String, ApiError> {
    let host = caller.authority.split(':').next().unwrap_or_default();
    let named = host.contains('.') && host.parse::<std::net::IpAddr>().is_err();
    if named && caller.secure {
        return Ok(host.to_owned());
    }
    let message = "Passkeys need the board's name and a secure connection. Use the address that begins with https:// \
                   and the name.";
    Err(ApiError::conflict("name_needed", message))
}

/// Begins to add a passkey; nothing is changed yet.
///
/// # Errors
/// 409 at an address that browsers take no passkeys for.
pub async fn begin_passkey(app: &App, caller: &Caller) -> Result<NewPasskey, ApiError> {
    let site = site(caller)?;
    let member = caller.member()?;
    let since = member.created.0.to_string();
    let user = app.seal.of(&["passkey-user", member.name.as_str(), &since]);
    let known = app.store.passkeys(member.name.clone()).await?;
    Ok(NewPasskey {
        challenge: challenges::challenge(&app.seal, ADD, &issuer(&caller.authority), app.now()),
        user: webauthn::encode(user),
        name: member.name.to_string(),
        display_name: member.display_name.clone(),
        known: known
            .into_iter()
            .filter(|key| key.site == site)
            .map(|key| key.id)
            .collect(),
        site,
    })
}

fn unfit(flaw: Flaw) -> ApiError {
    ApiError::field("public_key", format!("cannot be used: {flaw}"))
}

/// Adds a passkey.
///
/// # Errors
/// 422 for a wrong password, or a key that cannot be used; 429 after too many tries.
pub async fn add_passkey(app: &App, caller: &Caller, made: MadePasskey) -> Result<Passkey, ApiError> {
    let (site, origin) = (site(caller)?, issuer(&caller.authority));
    let name = caller.name()?.clone();
    let label = super::secrets::check_label("label", &made.label)?;
    if !challenges::is_good(&app.seal, &made.challenge, ADD, &origin, app.now()) {
        return Err(unfit(Flaw::Challenge));
    }
    let expected = Expected {
        act: "webauthn.create",
        challenge: &made.challenge,
        origin: &origin,
        site: &site,
    };
    let read = || {
        let client = webauthn::decode(&made.client_data)?;
        let device = webauthn::decode(&made.authenticator_data)?;
        let (id, counter) = webauthn::made(&client, &device, &expected)?;
        Ok((
            id,
            counter,
            PublicKey::from_spki(&webauthn::decode(&made.public_key)?)?,
        ))
    };
    let (id, counter, key) = read().map_err(unfit)?;
    prove(app, caller, made.password).await?;
    if app.store.passkeys(name.clone()).await?.len() >= MOST {
        let message = "You have twenty passkeys. Take one back that you do not use any more.";
        return Err(ApiError::conflict("too_many", message));
    }
    if !lock(&app.challenges).answer(&made.challenge, app.now()) {
        return Err(unfit(Flaw::Challenge));
    }
    let new = Passkey {
        id: webauthn::encode(id),
        label,
        site: site.clone(),
        created: app.now(),
        last_used: None,
    };
    let stored = StoredKey {
        member: name,
        site,
        key,
        counter,
    };
    if !app.store.add_passkey(new.clone(), stored).await? {
        return Err(ApiError::conflict(
            "known_already",
            "This passkey is there already.",
        ));
    }
    Ok(new)
}

/// Takes a passkey back.
///
/// # Errors
/// 404 when the caller has none with this id.
pub async fn remove_passkey(app: &App, caller: &Caller, id: &str) -> Result<(), ApiError> {
    let name = caller.name()?.clone();
    let removed = app.store.remove_passkey(name, id.to_owned(), app.now()).await?;
    removed
        .then_some(())
        .ok_or_else(|| ApiError::not_found("You have no such passkey."))
}

/// Begins a sign-in by a passkey: the same for everybody.
///
/// # Errors
/// 409 at an address that browsers take no passkeys for.
pub fn ask_for_passkey(app: &App, caller: &Caller) -> Result<PasskeyChallenge, ApiError> {
    Ok(PasskeyChallenge {
        site: site(caller)?,
        challenge: challenges::challenge(&app.seal, SIGN_IN, &issuer(&caller.authority), app.now()),
    })
}

/// Signs a member in by a passkey.
///
/// # Errors
/// 401 for whatever is wrong with it.
pub async fn sign_in_by_passkey(
    app: &App,
    shown: &ShownPasskey,
    caller: &Caller,
) -> Result<Opened, ApiError> {
    let wrong = || {
        let message = "This passkey does not open here: it was taken back, belongs to another name of the board, or \
                       took too long. Try again, or sign in with your password.";
        ApiError::new(StatusCode::UNAUTHORIZED, "wrong_passkey", message)
    };
    let (site, origin) = (site(caller)?, issuer(&caller.authority));
    if !challenges::is_good(&app.seal, &shown.challenge, SIGN_IN, &origin, app.now()) {
        return Err(wrong());
    }
    let found = app.store.passkey(shown.id.clone()).await?;
    let key = found.filter(|key| key.site == site).ok_or_else(wrong)?;
    let expected = Expected {
        act: "webauthn.get",
        challenge: &shown.challenge,
        origin: &origin,
        site: &site,
    };
    let check = || {
        let client = webauthn::decode(&shown.client_data)?;
        let device = webauthn::decode(&shown.authenticator_data)?;
        let signature = webauthn::decode(&shown.signature)?;
        webauthn::shown(&key.key, &client, &device, &signature, &expected)
    };
    let counter = check().map_err(|flaw| {
        log::info!("a passkey did not open: {flaw}");
        wrong()
    })?;
    if !lock(&app.challenges).answer(&shown.challenge, app.now()) {
        return Err(wrong());
    }
    // A counter that does not rise means that the key was copied.
    if !app
        .store
        .use_passkey(shown.id.clone(), counter, app.now())
        .await?
    {
        return Err(wrong());
    }
    let (member, _) = app.store.member(key.member).await?.ok_or_else(wrong)?;
    open_session(app, member, caller).await
}
