// SPDX-License-Identifier: AGPL-3.0-or-later
//! The local authority's root, for devices that do not trust the board yet.

use api_tests::{Board, Person};
use serde_json::{Value, json};

const PATH: &str = "/api/v1/certificates/local-authority";

#[tokio::test]
async fn everybody_finds_the_root_in_the_form_their_device_wants() {
    let (board, ada) = Board::claimed().await;
    let page = board.get("/trust").page().await.expect(200).body;
    for link in ["/ca.mobileconfig", "/ca.crt", "/ca.pem"] {
        assert!(page.contains(&format!("href=\"{link}\"")), "{link}: {page}");
    }
    assert!(
        page.contains("<svg") && page.contains("http://oak.local/trust"),
        "{page}"
    );

    let pem = board.get("/ca.pem").await.expect(200).body;
    let profile = board.get("/ca.mobileconfig").await.expect(200);
    assert_eq!(profile.header("content-type"), "application/x-apple-aspen-config");
    let data = format!("<data>{}</data>", base64(&pem));
    assert!(profile.body.contains(&data), "{}", profile.body);
    let der = board.get("/ca.crt").await.expect(200);
    assert_eq!(der.header("content-type"), "application/x-x509-ca-cert");

    // The same fingerprint where stewards look.
    let (_, rest) = page.split_once("<code class=\"wrap\">").unwrap();
    let fingerprint = rest.split('<').next().unwrap();
    assert_eq!(fingerprint.len(), 95);
    assert!(ada.page(&board, "/certificates").await.contains(fingerprint));
}

fn base64(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

async fn roots(board: &Board, ada: &Person) -> Value {
    ada.get(board, PATH).await.expect(200).json()
}

#[tokio::test]
async fn another_root_is_shown_to_every_member_before_the_board_changes_over() {
    let (board, ada) = Board::claimed().await;
    let bea = ada.adds(&board, "bea").await;
    let old = roots(&board, &ada).await;
    board.get("/ca-next.pem").await.expect(404);
    assert!(!bea.page(&board, "/home").await.contains("/trust"));

    let next = format!("{PATH}/next");
    bea.put(&board, &next, &json!({ "days": 30 })).await.expect(403);
    ada.put(&board, &next, &json!({ "days": 366 })).await.expect(422);
    ada.put(&board, &next, &json!({ "days": 30 })).await.expect(200);
    let waiting = roots(&board, &ada).await;
    assert_eq!(waiting["fingerprint"], old["fingerprint"]);
    let fingerprint = waiting["next"]["fingerprint"].as_str().unwrap();
    assert_eq!(waiting["next"]["at"], json!(board.now().0 + 30 * 86_400));

    // Everybody is told, and finds it; the profile for iOS holds both.
    assert!(bea.page(&board, "/home").await.contains("href=\"/trust\""));
    let page = board.get("/trust").page().await.expect(200).body;
    assert!(
        page.contains(fingerprint) && page.contains("/ca-next.crt"),
        "{page}"
    );
    let pem = board.get("/ca-next.pem").await.expect(200).body;
    assert_eq!(json!(pem), waiting["next"]["pem"]);
    let profile = board.get("/ca.mobileconfig").await.expect(200).body;
    for root in [&pem, old["pem"].as_str().unwrap()] {
        assert!(profile.contains(&base64(root)), "{profile}");
    }

    // Its time comes: connections are made by the new one, and the old one is to be forgotten.
    board.pass(30 * 86_400);
    board
        .app()
        .certificates
        .hold(&["wake.test".parse().unwrap()].into());
    board
        .until("the board changes over", async || {
            roots(&board, &ada).await["fingerprint"] == fingerprint
        })
        .await;
    let now = roots(&board, &ada).await;
    assert_eq!(
        (&now["next"], &now["former"]["fingerprint"]),
        (&Value::Null, &old["fingerprint"])
    );
    assert_eq!(board.get("/ca.pem").await.expect(200).body, pem);
    board.get("/ca-next.pem").await.expect(404);
    let page = board.get("/trust").page().await.expect(200).body;
    assert!(page.contains(old["fingerprint"].as_str().unwrap()), "{page}");
    // Her session is over by now.
    let bea = Person::sign_in(&board, "bea").await;
    assert!(bea.page(&board, "/home").await.contains("href=\"/trust\""));
    // Sixty days later nobody is troubled any more.
    board.pass(61 * 86_400);
    assert_eq!(roots(&board, &ada).await["former"], Value::Null);
}

#[tokio::test]
async fn a_root_is_renewed_on_the_page_and_kept_or_changed_at_once() {
    let (board, ada) = Board::claimed().await;
    let old = roots(&board, &ada).await["fingerprint"].clone();
    ada.form(&board, "/certificates/root", &[("days", "14")])
        .await
        .expect(303);
    assert!(roots(&board, &ada).await["next"].is_object());
    let page = ada.page(&board, "/certificates").await;
    assert!(page.contains("action=\"/certificates/root/keep\""), "{page}");
    ada.form(&board, "/certificates/root/keep", &[]).await.expect(303);
    ada.delete(&board, &format!("{PATH}/next")).await.expect(404);
    assert_eq!(roots(&board, &ada).await["fingerprint"], old);

    ada.form(&board, "/certificates/root", &[("days", "0")])
        .await
        .expect(303);
    let now = roots(&board, &ada).await;
    assert!(
        now["fingerprint"] != old && now["former"]["fingerprint"] == old,
        "{now}"
    );
    let audit = ada.get(&board, "/api/v1/audit").await.expect(200).body;
    assert!(
        audit.contains("renew-root") && audit.contains("keep-root"),
        "{audit}"
    );
}
