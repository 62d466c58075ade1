// SPDX-License-Identifier: AGPL-3.0-or-later
//! Joining by an invitation, and services for groups.

use api_tests::{Board, PASSWORD, Person};
use http::Method;
use serde_json::{Value, json};

async fn invite(board: &Board, ada: &Person, body: Value) -> Value {
    let made = ada.post(board, "/api/v1/invitations", &body).await;
    made.expect(201).json()
}

fn newcomer(name: &str, code: &Value) -> Value {
    json!({ "code": code, "member": { "name": name, "display_name": "", "password": PASSWORD } })
}

#[tokio::test]
async fn a_link_lets_in_as_many_as_it_says_until_it_ends() {
    let (board, ada) = Board::claimed().await;
    let wish = json!({ "note": "choir", "uses": 2, "groups": ["choir"], "days": 3 });
    let made = invite(&board, &ada, wish).await;
    let code = &made["code"];
    let url = made["url"].as_str().unwrap();
    assert!(
        url.ends_with(&format!("/join/{}", code.as_str().unwrap())),
        "{made}"
    );
    assert!(url.contains("oak.local"), "{made}");

    let shown = board
        .get(&format!("/api/v1/join/{}", code.as_str().unwrap()))
        .await;
    assert_eq!(shown.expect(200).json()["by"], "Ada");
    let ben = board
        .post("/api/v1/join", &newcomer("ben", code))
        .await
        .expect(200)
        .json();
    let account = board
        .get("/api/v1/account")
        .cookie(ben["session"].as_str().unwrap())
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&account["role"], &account["groups"]),
        (&json!("member"), &json!(["choir"]))
    );
    // A name that is taken, or a password that is too weak, costs nothing.
    let taken = board.post("/api/v1/join", &newcomer("ada", code)).await;
    taken.refused(409, "name_taken");
    let mut weak = newcomer("cem", code);
    weak["member"]["password"] = json!("short");
    board.post("/api/v1/join", &weak).await.refused(422, "invalid");
    let mut steward = newcomer("cem", code);
    steward["member"]["role"] = json!("steward");
    board.post("/api/v1/join", &steward).await.expect(200);
    let cem = ada.get(&board, "/api/v1/members/cem").await.json();
    assert_eq!(cem["role"], "member", "the invitation decides");
    let third = board.post("/api/v1/join", &newcomer("dan", code)).await;
    third.refused(410, "invitation_gone");
    assert_eq!(ada.get(&board, "/api/v1/invitations").await.json(), json!([]));

    let made = invite(&board, &ada, json!({ "days": 1 })).await;
    board.pass(86_400);
    let late = board.post("/api/v1/join", &newcomer("dan", &made["code"])).await;
    late.refused(410, "invitation_gone");
    let made = invite(&board, &ada, json!({})).await;
    let path = format!("/api/v1/invitations/{}", made["id"].as_str().unwrap());
    ada.delete(&board, &path).await.expect(204);
    let revoked = board.post("/api/v1/join", &newcomer("dan", &made["code"])).await;
    revoked.refused(410, "invitation_gone");
    let audit = ada.get(&board, "/api/v1/audit").await.json().to_string();
    assert!(
        audit.contains("\"join\"") && !audit.contains(code.as_str().unwrap()),
        "{audit}"
    );
}

#[tokio::test]
async fn of_many_who_use_one_link_at_the_same_time_exactly_one_gets_in() {
    let (board, ada) = Board::claimed().await;
    let made = invite(&board, &ada, json!({})).await;
    let code = &made["code"];
    let [a, b, c] = ["ben", "cem", "dan"].map(|name| board.post("/api/v1/join", &newcomer(name, code)));
    let (a, b, c) = tokio::join!(async { a.await }, async { b.await }, async { c.await });
    let mut statuses = [a.status, b.status, c.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 410, 410]);
    assert_eq!(
        ada.get(&board, "/api/v1/members")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn an_invitation_that_does_not_fit_is_refused_field_by_field() {
    let (board, ada) = Board::claimed().await;
    let bad = json!({ "note": "x".repeat(61), "uses": 0, "days": 91, "role": "steward", "groups": ["A b"] });
    let answer = ada.post(&board, "/api/v1/invitations", &bad).await;
    let fields = answer.refused(422, "invalid").fields();
    assert_eq!(fields, ["days", "groups", "note", "role", "uses"]);
    for code in [
        "x",
        "0".repeat(64).as_str(),
        "..%2F..",
        "%F0%9F%A6%89",
        "'%20OR%201=1",
    ] {
        let answer = board.get(&format!("/api/v1/join/{code}")).await;
        answer.refused(410, "invitation_gone");
    }
}

#[tokio::test]
async fn a_newcomer_joins_in_a_browser_and_is_welcomed() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let made = invite(&board, &ada, json!({})).await;
    let path = format!("/join/{}", made["code"].as_str().unwrap());
    let page = board.get(&path).page().await.expect(200);
    assert!(
        page.body.contains("Ada") && page.body.contains("password_again"),
        "{}",
        page.body
    );
    let form = "display_name=Ben&name=ben&password=garden+teapot+moon&password_again=";
    let kind = "application/x-www-form-urlencoded";
    let typo = board
        .ask(Method::POST, &path)
        .page()
        .body(kind, format!("{form}typo"))
        .await;
    assert!(typo.expect(422).body.contains("Ben"), "what was typed stays");
    let form = format!("{form}garden+teapot+moon");
    let joined = board
        .ask(Method::POST, &path)
        .page()
        .body(kind, form)
        .await
        .expect(303);
    assert_eq!(joined.header("location"), "/welcome");
    let cookie = joined
        .header("set-cookie")
        .split(['=', ';'])
        .nth(1)
        .unwrap()
        .to_owned();
    let welcome = board.get("/welcome").page().cookie(&cookie).await.expect(200);
    assert!(welcome.body.contains("NOTES"), "{}", welcome.body);
    let again = board.get(&path).page().await.expect(410);
    assert!(!again.body.contains("password_again"));
}

#[tokio::test]
async fn a_service_for_a_group_is_closed_to_everybody_else_at_once() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    ada.enables(&board, "wall").await;
    let ben = ada.adds(&board, "ben").await;
    let (_, password) = ben.app_password(&board, "notes").await;
    ben.app_password(&board, "wall").await;
    let notes = async || {
        let ask = board.get("/").to(&board.at("notes-oak.local"));
        ask.basic("ben", &password).await.status
    };
    let change = async |member: Value| {
        let ask = ada.ask(&board, Method::PATCH, "/api/v1/members/ben");
        ask.json(&member).await.expect(200);
    };
    let open = async |service: &str, groups: Value| {
        let path = format!("/api/v1/services/{service}/groups");
        ada.put(&board, &path, &json!({ "groups": groups }))
            .await
            .expect(204);
    };
    assert_eq!(notes().await, 200);
    open("notes", json!(["choir"])).await;
    assert_eq!(notes().await, 403);
    let closed = json!({ "service": "notes", "device": "x" });
    let refused = ben.post(&board, "/api/v1/app-passwords", &closed).await;
    refused.refused(403, "service_closed");
    ben.get(&board, "/services/notes").page().await.expect(403);
    change(json!({ "groups": ["choir"] })).await;
    assert_eq!(notes().await, 200);
    let seen = board
        .get("/")
        .to(&board.at("notes-oak.local"))
        .basic("ben", &password)
        .await;
    assert!(seen.body.contains("members,choir"), "{}", seen.body);
    // A guest is in by the group alone; without it, out everywhere.
    change(json!({ "role": "guest" })).await;
    assert_eq!(notes().await, 200);
    change(json!({ "groups": [] })).await;
    assert_eq!(notes().await, 403);
    let closed = |asked: &types::host::HostRequest| matches!(asked, types::host::HostRequest::Provision { member, password: None, .. } if member.as_str() == "ben");
    assert!(
        board.host.asked().iter().any(closed),
        "the account in wall is closed"
    );
    open("notes", json!([])).await;
    assert_eq!(notes().await, 403, "every member, but no guest");
    board.kill().await;
    board.start_again().await;
    let rules = ada.get(&board, "/api/v1/services/notes/groups").await.json();
    assert_eq!(rules, json!({ "groups": [] }));
}
