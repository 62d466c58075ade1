// SPDX-License-Identifier: AGPL-3.0-or-later
//! Passkeys, shown by a device that these tests play themselves.

use api_tests::{Answer, Ask, Board, PASSWORD, Person};
use http::Method;
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use supervisor::access::webauthn::encode;

const OAK: &str = "oak.local";
const PATH: &str = "/api/v1/account/passkeys";
const SIGN_IN: &str = "/api/v1/session/passkey";

/// RFC 5480: a public key on P-256, up to its point.
const SPKI: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA";

struct Device {
    pair: EcdsaKeyPair,
    id: Vec<u8>,
    counter: u32,
}

impl Device {
    fn new(id: &[u8]) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random);
        Self {
            pair: pair.unwrap(),
            id: id.to_vec(),
            counter: 0,
        }
    }

    fn spki(&self) -> String {
        let head = base64::Engine::decode(&base64::prelude::BASE64_STANDARD_NO_PAD, SPKI);
        let mut bytes = head.unwrap_or_else(|_| unreachable!("base64"));
        bytes.truncate(26);
        bytes.extend(self.pair.public_key().as_ref());
        encode(bytes)
    }

    /// What it says of itself: for which site, with which flags.
    fn says(&self, site: &str, flags: u8) -> Vec<u8> {
        let mut bytes = digest(&SHA256, site.as_bytes()).as_ref().to_vec();
        bytes.push(flags);
        bytes.extend(self.counter.to_be_bytes());
        if flags & 0x40 != 0 {
            bytes.extend([0; 16]);
            bytes.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
            bytes.extend(&self.id);
        }
        bytes
    }

    fn made(&self, challenge: &str, origin: &str) -> Value {
        json!({
            "label": "phone", "password": PASSWORD, "challenge": challenge,
            "client_data": encode(client("webauthn.create", challenge, origin)),
            "authenticator_data": encode(self.says(OAK, 0x45)), "public_key": self.spki(),
        })
    }

    fn shows(&mut self, challenge: &str, origin: &str, site: &str, flags: u8) -> Value {
        self.counter += 1;
        let (client, said) = (client("webauthn.get", challenge, origin), self.says(site, flags));
        let message = [&said[..], digest(&SHA256, client.as_bytes()).as_ref()].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &message).unwrap();
        json!({
            "id": encode(&self.id), "challenge": challenge, "client_data": encode(client),
            "authenticator_data": encode(said), "signature": encode(signature),
        })
    }
}

fn client(act: &str, challenge: &str, origin: &str) -> String {
    json!({ "type": act, "challenge": challenge, "origin": origin, "crossOrigin": false }).to_string()
}

fn ask(board: &Board, path: &str, body: &Value) -> Ask {
    board.ask(Method::POST, path).json(body).secure(OAK)
}

async fn begin(board: &Board, member: &Person) -> String {
    let begun = ask(board, &format!("{PATH}/begin"), &json!({}))
        .bearer(&member.token)
        .await
        .expect(200)
        .json();
    assert_eq!(begun["site"], OAK);
    begun["challenge"].as_str().unwrap().to_owned()
}

async fn challenge(board: &Board) -> String {
    let begun = ask(board, &format!("{SIGN_IN}/begin"), &json!({}))
        .await
        .expect(200)
        .json();
    begun["challenge"].as_str().unwrap().to_owned()
}

fn add(board: &Board, member: &Person, made: &Value) -> Ask {
    ask(board, PATH, made).bearer(&member.token)
}

/// A device that ada signs in by.
async fn with_device(board: &Board, ada: &Person) -> Device {
    let device = Device::new(b"a key of ada's");
    let made = device.made(&begin(board, ada).await, "https://oak.local");
    add(board, ada, &made).await.expect(201);
    device
}

fn wrong(answer: &Answer) {
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (401, "wrong_passkey"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_device_signs_its_owner_in_once_for_each_question() {
    let (board, ada) = Board::claimed().await;
    let mut device = with_device(&board, &ada).await;
    let shown = device.shows(&challenge(&board).await, "https://oak.local", OAK, 5);
    let answer = ask(&board, SIGN_IN, &shown).await.expect(200);
    let session = answer.json()["session"].as_str().unwrap().to_owned();
    assert!(answer.header("set-cookie").starts_with("__Host-commonhost="));
    let account = board
        .get("/api/v1/account")
        .secure(OAK)
        .cookie(&session)
        .await
        .expect(200);
    assert_eq!(account.json()["name"], "ada");
    wrong(&ask(&board, SIGN_IN, &shown).await);
    let listed = ada.get(&board, PATH).await.expect(200).json();
    assert_eq!(
        (&listed[0]["label"], &listed[0]["site"]),
        (&json!("phone"), &json!(OAK))
    );
    assert_eq!(listed[0]["last_used"], json!(board.now().0));
    let path = format!("{PATH}/{}", listed[0]["id"].as_str().unwrap());
    let ben = ada.adds(&board, "ben").await;
    ben.delete(&board, &path).await.refused(404, "not_found");
    ada.delete(&board, &path).await.expect(204);
    let shown = device.shows(&challenge(&board).await, "https://oak.local", OAK, 5);
    wrong(&ask(&board, SIGN_IN, &shown).await);
}

#[tokio::test]
async fn what_was_signed_for_another_site_or_without_its_owner_does_not_open() {
    let (board, ada) = Board::claimed().await;
    let mut device = with_device(&board, &ada).await;
    for (origin, site, flags) in [
        ("https://oak.local.evil.example", OAK, 5),
        ("https://oak.local", "evil.example", 5),
        ("http://oak.local", OAK, 5),
        ("https://oak.local:8441", OAK, 5),
        ("https://oak.local", OAK, 1),
        ("https://oak.local", OAK, 0),
    ] {
        let shown = device.shows(&challenge(&board).await, origin, site, flags);
        wrong(&ask(&board, SIGN_IN, &shown).await);
    }
    // A question of the board's own, but not for signing in, or too old, or made up.
    let other = begin(&board, &ada).await;
    let old = challenge(&board).await;
    board.pass(301);
    for asked in [other, old, "bWFkZSB1cA".to_owned()] {
        wrong(
            &ask(
                &board,
                SIGN_IN,
                &device.shows(&asked, "https://oak.local", OAK, 5),
            )
            .await,
        );
    }
    // Another key that says it is this one.
    let mut false_one = Device::new(b"a key of ada's");
    false_one.counter = 100;
    let shown = false_one.shows(&challenge(&board).await, "https://oak.local", OAK, 5);
    wrong(&ask(&board, SIGN_IN, &shown).await);
    // A copy of the key counts from where it was copied.
    let shown = device.shows(&challenge(&board).await, "https://oak.local", OAK, 5);
    ask(&board, SIGN_IN, &shown).await.expect(200);
    device.counter -= 1;
    let shown = device.shows(&challenge(&board).await, "https://oak.local", OAK, 5);
    wrong(&ask(&board, SIGN_IN, &shown).await);
    for bad in [json!({}), json!({ "id": 1 }), json!([])] {
        let answer = ask(&board, SIGN_IN, &bad).await;
        assert_eq!(answer.status, 400, "{answer:?}");
    }
}

#[tokio::test]
async fn a_key_is_added_by_whoever_knows_the_password_and_kept_from_others() {
    let (board, ada) = Board::claimed().await;
    let device = Device::new(b"a key of ada's");
    let mut made = device.made(&begin(&board, &ada).await, "https://oak.local");
    made["password"] = json!("not the password");
    assert_eq!(
        add(&board, &ada, &made).await.refused(422, "invalid").fields(),
        ["password"]
    );
    made["password"] = json!(PASSWORD);
    for (name, value) in [
        ("public_key", json!("AAAA")),
        ("authenticator_data", json!("AAAA")),
        ("client_data", json!("e30")),
        ("challenge", json!("AAAA")),
        ("label", json!("")),
    ] {
        let mut bad = made.clone();
        bad[name] = value;
        add(&board, &ada, &bad).await.refused(422, "invalid");
    }
    add(&board, &ada, &made).await.expect(201);
    add(&board, &ada, &made).await.refused(422, "invalid");
    // The same key again, or for somebody else.
    let again = device.made(&begin(&board, &ada).await, "https://oak.local");
    add(&board, &ada, &again).await.refused(409, "known_already");
    let ben = ada.adds(&board, "ben").await;
    let stolen = device.made(&begin(&board, &ben).await, "https://oak.local");
    add(&board, &ben, &stolen).await.refused(409, "known_already");
    // Without TLS, or by a number, no browser would.
    ada.post(&board, &format!("{PATH}/begin"), &json!({}))
        .await
        .refused(409, "name_needed");
}

#[tokio::test]
async fn a_new_password_from_somebody_else_ends_the_passkeys() {
    let (board, ada) = Board::claimed().await;
    let ben = ada.adds(&board, "ben").await;
    let mut device = Device::new(b"a key of ben's");
    let made = device.made(&begin(&board, &ben).await, "https://oak.local");
    add(&board, &ben, &made).await.expect(201);
    let password = json!({ "password": "river lantern chalk" });
    ada.put(&board, "/api/v1/members/ben/password", &password)
        .await
        .expect(204);
    let shown = device.shows(&challenge(&board).await, "https://oak.local", OAK, 5);
    wrong(&ask(&board, SIGN_IN, &shown).await);
}
