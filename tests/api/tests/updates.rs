// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board's own system is updated: from a place with signed releases to a slot of the card, tried, and kept or not.
//! The card is simulated in files, and the test is its firmware; everything between is what runs on a board.

use api_tests::{
    Board, Person, Publisher, Scene,
    card::{self, Kernel, restart},
};
use serde_json::{Value, json};
use slots::Slot;
use std::time::Duration;
use supervisor::system::Pace;
use types::host::HostRequest;

const RELEASES: &str = "/api/v1/system/releases";
/// After a step failed it is tried again after a quarter of an hour.
const QUARTER: i64 = 15 * 60 + 1;

/// Whoever is well is kept soon; whoever is not has a minute.
const PATIENT: Pace = Pace {
    turn: Duration::from_millis(20),
    rest: Duration::from_millis(20),
    stable: Duration::from_millis(50),
    limit: Duration::from_mins(1),
};

/// A board with a card of version 0.1.0, and who publishes for it.
async fn board_at(pace: Pace) -> (Board, Person, Publisher) {
    let scene = Scene::new().at_pace(pace);
    let mut publisher = Publisher::start(scene.now()).await;
    publisher.publish("0.1.0", scene.now(), |_| {});
    card::insert(scene.root(), "0.1.0");
    let scene = scene
        .with_file("usr/share/commonhost/keys/root.json", &publisher.root)
        .with_file("usr/share/commonhost/releases", &publisher.url);
    let board = scene.start().await;
    let ada = board.claim().await;
    (board, ada, publisher)
}

async fn releases(board: &Board, person: &Person) -> Value {
    person.get(board, RELEASES).await.expect(200).json()
}

async fn by_hand(board: &Board, person: &Person) {
    let choice = json!({ "automatic": false });
    person.put(board, RELEASES, &choice).await.expect(200);
}

async fn look(board: &Board, person: &Person, version: &str) {
    let path = format!("{RELEASES}/look");
    person.post(board, &path, &json!({})).await.expect(202);
    board
        .until("the release is on offer", async || {
            releases(board, person).await["offered"]["version"] == version
        })
        .await;
}

fn reboots(board: &Board) -> usize {
    let asked = board.host.asked();
    asked
        .iter()
        .filter(|request| **request == HostRequest::Reboot)
        .count()
}

/// Asks for the release on offer, and waits until the board wants to restart for it.
async fn install(board: &Board, person: &Person) {
    let before = reboots(board);
    let path = format!("{RELEASES}/install");
    person.post(board, &path, &json!({})).await.expect(202);
    board
        .until("the board restarts for it", async || reboots(board) > before)
        .await;
}

async fn decided(board: &Board, person: &Person, kept: bool) -> Value {
    board
        .until("the update is decided", async || {
            releases(board, person).await["last"]["kept"] == kept
        })
        .await;
    releases(board, person).await
}

#[tokio::test]
async fn a_board_in_a_container_says_that_it_has_no_slots() {
    let (board, ada) = Board::claimed().await;
    let view = releases(&board, &ada).await;
    assert_eq!(view["updates_itself"], false);
    assert_eq!(view["running"]["image"], Value::Null);
    let slots = ada.get(&board, "/api/v1/system/slots").await.expect(200).json();
    assert_eq!(slots["kind"], Value::Null);
    for verb in ["look", "install", "back"] {
        let answer = ada.post(&board, &format!("{RELEASES}/{verb}"), &json!({})).await;
        answer.refused(409, "no_slots");
    }
    let page = ada.page(&board, "/system").await;
    assert!(page.contains("updated with the machine"), "{page}");
}

#[tokio::test]
async fn an_update_is_taken_kept_and_gone_back_from() {
    let (board, ada, mut publisher) = board_at(PATIENT).await;
    by_hand(&board, &ada).await;
    ada.enables(&board, "notes").await;
    publisher.publish("0.2.0", board.now(), |_| {});
    look(&board, &ada, "0.2.0").await;
    let view = releases(&board, &ada).await;
    assert_eq!(view["offered"]["changes"]["en"][0], "What 0.2.0 brings.");
    assert_eq!(view["progress"], "idle", "nothing is done before somebody asks");
    install(&board, &ada).await;
    // The kernel is in the slot that runs: it was not downloaded.
    let files = card::system("0.2.0");
    let size: usize = [&files[0], &files[2]].iter().map(|(_, bytes)| bytes.len()).sum();
    assert_eq!(publisher.sent(), size as u64);
    assert!(board.root().join("data/commonhost/state.before-update").exists());
    let news = ada
        .get(&board, "/api/v1/cooperative/news")
        .await
        .expect(200)
        .json();
    assert!(news[0]["title"].as_str().unwrap().contains("0.2.0"));
    assert_eq!(news[0]["kind"], "planned");

    assert_eq!(restart(&board, Kernel::Starts).await, 1);
    let view = decided(&board, &ada, true).await;
    assert_eq!(view["running"]["image"], "0.2.0");
    assert_eq!(view["back"], "0.1.0");
    assert_eq!(card::slot_files(board.root(), Slot::B), files);
    assert_eq!(card::slot_files(board.root(), Slot::A), card::system("0.1.0"));
    // What follows a decision is done when this is.
    board
        .until("what was downloaded is gone", async || {
            !board.root().join("data/commonhost/updates/files").exists()
        })
        .await;
    board
        .until("the service is back", async || {
            ada.service(&board, "notes").await["state"] == "running"
        })
        .await;
    // The downtime is over, and it starts like that every time.
    let news = ada
        .get(&board, "/api/v1/cooperative/news")
        .await
        .expect(200)
        .json();
    assert!(news[0]["ends"].as_i64().unwrap() <= board.now().0);
    assert_eq!(restart(&board, Kernel::Starts).await, 1);
    assert_eq!(releases(&board, &ada).await["running"]["image"], "0.2.0");

    let before = reboots(&board);
    let answer = ada.post(&board, &format!("{RELEASES}/back"), &json!({})).await;
    assert_eq!(answer.expect(202).json()["version"], "0.1.0");
    board
        .until("the board restarts to go back", async || reboots(&board) > before)
        .await;
    assert_eq!(restart(&board, Kernel::Starts).await, 1);
    board
        .until("going back is decided", async || {
            let view = releases(&board, &ada).await;
            view["last"]["version"] == "0.1.0" && view["last"]["kept"] == true
        })
        .await;
    let view = releases(&board, &ada).await;
    assert_eq!(view["running"]["image"], "0.1.0");
    assert_eq!(view["offered"]["skipped"], true);
    let audit = ada.get(&board, "/api/v1/audit").await.expect(200).json();
    let acts: Vec<&str> = audit
        .as_array()
        .unwrap()
        .iter()
        .map(|act| act["act"].as_str().unwrap())
        .collect();
    for act in ["update-board", "updated", "go-back"] {
        assert!(acts.contains(&act), "{act}: {acts:?}");
    }
}

#[tokio::test]
async fn an_update_under_which_a_service_fails_is_given_up_and_the_reason_shown() {
    let hasty = Pace {
        limit: Duration::from_millis(500),
        ..PATIENT
    };
    let (board, ada, mut publisher) = board_at(hasty).await;
    by_hand(&board, &ada).await;
    ada.enables(&board, "notes").await;
    publisher.publish("0.2.0", board.now(), |_| {});
    look(&board, &ada, "0.2.0").await;
    install(&board, &ada).await;
    let given_up = reboots(&board) + 1;
    board.host.fake.systemd.break_unit("service-notes.service");
    // Its process ended with the restart.
    ada_service_ends(&board).await;
    assert_eq!(restart(&board, Kernel::Starts).await, 1);
    board
        .until("the update gives itself up", async || reboots(&board) == given_up)
        .await;
    board.host.fake.systemd.heal();
    assert_eq!(
        restart(&board, Kernel::Starts).await,
        1,
        "one restart, and the old system runs"
    );
    let view = decided(&board, &ada, false).await;
    assert_eq!(view["running"]["image"], "0.1.0");
    assert_eq!(view["last"]["cause"], "unhealthy");
    let detail = view["last"]["detail"].as_str().unwrap();
    assert!(detail.contains("notes does not run"), "{detail}");
    assert_eq!(view["offered"], Value::Null, "it is not offered again");
    let page = ada.page(&board, "/system").await;
    assert!(page.contains("notes does not run"), "{page}");
}

async fn ada_service_ends(board: &Board) {
    use host::Systemd as _;
    board
        .host
        .fake
        .systemd
        .stop("service-notes.service")
        .await
        .unwrap();
}

#[tokio::test]
async fn an_update_whose_kernel_or_root_is_broken_leads_back_by_itself() {
    for (kernel, cause) in [
        (Kernel::Hangs, "did_not_start"),
        (Kernel::Rootless, "root_damaged"),
    ] {
        let (board, ada, mut publisher) = board_at(PATIENT).await;
        by_hand(&board, &ada).await;
        publisher.publish("0.2.0", board.now(), |_| {});
        look(&board, &ada, "0.2.0").await;
        install(&board, &ada).await;
        // The try, and the old system.
        assert_eq!(restart(&board, kernel).await, 2);
        let view = decided(&board, &ada, false).await;
        assert_eq!(view["running"]["image"], "0.1.0");
        assert_eq!(view["last"]["cause"], cause);
    }
}

#[tokio::test]
async fn a_download_that_is_cut_goes_on_where_it_was() {
    let (board, ada, mut publisher) = board_at(PATIENT).await;
    by_hand(&board, &ada).await;
    publisher.publish("0.2.0", board.now(), |_| {});
    look(&board, &ada, "0.2.0").await;
    publisher.cut_after(40_000);
    let path = format!("{RELEASES}/install");
    ada.post(&board, &path, &json!({})).await.expect(202);
    board
        .until("the cut is noticed", async || {
            releases(&board, &ada).await["problem"].is_string()
        })
        .await;
    assert_eq!(publisher.sent(), 40_000);
    assert_eq!(reboots(&board), 0);
    publisher.cut_after(0);
    board.pass(QUARTER);
    board
        .until("the board restarts for it", async || reboots(&board) > 0)
        .await;
    let files = card::system("0.2.0");
    let size: usize = [&files[0], &files[2]].iter().map(|(_, bytes)| bytes.len()).sum();
    assert_eq!(publisher.sent(), size as u64, "nothing was sent twice");
}

#[tokio::test]
async fn a_disk_that_somebody_brings_does_as_well() {
    let (board, ada, mut publisher) = board_at(PATIENT).await;
    publisher.publish("0.2.0", board.now(), |_| {});
    let choice = json!({ "automatic": false, "source": "disk:1234-ABCD" });
    ada.put(&board, RELEASES, &choice).await.expect(200);
    board
        .until("it is told that the disk is not right", async || {
            let view = releases(&board, &ada).await;
            view["problem"]
                .as_str()
                .is_some_and(|text| text.contains("commonhost-updates"))
        })
        .await;
    let folder = board
        .root()
        .join("run/commonhost/disks/1234-ABCD/commonhost-updates");
    publisher.copy_to(&folder);
    look(&board, &ada, "0.2.0").await;
    install(&board, &ada).await;
    assert_eq!(publisher.sent(), 0);
    assert_eq!(restart(&board, Kernel::Starts).await, 1);
    let view = decided(&board, &ada, true).await;
    assert_eq!(view["running"]["image"], "0.2.0");
}

#[tokio::test]
async fn files_that_were_changed_reach_no_slot() {
    let (board, ada, mut publisher) = board_at(PATIENT).await;
    by_hand(&board, &ada).await;
    publisher.publish("0.2.0", board.now(), |_| {});
    look(&board, &ada, "0.2.0").await;
    publisher.damage_files();
    let path = format!("{RELEASES}/install");
    ada.post(&board, &path, &json!({})).await.expect(202);
    board
        .until("the change is noticed", async || {
            let view = releases(&board, &ada).await;
            view["problem"]
                .as_str()
                .is_some_and(|text| text.contains("not what was signed"))
        })
        .await;
    let staged = board
        .host
        .asked()
        .iter()
        .any(|request| matches!(request, HostRequest::Stage { .. }));
    assert!(!staged);
    let slots = ada.get(&board, "/api/v1/system/slots").await.expect(200).json();
    assert_eq!(slots["slots"][1]["status"], "empty");
}

#[tokio::test]
async fn old_and_expired_metadata_are_refused_with_the_reason() {
    let (board, ada, mut publisher) = board_at(PATIENT).await;
    by_hand(&board, &ada).await;
    publisher.publish("0.2.0", board.now(), |_| {});
    let old = publisher.copy();
    publisher.publish("0.3.0", board.now(), |_| {});
    look(&board, &ada, "0.3.0").await;
    Publisher::put_back(&old);
    let path = format!("{RELEASES}/look");
    let problem = async |words: &str| {
        board
            .until("it is refused", async || {
                let view = releases(&board, &ada).await;
                view["problem"].as_str().is_some_and(|text| text.contains(words))
            })
            .await;
    };
    ada.post(&board, &path, &json!({})).await.expect(202);
    problem("older than").await;
    // What was believed before still stands.
    assert_eq!(releases(&board, &ada).await["offered"]["version"], "0.3.0");
    publisher.sign(board.now(), -1);
    ada.post(&board, &path, &json!({})).await.expect(202);
    problem("expired").await;
}

#[tokio::test]
async fn by_default_it_comes_at_night_after_members_were_told_and_can_be_put_off() {
    let (board, ada, mut publisher) = board_at(PATIENT).await;
    publisher.publish("0.2.0", board.now(), |_| {});
    let path = format!("{RELEASES}/look");
    ada.post(&board, &path, &json!({})).await.expect(202);
    let announced = async || {
        board
            .until("members are told", async || {
                releases(&board, &ada).await["restarts"].is_i64()
            })
            .await;
        releases(&board, &ada).await["restarts"].as_i64().unwrap()
    };
    let restarts = announced().await;
    assert!(restarts - board.now().0 >= 12 * 3600);
    let hour = restarts.rem_euclid(86_400) / 3600;
    assert!((2..4).contains(&hour), "{hour}");
    let news = async || {
        ada.get(&board, "/api/v1/cooperative/news")
            .await
            .expect(200)
            .json()
    };
    assert_eq!(news().await[0]["begins"], restarts);

    let body = json!({ "days": 3 });
    let answer = ada.post(&board, &format!("{RELEASES}/defer"), &body).await;
    let until = answer.expect(200).json()["until"].as_i64().unwrap();
    board
        .until("members are told anew", async || {
            releases(&board, &ada).await["restarts"]
                .as_i64()
                .is_some_and(|at| at >= until)
        })
        .await;
    let told = news().await;
    let cancelled = told
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["begins"] == restarts);
    assert_eq!(cancelled.unwrap()["cancelled"], true);
    assert_eq!(reboots(&board), 0);
    let restarts = announced().await;
    board.pass(restarts - board.now().0);
    board
        .until("the board restarts by itself", async || reboots(&board) == 1)
        .await;
}

#[tokio::test]
async fn a_steward_alone_decides_and_nonsense_is_refused() {
    let (board, ada, _publisher) = board_at(PATIENT).await;
    let bob = ada.adds(&board, "bob").await;
    bob.get(&board, RELEASES).await.expect(200);
    for verb in ["look", "install", "defer", "back"] {
        let body = json!({ "days": 1 });
        bob.post(&board, &format!("{RELEASES}/{verb}"), &body)
            .await
            .expect(403);
    }
    let answer = ada.put(&board, RELEASES, &json!({ "hour": 24 })).await;
    assert_eq!(answer.refused(422, "invalid").fields(), ["hour"]);
    let answer = ada
        .put(&board, RELEASES, &json!({ "source": "file:///etc" }))
        .await;
    assert_eq!(answer.refused(422, "invalid").fields(), ["source"]);
    let answer = ada
        .post(&board, &format!("{RELEASES}/defer"), &json!({ "days": 8 }))
        .await;
    assert_eq!(answer.refused(422, "invalid").fields(), ["days"]);
    let answer = ada.post(&board, &format!("{RELEASES}/install"), &json!({})).await;
    answer.refused(409, "no_release");
    let answer = ada.post(&board, &format!("{RELEASES}/back"), &json!({})).await;
    answer.refused(409, "no_version_before");
}
