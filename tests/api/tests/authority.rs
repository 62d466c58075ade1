// SPDX-License-Identifier: AGPL-3.0-or-later
//! Which certificate authority is asked: contract, rehearsal, and that secrets stay secret.

use api_tests::Board;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/certificates/authority";
const KEY: &str = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";

#[tokio::test]
async fn the_key_of_a_contract_is_kept_and_never_shown() {
    let (board, ada) = Board::claimed().await;
    let choice = json!({
        "directory": "https://127.0.0.1:1/dir", "account_key_name": "kid-1", "account_key": KEY, "staging": "none",
    });
    ada.put(&board, PATH, &choice).await.expect(204);
    let shown = ada.get(&board, PATH).await.expect(200).json();
    assert_eq!(
        (&shown["account_key_name"], &shown["account_key"]),
        (&json!("kid-1"), &json!(""))
    );

    // What is shown can be sent back, and the key is still there.
    let mut again = shown.clone();
    again["contact"] = json!("ada@oak.test");
    ada.put(&board, PATH, &again).await.expect(204);
    assert_eq!(board.app().store.acme().await.unwrap().account_key, KEY);
    // It belongs to its name: under another name it is asked for.
    again["account_key_name"] = json!("kid-2");
    let refused = ada.put(&board, PATH, &again).await.expect(422).json();
    assert!(refused["error"]["fields"]["account_key"].is_string(), "{refused}");

    for path in [PATH, "/api/v1/audit"] {
        let body = ada.get(&board, path).await.expect(200).body;
        assert!(!body.contains(KEY), "{path}");
    }
    assert!(!ada.page(&board, "/certificates").await.contains(KEY));
}

#[tokio::test]
async fn what_cannot_be_an_authority_is_refused_with_the_field() {
    let (board, ada) = Board::claimed().await;
    let cases = [
        ("directory", json!({ "directory": "http://ca.test/dir" })),
        ("contact", json!({ "contact": "nobody" })),
        ("root", json!({ "root": "nonsense" })),
        ("staging", json!({ "staging": "somewhere" })),
        (
            "account_key",
            json!({ "account_key_name": "kid-1", "account_key": "not base64url!" }),
        ),
        ("account_key_name", json!({ "account_key": KEY })),
    ];
    for (field, choice) in cases {
        let refused = ada.put(&board, PATH, &choice).await.expect(422).json();
        assert!(
            refused["error"]["fields"][field].is_string(),
            "{field}: {refused}"
        );
    }
    // Nobody was asked yet what it says of itself.
    let facts = ada.get(&board, &format!("{PATH}/facts")).await.expect(404).json();
    assert_ne!(facts["error"]["message"], Value::Null);
}

#[tokio::test]
async fn another_authority_is_chosen_on_the_page_and_its_terms_accepted_anew() {
    let (board, ada) = Board::claimed().await;
    let accepted = json!({ "terms_accepted": true });
    ada.put(&board, PATH, &accepted).await.expect(204);
    let wrong = [
        ("directory", "ca.test"),
        ("key_name", ""),
        ("key", ""),
        ("root", ""),
    ];
    let page = ada
        .form(&board, "/certificates/authority", &wrong)
        .await
        .expect(422)
        .body;
    assert!(page.contains("ca.test"), "what was typed stays");
    let right = [
        ("directory", "https://ca.test/dir"),
        ("key_name", "kid-1"),
        ("key", KEY),
        ("root", ""),
    ];
    ada.form(&board, "/certificates/authority", &right)
        .await
        .expect(303);
    let chosen = board.app().store.acme().await.unwrap();
    assert_eq!(
        (chosen.directory.as_str(), chosen.account_key.as_str()),
        ("https://ca.test/dir", KEY)
    );
    assert!(!chosen.terms_accepted, "these are other terms");
    let page = ada.page(&board, "/certificates").await;
    assert!(page.contains("ca.test") && !page.contains(KEY), "{page}");
}
