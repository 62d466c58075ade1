// SPDX-License-Identifier: AGPL-3.0-or-later
//! The `OpenID` Connect provider: a client that others wrote signs members in by it, and nobody gets anything out of it
//! who should not. `docs/sign-in.md` lists what each test holds.

mod asking;
mod client;
mod redeeming;

use api_tests::{Answer, Ask, Board, Person, Scene, entry, manifest};
use http::Method;
use serde_json::{Value, json};
use types::Catalog;

/// The board's own name.
const OAK: &str = "oak.local";
/// Where the client that a steward registered is at home.
const BACK: &str = "https://forum.example.org/auth/back?from=oak";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A service that signs members in by the provider.
const READER: &str = r#"
[listen.web]
kind = "http"
socket = "http.sock"
access = "members"

[permissions]
network = "outbound"

[sign_in]
method = "openid"
redirect = "/oauth2/callback"
"#;

fn encode(text: &str) -> String {
    supervisor::access::gate::encode(text)
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// A value in the query of an address.
fn value(address: &str, name: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(key, _)| *key == name)
        .map(|(_, value)| decode(value))
}

/// Software elsewhere, as a steward registered it.
struct Client {
    id: String,
    secret: String,
}

impl Client {
    async fn registered(board: &Board, ada: &Person) -> Self {
        let body = json!({ "name": "The choir's forum", "redirects": [BACK, "http://127.0.0.1:7777/"] });
        let made = ada
            .post(board, "/api/v1/openid/clients", &body)
            .await
            .expect(201)
            .json();
        Self {
            id: made["id"].as_str().unwrap().into(),
            secret: made["secret"].as_str().unwrap().into(),
        }
    }

    /// What it sends a browser to, with some parameters changed or left out (`None`).
    fn address(&self, changes: &[(&str, Option<&str>)]) -> String {
        let mut pairs = vec![
            ("client_id", self.id.as_str()),
            ("redirect_uri", BACK),
            ("response_type", "code"),
            ("scope", "openid profile groups"),
            ("state", "a b&c"),
            ("nonce", "n-1"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            pairs.retain(|(key, _)| key != name);
            pairs.extend(value.map(|value| (*name, value)));
        }
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(key, value)| format!("{key}={}", encode(value)))
            .collect();
        format!("/openid/authorize?{}", pairs.join("&"))
    }

    /// A code that the member agreed to.
    async fn code(&self, board: &Board, member: &Person) -> String {
        let answer = agree(board, member, &self.address(&[])).await.expect(303);
        value(answer.header("location"), "code").unwrap()
    }

    /// What it sends to redeem a code.
    fn redeems(&self, board: &Board, code: &str) -> Ask {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
        ];
        token(board, &fields).basic(&self.id, &self.secret)
    }
}

/// A request of a program to the token endpoint.
fn token(board: &Board, fields: &[(&str, &str)]) -> Ask {
    let pairs: Vec<String> = fields
        .iter()
        .map(|(key, value)| format!("{key}={}", encode(value)))
        .collect();
    let ask = board.ask(Method::POST, "/openid/token").secure(OAK);
    ask.body("application/x-www-form-urlencoded", pairs.join("&"))
}

fn userinfo(board: &Board, token: &str) -> Ask {
    board.get("/openid/userinfo").secure(OAK).bearer(token)
}

/// A browser with a member's session opens an address of the board.
fn browse(board: &Board, member: &Person, address: &str) -> Ask {
    board.get(address).secure(OAK).cookie(&member.session).page()
}

/// The member answers the question that the address leads to.
fn answers(board: &Board, member: &Person, address: &str, answer: &str) -> Ask {
    let (_, asked) = address.split_once('?').unwrap();
    let body = format!("asked={}&answer={answer}", encode(asked));
    let ask = board
        .ask(Method::POST, "/openid/authorize")
        .secure(OAK)
        .cookie(&member.session);
    ask.same_origin()
        .page()
        .body("application/x-www-form-urlencoded", body)
}

fn agree(board: &Board, member: &Person, address: &str) -> Ask {
    answers(board, member, address, "yes")
}

/// A board with a service that signs members in by the provider.
async fn with_reader() -> (Board, Person) {
    let scene = Scene::new();
    let now = scene.now();
    let catalog = Catalog {
        services: [(
            "reader".parse().unwrap(),
            entry(manifest("reader", "1.0", 16, READER)),
        )]
        .into(),
        ..api_tests::catalog(now)
    };
    let board = scene.with_catalogs(vec![catalog]).start().await;
    let ada = board.claim().await;
    ada.enables(&board, "reader").await;
    (board, ada)
}
