// SPDX-License-Identifier: AGPL-3.0-or-later
//! The supervisor is killed at random moments. Afterwards desired equals observed, and what was accepted is done.

use api_tests::{Board, Chance, Person};
use serde_json::{Value, json};
use std::{collections::BTreeMap, future::IntoFuture, time::Duration};
use types::{Active, Observed};

/// What a service must come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Running,
    Stopped,
    Gone,
}

/// Whether the machine is as the API says that it should be; else what is not.
fn difference(services: &Value, observed: &Observed) -> Option<String> {
    let mut left = observed.services.clone();
    for service in services.as_array().unwrap() {
        let name = service["name"].as_str().unwrap();
        let Some(seen) = left.remove(name) else {
            return Some(format!("{name} is not on the machine"));
        };
        let main = seen.units.get("main");
        let up = main.is_some_and(|unit| unit.active == Active::Active && unit.started_from == seen.rendered);
        let fits = match service["state"].as_str().unwrap() {
            "running" => up && seen.rendered.is_some(),
            "stopped" => seen.units.is_empty(),
            _ => false,
        };
        if !fits {
            return Some(format!("{service} is not {seen:?}"));
        }
    }
    (!left.is_empty()).then(|| format!("nobody asked for {left:?}"))
}

#[expect(clippy::print_stderr, reason = "shown only when the test fails")]
async fn settles(board: &Board, ada: &Person) -> Value {
    let mut services = Value::Null;
    let mut last = String::new();
    board
        .until("desired equals observed", async || {
            let jobs = ada.get(board, "/api/v1/jobs?limit=200").await.expect(200).json();
            services = ada.get(board, "/api/v1/services").await.expect(200).json();
            let running = jobs
                .as_array()
                .unwrap()
                .iter()
                .any(|job| job["state"] == "running");
            let now = difference(&services, &board.observe().await)
                .or_else(|| running.then(|| format!("a job is left in {jobs}")));
            if let Some(now) = &now {
                // What it hung on.
                if last != *now {
                    eprintln!("not yet: {now:.400}");
                }
                last.clone_from(now);
            }
            now.is_none()
        })
        .await;
    services
}

fn wish_of(services: &Value, name: &str) -> Wish {
    let found = services
        .as_array()
        .unwrap()
        .iter()
        .find(|service| service["name"] == name);
    match found.map(|service| service["state"].as_str().unwrap()) {
        None => Wish::Gone,
        Some("stopped") => Wish::Stopped,
        Some(_) => Wish::Running,
    }
}

#[tokio::test]
async fn killed_at_fifty_random_moments_the_board_is_always_as_asked() {
    let (board, ada) = Board::claimed().await;
    let mut chance = Chance::new(20_261_121);
    let mut wishes = BTreeMap::from([("notes", Wish::Gone), ("files", Wish::Gone)]);
    for round in 0..50 {
        let name = *chance.one_of(&["notes", "files"]);
        let path = format!("/api/v1/services/{name}");
        let (ask, wish) = match (wishes[name], chance.below(3)) {
            (Wish::Gone, _) => (ada.put(&board, &path, &json!({})), Wish::Running),
            (Wish::Stopped, 0 | 1) => (
                ada.post(&board, &format!("{path}/start"), &json!({})),
                Wish::Running,
            ),
            (Wish::Running, 0) => (
                ada.post(&board, &format!("{path}/restart"), &json!({})),
                Wish::Running,
            ),
            (Wish::Running, 1) => (
                ada.post(&board, &format!("{path}/stop"), &json!({})),
                Wish::Stopped,
            ),
            (Wish::Running | Wish::Stopped, _) => (ada.delete(&board, &path), Wish::Gone),
        };
        let asked = tokio::spawn(ask.attempt());
        // This is the moment: from before the request has come to after everything is done.
        tokio::time::sleep(Duration::from_micros(chance.below(40_000))).await;
        board.kill().await;
        let answer = asked.into_future().await.unwrap();
        board.start_again().await;
        let services = settles(&board, &ada).await;
        let found = wish_of(&services, name);
        match answer {
            Ok(answer) if answer.status != 503 => {
                answer.expect(202);
                assert_eq!(found, wish, "round {round}: what was accepted was forgotten");
            }
            // Nobody was told that it was recorded: either is fine, and nothing between.
            Ok(_) | Err(_) => assert!(found == wish || found == wishes[name], "round {round}: {found:?}"),
        }
        wishes.insert(name, found);
        for (other, wish) in &wishes {
            assert_eq!(wish_of(&services, other), *wish, "round {round}: {other}");
        }
    }
}
