// SPDX-License-Identifier: AGPL-3.0-or-later
//! Going to a newer version of a service, and back.

use api_tests::{Board, Person, Scene, with_version};
use serde_json::json;
use supervisor::catalogs::Loaded;

/// A board with notes 1.0, for which 2.0 has come.
async fn outdated() -> (Board, Person) {
    let scene = Scene::new();
    let first = with_version(1, "1.0", scene.now());
    let second = with_version(2, "2.0", scene.now());
    let board = scene.with_catalogs(vec![first.clone()]).start().await;
    let ada = board.claim().await;
    ada.enables(&board, "notes").await;
    board.catalogs.set(Loaded::danger_unsigned(vec![first, second]));
    (board, ada)
}

async fn go(board: &Board, ada: &Person, verb: &str) {
    let path = format!("/api/v1/services/notes/{verb}");
    let answer = ada.post(board, &path, &json!({})).await;
    ada.done(board, answer).await;
}

#[tokio::test]
async fn an_update_can_be_taken_back() {
    let (board, ada) = outdated().await;
    let wish = json!({ "settings": { "title": "Yours" } });
    let answer = ada.put(&board, "/api/v1/services/notes", &wish).await;
    ada.done(&board, answer).await;
    let at = async || {
        let shown = ada.service(&board, "notes").await;
        assert_eq!(
            (&shown["state"], &shown["settings"]["title"]),
            (&json!("running"), &json!("Yours")),
            "{shown}"
        );
        (
            shown["version"].clone(),
            shown["update_available"] == true,
            shown["rollback_available"] == true,
        )
    };
    assert_eq!(
        at().await,
        (json!("1.0"), true, false),
        "settings change no version"
    );
    go(&board, &ada, "update").await;
    assert_eq!(at().await, (json!("2.0"), false, true));
    let again = ada
        .post(&board, "/api/v1/services/notes/update", &json!({}))
        .await;
    again.refused(409, "up_to_date");
    go(&board, &ada, "rollback").await;
    assert_eq!(at().await, (json!("1.0"), true, true));
    let unit = board.observe().await.services["notes"].clone();
    assert_eq!(unit.units["main"].started_from, unit.rendered);
}

#[tokio::test]
async fn without_an_earlier_version_there_is_no_way_back() {
    let (board, ada) = outdated().await;
    let answer = ada
        .post(&board, "/api/v1/services/notes/rollback", &json!({}))
        .await;
    answer.refused(409, "no_previous");
}

#[tokio::test]
async fn a_damaged_update_is_refused_and_the_old_version_goes_on() {
    let (board, ada) = outdated().await;
    board.host.fake.damage(&"notes".parse().unwrap());
    let before = (ada.generation(&board).await, board.observe().await);
    let answer = ada
        .post(&board, "/api/v1/services/notes/update", &json!({}))
        .await;
    answer.refused(409, "bundle_damaged");
    assert_eq!((ada.generation(&board).await, board.observe().await), before);
    let shown = ada.service(&board, "notes").await;
    assert_eq!(
        (&shown["version"], &shown["state"]),
        (&json!("1.0"), &json!("running"))
    );
}
