// SPDX-License-Identifier: AGPL-3.0-or-later
//! Domains that are proved by a record in DNS: chosen, used, and taken back.

use api_tests::{Board, Dns, Person, Scene};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};
use supervisor::outside::Records;
use tls::DnsRecords as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

const PATH: &str = "/api/v1/domains/example.test/proof";

async fn start(dns: &Dns) -> (Board, Person) {
    let board = Scene::new().asking(dns.questions()).start().await;
    let ada = board.claim().await;
    let new = json!({ "name": "example.test", "every_service": true, "wildcard": true });
    ada.post(&board, "/api/v1/domains", &new).await.expect(201);
    (board, ada)
}

async fn names(board: &Board, ada: &Person) -> BTreeSet<String> {
    let all: Vec<Value> =
        serde_json::from_value(ada.get(board, "/api/v1/certificates").await.json()).unwrap();
    let public = all.iter().map(|status| status["name"].as_str().unwrap());
    public
        .filter(|name| name.ends_with("example.test"))
        .map(str::to_owned)
        .collect()
}

/// A hook that makes records in this DNS.
async fn hook(dns: &Dns) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let texts = dns.texts();
    tokio::spawn(async move {
        loop {
            let (mut tcp, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                assert_ne!(tcp.read_buf(&mut request).await.unwrap(), 0);
            }
            let request = String::from_utf8(request).unwrap();
            let body: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
            let name = body["fqdn"].as_str().unwrap().trim_end_matches('.').to_owned();
            let entry = (name, body["value"].as_str().unwrap().to_owned());
            if request.starts_with("POST /present") {
                texts.lock().unwrap().insert(entry);
            } else {
                texts.lock().unwrap().remove(&entry);
            }
            tcp.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .await
                .unwrap();
        }
    });
    url
}

#[tokio::test]
async fn a_domain_is_proved_by_dns_and_one_certificate_covers_its_names() {
    let dns = Dns::start().await;
    let (board, ada) = start(&dns).await;
    ada.enables(&board, "notes").await;
    let chosen = json!({ "way": "hook", "url": hook(&dns).await });
    let shown = ada.put(&board, PATH, &chosen).await.expect(200).json();
    assert_eq!(shown["proof"]["way"], "hook");

    // Nobody has to reach the board for it: nothing is held though no record leads here, and both names are shown.
    board
        .until("both names are there", async || {
            let expected = ["example.test", "notes.example.test"].map(str::to_owned);
            names(&board, &ada).await == BTreeSet::from(expected)
        })
        .await;
    let all = ada.get(&board, "/api/v1/certificates").await.body;
    assert!(!all.contains("held"), "{all}");

    // The records are made, seen in DNS, and taken away.
    let domain: types::Domain = "example.test".parse().unwrap();
    let records = Records {
        proof: board.app().store.proofs().await.unwrap()[&domain].clone(),
        clock: Arc::clone(&board.app().clock),
        lookup: dns.questions().dns,
    };
    let name = "_acme-challenge.example.test";
    records.put(name, "proof").await.unwrap();
    assert!(
        dns.texts()
            .lock()
            .unwrap()
            .contains(&(name.to_owned(), "proof".to_owned()))
    );
    records.remove(name, "proof").await.unwrap();
    assert!(dns.texts().lock().unwrap().is_empty());

    // Taken back with the domain.
    ada.delete(&board, "/api/v1/domains/example.test")
        .await
        .expect(204);
    assert!(board.app().store.proofs().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_page_keeps_what_was_typed_but_no_secret() {
    let dns = Dns::start().await;
    let (board, ada) = start(&dns).await;
    let path = "/certificates/domains/example.test/proof";
    assert!(ada.page(&board, path).await.contains("example.test"));
    let key = "c2VjcmV0IHNlY3JldCBzZWNyZXQ=";
    let mut fields = vec![
        ("way", "rfc2136"),
        ("server", "192.0.2.53"),
        ("zone", "example.net"),
        ("key_name", "board"),
        ("key", key),
    ];
    let refused = ada.form(&board, path, &fields).await.expect(422).body;
    assert!(
        refused.contains("example.net") && !refused.contains(key),
        "{refused}"
    );
    fields[2].1 = "example.test";
    ada.form(&board, path, &fields).await.expect(303);
    let page = ada.page(&board, path).await;
    assert!(page.contains("192.0.2.53:53") && !page.contains(key), "{page}");
    assert!(ada.page(&board, "/certificates").await.contains("192.0.2.53:53"));
    let shown = ada.get(&board, "/api/v1/domains").await.expect(200).body;
    assert!(shown.contains("rfc2136") && !shown.contains(key), "{shown}");
}
