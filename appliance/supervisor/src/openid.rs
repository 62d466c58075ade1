// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board as an `OpenID` Connect provider: its services, and software that a steward registered, learn from it who
//! a member is. Authorization code with PKCE and nothing else; see `docs/sign-in.md` for what is held and what is left
//! out.
//!
//! Each of the board's names is an issuer of its own: a client is told one of them, and everything it is given names
//! that one. Codes and access tokens are kept in memory for seconds and minutes; a restart ends them.

mod ask;
mod clients;
mod flow;
mod grants;
mod jws;
mod keys;

pub use ask::{Ask, Scope, Scopes};
pub use clients::{Client, NewClient, add, client_of_service, list, remove, withdraw};
pub use flow::{Answered, TokenError, TokenRequest, consent, decide, sender, token, userinfo};
pub use grants::Grants;
pub(crate) use grants::TOKEN_PREFIX;
pub use keys::{Key, published, rotate};

use serde_json::{Value, json};

/// What an issuer tells about itself (`OpenID` Connect Discovery 1.0, RFC 8414). `authority` is host and port.
pub fn discovery(authority: &str) -> Value {
    let issuer = issuer(authority);
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/openid/authorize"),
        "token_endpoint": format!("{issuer}/openid/token"),
        "userinfo_endpoint": format!("{issuer}/openid/userinfo"),
        "jwks_uri": format!("{issuer}/openid/keys"),
        "scopes_supported": Scope::ALL.map(Scope::word),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "name", "preferred_username", "locale",
            "groups",
        ],
        "ui_locales_supported": types::Language::ALL.map(types::Language::code),
        "prompt_values_supported": ["none", "login", "consent"],
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    })
}

/// The issuer of a name; always with TLS.
pub fn issuer(authority: &str) -> String {
    format!("https://{authority}")
}
