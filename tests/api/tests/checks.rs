// SPDX-License-Identifier: AGPL-3.0-or-later
//! What needs attention: found, told, silenced, and over again.

use api_tests::{Board, Person};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use supervisor::cooperative::hosters::Reply;

async fn codes(board: &Board, person: &Person) -> BTreeSet<String> {
    let findings = person.get(board, "/api/v1/checks").await.expect(200).json();
    let findings = findings.as_array().unwrap();
    let code = |finding: &Value| finding["code"].as_str().unwrap().to_owned();
    findings.iter().map(code).collect()
}

#[tokio::test]
async fn a_finding_says_what_it_means_and_what_to_do_and_goes_when_it_is_over() {
    let (board, ada) = Board::claimed().await;
    assert!(!codes(&board, &ada).await.contains("hot"));
    board.feel(|readings| readings.temperature = Some(88.0));
    board.feel(|readings| readings.undervoltage = Some(true));
    let report = ada
        .post(&board, "/api/v1/checks/run", &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(report["ran"], board.now().0);
    let findings = report["findings"].as_array().unwrap();
    let hot = findings.iter().find(|finding| finding["code"] == "hot").unwrap();
    for words in ["what", "meaning", "remedy"] {
        assert!(hot[words].as_str().unwrap().len() > 10, "{hot}");
    }
    assert_eq!(hot["since"], board.now().0);
    assert_eq!(findings[0]["code"], "undervoltage", "the worst comes first");
    let state = |name: &str| {
        let checks = report["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == name).unwrap();
        check["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state("temperature"), "warning");
    assert_eq!(state("disk"), "good");
    // The pretended machine has no storage that tells its health.
    assert_eq!(state("storage"), "unknown");
    assert_eq!(state("audit"), "good");
    board.feel(|readings| readings.temperature = Some(50.0));
    assert!(!codes(&board, &ada).await.contains("hot"));
}

#[tokio::test]
async fn what_is_silenced_is_not_shown_until_its_time_is_over() {
    let (board, ada) = Board::claimed().await;
    assert!(codes(&board, &ada).await.contains("one-steward"));
    let until = json!({ "until": board.now().0 + 86_400 });
    let path = "/api/v1/checks/silenced/one-steward";
    ada.put(&board, path, &until).await.expect(204);
    assert!(!codes(&board, &ada).await.contains("one-steward"));
    let report = ada.get(&board, "/api/v1/checks/report").await.json();
    assert_eq!(report["silenced"][0]["code"], "one-steward");
    assert_eq!(report["silenced"][0]["silenced_until"], until["until"]);
    board.pass(86_401);
    assert!(codes(&board, &ada).await.contains("one-steward"));
    let until = json!({ "until": board.now().0 + 86_400 });
    ada.put(&board, path, &until).await.expect(204);
    ada.delete(&board, path).await.expect(204);
    assert!(codes(&board, &ada).await.contains("one-steward"));
}

#[tokio::test]
async fn nothing_is_silenced_for_ever_or_before_it_is_there() {
    let (board, ada) = Board::claimed().await;
    let now = board.now().0;
    for until in [now - 1, now + 400 * 86_400] {
        let body = json!({ "until": until });
        let answer = ada
            .put(&board, "/api/v1/checks/silenced/one-steward", &body)
            .await;
        answer.refused(422, "invalid");
    }
    let body = json!({ "until": now + 60 });
    let answer = ada
        .put(&board, "/api/v1/checks/silenced/undervoltage", &body)
        .await;
    answer.refused(404, "not_found");
}

#[tokio::test]
async fn the_host_process_is_missed_by_the_next_round() {
    let (board, ada) = Board::claimed().await;
    board.host.set_away(true);
    let report = ada
        .post(&board, "/api/v1/checks/run", &json!({}))
        .await
        .expect(200)
        .json();
    let silent = report["findings"].as_array().unwrap().iter();
    assert!(
        silent.clone().any(|finding| finding["code"] == "host-silent"),
        "{report}"
    );
    board.host.set_away(false);
    // A round that began before the question does not count.
    board.pass(1);
    ada.post(&board, "/api/v1/checks/run", &json!({}))
        .await
        .expect(200);
    assert!(!codes(&board, &ada).await.contains("host-silent"));
}

#[tokio::test]
async fn the_page_shows_every_check_and_silences_without_a_script() {
    let (board, ada) = Board::claimed().await;
    board.feel(|readings| readings.temperature = Some(88.0));
    let page = ada.page(&board, "/checks").await;
    for text in ["88 °C", "Connection to the router", "Not checked yet"] {
        assert!(page.contains(text), "{text}");
    }
    ada.form(&board, "/checks/run", &[]).await.expect(303);
    assert!(!ada.page(&board, "/checks").await.contains("Not checked yet"));
    ada.form(&board, "/checks/silence", &[("key", "hot"), ("days", "7")])
        .await
        .expect(303);
    let page = ada.page(&board, "/checks").await;
    assert!(
        page.contains("Not shown until"),
        "it stands among what is silenced"
    );
    assert!(!codes(&board, &ada).await.contains("hot"));
    ada.form(&board, "/checks/listen", &[("key", "hot")])
        .await
        .expect(303);
    assert!(codes(&board, &ada).await.contains("hot"));
}

#[tokio::test]
async fn a_domain_that_is_paid_for_a_few_days_only_is_told_once_its_registry_says_so() {
    let (board, ada) = Board::claimed().await;
    let run = async || {
        let report = ada.post(&board, "/api/v1/checks/run", &json!({})).await;
        report.expect(200).json()
    };
    let domain = json!({ "name": "garden.example.org" });
    ada.post(&board, "/api/v1/domains", &domain).await.expect(201);
    let report = run().await;
    let checks = report["checks"].as_array().unwrap();
    let check = checks
        .iter()
        .find(|check| check["name"] == "registration")
        .unwrap();
    assert_eq!(check["state"], "unknown", "nobody said anything");

    let file = |value: Value| Reply::File(value.to_string().into_bytes());
    let list = json!({ "services": [[["org"], ["https://rdap.example/"]]] });
    board.elsewhere("https://data.iana.org/rdap/dns.json", file(list));
    let ends = "2027-01-20T12:00:00Z";
    let answer = json!({ "events": [{ "eventAction": "expiration", "eventDate": ends }] });
    board.elsewhere("https://rdap.example/domain/example.org", file(answer));
    // 2027-01-15 12:00: five days before.
    board.pass(1_800_014_400 - board.now().0);
    let found = run().await;
    let told = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["code"] == "domain-ends");
    let told = told.unwrap_or_else(|| panic!("{found}"));
    assert_eq!(
        (&told["subject"], &told["severity"]),
        (&json!("example.org"), &json!("error"))
    );
}
