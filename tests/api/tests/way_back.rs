// SPDX-License-Identifier: AGPL-3.0-or-later
//! A steward whom nobody can let in any more, and somebody who holds the card.

use api_tests::{Board, PASSWORD};
use serde_json::{Value, json};
use std::fs;
use supervisor::access::totp::Secret;

const NEW: &str = "another kettle on the hill";

async fn with_reset(board: &Board, file: &str) {
    board.kill().await;
    fs::write(board.root().join("boot").join(file), "").unwrap();
    board.start_again().await;
}

fn there(board: &Board, file: &str) -> bool {
    board.root().join("boot").join(file).exists()
}

/// What RESET-CODE.TXT says.
async fn code(board: &Board) -> String {
    board
        .until("the code is on the card", async || there(board, "RESET-CODE.TXT"))
        .await;
    let text = fs::read_to_string(board.root().join("boot/RESET-CODE.TXT")).unwrap();
    let line = text.lines().find_map(|line| line.trim().strip_prefix("Code"));
    line.unwrap().trim().to_owned()
}

fn wanted(code: &str, name: &str) -> Value {
    json!({ "code": code, "name": name, "password": NEW })
}

#[tokio::test]
async fn whoever_holds_the_card_sets_a_stewards_password_once() {
    let (board, ada) = Board::claimed().await;
    // The phone is lost as well.
    let step = "/api/v1/account/second-step";
    let app = Secret::random();
    let body = json!({ "password": PASSWORD, "secret": app.to_string(), "code": app.code_at(board.now()) });
    ada.put(&board, step, &body).await.expect(200);
    with_reset(&board, "reset-steward.txt").await;
    let code = code(&board).await;
    board
        .until("the wish is taken", async || !there(&board, "reset-steward.txt"))
        .await;
    // A steward who is not shut out notices nothing but the record.
    ada.get(&board, "/api/v1/account").await.expect(200);

    let answer = board.post("/api/v1/reset", &wanted(&code, "nobody")).await;
    assert_eq!(answer.refused(422, "invalid").fields(), ["name"]);
    let wrong = if code == "0000-0000" {
        "1111-1111"
    } else {
        "0000-0000"
    };
    let answer = board.post("/api/v1/reset", &wanted(wrong, "ada")).await;
    assert_eq!(answer.refused(403, "wrong_code").fields(), ["code"]);

    let opened = board
        .post("/api/v1/reset", &wanted(&code, "ada"))
        .await
        .expect(200)
        .json();
    let session = opened["session"].as_str().unwrap();
    board.get("/api/v1/account").cookie(session).await.expect(200);
    board
        .get("/api/v1/account")
        .cookie(&ada.session)
        .await
        .expect(401);
    ada.get(&board, "/api/v1/account").await.expect(401);
    let old = json!({ "name": "ada", "password": PASSWORD });
    board.post("/api/v1/session", &old).await.expect(401);
    let new = json!({ "name": "ada", "password": NEW });
    board.post("/api/v1/session", &new).await.expect(200);

    assert!(!there(&board, "RESET-CODE.TXT"));
    let again = board.post("/api/v1/reset", &wanted(&code, "ada")).await;
    again.refused(409, "no_reset");
    let audit = board
        .get("/api/v1/audit")
        .cookie(session)
        .await
        .expect(200)
        .json();
    let text = audit.to_string();
    assert!(
        text.contains("open-reset") && text.contains("reset-steward"),
        "{text}"
    );
}

#[tokio::test]
async fn a_code_is_good_for_a_day_and_survives_a_start() {
    let (board, _ada) = Board::claimed().await;
    with_reset(&board, "RESET-STEWARD").await;
    let first = code(&board).await;
    board.kill().await;
    board.start_again().await;
    assert_eq!(code(&board).await, first);
    board.pass(24 * 3600);
    let answer = board.post("/api/v1/reset", &wanted(&first, "ada")).await;
    answer.refused(409, "no_reset");
}

#[tokio::test]
async fn nobody_gets_in_who_did_not_hold_the_card() {
    let (board, _ada) = Board::claimed().await;
    let answer = board.post("/api/v1/reset", &wanted("7K3M-Q9TD", "ada")).await;
    let answer = answer.refused(409, "no_reset");
    assert!(answer.message().contains("RESET-STEWARD"), "{answer:?}");
    with_reset(&board, "RESET-STEWARD").await;
    let code = code(&board).await;
    let wrong = if code == "0000-0000" {
        "1111-1111"
    } else {
        "0000-0000"
    };
    for _ in 0..5 {
        let answer = board.post("/api/v1/reset", &wanted(wrong, "ada")).await;
        answer.refused(403, "wrong_code");
    }
    let answer = board.post("/api/v1/reset", &wanted(&code, "ada")).await;
    answer.refused(429, "too_many_tries");
}

#[tokio::test]
async fn a_board_without_a_steward_has_nobody_to_reset() {
    let board = Board::start().await;
    with_reset(&board, "RESET-STEWARD").await;
    board
        .until("the wish is taken", async || !there(&board, "RESET-STEWARD"))
        .await;
    board.claim_code().await;
    assert!(there(&board, "CLAIM-CODE.TXT") && !there(&board, "RESET-CODE.TXT"));
    let answer = board.post("/api/v1/reset", &wanted("7K3M-Q9TD", "ada")).await;
    answer.refused(409, "no_reset");
}
