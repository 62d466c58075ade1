// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who becomes the first steward.

use api_tests::{BOARD, Board, PASSWORD, Scene};
use serde_json::json;
use std::future::IntoFuture;

#[tokio::test]
async fn a_new_board_answers_and_says_that_it_waits() {
    let board = Board::start().await;
    let health = board.get("/api/v1/health").await.expect(200).json();
    assert_eq!(health["status"], "ok");
    assert_eq!(health["claimed"], false);
    assert!(
        health["version"]
            .as_str()
            .is_some_and(|version| !version.is_empty())
    );
}

#[tokio::test]
async fn whoever_types_the_code_becomes_the_steward() {
    let (board, ada) = Board::claimed().await;
    let account = ada.get(&board, "/api/v1/account").await.expect(200).json();
    assert_eq!(
        (&account["name"], &account["role"]),
        (&json!("ada"), &json!("steward"))
    );
    let by_cookie = board
        .get("/api/v1/account")
        .cookie(&ada.session)
        .await
        .expect(200);
    assert_eq!(by_cookie.json(), account);
    let shown = ada.get(&board, "/api/v1/board").await.expect(200).json();
    assert_eq!(shown["name"], BOARD);
    assert_eq!(board.get("/api/v1/health").await.json()["claimed"], true);
    assert!(
        !board.root().join("boot/CLAIM-CODE.TXT").exists(),
        "a used code must not stay on the boot partition"
    );
}

#[tokio::test]
async fn a_claimed_board_cannot_be_claimed_again() {
    let board = Board::start().await;
    let code = board.claim_code().await;
    let ada = board.claim().await;
    let again = board.post("/api/v1/claim", &Board::good_claim(&code)).await;
    again.refused(409, "claimed");
    board.kill().await;
    board.start_again().await;
    let again = board.post("/api/v1/claim", &Board::good_claim(&code)).await;
    again.refused(409, "claimed");
    ada.get(&board, "/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn a_code_of_ones_own_from_the_boot_partition_is_taken() {
    let setup = "[host]\nname = \"elm\"\n[claim]\ncode = \"7k3m-q9td\"\n";
    let board = Scene::new().with_file("boot/setup.toml", setup).start().await;
    assert_eq!(board.claim_code().await, "7K3M-Q9TD");
    board
        .post("/api/v1/claim", &Board::good_claim("7k3mq9td"))
        .await
        .expect(200);
    let left = std::fs::read_to_string(board.root().join("boot/setup.toml")).unwrap();
    assert!(!left.contains("7k3m"), "the code must not stay in {left}");
}

#[tokio::test]
async fn every_field_that_does_not_fit_is_named_at_once_and_costs_no_try() {
    let board = Board::start().await;
    let bad = json!({
        "code": "no code at all", "board_name": "Oak Street!",
        "member": { "name": "A", "display_name": "a\nb", "password": "short" },
    });
    for _ in 0..10 {
        let answer = board.post("/api/v1/claim", &bad).await.refused(422, "invalid");
        let expected = [
            "board_name",
            "code",
            "member.display_name",
            "member.name",
            "member.password",
        ];
        assert_eq!(answer.fields(), expected);
    }
    board.claim().await;
}

#[tokio::test]
async fn a_password_that_is_the_name_is_refused() {
    let board = Board::start().await;
    let mut claim = Board::good_claim(&board.claim_code().await);
    claim["member"] = json!({ "name": "adalovelace", "password": "adalovelace1" });
    let answer = board.post("/api/v1/claim", &claim).await.refused(422, "invalid");
    assert_eq!(answer.fields(), ["member.password"]);
}

#[tokio::test]
async fn the_name_of_the_board_itself_is_not_for_a_member() {
    let board = Board::start().await;
    let mut claim = Board::good_claim(&board.claim_code().await);
    claim["member"] = json!({ "name": "board", "password": PASSWORD });
    let answer = board.post("/api/v1/claim", &claim).await.refused(422, "invalid");
    assert_eq!(answer.fields(), ["member.name"]);
}

/// A code that is well formed and not the board's.
async fn wrong_code(board: &Board) -> &'static str {
    let right = board.claim_code().await;
    if right == "0000-0000" {
        "1111-1111"
    } else {
        "0000-0000"
    }
}

#[tokio::test]
async fn five_wrong_codes_a_minute_and_then_the_right_one_waits_too() {
    let board = Board::start().await;
    let wrong = Board::good_claim(wrong_code(&board).await);
    let right = Board::good_claim(&board.claim_code().await);
    for _ in 0..5 {
        let answer = board
            .post("/api/v1/claim", &wrong)
            .await
            .refused(403, "wrong_code");
        assert_eq!(answer.fields(), ["code"]);
    }
    let answer = board.post("/api/v1/claim", &right).await;
    let answer = answer.refused(429, "too_many_tries");
    assert_eq!(answer.header("retry-after"), "60");
    board.pass(60);
    board.post("/api/v1/claim", &right).await.expect(200);
}

#[tokio::test]
async fn after_twenty_wrong_codes_the_board_must_be_restarted() {
    let board = Board::start().await;
    let wrong = Board::good_claim(wrong_code(&board).await);
    let right = Board::good_claim(&board.claim_code().await);
    for _ in 0..4 {
        for _ in 0..5 {
            board
                .post("/api/v1/claim", &wrong)
                .await
                .refused(403, "wrong_code");
        }
        board.pass(60);
    }
    let answer = board.post("/api/v1/claim", &right).await;
    let answer = answer.refused(429, "too_many_tries");
    assert!(answer.message().contains("Restart the board"), "{answer:?}");
    board.pass(86_400);
    board
        .post("/api/v1/claim", &right)
        .await
        .refused(429, "too_many_tries");
    board.kill().await;
    board.start_again().await;
    board.post("/api/v1/claim", &right).await.expect(200);
}

#[tokio::test]
async fn of_a_hundred_claims_at_the_same_time_exactly_one_wins() {
    let board = Board::start().await;
    let code = board.claim_code().await;
    let claims: Vec<_> = (0..100)
        .map(|index| {
            let mut claim = Board::good_claim(&code);
            claim["member"]["name"] = json!(format!("member{index}"));
            tokio::spawn(board.post("/api/v1/claim", &claim).into_future())
        })
        .collect();
    let mut winners = Vec::new();
    for claim in claims {
        let answer = claim.await.unwrap();
        match answer.status {
            200 => winners.push(answer.json()),
            409 => assert_eq!(answer.code(), "claimed"),
            429 => assert_eq!(answer.code(), "too_many_tries"),
            _ => panic!("{answer:?}"),
        }
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    let token = winners[0]["token"].as_str().unwrap();
    let members = board
        .get("/api/v1/members")
        .bearer(token)
        .await
        .expect(200)
        .json();
    assert_eq!(members.as_array().unwrap().len(), 1);
    assert_eq!(members[0]["name"], winners[0]["member"]);
}
