// SPDX-License-Identifier: AGPL-3.0-or-later
//! Enabling services and changing them.

use api_tests::Board;
use serde_json::json;
use types::Active;

#[tokio::test]
async fn a_service_that_is_enabled_runs() {
    let (board, ada) = Board::claimed().await;
    let offered = ada.get(&board, "/api/v1/catalog").await.expect(200).json();
    let names: Vec<&str> = offered["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|service| service["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["files", "notes", "wall"]);
    assert_eq!(offered["services"][1]["enabled"], false);

    ada.enables(&board, "notes").await;
    let shown = ada.service(&board, "notes").await;
    assert_eq!(shown["version"], "1.0");
    assert_eq!(
        shown["settings"],
        json!({ "open": false, "quota": 10, "theme": "light", "title": "Ours" })
    );
    assert_eq!(shown["addresses"], json!(["https://notes-oak.local"]));
    assert_eq!(shown["title"]["fr"], "NOTES (fr)");
    let observed = board.observe().await;
    let unit = &observed.services["notes"].units["main"];
    assert_eq!(unit.active, Active::Active);
    assert_eq!(unit.started_from, observed.services["notes"].rendered);
    let offered = ada.get(&board, "/api/v1/catalog").await.json();
    assert_eq!(offered["services"][1]["enabled"], true);
}

#[tokio::test]
async fn a_job_tells_its_steps_and_who_asked() {
    let (board, ada) = Board::claimed().await;
    let answer = ada.put(&board, "/api/v1/services/notes", &json!({})).await;
    let job = ada.job(&board, answer).await;
    for (key, value) in [
        ("kind", json!("enable")),
        ("service", json!("notes")),
        ("state", json!("done")),
        ("step", json!("done")),
        ("progress", json!(100)),
        ("message", json!("")),
        ("member", json!("ada")),
    ] {
        assert_eq!(job[key], value, "{job}");
    }
    assert_eq!(job["ended"], board.now().0);
    let newest = ada.get(&board, "/api/v1/jobs?limit=1").await.expect(200).json();
    assert_eq!(newest, json!([job]));
}

#[tokio::test]
async fn enabling_twice_is_one_service_and_both_jobs_end_well() {
    let (board, ada) = Board::claimed().await;
    let first = ada.put(&board, "/api/v1/services/notes", &json!({})).await;
    let second = ada.put(&board, "/api/v1/services/notes", &json!({})).await;
    ada.done(&board, first).await;
    ada.done(&board, second).await;
    let before = board.observe().await;
    let third = ada.put(&board, "/api/v1/services/notes", &json!({})).await;
    ada.done(&board, third).await;
    assert_eq!(board.observe().await, before, "nothing was started again");
    let services = ada.get(&board, "/api/v1/services").await.json();
    assert_eq!(services.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn settings_change_what_runs_and_the_rest_stays() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let before = board.observe().await.services["notes"].rendered.clone();
    // A form and a command line have nothing but texts.
    let wish = json!({ "settings": { "title": "Yours", "quota": "42", "open": true } });
    let answer = ada.put(&board, "/api/v1/services/notes", &wish).await;
    ada.done(&board, answer).await;
    let wish = json!({ "settings": { "theme": "dark" } });
    let answer = ada.put(&board, "/api/v1/services/notes", &wish).await;
    ada.done(&board, answer).await;
    let shown = ada.service(&board, "notes").await;
    assert_eq!(
        shown["settings"],
        json!({ "open": true, "quota": 42, "theme": "dark", "title": "Yours" })
    );
    let observed = board.observe().await;
    let notes = &observed.services["notes"];
    assert_ne!(notes.rendered, before);
    assert_eq!(notes.units["main"].started_from, notes.rendered);
}

#[tokio::test]
async fn stop_start_and_restart_do_what_they_say() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let act = |verb: &str| ada.post(&board, &format!("/api/v1/services/notes/{verb}"), &json!({}));
    let answer = act("stop").await;
    ada.done(&board, answer).await;
    assert_eq!(ada.service(&board, "notes").await["state"], "stopped");
    let observed = board.observe().await;
    assert!(observed.services["notes"].units.is_empty());
    assert!(observed.services["notes"].data, "what it stored stays");

    let answer = act("start").await;
    ada.done(&board, answer).await;
    assert_eq!(ada.service(&board, "notes").await["state"], "running");
    let before = board.observe().await.services["notes"].units["main"]
        .started_from
        .clone();

    let answer = act("restart").await;
    ada.done(&board, answer).await;
    let unit = board.observe().await.services["notes"].units["main"].clone();
    assert_eq!(unit.active, Active::Active);
    assert_ne!(unit.started_from, before, "it is another process");
}

#[tokio::test]
async fn everything_is_there_again_after_a_restart_of_the_board() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    ada.enables(&board, "files").await;
    let answer = ada.post(&board, "/api/v1/services/files/stop", &json!({})).await;
    ada.done(&board, answer).await;
    let before = (ada.service(&board, "notes").await, board.observe().await);
    board.kill().await;
    board.start_again().await;
    board
        .until("notes runs", async || {
            ada.service(&board, "notes").await["state"] == "running"
        })
        .await;
    assert_eq!(
        (ada.service(&board, "notes").await, board.observe().await),
        before
    );
    assert_eq!(ada.service(&board, "files").await["state"], "stopped");
}

#[tokio::test]
async fn a_domain_leads_to_its_service_until_it_is_taken_away() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let domain = json!({ "name": "Notes.Example.Test.", "service": "notes" });
    let added = ada
        .post(&board, "/api/v1/domains", &domain)
        .await
        .expect(201)
        .json();
    assert_eq!(
        (&added["name"], &added["service"]),
        (&json!("notes.example.test"), &json!("notes"))
    );
    board
        .until("the service calls itself by the domain", async || {
            let shown = ada.service(&board, "notes").await;
            shown["state"] == "running" && shown["addresses"][0] == "https://notes.example.test"
        })
        .await;
    // A public name is for TLS only.
    let plain = board.get("/x").to("notes.example.test").await.expect(308);
    assert_eq!(plain.header("location"), "https://notes.example.test/x");
    let taken = ada.delete(&board, "/api/v1/domains/notes.example.test").await;
    taken.expect(204);
    board
        .until("the name is strange again", async || {
            board.get("/x").to("notes.example.test").await.status == 421
        })
        .await;
}

#[tokio::test]
async fn the_board_goes_by_its_new_name_at_once() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    ada.put(&board, "/api/v1/board", &json!({ "name": "Elm" }))
        .await
        .expect(204);
    board
        .until("notes runs under the new name", async || {
            let shown = ada.service(&board, "notes").await;
            shown["state"] == "running" && shown["addresses"] == json!(["https://notes-elm.local"])
        })
        .await;
    board.get("/api/v1/health").secure("elm.local").await.expect(200);
    board.get("/api/v1/health").to("oak.local").await.expect(421);
    let bad = ada
        .put(&board, "/api/v1/board", &json!({ "name": "elm street" }))
        .await;
    assert_eq!(bad.refused(422, "invalid").fields(), ["name"]);
}

#[tokio::test]
async fn a_board_whose_host_process_is_away_says_so_and_forgets_nothing() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    board.host.set_away(true);
    let answer = ada.put(&board, "/api/v1/services/files", &json!({})).await;
    answer.refused(503, "host_unreachable");
    let stop = ada.post(&board, "/api/v1/services/notes/stop", &json!({})).await;
    board.get("/api/v1/health").await.expect(200);
    board.host.set_away(false);
    ada.done(&board, stop).await;
    assert!(board.observe().await.services["notes"].units.is_empty());
    assert_eq!(ada.get(&board, "/api/v1/services/files").await.status, 404);
}
