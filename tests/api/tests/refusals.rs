// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is refused when a service is asked for: at once, with the reason, and nothing has changed.

use api_tests::{Board, Person, Scene, catalog};
use serde_json::{Value, json};
use types::Timestamp;

/// All that a refusal must leave as it is.
async fn state(board: &Board, ada: &Person) -> (u64, Value, types::Observed) {
    let jobs = ada.get(board, "/api/v1/jobs").await.expect(200).json();
    (ada.generation(board).await, jobs, board.observe().await)
}

#[tokio::test]
async fn a_service_that_nobody_offers_is_unknown() {
    let (board, ada) = Board::claimed().await;
    let before = state(&board, &ada).await;
    for path in [
        "/api/v1/services/gopher",
        "/api/v1/services/..%2F..%2Fetc",
        "/api/v1/services/NOTES",
        "/api/v1/services/notes%00",
    ] {
        ada.put(&board, path, &json!({})).await.refused(404, "not_found");
    }
    for verb in ["start", "stop", "restart", "update", "rollback"] {
        let path = format!("/api/v1/services/notes/{verb}");
        let answer = ada.post(&board, &path, &json!({})).await;
        assert!(answer.refused(404, "not_found").message().contains("not enabled"));
    }
    assert_eq!(state(&board, &ada).await, before);
}

#[tokio::test]
async fn settings_that_do_not_fit_are_named_one_by_one() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "files").await;
    let before = state(&board, &ada).await;
    let all = json!({
        "title": "longer than ten", "quota": 101, "open": "perhaps", "theme": "purple", "sudo": true,
    });
    for service in ["notes", "files"] {
        let path = format!("/api/v1/services/{service}");
        let answer = ada.put(&board, &path, &json!({ "settings": all })).await;
        let answer = answer.refused(422, "invalid");
        assert_eq!(answer.fields(), ["open", "quota", "sudo", "theme", "title"]);
        assert!(answer.message().contains("1 to 100"), "{answer:?}");
    }
    assert_eq!(state(&board, &ada).await, before);
}

#[tokio::test]
async fn a_setting_of_the_wrong_type_or_out_of_range_is_refused() {
    let (board, ada) = Board::claimed().await;
    let before = state(&board, &ada).await;
    let bad = [
        ("quota", json!("many")),
        ("quota", json!(0)),
        ("quota", json!(-1)),
        ("quota", json!(1.5)),
        ("quota", json!(1e300)),
        ("quota", json!(true)),
        ("quota", json!(null)),
        ("quota", json!([10])),
        ("open", json!(1)),
        ("title", json!(7)),
        ("title", json!({ "en": "x" })),
        ("title", json!("two\nlines")),
        ("theme", json!("")),
        ("theme", json!(false)),
    ];
    for (key, value) in bad {
        let wish = json!({ "settings": { key: value } });
        let answer = ada.put(&board, "/api/v1/services/notes", &wish).await;
        assert_eq!(answer.refused(422, "invalid").fields(), [key], "{wish}");
    }
    assert_eq!(state(&board, &ada).await, before);
}

#[tokio::test]
async fn too_little_memory_is_told_in_numbers() {
    let (board, ada) = Board::claimed().await;
    board.feel(|readings| readings.memory_available = 79 << 20);
    let before = state(&board, &ada).await;
    let answer = ada.put(&board, "/api/v1/services/notes", &json!({})).await;
    let message = answer.refused(409, "memory").message();
    for number in ["16 MiB", "64 MiB", "79 MiB"] {
        assert!(message.contains(number), "{message}");
    }
    assert_eq!(state(&board, &ada).await, before);
    board.feel(|readings| readings.memory_available = 80 << 20);
    ada.enables(&board, "notes").await;
    // What runs may be changed however little is free.
    board.feel(|readings| readings.memory_available = 0);
    let wish = json!({ "settings": { "quota": 20 } });
    let answer = ada.put(&board, "/api/v1/services/notes", &wish).await;
    ada.done(&board, answer).await;
}

#[tokio::test]
async fn a_domain_leads_to_one_place_only() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    ada.enables(&board, "files").await;
    let lead = |service: &str| json!({ "name": "shared.example.test", "service": service });
    ada.post(&board, "/api/v1/domains", &lead("notes"))
        .await
        .expect(201);
    let before = ada.get(&board, "/api/v1/domains").await.json();
    for taken in [
        lead("files"),
        lead("notes"),
        json!({ "name": "SHARED.example.test" }),
    ] {
        let answer = ada.post(&board, "/api/v1/domains", &taken).await;
        assert_eq!(answer.refused(409, "domain_taken").fields(), ["name"]);
    }
    let answer = ada.post(
        &board,
        "/api/v1/domains",
        &json!({ "name": "x.test", "service": "wall" }),
    );
    answer.await.refused(404, "not_found");
    for bad in [
        "",
        "localhost",
        "oak.local",
        "a b.test",
        "192.0.2.1",
        "*.example.test",
        "é.test",
    ] {
        let answer = ada.post(&board, "/api/v1/domains", &json!({ "name": bad })).await;
        assert_eq!(answer.refused(422, "invalid").fields(), ["name"], "{bad}");
    }
    assert_eq!(ada.get(&board, "/api/v1/domains").await.json(), before);
}

#[tokio::test]
async fn damaged_software_is_refused_before_anything_is_recorded() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "files").await;
    board.host.fake.damage(&"notes".parse().unwrap());
    let before = state(&board, &ada).await;
    let answer = ada.put(&board, "/api/v1/services/notes", &json!({})).await;
    let message = answer.refused(409, "bundle_damaged").message();
    assert!(
        message.contains("damaged") && message.contains("download it again"),
        "{message}"
    );
    assert_eq!(state(&board, &ada).await, before);
    ada.get(&board, "/api/v1/services/notes")
        .await
        .refused(404, "not_found");
    assert_eq!(ada.service(&board, "files").await["state"], "running");
}

#[tokio::test]
async fn from_an_expired_catalog_nothing_new_is_taken_and_what_runs_goes_on() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "files").await;
    board.pass(90 * 86_400);
    let ada = Person::sign_in(&board, "ada").await;
    let before = state(&board, &ada).await;
    let answer = ada.put(&board, "/api/v1/services/notes", &json!({})).await;
    assert!(
        answer
            .refused(409, "catalog_expired")
            .message()
            .contains("expired on")
    );
    assert_eq!(state(&board, &ada).await, before);
    let findings = ada.get(&board, "/api/v1/checks").await.expect(200).body;
    assert!(findings.contains("catalog-expired"), "{findings}");

    let wish = json!({ "settings": { "quota": 20 } });
    let answer = ada.put(&board, "/api/v1/services/files", &wish).await;
    ada.done(&board, answer).await;
    board.kill().await;
    board.start_again().await;
    board
        .until("files runs", async || {
            ada.service(&board, "files").await["state"] == "running"
        })
        .await;
}

#[tokio::test]
async fn a_board_with_a_wrong_clock_takes_its_catalog_as_good() {
    let scene = Scene::new();
    let expired = catalog(Timestamp(scene.now().0 - 100 * 86_400));
    let board = scene
        .with_catalogs(vec![expired])
        .at(Timestamp(1_000))
        .start()
        .await;
    let ada = board.claim().await;
    ada.enables(&board, "notes").await;
    let findings = ada.get(&board, "/api/v1/checks").await.expect(200).body;
    assert!(findings.contains("clock-wrong"), "{findings}");
}
