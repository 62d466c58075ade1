// SPDX-License-Identifier: AGPL-3.0-or-later
//! Signing in and out, and what a signed-in member holds.

use api_tests::{Answer, Board, PASSWORD, Person};
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

/// The cookie by which a browser is known after a sign-in.
fn device(answer: &Answer) -> String {
    let cookies = answer.headers.get_all("set-cookie").iter();
    let texts = cookies.map(|cookie| cookie.to_str().unwrap());
    let found = texts.filter_map(|text| text.split(';').next());
    let mut found = found.filter(|pair| pair.starts_with("commonhost-device="));
    found.next().expect("a device cookie").to_owned()
}

#[tokio::test]
async fn guessing_a_password_has_to_wait_and_the_member_does_not() {
    let (board, ada) = Board::claimed().await;
    let right = sign_in("ada", PASSWORD);
    let known = device(&board.post("/api/v1/session", &right).await.expect(200));
    // Whether there is such a member makes no difference.
    for name in ["ada", "nobody"] {
        for _ in 0..10 {
            let answer = board
                .post("/api/v1/session", &sign_in(name, "a guess, again"))
                .await;
            answer.refused(401, "wrong_password");
        }
        // The network has tries again long before the name has.
        board.pass(60);
        let answer = board.post("/api/v1/session", &sign_in(name, PASSWORD)).await;
        let answer = answer.refused(429, "too_many_tries");
        assert_eq!(answer.header("retry-after"), "120", "{name}");
    }
    let at_home = || board.post("/api/v1/session", &right).with("cookie", &known);
    assert_eq!(device(&at_home().await.expect(200)), known);
    board
        .get("/api/v1/account")
        .cookie(&ada.session)
        .await
        .expect(200);
    board.pass(60);
    board.post("/api/v1/session", &right).await.expect(200);
}

#[tokio::test]
async fn a_device_is_known_for_those_who_signed_in_there() {
    let (board, ada) = Board::claimed().await;
    ada.adds(&board, "ben").await;
    let known = device(
        &board
            .post("/api/v1/session", &sign_in("ada", PASSWORD))
            .await
            .expect(200),
    );
    let guess = |name| {
        let ask = board.post("/api/v1/session", &sign_in(name, "a guess, again"));
        ask.with("cookie", &known)
    };
    for _ in 0..10 {
        guess("ben").await.refused(401, "wrong_password");
    }
    guess("ben").await.refused(429, "too_many_tries");
    // Her own device has limits as well, and does not use up those of the house.
    for _ in 0..10 {
        guess("ada").await.refused(401, "wrong_password");
    }
    let answer = guess("ada").await.refused(429, "too_many_tries");
    assert_eq!(answer.header("retry-after"), "6");
    board.pass(60);
    board
        .post("/api/v1/session", &sign_in("ada", PASSWORD))
        .await
        .expect(200);
    // Another board's cookie, or one that was made up, is nobody's.
    let made_up = "commonhost-device=0123456789abcdef.00ff";
    let ask = board.post("/api/v1/session", &sign_in("ben", PASSWORD));
    ask.with("cookie", made_up).await.refused(429, "too_many_tries");
}

#[tokio::test]
async fn a_known_device_is_known_after_a_restart() {
    let (board, _) = Board::claimed().await;
    let right = sign_in("ada", PASSWORD);
    let known = device(&board.post("/api/v1/session", &right).await.expect(200));
    board.kill().await;
    board.start_again().await;
    let again = board.post("/api/v1/session", &right).with("cookie", &known).await;
    assert_eq!(device(&again.expect(200)), known);
}

#[tokio::test]
async fn the_present_password_is_not_guessed_from_an_open_session() {
    let (board, ada) = Board::claimed().await;
    let change = |present: &str| {
        let body = json!({ "present": present, "new": "a heron, a canal, a bell" });
        ada.put(&board, "/api/v1/account/password", &body)
    };
    for _ in 0..10 {
        change("a guess, again").await.refused(422, "invalid");
    }
    change(PASSWORD).await.refused(429, "too_many_tries");
    // Whoever guesses there keeps nobody from signing in.
    board
        .post("/api/v1/session", &sign_in("ada", PASSWORD))
        .await
        .expect(200);
    board.pass(6);
    change(PASSWORD).await.expect(204);
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
