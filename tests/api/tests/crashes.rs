// SPDX-License-Identifier: AGPL-3.0-or-later
//! A service whose process ends as soon as it starts.

use api_tests::Board;
use serde_json::json;

const UNIT: &str = "service-notes.service";

#[tokio::test]
async fn a_unit_that_crashes_at_start_fails_its_job_with_a_reason() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "files").await;
    board.host.fake.systemd.break_unit(UNIT);
    let answer = ada.put(&board, "/api/v1/services/notes", &json!({})).await;
    let id = answer.json()["job"].as_str().unwrap().to_owned();
    board
        .until("it was started", async || {
            board.observe().await.services.contains_key("notes")
        })
        .await;
    // The manifest gives it 20 seconds to get ready.
    board.pass(21);
    board.app().wake.now();
    let job = ada.job(&board, answer).await;
    assert_eq!(job["state"], "failed", "{job}");
    assert!(job["message"].as_str().unwrap().len() > 15, "{job}");
    let shown = ada.service(&board, "notes").await;
    assert_eq!(
        (&shown["state"], &shown["reason"]),
        (&json!("failing"), &job["message"])
    );
    let findings = ada.get(&board, "/api/v1/checks").await.expect(200).json();
    let failing = findings
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["code"] == "service-failing");
    assert_eq!(failing.unwrap()["subject"], "notes");

    // The board answers, and so do the others.
    board.get("/api/v1/health").await.expect(200);
    assert_eq!(ada.service(&board, "files").await["state"], "running");
    let (_, password) = ada.app_password(&board, "files").await;
    let files = board.get("/").to(&board.at("files-oak.local"));
    files.basic("ada", &password).await.expect(200);
    let path = format!("/api/v1/jobs/{id}");
    assert_eq!(ada.get(&board, &path).await.json()["state"], "failed");
}

#[tokio::test]
async fn a_service_that_crashed_heals_by_itself() {
    let (board, ada) = Board::claimed().await;
    board.host.fake.systemd.break_unit(UNIT);
    let answer = ada.put(&board, "/api/v1/services/notes", &json!({})).await;
    board
        .until("it was started", async || {
            board.observe().await.services.contains_key("notes")
        })
        .await;
    board.pass(21);
    board.app().wake.now();
    let job = ada.job(&board, answer).await;
    assert_eq!(job["state"], "failed", "{job}");
    // Its cause goes away; nobody asks for anything.
    board.host.fake.systemd.heal();
    board
        .until("notes runs", async || {
            ada.service(&board, "notes").await["state"] == "running"
        })
        .await;
    assert_eq!(ada.service(&board, "notes").await["reason"], "");
}

#[tokio::test]
async fn a_service_that_crashes_can_be_removed() {
    let (board, ada) = Board::claimed().await;
    board.host.fake.systemd.break_unit(UNIT);
    ada.put(&board, "/api/v1/services/notes", &json!({}))
        .await
        .expect(202);
    let answer = ada.delete(&board, "/api/v1/services/notes").await;
    ada.done(&board, answer).await;
    assert!(!board.observe().await.services.contains_key("notes"));
}
