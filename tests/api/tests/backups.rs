// SPDX-License-Identifier: AGPL-3.0-or-later
//! Backups elsewhere, with a restic that only pretends.

use api_tests::{Board, Person};
use serde_json::{Value, json};
use std::fs;

const DIARY: &str = "data/services/notes/diary.txt";

/// A board with notes that were written, a key, and a rest-server for backups; returns the repository's id.
async fn connected() -> (Board, Person, String) {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    fs::write(board.root().join(DIARY), "first").unwrap();
    fs::create_dir_all(board.root().join("data/commonhost/certificates")).unwrap();
    let made = ada
        .post(&board, "/api/v1/backups/key", &json!({}))
        .await
        .expect(201);
    assert_eq!(made.json()["words"].as_str().unwrap().split(' ').count(), 12);
    let place = json!({ "title": "Away", "kind": "rest", "url": "https://store.test/oak/" });
    let answer = ada.post(&board, "/api/v1/backups/repositories", &place).await;
    ada.done(&board, answer).await;
    let view = ada.get(&board, "/api/v1/backups").await.expect(200).json();
    let id = view["repositories"][0]["id"].as_str().unwrap().to_owned();
    (board, ada, id)
}

async fn subject(board: &Board, ada: &Person, name: &str) -> Value {
    let view = ada.get(board, "/api/v1/backups").await.expect(200).json();
    let subjects = view["repositories"][0]["subjects"].as_array().unwrap().clone();
    subjects
        .into_iter()
        .find(|subject| subject["subject"] == name)
        .unwrap()
}

#[tokio::test]
async fn what_was_backed_up_is_tried_and_can_be_restored() {
    let (board, ada, id) = connected().await;
    let answer = ada.post(&board, "/api/v1/backups/run", &json!({})).await;
    ada.done(&board, answer).await;
    let notes = subject(&board, &ada, "notes").await;
    assert_eq!(
        (&notes["problem"], &notes["proven"]),
        (&Value::Null, &json!(false)),
        "{notes}"
    );

    let path = format!("/api/v1/backups/repositories/{id}/test");
    let answer = ada.post(&board, &path, &json!({ "service": "notes" })).await;
    ada.done(&board, answer).await;
    assert_eq!(subject(&board, &ada, "notes").await["proven"], true);

    fs::write(board.root().join(DIARY), "second").unwrap();
    let backup = notes["backup"].as_str().unwrap();
    let path = format!("/api/v1/backups/repositories/{id}/backups/{backup}/restore");
    let answer = ada.post(&board, &path, &json!({})).await;
    ada.done(&board, answer).await;
    assert_eq!(fs::read_to_string(board.root().join(DIARY)).unwrap(), "first");
    let copies = ada.get(&board, "/api/v1/backups/snapshots").await.json();
    assert_eq!(copies[0]["reason"], "restore");
}

#[tokio::test]
async fn a_wrong_key_is_said_so() {
    let (board, ada, _) = connected().await;
    board.host.fake.systemd.restic.lock().unwrap().change_keys();
    let answer = ada.post(&board, "/api/v1/backups/run", &json!({})).await;
    let job = ada.job(&board, answer).await;
    assert_eq!(job["state"], "failed");
    assert!(
        job["message"].as_str().unwrap().contains("does not open"),
        "{job}"
    );
    assert_eq!(subject(&board, &ada, "notes").await["problem"], "wrong_key");
}

#[tokio::test]
async fn damage_in_a_repository_is_found_by_reading_a_part_of_it_every_day() {
    let (board, ada, _) = connected().await;
    let repository = async || {
        let view = ada.get(&board, "/api/v1/backups").await.expect(200).json();
        view["repositories"][0].clone()
    };
    let answer = ada.post(&board, "/api/v1/backups/run", &json!({})).await;
    ada.done(&board, answer).await;
    let first = repository().await;
    assert!(
        first["checked_at"].is_i64() && first["check_problem"].is_null(),
        "{first}"
    );

    board.host.fake.systemd.restic.lock().unwrap().damaged = true;
    let answer = ada.post(&board, "/api/v1/backups/run", &json!({})).await;
    ada.done(&board, answer).await;
    board.pass(86_400);
    let answer = ada.post(&board, "/api/v1/backups/run", &json!({})).await;
    let job = ada.job(&board, answer).await;
    assert!(job["message"].as_str().unwrap().contains("is damaged"), "{job}");
    let second = repository().await;
    assert!(
        second["check_problem"]
            .as_str()
            .unwrap()
            .contains("Do not delete it"),
        "{second}"
    );
    assert_eq!(subject(&board, &ada, "notes").await["problem"], Value::Null);
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let (board, ada) = Board::claimed().await;
    let place = json!({ "title": "Away", "kind": "rest", "url": "https://store.test/" });
    ada.post(&board, "/api/v1/backups/repositories", &place)
        .await
        .refused(409, "no_key");
    ada.post(&board, "/api/v1/backups/run", &json!({}))
        .await
        .refused(409, "no_repository");
    ada.post(&board, "/api/v1/backups/key", &json!({ "words": "one two" }))
        .await
        .refused(422, "invalid");
    ada.post(&board, "/api/v1/backups/key", &json!({}))
        .await
        .expect(201);
    ada.post(&board, "/api/v1/backups/key", &json!({}))
        .await
        .refused(409, "key_exists");
    for url in [
        "file:///data",
        "https://u:p@store.test/",
        "https://store.test/\" x",
    ] {
        let place = json!({ "title": "Away", "kind": "rest", "url": url });
        ada.post(&board, "/api/v1/backups/repositories", &place)
            .await
            .refused(422, "invalid");
    }
}

#[tokio::test]
async fn everything_can_be_done_without_a_script() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    fs::write(board.root().join(DIARY), "first").unwrap();
    fs::create_dir_all(board.root().join("data/commonhost/certificates")).unwrap();
    assert!(ada.page(&board, "/backups").await.contains("/backups/key"));
    let codes = async || {
        let findings = ada.get(&board, "/api/v1/checks").await.expect(200).json();
        findings.to_string()
    };
    assert!(codes().await.contains("no-backup"));

    let sheet = ada.form(&board, "/backups/key", &[]).await.expect(200);
    assert_eq!(sheet.header("cache-control"), "no-store");
    let (_, words) = sheet.body.split_once("<ol class=\"words\">").unwrap();
    let (words, _) = words.split_once("</ol>").unwrap();
    assert_eq!(words.matches("<li>").count(), 12, "{words}");
    let again = ada.form(&board, "/backups/key", &[]).await;
    assert_eq!(again.expect(303).header("location"), "/backups/key");
    let wrong = ada
        .form(&board, "/backups/key/sheet", &[("password", "not mine")])
        .await;
    assert!(wrong.expect(422).body.contains("password-error"));

    let place = [("kind", "rest"), ("title", "Away"), ("url", "store")];
    let wrong = ada.form(&board, "/backups/places", &place).await.expect(422);
    assert!(wrong.body.contains("url-error"));
    let place = [
        ("kind", "rest"),
        ("title", "Away"),
        ("url", "https://store.test/oak/"),
    ];
    let added = ada.form(&board, "/backups/places", &place).await;
    ada.over(&board, added).await;
    let ran = ada.form(&board, "/backups/run", &[]).await;
    ada.over(&board, ran).await;
    let view = ada.get(&board, "/api/v1/backups").await.expect(200).json();
    let id = view["repositories"][0]["id"].as_str().unwrap();
    let here = format!("/backups/places/{id}");
    assert!(ada.page(&board, &here).await.contains("Not tried yet"));
    let tried = ada
        .form(&board, &format!("{here}/test"), &[("service", "notes")])
        .await;
    ada.over(&board, tried).await;
    assert!(
        ada.page(&board, "/backups")
            .await
            .contains("was restored as a test")
    );
    assert!(!codes().await.contains("no-backup"));

    fs::write(board.root().join(DIARY), "second").unwrap();
    let list = ada.page(&board, &format!("{here}/notes")).await;
    let backup = subject(&board, &ada, "notes").await["backup"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(list.contains(&backup), "{list}");
    let restored = ada
        .form(&board, &format!("{here}/restore"), &[("backup", &backup)])
        .await;
    ada.over(&board, restored).await;
    assert_eq!(fs::read_to_string(board.root().join(DIARY)).unwrap(), "first");

    let wrong = [("enabled", "true"), ("from_hour", "24"), ("hours", "4")];
    ada.form(&board, "/backups/schedule", &wrong).await.expect(422);
    let late = [("from_hour", "23"), ("hours", "1")];
    ada.form(&board, "/backups/schedule", &late).await.expect(303);
    let view = ada.get(&board, "/api/v1/backups").await.expect(200).json();
    assert_eq!(
        view["schedule"],
        json!({ "enabled": false, "from_hour": 23, "hours": 1 })
    );
    ada.form(&board, &format!("{here}/remove"), &[]).await.expect(303);
    assert!(codes().await.contains("no-backup"));
}

#[tokio::test]
async fn the_sheet_is_shown_again_to_whoever_knows_their_password() {
    let (board, ada) = Board::claimed().await;
    let made = ada.post(&board, "/api/v1/backups/key", &json!({})).await;
    let words = made.expect(201).json()["words"].clone();
    let path = "/api/v1/backups/key/show";
    let asked = ada.post(&board, path, &json!({ "password": "not mine" })).await;
    asked.refused(422, "invalid");
    let asked = ada
        .post(&board, path, &json!({ "password": api_tests::PASSWORD }))
        .await;
    assert_eq!(asked.expect(200).json()["words"], words);
    let audit = ada.get(&board, "/api/v1/audit").await.expect(200);
    assert!(audit.body.contains("show-backup-key"));
}

/// Takes the backups of one board to the next, as a disk that is plugged in there.
fn carry(from: &Board, to: &Board) {
    let mut restic = from.host.fake.systemd.restic.lock().unwrap();
    *to.host.fake.systemd.restic.lock().unwrap() = std::mem::take(&mut restic);
}

async fn restoring(board: &Board) -> Value {
    board.get("/api/v1/restore").await.expect(200).json()
}

#[tokio::test]
async fn a_lost_board_comes_back_onto_a_new_one_with_its_members_and_their_data() {
    let (lost, ada) = Board::claimed().await;
    ada.enables(&lost, "notes").await;
    ada.adds(&lost, "bob").await;
    fs::write(lost.root().join(DIARY), "ours").unwrap();
    let made = ada.post(&lost, "/api/v1/backups/key", &json!({})).await;
    let words = made.expect(201).json()["words"].as_str().unwrap().to_owned();
    let place = json!({ "title": "Away", "kind": "rest", "url": "https://store.test/oak/" });
    let answer = ada.post(&lost, "/api/v1/backups/repositories", &place).await;
    ada.done(&lost, answer).await;
    let answer = ada.post(&lost, "/api/v1/backups/run", &json!({})).await;
    ada.done(&lost, answer).await;

    let new = Board::start().await;
    carry(&lost, &new);
    let authority = lost.ca();
    lost.kill().await;
    let code = new.claim_code().await;
    let ask = |code: &str, words: &str, url: &str| {
        let place = json!({ "kind": "rest", "url": url });
        new.post(
            "/api/v1/restore",
            &json!({ "code": code, "words": words, "place": place }),
        )
    };
    let url = "https://store.test/oak/";
    assert_eq!(restoring(&new).await["state"], "none");
    ask("AAAA-AAAA", &words, url).await.refused(403, "wrong_code");
    ask(&code, "legal winner", url).await.refused(422, "invalid");
    assert!(
        !new.root().join("data/backups/key").exists(),
        "nothing is kept of what was refused"
    );

    // Another key, well written: it is said so, and the right one can be tried.
    let other = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    ask(&code, other, url).await.expect(202);
    new.until("it has failed", async || {
        restoring(&new).await["state"] == "failed"
    })
    .await;
    assert!(
        restoring(&new).await["message"]
            .as_str()
            .unwrap()
            .contains("does not open")
    );
    ask(&code, &words, "https://store.test/elm/").await.expect(202);
    new.until("it has failed", async || {
        restoring(&new).await["message"]
            .as_str()
            .unwrap()
            .contains("no repository")
    })
    .await;
    assert_eq!(new.get("/api/v1/health").await.json()["claimed"], false);

    ask(&code, &words, url).await.expect(202);
    let staged = new.root().join("data/commonhost/restored/state.db");
    new.until("the board is fetched", async || staged.exists()).await;
    // systemd restarts the supervisor.
    new.kill().await;
    new.start_again().await;
    assert_eq!(new.get("/api/v1/health").await.json()["claimed"], true);
    assert_eq!(restoring(&new).await["state"], "done");
    assert_eq!(new.ca(), authority, "devices go on trusting it");
    let ada = Person::sign_in(&new, "ada").await;
    Person::sign_in(&new, "bob").await;
    new.until("the service is back", async || {
        ada.service(&new, "notes").await["state"] == "running"
    })
    .await;
    assert_eq!(fs::read_to_string(new.root().join(DIARY)).unwrap(), "ours");
    let jobs = ada.get(&new, "/api/v1/jobs").await.expect(200).json();
    let job = jobs
        .as_array()
        .unwrap()
        .iter()
        .find(|job| job["kind"] == "restore-board");
    assert_eq!(job.unwrap()["state"], "done", "{jobs}");
    ask(&code, &words, url).await.refused(409, "claimed");
    // It goes on backing up where it did.
    let answer = ada.post(&new, "/api/v1/backups/run", &json!({})).await;
    ada.done(&new, answer).await;
}

#[tokio::test]
async fn a_board_is_got_back_by_a_form() {
    let new = Board::start().await;
    let code = new.claim_code().await;
    let page = new.get("/restore?kind=rest").page().await.expect(200).body;
    assert!(page.contains("name=\"words\"") && page.contains("name=\"url\""));
    let send = |words: &str| {
        let encode = supervisor::access::gate::encode;
        let body = format!(
            "kind=rest&url={}&code={code}&words={}",
            encode("https://store.test/"),
            encode(words)
        );
        let ask = new.ask(http::Method::POST, "/restore").same_origin().page();
        ask.body("application/x-www-form-urlencoded", body)
    };
    let wrong = send("legal winer thank").await.expect(422);
    assert!(wrong.body.contains("words-error"));
    let words = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    send(words).await.expect(303);
    new.until("it says what is wrong", async || {
        let page = new.get("/restore").page().await.expect(200).body;
        page.contains("There is no repository")
    })
    .await;
}

#[tokio::test]
async fn data_are_taken_along_as_they_are_now_or_as_they_were() {
    let (board, ada, id) = connected().await;
    let bob = ada.adds(&board, "bob").await;
    ada.post(&board, "/api/v1/exports", &json!({}))
        .await
        .refused(422, "invalid");
    let answer = ada
        .post(&board, "/api/v1/exports", &json!({ "service": "notes" }))
        .await;
    ada.done(&board, answer).await;
    let listed = async || ada.get(&board, "/api/v1/exports").await.expect(200).json();
    let name = listed().await[0]["name"].as_str().unwrap().to_owned();
    assert!(name.starts_with("notes-"));
    let path = format!("/api/v1/exports/{name}");
    let fetched = ada.get(&board, &path).await.expect(200);
    assert_eq!(fetched.body, "packed");
    assert_eq!(
        fetched.header("content-disposition"),
        format!("attachment; filename=\"{name}.tar.gz\"")
    );
    bob.get(&board, &path).await.expect(403);
    for other in ["notes-1", "..%2F..%2Fstate", "notes-1.tar.gz"] {
        ada.get(&board, &format!("/api/v1/exports/{other}"))
            .await
            .expect(404);
    }
    let page = ada.page(&board, "/backups").await;
    assert!(page.contains(&format!("/backups/exports/{name}")), "{page}");
    ada.form(&board, "/backups/exports/drop", &[("export", &name)])
        .await
        .expect(303);
    assert_eq!(listed().await, json!([]));

    let answer = ada.post(&board, "/api/v1/backups/run", &json!({})).await;
    ada.done(&board, answer).await;
    let backup = subject(&board, &ada, "notes").await["backup"].clone();
    board.pass(60);
    let body = json!({ "repository": id, "backup": backup });
    let answer = ada.post(&board, "/api/v1/exports", &body).await;
    ada.done(&board, answer).await;
    assert_eq!(listed().await[0]["service"], "notes");
    let left = fs::read_dir(board.root().join("data/backups/ready"))
        .into_iter()
        .flatten();
    assert_eq!(left.count(), 0, "nothing of it stays on the board");
}
