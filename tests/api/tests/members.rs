// SPDX-License-Identifier: AGPL-3.0-or-later
//! Members, and the record of who did what.

use api_tests::{Board, PASSWORD, Person};
use http::Method;
use serde_json::{Value, json};

fn new(name: &str) -> Value {
    json!({ "name": name, "display_name": "", "password": PASSWORD })
}

#[tokio::test]
async fn a_member_is_added_once() {
    let (board, ada) = Board::claimed().await;
    let made = ada
        .post(&board, "/api/v1/members", &new("ben"))
        .await
        .expect(201)
        .json();
    assert_eq!(
        (&made["name"], &made["display_name"], &made["role"]),
        (&json!("ben"), &json!("ben"), &json!("member"))
    );
    for name in ["ben", " Ben ", "ada"] {
        let answer = ada.post(&board, "/api/v1/members", &new(name)).await;
        assert_eq!(answer.refused(409, "name_taken").fields(), ["name"]);
    }
    let all = ada.get(&board, "/api/v1/members").await.json();
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert!(
        !all.to_string().contains("argon2"),
        "hashes stay in the database: {all}"
    );
    Person::sign_in(&board, "ben").await;
}

#[tokio::test]
async fn a_member_that_does_not_fit_is_refused_field_by_field() {
    let (board, ada) = Board::claimed().await;
    let bad = json!({ "name": "-", "display_name": "x".repeat(61), "password": "short" });
    let answer = ada.post(&board, "/api/v1/members", &bad).await;
    assert_eq!(
        answer.refused(422, "invalid").fields(),
        ["display_name", "name", "password"]
    );
    let answer = ada
        .post(&board, "/api/v1/members", &json!({ "name": "ben" }))
        .await;
    answer.refused(400, "bad_json");
}

#[tokio::test]
async fn the_last_steward_stays() {
    let (board, ada) = Board::claimed().await;
    let ben = ada.adds(&board, "ben").await;
    let demote = || {
        ada.ask(&board, Method::PATCH, "/api/v1/members/ada")
            .json(&json!({ "role": "member" }))
    };
    demote().await.refused(409, "last_steward");
    let answer = ada.delete(&board, "/api/v1/members/ada").await;
    answer.refused(409, "last_steward");
    ada.get(&board, "/api/v1/archives").await.expect(200);
    ada.ask(&board, Method::PATCH, "/api/v1/members/ben")
        .json(&json!({ "role": "steward" }))
        .await
        .expect(200);
    demote().await.expect(200);
    ada.get(&board, "/api/v1/archives")
        .await
        .refused(403, "steward_needed");
    ben.delete(&board, "/api/v1/members/ada").await.expect(204);
    ada.get(&board, "/api/v1/account")
        .await
        .refused(401, "token_unknown");
}

#[tokio::test]
async fn a_member_who_is_removed_is_out_everywhere_at_once() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    ada.enables(&board, "wall").await;
    let ben = ada.adds(&board, "ben").await;
    let (_, password) = ben.app_password(&board, "notes").await;
    ben.app_password(&board, "wall").await;
    let notes = || board.get("/").to(&board.at("notes-oak.local"));
    notes().basic("ben", &password).await.expect(200);

    ada.delete(&board, "/api/v1/members/ben").await.expect(204);
    ben.get(&board, "/api/v1/account")
        .await
        .refused(401, "token_unknown");
    let by_cookie = board.get("/api/v1/account").cookie(&ben.session).await;
    by_cookie.refused(401, "sign_in_needed");
    notes().basic("ben", &password).await.expect(401);
    assert!(
        board.host.asked().iter().any(|asked| matches!(
            asked,
            types::host::HostRequest::Provision { member, password: None, .. } if member.as_str() == "ben"
        )),
        "the account in wall is closed as well"
    );
    // Somebody else of the same name is somebody else.
    let other = ada.adds(&board, "ben").await;
    assert_eq!(other.get(&board, "/api/v1/app-passwords").await.json(), json!([]));
    notes().basic("ben", &password).await.expect(401);
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_a_steward() {
    let (board, ada) = Board::claimed().await;
    let ben = ada.adds(&board, "ben").await;
    let path = "/api/v1/members/ben/password";
    let weak = ada.put(&board, path, &json!({ "password": "short" })).await;
    assert_eq!(weak.refused(422, "invalid").fields(), ["password"]);
    let new = json!({ "password": "river lantern chalk" });
    ada.put(&board, path, &new).await.expect(204);
    board
        .get("/api/v1/account")
        .cookie(&ben.session)
        .await
        .expect(401);
    let body = json!({ "name": "ben", "password": "river lantern chalk" });
    board.post("/api/v1/session", &body).await.expect(200);
}

#[tokio::test]
async fn the_record_tells_who_did_what_and_cannot_be_changed_unseen() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let ben = ada.adds(&board, "ben").await;
    let records = ben.get(&board, "/api/v1/audit").await.expect(200).json();
    let acts: Vec<(i64, &str, &str, &str)> = records
        .as_array()
        .unwrap()
        .iter()
        .map(|record| {
            let text = |key: &str| record[key].as_str().unwrap();
            let sequence = record["sequence"].as_i64().unwrap();
            (sequence, text("member"), text("act"), text("subject"))
        })
        .collect();
    assert_eq!(acts[0].1, "ada");
    assert!(
        acts.iter()
            .any(|act| (act.1, act.2, act.3) == ("ada", "enable", "notes")),
        "{acts:?}"
    );
    assert!(
        acts.iter()
            .any(|act| (act.1, act.2, act.3) == ("ada", "add-member", "ben")),
        "{acts:?}"
    );
    let count = i64::try_from(acts.len()).unwrap();
    let sequences: Vec<i64> = acts.iter().map(|act| act.0).collect();
    assert_eq!(sequences, (1..=count).rev().collect::<Vec<_>>());

    let broken = async || {
        let findings = ada.get(&board, "/api/v1/checks").await.expect(200).body;
        findings.contains("audit-broken")
    };
    assert!(!broken().await);
    let app = board.app();
    let change = |sql: &'static str| {
        app.store.run(move |connection| {
            connection.execute_batch(sql)?;
            Ok(())
        })
    };
    change("UPDATE audit SET subject = 'somebody' WHERE sequence = 1")
        .await
        .unwrap();
    assert!(broken().await, "a changed record must be seen");
}
