// SPDX-License-Identifier: AGPL-3.0-or-later
//! Every row of the table of routes, asked by those whom it does not admit.

use api_tests::Board;
use http::Method;
use serde_json::json;
use supervisor::access::Policy;

/// Every route, with something in place of each `{name}`.
fn routes() -> Vec<(Method, String, Policy)> {
    let routes = supervisor::api::routes();
    assert!(routes.len() > 40, "the table is here: {}", routes.len());
    let fill = |path: &str| {
        let parts = path
            .split('/')
            .map(|part| if part.starts_with('{') { "notes" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    routes
        .iter()
        .map(|route| {
            let (method, path, policy) = route.describe();
            (method.clone(), fill(path), policy)
        })
        .collect()
}

#[tokio::test]
async fn without_a_sign_in_only_what_is_public_answers() {
    let (board, ada) = Board::claimed().await;
    let before = ada.generation(&board).await;
    for (method, path, policy) in routes() {
        let answer = board.ask(method.clone(), &path).json(&json!({})).head().await;
        let admitted = answer.status != 401;
        assert_eq!(
            admitted,
            policy == Policy::Public || path == "/api/v1/session" && method == Method::POST,
            "{method} {path}: {answer:?}"
        );
    }
    assert_eq!(ada.generation(&board).await, before);
}

#[tokio::test]
async fn a_member_who_is_no_steward_changes_nothing_of_the_board() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let ben = ada.adds(&board, "ben").await;
    let before = (ada.generation(&board).await, board.observe().await);
    for (method, path, policy) in routes() {
        let request = ben.ask(&board, method.clone(), &path).json(&json!({}));
        match policy {
            Policy::Steward => {
                request.await.refused(403, "steward_needed");
            }
            // Ending ben's own session is another test's business.
            Policy::Guest | Policy::Member if method == Method::GET => {
                let answer = request.head().await;
                assert!(
                    answer.status == 200 || answer.status == 404,
                    "{method} {path}: {answer:?}"
                );
            }
            Policy::Guest | Policy::Member | Policy::Public => {}
        }
    }
    assert_eq!((ada.generation(&board).await, board.observe().await), before);
}

#[tokio::test]
async fn a_guest_sees_nothing_that_is_for_members() {
    let (board, ada) = Board::claimed().await;
    let ben = ada.adds(&board, "ben").await;
    let guest = json!({ "role": "guest" });
    let patch = ada.ask(&board, Method::PATCH, "/api/v1/members/ben").json(&guest);
    patch.await.expect(200);
    for (method, path, policy) in routes() {
        let request = ben.ask(&board, method.clone(), &path).json(&json!({}));
        match policy {
            Policy::Member => {
                request.await.refused(403, "member_needed");
            }
            Policy::Steward => {
                request.await.refused(403, "steward_needed");
            }
            Policy::Guest if method == Method::GET => {
                let answer = request.head().await;
                assert!(
                    answer.status == 200 || answer.status == 404,
                    "{method} {path}: {answer:?}"
                );
            }
            Policy::Guest | Policy::Public => {}
        }
    }
}

#[tokio::test]
async fn a_member_cannot_become_a_steward_alone() {
    let (board, ada) = Board::claimed().await;
    let ben = ada.adds(&board, "ben").await;
    let wish = json!({ "role": "steward", "display_name": "Ben" });
    let answer = ben
        .ask(&board, Method::PATCH, "/api/v1/account")
        .json(&wish)
        .await;
    assert_eq!(answer.expect(200).json()["role"], "member");
    ben.put(&board, "/api/v1/services/notes", &json!({}))
        .await
        .refused(403, "steward_needed");
}

#[tokio::test]
async fn a_steward_who_is_one_no_longer_is_refused_at_once() {
    let (board, ada) = Board::claimed().await;
    let ben = ada.adds(&board, "ben").await;
    let role = |role: &str| json!({ "role": role });
    let patch = |body| ada.ask(&board, Method::PATCH, "/api/v1/members/ben").json(&body);
    patch(role("steward")).await.expect(200);
    ben.get(&board, "/api/v1/archives").await.expect(200);
    patch(role("member")).await.expect(200);
    ben.get(&board, "/api/v1/archives")
        .await
        .refused(403, "steward_needed");
}

#[tokio::test]
async fn a_made_up_token_is_no_reason_to_answer_even_what_is_public() {
    let (board, _) = Board::claimed().await;
    for token in ["", "x", &"0".repeat(64)] {
        let answer = board.get("/api/v1/account").bearer(token).await;
        answer.refused(401, "token_unknown");
    }
    let answer = board.get("/api/v1/account").cookie(&"0".repeat(64)).await;
    answer.refused(401, "sign_in_needed");
}
