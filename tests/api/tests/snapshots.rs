// SPDX-License-Identifier: AGPL-3.0-or-later
//! Copies of services' data on the board: made ahead of changes, and gone back to.

use api_tests::{Board, Person, Scene, with_version};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};
use supervisor::catalogs::Loaded;

const DIARY: &str = "data/services/notes/diary.txt";

async fn writing(board: &Board, ada: &Person) {
    ada.enables(board, "notes").await;
    fs::write(board.root().join(DIARY), "first").unwrap();
}

async fn snapshots(board: &Board, ada: &Person) -> Vec<Value> {
    let list = ada
        .get(board, "/api/v1/backups/snapshots")
        .await
        .expect(200)
        .json();
    list.as_array().unwrap().clone()
}

fn kept(board: &Board, snapshot: &Value) -> PathBuf {
    let name = snapshot["name"].as_str().unwrap();
    board
        .root()
        .join(format!("data/backups/snapshots/{name}/data/diary.txt"))
}

#[tokio::test]
async fn a_change_of_settings_is_preceded_by_a_copy_that_can_be_gone_back_to() {
    let (board, ada) = Board::claimed().await;
    writing(&board, &ada).await;
    assert!(
        snapshots(&board, &ada).await.is_empty(),
        "enabling copies nothing"
    );
    let settings = json!({ "settings": { "title": "Other" } });
    let answer = ada.put(&board, "/api/v1/services/notes", &settings).await;
    ada.done(&board, answer).await;
    let list = snapshots(&board, &ada).await;
    assert_eq!(list.len(), 1, "{list:?}");
    assert_eq!(list[0]["reason"], "settings");
    assert_eq!(fs::read_to_string(kept(&board, &list[0])).unwrap(), "first");

    fs::write(board.root().join(DIARY), "second").unwrap();
    let name = list[0]["name"].as_str().unwrap();
    let path = format!("/api/v1/backups/snapshots/{name}/restore");
    let answer = ada.post(&board, &path, &json!({})).await;
    ada.done(&board, answer).await;
    assert_eq!(fs::read_to_string(board.root().join(DIARY)).unwrap(), "first");
    assert_eq!(ada.service(&board, "notes").await["state"], "running");
    let newest = &snapshots(&board, &ada).await[0];
    assert_eq!(newest["reason"], "restore");
    assert_eq!(fs::read_to_string(kept(&board, newest)).unwrap(), "second");
}

#[tokio::test]
async fn a_restart_or_the_same_settings_copy_nothing() {
    let (board, ada) = Board::claimed().await;
    writing(&board, &ada).await;
    let answer = ada
        .post(&board, "/api/v1/services/notes/restart", &json!({}))
        .await;
    ada.done(&board, answer).await;
    let answer = ada.put(&board, "/api/v1/services/notes", &json!({})).await;
    ada.done(&board, answer).await;
    assert!(snapshots(&board, &ada).await.is_empty());
}

#[tokio::test]
async fn an_update_is_preceded_by_a_copy() {
    let scene = Scene::new();
    let first = with_version(1, "1.0", scene.now());
    let second = with_version(2, "2.0", scene.now());
    let board = scene.with_catalogs(vec![first.clone()]).start().await;
    let ada = board.claim().await;
    writing(&board, &ada).await;
    board.catalogs.set(Loaded::danger_unsigned(vec![first, second]));
    let answer = ada
        .post(&board, "/api/v1/services/notes/update", &json!({}))
        .await;
    ada.done(&board, answer).await;
    let list = snapshots(&board, &ada).await;
    assert_eq!((list.len(), &list[0]["reason"]), (1, &json!("update")));
    assert_eq!(ada.service(&board, "notes").await["version"], "2.0");
}

#[tokio::test]
async fn a_copy_is_made_when_asked_for_and_deleted_by_its_name() {
    let (board, ada) = Board::claimed().await;
    writing(&board, &ada).await;
    let ask = json!({ "service": "notes" });
    let answer = ada.post(&board, "/api/v1/backups/snapshots", &ask).await;
    ada.done(&board, answer).await;
    let list = snapshots(&board, &ada).await;
    assert_eq!(
        (&list[0]["reason"], &list[0]["files"]),
        (&json!("manual"), &json!(1))
    );
    let path = format!("/api/v1/backups/snapshots/{}", list[0]["name"].as_str().unwrap());
    ada.delete(&board, &path).await.expect(204);
    ada.delete(&board, &path).await.refused(404, "not_found");
    ada.delete(&board, "/api/v1/backups/snapshots/..%2F..%2Fservices")
        .await
        .refused(404, "not_found");
    assert!(board.root().join(DIARY).exists());
    let absent = json!({ "service": "wall" });
    ada.post(&board, "/api/v1/backups/snapshots", &absent)
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn what_was_begun_goes_on_after_a_kill() {
    let (board, ada) = Board::claimed().await;
    writing(&board, &ada).await;
    let answer = ada
        .post(
            &board,
            "/api/v1/backups/snapshots",
            &json!({ "service": "notes" }),
        )
        .await;
    ada.done(&board, answer).await;
    let name = snapshots(&board, &ada).await[0]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    fs::write(board.root().join(DIARY), "second").unwrap();
    let path = format!("/api/v1/backups/snapshots/{name}/restore");
    let answer = ada.post(&board, &path, &json!({})).await.expect(202);
    board.kill().await;
    board.start_again().await;
    ada.done(&board, answer).await;
    assert_eq!(fs::read_to_string(board.root().join(DIARY)).unwrap(), "first");
}

#[tokio::test]
async fn old_copies_are_forgotten_when_another_is_made() {
    let (board, ada) = Board::claimed().await;
    writing(&board, &ada).await;
    let ask = json!({ "service": "notes" });
    let answer = ada.post(&board, "/api/v1/backups/snapshots", &ask).await;
    ada.done(&board, answer).await;
    board.pass(15 * 86_400);
    let answer = ada.post(&board, "/api/v1/backups/snapshots", &ask).await;
    ada.done(&board, answer).await;
    assert_eq!(snapshots(&board, &ada).await.len(), 1);
}
