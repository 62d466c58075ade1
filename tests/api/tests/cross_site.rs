// SPDX-License-Identifier: AGPL-3.0-or-later
//! Requests that another site makes a member's browser send.

use api_tests::{Ask, Board, Person};
use http::Method;
use serde_json::json;

/// What another site would like a steward's browser to do.
fn wish(board: &Board, ada: &Person) -> Ask {
    board
        .ask(Method::PUT, "/api/v1/services/notes")
        .json(&json!({}))
        .cookie(&ada.session)
}

#[tokio::test]
async fn another_site_changes_nothing_with_a_members_cookie() {
    let (board, ada) = Board::claimed().await;
    let before = ada.generation(&board).await;
    let own = board.url();
    let bad: [&[(&str, &str)]; 8] = [
        &[
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
        ],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", &own), ("sec-fetch-site", "cross-site")],
        &[("origin", "http://127.0.0.1")],
        // A browser that says nothing at all cannot be told from one that was sent here by another site.
        &[],
    ];
    for headers in bad {
        let ask = headers
            .iter()
            .fold(wish(&board, &ada), |ask, (name, value)| ask.with(name, value));
        ask.await.refused(403, "cross_site");
    }
    assert_eq!(ada.generation(&board).await, before);
    assert_eq!(ada.get(&board, "/api/v1/services").await.json(), json!([]));
}

#[tokio::test]
async fn another_site_claims_no_board_and_signs_nobody_in() {
    let board = Board::start().await;
    let claim = Board::good_claim(&board.claim_code().await);
    let evil = board
        .post("/api/v1/claim", &claim)
        .with("origin", "https://evil.example");
    evil.await.refused(403, "cross_site");
    assert_eq!(board.get("/api/v1/health").await.json()["claimed"], false);
}

#[tokio::test]
async fn the_boards_own_page_changes_things_with_the_cookie() {
    let (board, ada) = Board::claimed().await;
    let answer = wish(&board, &ada).same_origin().await;
    ada.done(&board, answer).await;
    let origin = format!("http://{}", board.at("oak.local"));
    let by_name = wish(&board, &ada)
        .to(&board.at("oak.local"))
        .with("origin", &origin);
    ada.done(&board, by_name.await).await;
}

#[tokio::test]
async fn a_script_with_a_token_needs_no_origin() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
}

#[tokio::test]
async fn a_token_does_not_help_another_site() {
    let (board, ada) = Board::claimed().await;
    let put = ada.put(&board, "/api/v1/services/notes", &json!({}));
    let answer = put.with("origin", "https://evil.example").await;
    answer.refused(403, "cross_site");
}

#[tokio::test]
async fn another_site_changes_nothing_in_a_service_either() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let session = super::front_door::hand_over(&board, &ada, "notes-oak.local").await;
    let post = || {
        board
            .ask(Method::POST, "/write")
            .to(&board.at("notes-oak.local"))
            .cookie(&session)
    };
    assert_eq!(
        post().same_origin().await.expect(200).body.lines().next(),
        Some("service-notes.service")
    );
    post().with("origin", "https://evil.example").await.expect(403);
    post().with("origin", &board.url()).await.expect(403);
    post().with("sec-fetch-site", "same-site").await.expect(403);
    post().await.expect(403);
}
