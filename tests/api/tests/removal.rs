// SPDX-License-Identifier: AGPL-3.0-or-later
//! Removing a service keeps its data in the archive, until somebody names that archive.

use api_tests::{Board, Person};
use http::Method;
use serde_json::json;

/// Enables notes, lets it store something, and removes it; returns the archive's name.
async fn removed(board: &Board, ada: &Person) -> String {
    ada.enables(board, "notes").await;
    std::fs::write(board.root().join("data/services/notes/diary.txt"), "dear diary").unwrap();
    let answer = ada.delete(board, "/api/v1/services/notes").await;
    ada.done(board, answer).await;
    let archives = ada.get(board, "/api/v1/archives").await.expect(200).json();
    assert_eq!(archives[0]["service"], "notes", "{archives}");
    archives[0]["name"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_a_removed_service_stored_is_in_the_archive() {
    let (board, ada) = Board::claimed().await;
    let archive = removed(&board, &ada).await;
    assert_eq!(archive, format!("notes-{}", board.now().0));
    let kept = board.root().join("data/archive").join(&archive).join("diary.txt");
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "dear diary");
    assert!(!board.observe().await.services.contains_key("notes"));
    ada.get(&board, "/api/v1/services/notes")
        .await
        .refused(404, "not_found");
    ada.delete(&board, "/api/v1/services/notes")
        .await
        .refused(404, "not_found");
    board
        .until("nobody goes by its name", async || {
            board.get("/").to("notes-oak.local").await.status == 421
        })
        .await;
    ada.enables(&board, "notes").await;
    let fresh = board.root().join("data/services/notes/diary.txt");
    assert!(!fresh.exists(), "a service that is enabled again begins anew");
}

#[tokio::test]
async fn an_archive_is_deleted_only_by_its_own_name() {
    let (board, ada) = Board::claimed().await;
    let archive = removed(&board, &ada).await;
    let kept = board.root().join("data/archive").join(&archive);
    for query in [
        "purge=true".to_owned(),
        "purge=true&archive=".to_owned(),
        "purge=true&archive=notes".to_owned(),
        "purge=true&archive=..".to_owned(),
        "purge=true&archive=../services".to_owned(),
    ] {
        let answer = ada
            .delete(&board, &format!("/api/v1/services/notes?{query}"))
            .await;
        let answer = answer.refused(409, "archive_name_needed");
        assert!(
            answer.message().contains(&archive),
            "it says the name: {answer:?}"
        );
    }
    let other = format!("/api/v1/services/files?purge=true&archive={archive}");
    ada.delete(&board, &other)
        .await
        .refused(409, "archive_name_needed");
    assert!(kept.is_dir());

    let path = format!("/api/v1/services/notes?purge=true&archive={archive}");
    ada.delete(&board, &path).await.expect(204);
    assert!(!kept.exists());
    assert_eq!(ada.get(&board, "/api/v1/archives").await.json(), json!([]));
    ada.delete(&board, &path)
        .await
        .refused(409, "archive_name_needed");
}

#[tokio::test]
async fn a_purge_never_removes_a_running_service() {
    let (board, ada) = Board::claimed().await;
    let archive = removed(&board, &ada).await;
    ada.enables(&board, "notes").await;
    let path = format!("/api/v1/archives/{archive}");
    ada.ask(&board, Method::DELETE, &path).await.expect(204);
    assert_eq!(ada.service(&board, "notes").await["state"], "running");
    assert!(board.observe().await.services["notes"].data);
}

#[tokio::test]
async fn app_passwords_and_domains_of_a_removed_service_open_nothing() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let (_, password) = ada.app_password(&board, "notes").await;
    let domain = json!({ "name": "notes.example.test", "service": "notes" });
    ada.post(&board, "/api/v1/domains", &domain).await.expect(201);
    let answer = ada.delete(&board, "/api/v1/services/notes").await;
    ada.done(&board, answer).await;
    assert_eq!(
        ada.get(&board, "/api/v1/domains").await.json(),
        json!([]),
        "another service may have the name now"
    );
    ada.enables(&board, "notes").await;
    let notes = board.get("/").to(&board.at("notes-oak.local"));
    notes.basic("ada", &password).await.expect(401);
    assert_eq!(ada.get(&board, "/api/v1/app-passwords").await.json(), json!([]));
}
