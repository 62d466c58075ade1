// SPDX-License-Identifier: AGPL-3.0-or-later
//! The second step of signing in, by the API and by the pages, as an authenticator app and its owner use it.

use api_tests::{Answer, Ask, Board, PASSWORD, Person};
use http::Method;
use serde_json::{Value, json};
use supervisor::access::totp::Secret;

const PATH: &str = "/api/v1/account/second-step";

/// What a member holds afterwards.
struct Enrolled {
    app: Secret,
    codes: Vec<String>,
}

impl Enrolled {
    /// What the app shows now.
    fn code(&self, board: &Board) -> String {
        self.app.code_at(board.now())
    }
}

async fn enrol(board: &Board, member: &Person) -> Enrolled {
    let begun = member.post(board, PATH, &json!({})).await.expect(200).json();
    let secret = begun["secret"].as_str().unwrap();
    assert!(begun["uri"].as_str().unwrap().contains(secret), "{begun}");
    let app = Secret::parse(secret).unwrap();
    let body = json!({ "password": PASSWORD, "secret": secret, "code": app.code_at(board.now()) });
    let made = member.put(board, PATH, &body).await.expect(200).json();
    let codes = made["recovery_codes"].as_array().unwrap().iter();
    let codes = codes.map(|code| code.as_str().unwrap().to_owned()).collect();
    Enrolled { app, codes }
}

fn sign_in(board: &Board, code: &str) -> Ask {
    let body = json!({ "name": "ada", "password": PASSWORD, "code": code });
    board.post("/api/v1/session", &body)
}

#[tokio::test]
async fn the_password_alone_does_not_open_any_more() {
    let (board, ada) = Board::claimed().await;
    assert_eq!(ada.get(&board, PATH).await.json(), json!({ "on": false }));
    let ada_has = enrol(&board, &ada).await;
    let shown = ada.get(&board, PATH).await.json();
    assert_eq!(
        (&shown["on"], &shown["recovery_codes"]),
        (&json!(true), &json!(8))
    );
    board.pass(30);
    sign_in(&board, "").await.refused(401, "code_needed");
    sign_in(&board, "000000").await.refused(401, "wrong_code");
    // Who does not know the password learns nothing about the second step.
    let body = json!({ "name": "ada", "password": "a guess, again", "code": ada_has.code(&board) });
    let answer = board.post("/api/v1/session", &body).await;
    answer.refused(401, "wrong_password");
    sign_in(&board, &ada_has.code(&board)).await.expect(200);
    // Sessions and tokens from before stay.
    ada.get(&board, "/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn a_code_opens_once_and_so_does_a_recovery_code() {
    let (board, ada) = Board::claimed().await;
    let ada_has = enrol(&board, &ada).await;
    // The code that turned it on was seen, so it is used up.
    sign_in(&board, &ada_has.code(&board))
        .await
        .refused(401, "wrong_code");
    board.pass(30);
    let code = ada_has.code(&board);
    sign_in(&board, &format!(" {} {} ", &code[..3], &code[3..]))
        .await
        .expect(200);
    sign_in(&board, &code).await.refused(401, "wrong_code");
    let recovery = ada_has.codes[0].to_uppercase();
    sign_in(&board, &recovery).await.expect(200);
    sign_in(&board, &recovery).await.refused(401, "wrong_code");
    assert_eq!(ada.get(&board, PATH).await.json()["recovery_codes"], 7);
    // Of many at the same time one succeeds.
    board.pass(30);
    let code = ada_has.code(&board);
    let asked: Vec<_> = (0..4)
        .map(|_| tokio::spawn(sign_in(&board, &code).into_future()))
        .collect();
    let mut opened = 0;
    for answer in asked {
        opened += u32::from(answer.await.unwrap().status == 200);
    }
    assert_eq!(opened, 1);
}

#[tokio::test]
async fn codes_are_not_guessed_and_nobody_is_kept_from_a_known_device() {
    let (board, ada) = Board::claimed().await;
    let ada_has = enrol(&board, &ada).await;
    board.pass(30);
    let opened = sign_in(&board, &ada_has.code(&board)).await.expect(200);
    let known = opened.headers.get_all("set-cookie").iter();
    let known = known.filter_map(|cookie| cookie.to_str().unwrap().split(';').next());
    let known: String = known.filter(|pair| pair.contains("-device=")).collect();
    for _ in 0..5 {
        sign_in(&board, "abcde-fghij-kmnpq")
            .await
            .refused(401, "wrong_code");
    }
    board.pass(30);
    let code = ada_has.code(&board);
    let answer = sign_in(&board, &code).await.refused(429, "too_many_tries");
    assert_eq!(answer.header("retry-after"), "570");
    sign_in(&board, &code).with("cookie", &known).await.expect(200);
}

#[tokio::test]
async fn an_open_session_alone_changes_nothing() {
    let (board, ada) = Board::claimed().await;
    let app = Secret::random();
    let set = |password: &str, secret: String, code: String| {
        let body = json!({ "password": password, "secret": secret, "code": code });
        ada.put(&board, PATH, &body)
    };
    let code = app.code_at(board.now());
    let fields = |answer: Answer| answer.refused(422, "invalid").fields();
    assert_eq!(
        fields(set("a guess, again", app.to_string(), code.clone()).await),
        ["password"]
    );
    assert_eq!(
        fields(set(PASSWORD, app.to_string(), "12345".into()).await),
        ["code"]
    );
    assert_eq!(fields(set(PASSWORD, "GEZDG".into(), code).await), ["secret"]);
    assert_eq!(ada.get(&board, PATH).await.json(), json!({ "on": false }));
    let ada_has = enrol(&board, &ada).await;
    let wrong = json!({ "password": "a guess, again" });
    let with = |method: Method, path: &str, body: &Value| ada.ask(&board, method, path).json(body);
    assert_eq!(fields(with(Method::DELETE, PATH, &wrong).await), ["password"]);
    let codes = format!("{PATH}/recovery-codes");
    assert_eq!(fields(with(Method::POST, &codes, &wrong).await), ["password"]);
    let right = json!({ "password": PASSWORD });
    let renewed = with(Method::POST, &codes, &right).await.expect(200).json();
    sign_in(&board, &ada_has.codes[0])
        .await
        .refused(401, "wrong_code");
    sign_in(&board, renewed["recovery_codes"][0].as_str().unwrap())
        .await
        .expect(200);
    with(Method::DELETE, PATH, &right).await.expect(204);
    with(Method::DELETE, PATH, &right).await.refused(404, "not_found");
    with(Method::POST, &codes, &right).await.refused(404, "not_found");
    sign_in(&board, "").await.expect(200);
}

#[tokio::test]
async fn a_steward_turns_it_off_when_the_phone_is_lost_and_all_see_that() {
    let (board, ada) = Board::claimed().await;
    let ben = ada.adds(&board, "ben").await;
    enrol(&board, &ben).await;
    let path = "/api/v1/members/ben/second-step";
    ben.delete(&board, path).await.refused(403, "steward_needed");
    assert!(
        ada.page(&board, "/members")
            .await
            .contains("/members/ben/second-step/off")
    );
    ada.delete(&board, path).await.expect(204);
    ada.delete(&board, path).await.refused(404, "not_found");
    assert!(
        !ada.page(&board, "/members")
            .await
            .contains("/members/ben/second-step/off")
    );
    Person::sign_in(&board, "ben").await;
    let audit = ada.get(&board, "/api/v1/audit").await.body;
    assert!(
        audit.contains("remove-second-step") && audit.contains("set-second-step"),
        "{audit}"
    );
}

/// A hidden field of a page.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap()
}

#[tokio::test]
async fn the_pages_do_the_same_without_a_script() {
    let (board, ada) = Board::claimed().await;
    let page = ada.page(&board, "/account/second-step").await;
    let app = Secret::parse(hidden(&page, "secret")).unwrap();
    let secret = app.to_string();
    assert!(
        page.contains(&format!("secret={secret}")) && page.contains("<svg"),
        "{page}"
    );
    let set = |code: &str| {
        let fields = [
            ("secret", secret.as_str()),
            ("code", code),
            ("password", PASSWORD),
        ];
        ada.form(&board, "/account/second-step", &fields)
    };
    // A wrong code shows the same secret again: the app has it already.
    assert_eq!(hidden(&set("123").await.expect(422).body, "secret"), secret);
    let shown = set(&app.code_at(board.now())).await.expect(200);
    assert_eq!(shown.header("cache-control"), "no-store");
    let codes: Vec<&str> = shown
        .body
        .split("<li><code>")
        .skip(1)
        .map(|rest| &rest[..17])
        .collect();
    assert_eq!(codes.len(), 8, "{}", shown.body);

    board.pass(30);
    let form = |path: &str, fields: &[(&str, &str)]| {
        let nobody = Person {
            session: String::new(),
            ..ada.clone()
        };
        nobody.form(&board, path, fields)
    };
    let first = [("name", "ada"), ("password", PASSWORD), ("to", "/account")];
    let asked = form("/sign-in", &first).await.expect(200);
    assert!(asked.headers.get("set-cookie").is_none(), "{asked:?}");
    let proof = hidden(&asked.body, "proof").to_owned();
    let second = |proof: &str, code: &str| {
        form(
            "/sign-in/code",
            &[("proof", proof), ("code", code), ("to", "/account")],
        )
    };
    let again = second(&proof, "000000").await.expect(401);
    assert_eq!(hidden(&again.body, "proof"), proof);
    // The proof is for one member, and for a few minutes.
    let code = app.code_at(board.now());
    let forged = proof.replace("ada~", "ben~");
    assert!(
        second(&forged, &code)
            .await
            .expect(401)
            .body
            .contains("name=\"password\"")
    );
    let opened = second(&proof, &code).await.expect(303);
    assert_eq!(opened.header("location"), "/account");
    board.pass(301);
    assert!(
        second(&proof, codes[0])
            .await
            .expect(401)
            .body
            .contains("name=\"password\"")
    );

    let off = ada.form(&board, "/account/second-step/off", &[("password", PASSWORD)]);
    assert_eq!(off.await.expect(303).header("location"), "/account");
    form("/sign-in", &first).await.expect(303);
}

#[tokio::test]
async fn an_easy_password_is_refused_with_the_reason() {
    let (board, ada) = Board::claimed().await;
    let body = json!({ "name": "ben", "password": "password123" });
    let answer = ada
        .post(&board, "/api/v1/members", &body)
        .await
        .refused(422, "invalid");
    assert!(
        answer.message().contains("among those that are tried first"),
        "{answer:?}"
    );
    let fields = [
        ("current_password", PASSWORD),
        ("new_password", "abcdefghijkl"),
        ("new_password_again", "abcdefghijkl"),
    ];
    let page = ada
        .form(&board, "/account/password", &fields)
        .await
        .expect(422)
        .body;
    assert!(page.contains("a known order"), "{page}");
}
