// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the cooperative publishes.

use api_tests::{Board, Person};
use serde_json::{Value, json};

const KEYS: [&str; 17] = [
    "@context",
    "version",
    "@type",
    "organizationType",
    "name",
    "tagLine",
    "homeUrl",
    "logo",
    "description",
    "communicationLanguages",
    "contactUrl",
    "privacyPolicyUrl",
    "termsOfServiceUrl",
    "isServiceProvider",
    "foundingDate",
    "dateCreated",
    "dateModified",
];

fn complete() -> Value {
    json!({
        "name": "Oak Street", "tagLine": "Hosting among neighbours", "description": "We host for each other.",
        "organizationType": "Cooperative", "foundingDate": 2026, "communicationLanguages": ["en", "fr"],
        "isServiceProvider": true, "homeUrl": "https://oak.test/", "logo": "https://oak.test/logo.svg",
        "contactUrl": "https://oak.test/contact", "termsOfServiceUrl": "https://oak.test/terms",
        "privacyPolicyUrl": "https://oak.test/privacy",
    })
}

async fn profile(board: &Board, ada: &Person, values: &Value) -> api_tests::Answer {
    ada.put(board, "/api/v1/cooperative/profile", values).await
}

#[tokio::test]
async fn while_a_value_is_missing_nothing_is_published_and_the_gap_is_named() {
    let (board, ada) = Board::claimed().await;
    board.get("/librehost.json").await.expect(404);
    let mut values = complete();
    values.as_object_mut().unwrap().remove("logo");
    values["termsOfServiceUrl"] = json!("https://example.com/terms");
    profile(&board, &ada, &values).await.expect(204);
    for path in ["/librehost.json", "/.well-known/librehost.json"] {
        board.get(path).await.expect(404);
    }
    let shown = ada.get(&board, "/api/v1/cooperative/profile").await.json();
    let missing: Vec<&String> = shown["missing"].as_object().unwrap().keys().collect();
    assert_eq!(missing, ["logo", "termsOfServiceUrl"]);
    assert_eq!(shown["published"], false);
}

#[tokio::test]
async fn librehost_json_has_its_seventeen_keys_for_everybody() {
    let (board, ada) = Board::claimed().await;
    profile(&board, &ada, &complete()).await.expect(204);
    // Over plain HTTP, without a redirect, for a client that knows nothing of us.
    let answer = board.get("/librehost.json").to(&board.at("oak.local")).await;
    let answer = answer.expect(200);
    let keys: Vec<&str> = answer
        .body
        .lines()
        .filter_map(|line| Some(line.strip_prefix("  \"")?.split_once("\":")?.0))
        .collect();
    assert_eq!(keys, KEYS);
    let document = answer.json();
    assert_eq!(document["version"], "0.0.1");
    assert_eq!(document["foundingDate"], "2026");
    assert_eq!(document["communicationLanguages"], json!(["en", "fr"]));
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("access-control-allow-origin"), "*");

    let well_known = board.get("/.well-known/librehost.json").await.expect(200);
    let secure = board.get("/librehost.json").secure("oak.local").await.expect(200);
    assert_eq!(well_known.body, answer.body);
    assert_eq!(secure.body, answer.body);

    let etag = answer.header("etag");
    assert!(
        etag.starts_with('"') && etag.ends_with('"') && etag.len() > 10,
        "{etag}"
    );
    for known in [etag.to_owned(), format!("W/{etag}"), format!("\"other\", {etag}")] {
        let answer = board.get("/librehost.json").with("if-none-match", &known).await;
        assert_eq!(answer.clone().expect(304).body, "");
        assert_eq!(answer.header("etag"), etag);
    }
    let other = board.get("/librehost.json").with("if-none-match", "\"other\"");
    other.await.expect(200);
}

#[tokio::test]
async fn the_date_moves_only_when_a_value_changes() {
    let (board, ada) = Board::claimed().await;
    profile(&board, &ada, &complete()).await.expect(204);
    let first = board.get("/librehost.json").await.expect(200);
    board.pass(3600);
    profile(&board, &ada, &complete()).await.expect(204);
    assert_eq!(board.get("/librehost.json").await.body, first.body);
    profile(&board, &ada, &json!({ "tagLine": "Still here" }))
        .await
        .expect(204);
    let second = board.get("/librehost.json").await.expect(200);
    let (before, after) = (first.json(), second.json());
    assert_eq!(after["tagLine"], "Still here");
    assert_eq!(before["dateCreated"], after["dateCreated"]);
    assert_ne!(before["dateModified"], after["dateModified"]);
    assert_ne!(first.header("etag"), second.header("etag"));
    board.kill().await;
    board.start_again().await;
    assert_eq!(board.get("/librehost.json").await.body, second.body);
}

#[tokio::test]
async fn values_that_do_not_fit_are_named_and_change_nothing() {
    let (board, ada) = Board::claimed().await;
    profile(&board, &ada, &complete()).await.expect(204);
    let before = board.get("/librehost.json").await.body;
    let bad = json!({
        "name": "Elm Street", "homeUrl": "javascript:alert(1)", "logo": "http://oak.test/logo.svg",
        "foundingDate": "last year", "communicationLanguages": "english", "isServiceProvider": "maybe",
        "securityContact": "nobody", "favouriteColour": "green", "tagLine": "two\nlines",
    });
    let answer = profile(&board, &ada, &bad).await.refused(422, "invalid");
    let expected = [
        "communicationLanguages",
        "favouriteColour",
        "foundingDate",
        "homeUrl",
        "isServiceProvider",
        "logo",
        "securityContact",
        "tagLine",
    ];
    assert_eq!(answer.fields(), expected);
    assert_eq!(board.get("/librehost.json").await.body, before);
}

#[tokio::test]
async fn security_txt_names_a_contact_and_never_expires() {
    let (board, ada) = Board::claimed().await;
    board.get("/.well-known/security.txt").await.expect(404);
    let values = json!({ "securityContact": "security@oak.test", "communicationLanguages": "en, fr" });
    profile(&board, &ada, &values).await.expect(204);
    let text = board.get("/.well-known/security.txt").await.expect(200);
    assert!(text.header("content-type").starts_with("text/plain"));
    assert!(
        text.body.starts_with("Contact: mailto:security@oak.test\r\n"),
        "{text:?}"
    );
    assert!(text.body.contains("Preferred-Languages: en, fr\r\n"), "{text:?}");
    let expires = |text: &str| {
        text.lines()
            .find(|line| line.starts_with("Expires: "))
            .map(str::to_owned)
    };
    let first = expires(&text.body).unwrap();
    board.pass(60 * 86_400);
    let later = board.get("/.well-known/security.txt").await.expect(200);
    assert!(expires(&later.body).unwrap() > first, "{later:?}");
}
