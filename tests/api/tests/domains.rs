// SPDX-License-Identifier: AGPL-3.0-or-later
//! Domains: the records to make, the watch over DNS, and that nothing is ordered before.

use api_tests::{Board, Dns, Person, Scene};
use host::sensors::{Link, Network};
use serde_json::{Value, json};

/// Of nobody's documentation range, which would not count as public.
const PUBLIC: [u8; 4] = [93, 184, 216, 34];

async fn start(dns: &Dns) -> (Board, Person) {
    let board = Scene::new().asking(dns.questions()).start().await;
    board.feel(|readings| {
        readings.network = Some(Network {
            links: vec![Link {
                name: "end0".into(),
                up: true,
                wireless: false,
                mbit: Some(1000),
            }],
            addresses: vec![PUBLIC.into()],
            gateway: Some([93, 184, 216, 1].into()),
            gateway_v6: false,
        });
    });
    let ada = board.claim().await;
    ada.post(&board, "/api/v1/reach/look", &json!({}))
        .await
        .expect(202);
    board
        .until("the address is known", async || {
            let reach = ada.get(&board, "/api/v1/reach").await.json();
            reach["v4"]["state"] == "direct"
        })
        .await;
    (board, ada)
}

async fn name(board: &Board, ada: &Person, domain: &str, name: &str) -> Value {
    let shown = ada
        .get(board, &format!("/api/v1/domains/{domain}"))
        .await
        .expect(200)
        .json();
    let names = shown["names"].as_array().unwrap().clone();
    names
        .into_iter()
        .find(|shown| shown["name"] == name)
        .unwrap_or_default()
}

async fn until(board: &Board, ada: &Person, domain: &str, state: &str) -> Value {
    ada.post(board, &format!("/api/v1/domains/{domain}/look"), &json!({}))
        .await
        .expect(202);
    board
        .until(&format!("{domain} is {state}"), async || {
            name(board, ada, domain, domain).await["state"] == state
        })
        .await;
    name(board, ada, domain, domain).await
}

async fn certificate(board: &Board, ada: &Person, name: &str) -> Value {
    let all = ada.get(board, "/api/v1/certificates").await.json();
    let all = all.as_array().unwrap().clone();
    all.into_iter().find(|status| status["name"] == name).unwrap()
}

/// An authority where nobody listens: what is ordered there fails, and that is seen.
async fn accept_terms(board: &Board, ada: &Person) {
    let choice = json!({ "directory": "https://127.0.0.1:1/dir", "terms_accepted": true });
    ada.put(board, "/api/v1/certificates/authority", &choice)
        .await
        .expect(204);
}

#[tokio::test]
async fn nothing_is_ordered_before_the_records_are_there() {
    let dns = Dns::start().await;
    let (board, ada) = start(&dns).await;
    accept_terms(&board, &ada).await;
    let new = json!({ "name": "example.test" });
    let added = ada.post(&board, "/api/v1/domains", &new).await.expect(201).json();
    let record = &added["records"][0];
    assert_eq!((&record["label"], &record["type"]), (&json!("@"), &json!("A")));
    assert_eq!(record["line"], "example.test. 300 IN A 93.184.216.34");

    until(&board, &ada, "example.test", "missing").await;
    let status = certificate(&board, &ada, "example.test").await;
    assert_eq!(
        (&status["state"]["state"], &status["attempts"]),
        (&json!("held"), &json!(0))
    );
    let codes = ada.get(&board, "/api/v1/checks").await.body;
    assert!(codes.contains("dns-missing:example.test"), "{codes}");

    // It leads to somebody else: that is said, with their address.
    dns.point("example.test", [8, 8, 8, 8]);
    let wrong = until(&board, &ada, "example.test", "wrong").await;
    assert!(wrong["message"].as_str().unwrap().contains("8.8.8.8"), "{wrong}");
    assert_eq!(
        certificate(&board, &ada, "example.test").await["state"]["state"],
        "held"
    );

    dns.point("example.test", PUBLIC);
    until(&board, &ada, "example.test", "ready").await;
    board
        .until("the authority is asked", async || {
            certificate(&board, &ada, "example.test").await["attempts"] == 1
        })
        .await;
    // Once ready, a name is not held again because DNS fails for a moment.
    dns.point("example.test", [8, 8, 8, 8]);
    until(&board, &ada, "example.test", "wrong").await;
    assert_ne!(
        certificate(&board, &ada, "example.test").await["state"]["state"],
        "held"
    );
}

#[tokio::test]
async fn a_person_who_knows_better_can_have_it_ordered_at_once() {
    let dns = Dns::start().await;
    let (board, ada) = start(&dns).await;
    accept_terms(&board, &ada).await;
    let new = json!({ "name": "example.test" });
    ada.post(&board, "/api/v1/domains", &new).await.expect(201);
    until(&board, &ada, "example.test", "missing").await;
    let retry = "/api/v1/certificates/example.test/retry";
    ada.post(&board, retry, &json!({})).await.expect(202);
    board
        .until("the authority is asked", async || {
            certificate(&board, &ada, "example.test").await["attempts"] != 0
        })
        .await;
}

#[tokio::test]
async fn every_service_has_a_name_under_a_domain_that_says_so() {
    let dns = Dns::start().await;
    let (board, ada) = start(&dns).await;
    let new = json!({ "name": "example.test", "every_service": true, "wildcard": true });
    ada.post(&board, "/api/v1/domains", &new).await.expect(201);
    ada.enables(&board, "notes").await;
    ada.enables(&board, "files").await;
    let shown = ada.get(&board, "/api/v1/domains/example.test").await.json();
    let names: Vec<&Value> = shown["names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| &name["name"])
        .collect();
    assert_eq!(
        names,
        ["example.test", "files.example.test", "notes.example.test"]
    );
    let labels: Vec<&Value> = shown["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["label"])
        .collect();
    assert_eq!(labels, ["@", "*"]);
    // It leads there, and is no longer there with the service.
    let answer = board
        .get("/")
        .to(&board.at("notes.example.test"))
        .await
        .expect(308);
    assert_eq!(answer.header("location"), "https://notes.example.test/");
    let answer = ada.delete(&board, "/api/v1/services/notes").await;
    ada.done(&board, answer).await;
    assert_eq!(
        name(&board, &ada, "example.test", "notes.example.test").await,
        Value::Null
    );
}

#[tokio::test]
async fn what_was_chosen_about_the_way_from_outside_is_shown_without_its_secrets() {
    let dns = Dns::start().await;
    let (board, ada) = start(&dns).await;
    let choice = json!({
        "open_ports": true,
        "echo": ["http://127.0.0.1:1/"],
        "dynamic": { "way": "rfc2136", "server": "127.0.0.1:1", "zone": "example.test",
                     "name": "board.example.test", "key_name": "key", "key": "c2VjcmV0IHNlY3JldCBzZWNyZXQ=" },
    });
    let answer = ada
        .put(&board, "/api/v1/reach/settings", &choice)
        .await
        .expect(200);
    assert!(!answer.body.contains("c2VjcmV0"), "{}", answer.body);
    let shown = answer.json();
    assert_eq!(shown["ports_allowed_by"], "ada");
    assert_eq!(shown["dynamic"]["name"], "board.example.test");
    // Names become aliases of the one that follows the address.
    let new = json!({ "name": "www.example.test" });
    ada.post(&board, "/api/v1/domains", &new).await.expect(201);
    until(&board, &ada, "www.example.test", "missing").await;
    let shown = ada.get(&board, "/api/v1/domains/www.example.test").await.json();
    assert_eq!(
        shown["records"][0]["line"],
        "www.example.test. 300 IN CNAME board.example.test."
    );
    let page = ada.page(&board, "/reach").await;
    assert!(page.contains("board.example.test") && !page.contains("c2VjcmV0"));
    let bad = json!({ "dynamic": { "way": "dyndns2", "server": "http://plain.example" } });
    ada.put(&board, "/api/v1/reach/settings", &bad)
        .await
        .refused(422, "invalid");
    ada.form(&board, "/reach/ports", &[]).await.expect(303);
    assert_eq!(
        ada.get(&board, "/api/v1/reach").await.json()["ports_allowed_by"],
        Value::Null
    );
}
