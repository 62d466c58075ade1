// SPDX-License-Identifier: AGPL-3.0-or-later
//! The two-person rule: one steward asks, another approves, and nothing is done before.

use api_tests::{Answer, Board, Person};
use http::Method;
use serde_json::{Value, json};

const RULE: &str = "/api/v1/two-person-rule";
const ACTS: &str = "/api/v1/acts";

/// A board with two stewards, ada and ben, and these kinds of acts under the rule.
async fn ruled(kinds: Value) -> (Board, Person, Person) {
    let (board, ada) = Board::claimed().await;
    let ben = ada.adds(&board, "ben").await;
    role(&board, &ada, "ben", "steward").await.expect(200);
    ada.put(&board, RULE, &json!({ "kinds": kinds }))
        .await
        .expect(200);
    (board, ada, ben)
}

async fn role(board: &Board, by: &Person, name: &str, role: &str) -> Answer {
    let path = format!("/api/v1/members/{name}");
    by.ask(board, Method::PATCH, &path)
        .json(&json!({ "role": role }))
        .await
}

/// The id of the act that waits now.
fn waits(answer: Answer) -> String {
    let answer = answer.expect(202).json();
    assert!(
        answer["message"].as_str().unwrap().contains("another steward"),
        "{answer}"
    );
    answer["act"].as_str().unwrap().to_owned()
}

async fn approve(board: &Board, by: &Person, id: &str) -> Answer {
    by.post(board, &format!("{ACTS}/{id}/approve"), &json!({})).await
}

async fn role_of(board: &Board, by: &Person, name: &str) -> Option<String> {
    let members = by.get(board, "/api/v1/members").await.expect(200).json();
    let mut members = members.as_array().unwrap().iter();
    let found = members.find(|member| member["name"] == name)?;
    Some(found["role"].as_str().unwrap().to_owned())
}

/// The newest acts of the audit log, the newest first.
async fn log(board: &Board, by: &Person, count: usize) -> Vec<String> {
    let audit = by.get(board, "/api/v1/audit").await.expect(200).json();
    let text = |at: usize, key: &str| audit[at][key].as_str().unwrap().to_owned();
    (0..count)
        .map(|at| {
            format!(
                "{} {} {}",
                text(at, "member"),
                text(at, "act"),
                text(at, "subject")
            )
        })
        .collect()
}

#[tokio::test]
async fn an_archive_is_deleted_when_another_steward_approves() {
    let (board, ada, ben) = ruled(json!(["purge"])).await;
    ada.enables(&board, "notes").await;
    let answer = ada.delete(&board, "/api/v1/services/notes").await;
    ada.done(&board, answer).await;
    let archives = || async {
        let archives = ada.get(&board, "/api/v1/archives").await.expect(200).json();
        let names = archives.as_array().unwrap().iter();
        names
            .map(|archive| archive["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let name = archives().await.pop().expect("an archive");
    let path = format!("/api/v1/archives/{name}");
    let id = waits(ada.delete(&board, &path).await);
    ada.delete(&board, &path).await.refused(409, "waits_already");
    let other = format!("/api/v1/services/notes?purge=true&archive={name}");
    ben.delete(&board, &other).await.refused(409, "waits_already");
    assert_eq!(archives().await, std::slice::from_ref(&name));
    approve(&board, &ada, &id).await.refused(403, "another_needed");
    assert_eq!(archives().await, std::slice::from_ref(&name));
    let listed = ben.get(&board, ACTS).await.expect(200).json();
    assert_eq!(
        (&listed[0]["act"], &listed[0]["by"], &listed[0]["archive"]),
        (&json!("purge"), &json!("ada"), &json!(name))
    );
    approve(&board, &ben, &id).await.expect(200);
    assert_eq!(archives().await, [] as [String; 0]);
    let expected = [
        format!("ada purge {name}"),
        format!("ben approve-act purge {name}"),
        format!("ada ask-act purge {name}"),
    ];
    assert_eq!(log(&board, &ada, 3).await, expected);
    approve(&board, &ben, &id).await.refused(404, "not_found");
}

#[tokio::test]
async fn what_is_refused_taken_back_or_too_old_is_not_done() {
    let (board, ada, ben) = ruled(json!(["stewards"])).await;
    ada.adds(&board, "cleo").await;
    let ask = || role(&board, &ada, "cleo", "steward");
    for by in [&ben, &ada] {
        let id = waits(ask().await);
        by.delete(&board, &format!("{ACTS}/{id}")).await.expect(204);
        approve(&board, &ben, &id).await.refused(404, "not_found");
    }
    let id = waits(ask().await);
    board.pass(3 * 86_400);
    assert_eq!(ben.get(&board, ACTS).await.json(), json!([]));
    approve(&board, &ben, &id).await.refused(404, "not_found");
    assert_eq!(role_of(&board, &ada, "cleo").await.as_deref(), Some("member"));
    // What waits survives a power cut.
    let id = waits(ask().await);
    board.kill().await;
    board.start_again().await;
    approve(&board, &ben, &id).await.expect(200);
    assert_eq!(role_of(&board, &ada, "cleo").await.as_deref(), Some("steward"));
}

#[tokio::test]
async fn no_steward_gets_around_the_rule_alone() {
    let (board, ada, ben) = ruled(json!(["stewards"])).await;
    // Neither by a steward of their own making,
    let new = json!({ "name": "puppet", "password": api_tests::PASSWORD, "role": "steward" });
    ada.post(&board, "/api/v1/members", &new)
        .await
        .refused(409, "two_stewards_needed");
    ada.adds(&board, "puppet").await;
    waits(role(&board, &ada, "puppet", "steward").await);
    // nor by becoming the other one,
    let password = json!({ "password": "river lantern chalk" });
    let answer = ada.put(&board, "/api/v1/members/ben/password", &password).await;
    answer.refused(409, "two_stewards_needed");
    let asked = "/api/v1/password-requests";
    board.post(asked, &json!({ "name": "ben" })).await.expect(202);
    assert_eq!(ada.get(&board, asked).await.expect(200).json(), json!([]));
    // nor by ending that the other one is one, nor by ending the rule.
    waits(role(&board, &ada, "ben", "member").await);
    let id = waits(ada.delete(&board, "/api/v1/members/ben").await);
    let loosen = waits(ada.put(&board, RULE, &json!({ "kinds": [] })).await);
    assert_eq!(
        ada.get(&board, RULE).await.json(),
        json!({ "kinds": ["stewards"] })
    );
    for act in [&id, &loosen] {
        approve(&board, &ada, act).await.refused(403, "another_needed");
    }
    assert_eq!(role_of(&board, &ada, "ben").await.as_deref(), Some("steward"));
    // Whoever is no steward approves nothing.
    let cleo = ada.adds(&board, "cleo").await;
    approve(&board, &cleo, &id).await.refused(403, "steward_needed");
    // Tighter at once; looser with both.
    ada.put(&board, RULE, &json!({ "kinds": ["stewards", "purge"] }))
        .await
        .expect(200);
    approve(&board, &ben, &loosen).await.expect(200);
    assert_eq!(ada.get(&board, RULE).await.json(), json!({ "kinds": [] }));
    role(&board, &ada, "puppet", "steward").await.expect(200);
}

#[tokio::test]
async fn whoever_asked_and_was_removed_has_nothing_done_in_their_name() {
    let (board, ada, ben) = ruled(json!(["stewards"])).await;
    ada.adds(&board, "cleo").await;
    let id = waits(role(&board, &ben, "cleo", "steward").await);
    let gone = waits(role(&board, &ada, "ben", "member").await);
    approve(&board, &ben, &gone).await.expect(200);
    assert_eq!(role_of(&board, &ada, "ben").await.as_deref(), Some("member"));
    approve(&board, &ada, &id).await.refused(409, "asker_gone");
    assert_eq!(role_of(&board, &ada, "cleo").await.as_deref(), Some("member"));
}

#[tokio::test]
async fn a_board_with_one_steward_has_no_rule() {
    let (board, ada) = Board::claimed().await;
    let rule = json!({ "kinds": ["purge", "unpair", "stewards", "restore"] });
    ada.put(&board, RULE, &rule)
        .await
        .refused(409, "two_stewards_needed");
    assert_eq!(ada.get(&board, RULE).await.json(), json!({ "kinds": [] }));
}

#[tokio::test]
async fn a_copy_replaces_live_data_when_another_steward_approves() {
    let (board, ada, ben) = ruled(json!(["restore"])).await;
    ada.enables(&board, "notes").await;
    let answer = ada
        .post(
            &board,
            "/api/v1/backups/snapshots",
            &json!({ "service": "notes" }),
        )
        .await;
    ada.done(&board, answer).await;
    let snapshots = ada
        .get(&board, "/api/v1/backups/snapshots")
        .await
        .expect(200)
        .json();
    let name = snapshots[0]["name"].as_str().unwrap();
    let path = format!("/api/v1/backups/snapshots/{name}/restore");
    let id = waits(ada.post(&board, &path, &json!({})).await);
    let answer = approve(&board, &ben, &id).await;
    ben.done(&board, answer).await;
    ada.post(&board, "/api/v1/backups/snapshots/nothing/restore", &json!({}))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn it_goes_by_pages_without_the_api() {
    let (board, ada, ben) = ruled(json!(["stewards"])).await;
    ada.adds(&board, "cleo").await;
    let answer = ada
        .form(&board, "/members/cleo/role", &[("role", "steward")])
        .await
        .expect(303);
    assert_eq!(answer.header("location"), "/members/acts");
    assert!(
        !ada.page(&board, "/home").await.contains("/members/acts"),
        "her own asks for nobody's attention"
    );
    assert!(ben.page(&board, "/home").await.contains("/members/acts"));
    let listed = ben.get(&board, ACTS).await.json();
    let path = format!("/members/acts/{}/approve", listed[0]["id"].as_str().unwrap());
    assert!(!ada.page(&board, "/members/acts").await.contains(&path));
    assert!(ben.page(&board, "/members/acts").await.contains(&path));
    ben.form(&board, &path, &[]).await.expect(303);
    assert_eq!(role_of(&board, &ada, "cleo").await.as_deref(), Some("steward"));
    ada.form(
        &board,
        "/members/acts/rule",
        &[("purge", "yes"), ("stewards", "yes")],
    )
    .await
    .expect(303);
    assert_eq!(
        ada.get(&board, RULE).await.json(),
        json!({ "kinds": ["purge", "stewards"] })
    );
    let answer = ada.form(&board, "/members/acts/rule", &[]).await.expect(303);
    assert_eq!(answer.header("location"), "/members/acts");
    assert_eq!(
        ada.get(&board, RULE).await.json(),
        json!({ "kinds": ["purge", "stewards"] })
    );
    assert_eq!(ada.get(&board, ACTS).await.json()[0]["act"], "loosen");
}
