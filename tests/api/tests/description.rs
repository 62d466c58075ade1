// SPDX-License-Identifier: AGPL-3.0-or-later
//! `openapi.json`, and addresses that are in no table.

use api_tests::Board;
use http::Method;
use serde_json::Value;
use std::collections::BTreeSet;

#[tokio::test]
async fn the_description_lists_the_table_and_nothing_else() {
    let board = Board::start().await;
    let document = board.get("/api/v1/openapi.json").await.expect(200).json();
    assert_eq!(document["openapi"], "3.1.0");
    let described: BTreeSet<(String, String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            let operations = item.as_object().unwrap().iter();
            operations.map(move |(method, operation)| {
                let policy = operation["x-policy"].as_str().unwrap();
                (path.clone(), method.to_uppercase(), policy.to_owned())
            })
        })
        .collect();
    let table: BTreeSet<(String, String, String)> = supervisor::api::routes()
        .iter()
        .map(|route| {
            let (method, path, policy) = route.describe();
            (
                path.to_owned(),
                method.to_string(),
                format!("{policy:?}").to_lowercase(),
            )
        })
        .collect();
    assert_eq!(described, table);
}

#[tokio::test]
async fn everything_the_description_refers_to_is_in_it() {
    let board = Board::start().await;
    let document = board.get("/api/v1/openapi.json").await.expect(200).json();
    let mut found = BTreeSet::new();
    collect(&document, &mut found);
    assert!(found.len() > 10, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("only within the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                found.insert(reference.clone());
            }
            fields.values().for_each(|value| collect(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_path_names_its_parameters() {
    let board = Board::start().await;
    let document = board.get("/api/v1/openapi.json").await.expect(200).json();
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            let named = operation["parameters"].as_array().unwrap().iter();
            let named = named.filter(|parameter| parameter["in"] == "path").count();
            assert_eq!(named, path.matches('{').count(), "{path}");
            assert!(
                operation["summary"].as_str().is_some_and(|text| text.len() > 5),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn an_address_that_is_not_there_says_so_in_json() {
    let (board, ada) = Board::claimed().await;
    for path in [
        "/api/v1/nothing",
        "/api/v1",
        "/api/v1/",
        "/api/v2/health",
        "/api/",
        "/api/v1/jobs/nothing",
        "/api/v1/services/nothing",
        "/api/v1/services/Not%20A%20Name",
        "/api/v1/members/nobody",
    ] {
        ada.get(&board, path).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_method_that_an_address_does_not_take_says_so_in_json() {
    let (board, ada) = Board::claimed().await;
    for (method, path) in [
        (Method::DELETE, "/api/v1/health"),
        (Method::GET, "/api/v1/claim"),
        (Method::PATCH, "/api/v1/services/notes"),
        (Method::PUT, "/api/v1/services/notes/start"),
    ] {
        let answer = ada.ask(&board, method, path).await;
        answer.refused(405, "method_not_allowed");
    }
}

#[tokio::test]
async fn what_cannot_be_read_in_an_address_is_told_in_json() {
    let (board, ada) = Board::claimed().await;
    for path in [
        "/api/v1/audit?limit=many",
        "/api/v1/jobs?limit=-1",
        "/api/v1/members/%FF",
    ] {
        ada.get(&board, path).await.refused(400, "bad_request");
    }
    ada.enables(&board, "notes").await;
    let answer = ada.delete(&board, "/api/v1/services/notes?purge=perhaps").await;
    answer.refused(400, "bad_request");
    assert_eq!(ada.service(&board, "notes").await["state"], "running");
}
