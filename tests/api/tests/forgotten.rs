// SPDX-License-Identifier: AGPL-3.0-or-later
//! A forgotten password: asked for, approved by somebody who knows the member, set where it was asked for.

use api_tests::{Ask, Board, Chance, PASSWORD, Person};
use http::Method;
use serde_json::{Value, json};

const ASK: &str = "/api/v1/password-requests";
const NEW: &str = "river lantern chalk";

struct Asked {
    token: String,
    number: String,
}

async fn ask(board: &Board, name: &str) -> Asked {
    let asked = board.post(ASK, &json!({ "name": name })).await.expect(202).json();
    Asked {
        token: asked["token"].as_str().unwrap().into(),
        number: asked["number"].as_str().unwrap().into(),
    }
}

fn set(board: &Board, token: &str, code: &str) -> Ask {
    let body = json!({ "token": token, "code": code, "password": NEW });
    board.post("/api/v1/password-requests/redeem", &body)
}

/// What somebody may approve: ids, names and numbers.
async fn seen(board: &Board, by: &Person) -> Vec<Value> {
    by.get(board, ASK)
        .await
        .expect(200)
        .json()
        .as_array()
        .unwrap()
        .clone()
}

async fn approve(board: &Board, by: &Person, id: &str) -> String {
    let made = by
        .post(board, &format!("{ASK}/{id}/approve"), &json!({}))
        .await
        .expect(200)
        .json();
    made["code"].as_str().unwrap().into()
}

fn sign_in(board: &Board, name: &str, password: &str) -> Ask {
    board.post("/api/v1/session", &json!({ "name": name, "password": password }))
}

#[tokio::test]
async fn a_steward_helps_a_member_back_in() {
    let (board, ada) = Board::claimed().await;
    let ben = ada.adds(&board, "ben").await;
    let (first, second) = (ask(&board, "ben").await, ask(&board, " BEN ").await);
    assert_eq!(first.number.len(), 4);
    let listed = seen(&board, &ada).await;
    let found = listed
        .iter()
        .find(|request| request["number"] == json!(second.number));
    let id = found.unwrap()["id"].as_str().unwrap();
    assert_eq!(found.unwrap()["member"], "ben");
    set(&board, &second.token, "0000-0000")
        .await
        .refused(403, "wrong_code");
    let code = approve(&board, &ada, id).await;
    // The code is for the browser that asked, and no other.
    set(&board, &first.token, &code).await.refused(403, "wrong_code");
    set(&board, "made up", &code).await.refused(403, "wrong_code");
    let weak = json!({ "token": second.token, "code": code, "password": "ben" });
    let answer = board
        .post("/api/v1/password-requests/redeem", &weak)
        .await
        .refused(422, "invalid");
    assert_eq!(answer.fields(), ["password"]);
    set(&board, &second.token, &code).await.expect(204);
    // What the old password had opened is closed, and nothing of this can be used again.
    sign_in(&board, "ben", PASSWORD)
        .await
        .refused(401, "wrong_password");
    board
        .get("/api/v1/account")
        .cookie(&ben.session)
        .await
        .expect(401);
    board.get("/api/v1/account").bearer(&ben.token).await.expect(401);
    sign_in(&board, "ben", NEW).await.expect(200);
    set(&board, &second.token, &code).await.refused(403, "wrong_code");
    assert_eq!(seen(&board, &ada).await, [] as [Value; 0]);
    let audit = ada.get(&board, "/api/v1/audit").await.json();
    let acts: Vec<(&str, &str)> = (0..2)
        .map(|at| {
            (
                audit[at]["member"].as_str().unwrap(),
                audit[at]["act"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(acts, [("ben", "set-password"), ("ada", "approve-password")]);
}

#[tokio::test]
async fn nobody_learns_who_is_a_member_by_asking() {
    let (board, ada) = Board::claimed().await;
    ada.adds(&board, "ben").await;
    for name in ["ben", "nobody", "../etc", "", "ada"] {
        let asked = ask(&board, name).await;
        assert_eq!((asked.token.len(), asked.number.len()), (64, 4), "{name}");
        set(&board, &asked.token, "7K3M-Q9TD")
            .await
            .refused(403, "wrong_code");
    }
    // Stewards see those who are members, and nobody approves for themselves.
    let listed = seen(&board, &ada).await;
    let names: Vec<&str> = listed
        .iter()
        .map(|request| request["member"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["ben"]);
    // A network that asks again and again has to wait.
    for _ in 0..10 {
        let answer = board.post(ASK, &json!({ "name": "ben" })).await;
        assert!(matches!(answer.status, 202 | 429), "{answer:?}");
    }
    board
        .post(ASK, &json!({ "name": "ben" }))
        .await
        .refused(429, "too_many_tries");
}

#[tokio::test]
async fn whom_a_member_chose_helps_that_member_and_nobody_else() {
    let (board, ada) = Board::claimed().await;
    let (ben, cleo) = (ada.adds(&board, "ben").await, ada.adds(&board, "cleo").await);
    let contacts = "/api/v1/account/recovery-contacts";
    for bad in [
        json!(["ben"]),
        json!(["nobody"]),
        json!(["ada", "ada", "cleo", "nobody"]),
    ] {
        ben.put(&board, contacts, &json!({ "contacts": bad }))
            .await
            .refused(422, "invalid");
    }
    ask(&board, "ben").await;
    assert_eq!(seen(&board, &cleo).await, [] as [Value; 0]);
    let id = seen(&board, &ada).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("{ASK}/{id}");
    cleo.post(&board, &format!("{path}/approve"), &json!({}))
        .await
        .refused(404, "not_found");
    cleo.delete(&board, &path).await.refused(404, "not_found");
    ben.put(&board, contacts, &json!({ "contacts": ["Cleo"] }))
        .await
        .expect(200);
    assert_eq!(
        ben.get(&board, contacts).await.json(),
        json!({ "contacts": ["cleo"] })
    );
    assert_eq!(seen(&board, &cleo).await[0]["member"], "ben");
    assert!(cleo.page(&board, "/home").await.contains("/help-back-in"));
    // The member who did not ask takes it away, and approves nothing for themselves.
    ben.post(&board, &format!("{path}/approve"), &json!({}))
        .await
        .refused(404, "not_found");
    assert!(
        ben.page(&board, "/help-back-in")
            .await
            .contains(&format!("/help-back-in/{id}/refuse"))
    );
    ben.delete(&board, &path).await.expect(204);
    assert_eq!(seen(&board, &cleo).await, [] as [Value; 0]);
    let asked = ask(&board, "ben").await;
    let id = seen(&board, &cleo).await[0]["id"].as_str().unwrap().to_owned();
    let code = approve(&board, &cleo, &id).await;
    set(&board, &asked.token, &code).await.expect(204);
    sign_in(&board, "ben", NEW).await.expect(200);
}

#[tokio::test]
async fn a_request_ends_after_a_day_or_five_wrong_codes() {
    let (board, ada) = Board::claimed().await;
    ada.adds(&board, "ben").await;
    let asked = ask(&board, "ben").await;
    let id = seen(&board, &ada).await[0]["id"].as_str().unwrap().to_owned();
    let code = approve(&board, &ada, &id).await;
    let mut chance = Chance::new(7);
    let letters: Vec<char> = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars().collect();
    for _ in 0..5 {
        let guess: String = (0..8).map(|_| *chance.one_of(&letters)).collect();
        set(&board, &asked.token, &guess).await.refused(403, "wrong_code");
    }
    set(&board, &asked.token, &code).await.refused(403, "wrong_code");
    sign_in(&board, "ben", PASSWORD).await.expect(200);

    let asked = ask(&board, "ben").await;
    let id = seen(&board, &ada).await[0]["id"].as_str().unwrap().to_owned();
    let code = approve(&board, &ada, &id).await;
    board.pass(86_400);
    set(&board, &asked.token, &code).await.refused(403, "wrong_code");
    ada.post(&board, &format!("{ASK}/{id}/approve"), &json!({}))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn a_second_step_is_still_asked_for() {
    let (board, ada) = Board::claimed().await;
    let ben = ada.adds(&board, "ben").await;
    let path = "/api/v1/account/second-step";
    let begun = ben.post(&board, path, &json!({})).await.expect(200).json();
    let secret = begun["secret"].as_str().unwrap();
    let app = supervisor::access::totp::Secret::parse(secret).unwrap();
    let body = json!({ "password": PASSWORD, "secret": secret, "code": app.code_at(board.now()) });
    ben.put(&board, path, &body).await.expect(200);
    let asked = ask(&board, "ben").await;
    let id = seen(&board, &ada).await[0]["id"].as_str().unwrap().to_owned();
    let code = approve(&board, &ada, &id).await;
    set(&board, &asked.token, &code).await.expect(204);
    sign_in(&board, "ben", NEW).await.refused(401, "code_needed");
}

#[tokio::test]
async fn it_goes_in_two_browsers_without_the_api() {
    let (board, ada) = Board::claimed().await;
    ada.adds(&board, "ben").await;
    let post = |path: &str, cookie: &str, body: String| {
        let ask = board
            .ask(Method::POST, path)
            .with("cookie", cookie)
            .same_origin()
            .page();
        ask.body("application/x-www-form-urlencoded", body)
    };
    assert!(
        board
            .get("/sign-in")
            .page()
            .await
            .body
            .contains("href=\"/forgotten\"")
    );
    let answer = post("/forgotten", "", "name=ben".into()).await.expect(303);
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let page = board
        .get("/forgotten")
        .with("cookie", &cookie)
        .page()
        .await
        .expect(200)
        .body;
    let number = seen(&board, &ada).await[0]["number"].as_str().unwrap().to_owned();
    assert!(page.contains(&number), "{page}");
    let help = ada.page(&board, "/help-back-in").await;
    assert!(help.contains(&number) && help.contains("ben"), "{help}");
    let id = seen(&board, &ada).await[0]["id"].as_str().unwrap().to_owned();
    let shown = ada
        .form(&board, &format!("/help-back-in/{id}/approve"), &[])
        .await
        .expect(200)
        .body;
    let (_, rest) = shown.split_once("id=\"new-secret\"").expect("a code on the page");
    let code = rest.split(['>', '<']).nth(1).unwrap();
    let body =
        |code: &str| format!("code={code}&password=river+lantern+chalk&password_again=river+lantern+chalk");
    let wrong = post("/forgotten/set", &cookie, body("0000-0000"))
        .await
        .expect(422);
    assert!(wrong.body.contains("0000-0000"));
    let done = post("/forgotten/set", &cookie, body(code)).await.expect(303);
    assert_eq!(done.header("location"), "/sign-in?new=1");
    sign_in(&board, "ben", NEW).await.expect(200);
}
