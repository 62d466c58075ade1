// SPDX-License-Identifier: AGPL-3.0-or-later
//! What changes, as it changes.

use api_tests::Board;
use serde_json::json;

#[tokio::test]
async fn an_open_page_sees_a_service_come_up() {
    let (board, ada) = Board::claimed().await;
    let mut events = ada.get(&board, "/api/v1/events").stream().await;
    assert_eq!(events.status, 200);
    events.until(": open").await;
    let answer = ada.put(&board, "/api/v1/services/notes", &json!({})).await;
    let id = answer.json()["job"].as_str().unwrap().to_owned();
    let text = events.until("\"state\":\"done\"").await;
    let service: Vec<&str> = text
        .split("\n\n")
        .filter(|event| event.contains("event: service"))
        .collect();
    let last = service.last().expect("the service is told of");
    assert!(
        last.contains("\"name\":\"notes\"") && last.contains("\"state\":\"running\""),
        "{last}"
    );
    assert!(text.contains("event: job") && text.contains(&id), "{text}");
    for step in ["render", "start"] {
        assert!(
            text.contains(&format!("\"step\":\"{step}\"")),
            "{step} is missing in {text}"
        );
    }
}

#[tokio::test]
async fn nobody_listens_without_a_sign_in() {
    let (board, _) = Board::claimed().await;
    board.get("/api/v1/events").await.refused(401, "sign_in_needed");
}
