// SPDX-License-Identifier: AGPL-3.0-or-later
//! Signing in and out, and what a signed-in member holds.

use api_tests::{Board, PASSWORD, Person};
use http::Method;
use serde_json::{Value, json};

fn sign_in(name: &str, password: &str) -> Value {
    json!({ "name": name, "password": password })
}

#[tokio::test]
async fn who_signs_out_is_out() {
    let (board, ada) = Board::claimed().await;
    let other = Person::sign_in(&board, "ada").await;
    let out = board
        .ask(Method::DELETE, "/api/v1/session")
        .cookie(&other.session)
        .same_origin()
        .await
        .expect(204);
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{out:?}");
    let after = board.get("/api/v1/account").cookie(&other.session).await;
    after.refused(401, "sign_in_needed");
    board
        .get("/api/v1/account")
        .cookie(&ada.session)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_name_is_taken_as_people_type_it() {
    let (board, _) = Board::claimed().await;
    let body = sign_in(" ADA ", PASSWORD);
    assert_eq!(
        board.post("/api/v1/session", &body).await.expect(200).json()["member"],
        "ada"
    );
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let (board, _) = Board::claimed().await;
    let known = board
        .post("/api/v1/session", &sign_in("ada", "not the password"))
        .await;
    let unknown = board
        .post("/api/v1/session", &sign_in("nobody", "not the password"))
        .await;
    let no_name = board
        .post("/api/v1/session", &sign_in("../etc", "not the password"))
        .await;
    assert_eq!((known.status, known.code().as_str()), (401, "wrong_password"));
    for other in [unknown, no_name] {
        assert_eq!((other.status, &other.body), (known.status, &known.body));
    }
}

#[tokio::test]
async fn guessing_passwords_has_to_wait_and_members_go_on() {
    let (board, ada) = Board::claimed().await;
    for _ in 0..10 {
        let answer = board
            .post("/api/v1/session", &sign_in("ada", "a guess, again"))
            .await;
        answer.refused(401, "wrong_password");
    }
    let right = sign_in("ada", PASSWORD);
    let answer = board.post("/api/v1/session", &right).await;
    let answer = answer.refused(429, "too_many_tries");
    assert_eq!(answer.header("retry-after"), "60");
    board
        .get("/api/v1/account")
        .cookie(&ada.session)
        .await
        .expect(200);
    board.pass(60);
    board.post("/api/v1/session", &right).await.expect(200);
}

#[tokio::test]
async fn a_session_nobody_uses_for_a_month_ends() {
    let (board, ada) = Board::claimed().await;
    board.pass(29 * 86_400);
    board
        .get("/api/v1/account")
        .cookie(&ada.session)
        .await
        .expect(200);
    board.pass(29 * 86_400);
    board
        .get("/api/v1/account")
        .cookie(&ada.session)
        .await
        .expect(200);
    board.pass(31 * 86_400);
    board
        .get("/api/v1/account")
        .cookie(&ada.session)
        .await
        .expect(401);
}

#[tokio::test]
async fn the_cookie_is_for_this_host_and_no_script() {
    let (board, _) = Board::claimed().await;
    let right = sign_in("ada", PASSWORD);
    let plain = board.post("/api/v1/session", &right).await.expect(200);
    let cookie = plain.header("set-cookie");
    assert!(cookie.starts_with("commonhost="), "{cookie}");
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(
        !cookie.contains("Secure"),
        "a browser would drop it over plain HTTP: {cookie}"
    );

    let secure = board
        .post("/api/v1/session", &right)
        .secure("oak.local")
        .await
        .expect(200);
    let cookie = secure.header("set-cookie");
    assert!(cookie.starts_with("__Host-commonhost="), "{cookie}");
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let session = secure.json()["session"].as_str().unwrap().to_owned();
    let account = board.get("/api/v1/account").secure("oak.local").cookie(&session);
    account.await.expect(200);
}

#[tokio::test]
async fn a_token_works_until_it_is_taken_back() {
    let (board, ada) = Board::claimed().await;
    let made = ada.post(&board, "/api/v1/tokens", &json!({ "name": "backup script" }));
    let made = made.await.expect(201).json();
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    board.get("/api/v1/account").bearer(secret).await.expect(200);
    let listed = ada.get(&board, "/api/v1/tokens").await.expect(200).body;
    assert!(
        listed.contains(id) && !listed.contains(secret),
        "shown once only: {listed}"
    );
    let path = format!("/api/v1/tokens/{id}");
    ada.delete(&board, &path).await.expect(204);
    let after = board.get("/api/v1/account").bearer(secret).await;
    after.refused(401, "token_unknown");
    ada.delete(&board, &path).await.refused(404, "not_found");
}

#[tokio::test]
async fn nobody_takes_back_what_is_anothers() {
    let (board, ada) = Board::claimed().await;
    let ben = ada.adds(&board, "ben").await;
    let tokens = ada.get(&board, "/api/v1/tokens").await.expect(200).json();
    let path = format!("/api/v1/tokens/{}", tokens[0]["id"].as_str().unwrap());
    ben.delete(&board, &path).await.refused(404, "not_found");
    let sessions = ada.get(&board, "/api/v1/sessions").await.expect(200).json();
    let path = format!("/api/v1/sessions/{}", sessions[0]["id"].as_str().unwrap());
    ben.delete(&board, &path).await.refused(404, "not_found");
    ada.get(&board, "/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let (board, ada) = Board::claimed().await;
    let elsewhere = Person::sign_in(&board, "ada").await;
    let wrong = json!({ "present": "not the password", "new": "river lantern chalk" });
    let change = |body: &Value| {
        board
            .ask(Method::PUT, "/api/v1/account/password")
            .json(body)
            .cookie(&ada.session)
            .same_origin()
    };
    let answer = change(&wrong).await.refused(422, "invalid");
    assert_eq!(answer.fields(), ["present"]);
    change(&json!({ "present": PASSWORD, "new": "river lantern chalk" }))
        .await
        .expect(204);
    board
        .get("/api/v1/account")
        .cookie(&ada.session)
        .await
        .expect(200);
    board
        .get("/api/v1/account")
        .cookie(&elsewhere.session)
        .await
        .expect(401);
    let old = board.post("/api/v1/session", &sign_in("ada", PASSWORD)).await;
    old.refused(401, "wrong_password");
}
