// SPDX-License-Identifier: AGPL-3.0-or-later
//! One board keeps another's backups: oak keeps them, elm owns them. Elm's restic only pretends; a test says what it
//! would say on the socket that leads to oak.

use super::agreements::{Two, findings, text, two};
use api_tests::{Board, PeerLine, Person};
use bytes::Bytes;
use cluster::{channel, fetch::FetchCode};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{fs, io, path::PathBuf};
use supervisor::peers;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use types::BoardKey;

const HASH_OF_PACK: &str = "cb70ba0c4e16b9b4f27a34e5abdefa42f1e4d0c0ea1f3a5aabb0c4a0d7c4f4c0";

/// Where a peer's backups are spoken of.
const HERE: (&str, &[u8]) = (channel::SERVER_NAME, channel::BACKUPS);

/// One request on a connection of its own.
async fn said(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    method: Method,
    path: &str,
    body: &[u8],
) -> io::Result<(StatusCode, Vec<u8>)> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    tokio::spawn(connection);
    let request = Request::builder().method(method).uri(path).header("host", "oak");
    let request = request.body(Full::new(Bytes::copy_from_slice(body))).unwrap();
    let answer = sender.send_request(request).await.map_err(io::Error::other)?;
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(io::Error::other)?;
    Ok((status, body.to_bytes().to_vec()))
}

fn socket(board: &Board, keeper: &str) -> PathBuf {
    let key: BoardKey = keeper.parse().unwrap();
    board.root().join("run/commonhost/peers").join(key.socket())
}

/// What restic says on a board's socket to the keeper, and what it is answered.
async fn restic(
    board: &Board,
    keeper: &str,
    method: Method,
    path: &str,
    body: &[u8],
) -> io::Result<(StatusCode, Vec<u8>)> {
    let stream = UnixStream::connect(socket(board, keeper)).await?;
    said(stream, method, path, body).await
}

fn named(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    types::Digest::from_bytes(digest.as_ref().try_into().unwrap()).to_string()
}

impl Two {
    async fn elm_says(&self, method: Method, path: &str, body: &[u8]) -> (StatusCode, Vec<u8>) {
        restic(&self.elm, &self.key_of_oak, method, path, body)
            .await
            .unwrap()
    }

    async fn elm_sends(&self, bytes: &[u8]) -> StatusCode {
        let path = format!("/data/{}", named(bytes));
        self.elm_says(Method::POST, &path, bytes).await.0
    }

    /// Elm's owner proposes that oak keeps its backups; oak's accepts.
    async fn oak_keeps(&self, notice: u16) -> String {
        let grant = json!({ "kind": "hold_backups", "gib": 1, "notice": notice });
        let body = json!({ "peer": self.key_of_oak, "giver": "them", "grant": grant });
        let made = self.eva.post(&self.elm, "/api/v1/agreements", &body).await;
        let id = text(&made.expect(201).json(), "id");
        self.oak_hears(&id, "proposed").await;
        let path = format!("/api/v1/agreements/{id}/accept");
        self.ada.post(&self.oak, &path, &json!({})).await.expect(200);
        self.elm_hears(&id, "in_force").await;
        id
    }

    async fn oak_is_a_place(&self) -> String {
        self.eva
            .post(&self.elm, "/api/v1/backups/key", &json!({}))
            .await
            .expect(201);
        let place = json!({ "title": "At oak", "kind": "peer", "peer": self.key_of_oak });
        let asked = self
            .eva
            .post(&self.elm, "/api/v1/backups/repositories", &place)
            .await;
        self.eva.done(&self.elm, asked).await;
        let view = self
            .eva
            .get(&self.elm, "/api/v1/backups")
            .await
            .expect(200)
            .json();
        assert_eq!(view["repositories"][0]["kind"], "peer");
        assert_eq!(view["repositories"][0]["place"], self.key_of_oak.as_str());
        text(&view["repositories"][0], "id")
    }

    async fn held(&self) -> Value {
        let held = self.ada.get(&self.oak, "/api/v1/held").await.expect(200).json();
        held[0].clone()
    }

    fn held_at_oak(&self) -> PathBuf {
        self.oak
            .root()
            .join("data/commonhost/held")
            .join(&self.key_of_elm)
    }

    /// So many hours pass at oak, and it looks after what it keeps.
    async fn hours_at_oak(&self, hours: u32) {
        for _ in 0..hours {
            self.oak.pass(3600);
            peers::tidy(&self.oak.app()).await;
        }
    }
}

#[tokio::test]
async fn backups_go_to_a_board_that_agreed_to_keep_them_and_both_see_how_much() {
    let two = two().await;
    // Nothing is agreed: not a place, and nothing is taken.
    two.eva
        .post(&two.elm, "/api/v1/backups/key", &json!({}))
        .await
        .expect(201);
    let place = json!({ "title": "At oak", "kind": "peer", "peer": two.key_of_oak });
    let add = || two.eva.post(&two.elm, "/api/v1/backups/repositories", &place);
    add().await.refused(409, "not_agreed");
    assert_eq!(two.elm_sends(b"pack").await, StatusCode::FORBIDDEN);
    assert!(!two.held_at_oak().exists());

    two.oak_keeps(30).await;
    let asked = add().await;
    two.eva.done(&two.elm, asked).await;
    add().await.refused(409, "place_known");
    assert_eq!(
        two.elm_says(Method::POST, "/config", b"about").await.0,
        StatusCode::OK
    );
    assert_eq!(two.elm_sends(b"pack").await, StatusCode::OK);
    let pack = named(b"pack");
    let kept = two.held_at_oak().join("data").join(&pack[..2]).join(&pack);
    assert_eq!(fs::read(kept).unwrap(), b"pack");
    let (status, read) = two.elm_says(Method::GET, &format!("/data/{pack}"), b"").await;
    assert_eq!((status, read.as_slice()), (StatusCode::OK, &b"pack"[..]));

    let held = two.held().await;
    assert_eq!(
        (&held["bytes"], &held["room"]),
        (&json!(8192), &json!(1u64 << 30))
    );
    two.elm
        .until("elm is told how much is kept", async || {
            two.elm.pass(3601);
            two.elm.app().peers.hurry();
            two.oak_at_elm().await["kept"]["bytes"] == 8192
        })
        .await;
    let at_elm = two
        .eva
        .page(&two.elm, &format!("/peers/{}", two.key_of_oak))
        .await;
    assert!(
        at_elm.contains("oak keeps of ours</dt><dd>8.1") && at_elm.contains("How the backups there went"),
        "{at_elm}"
    );
    let at_oak = two
        .ada
        .page(&two.oak, &format!("/peers/{}/held", two.key_of_elm))
        .await;
    assert!(at_oak.contains("8.1"), "{at_oak}");

    // A power cut at oak loses nothing.
    two.oak.kill().await;
    two.oak.start_again().await;
    two.oak
        .until("oak counts again", async || two.held().await["bytes"] == 8192)
        .await;
}

#[tokio::test]
async fn what_is_deleted_from_the_owners_board_comes_back_until_its_days_are_over() {
    let two = two().await;
    two.oak_keeps(2).await;
    two.elm_sends(b"pack").await;
    let pack = format!("/data/{}", named(b"pack"));
    // Somebody took elm over.
    assert_eq!(two.elm_says(Method::DELETE, &pack, b"").await.0, StatusCode::OK);
    assert_eq!(
        two.elm_says(Method::GET, &pack, b"").await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(two.held().await["deleted"], 4096);
    two.hours_at_oak(48).await;
    let path = format!("/api/v1/held/{}/bring-back", two.key_of_elm);
    let back = two.ada.post(&two.oak, &path, &json!({})).await.expect(200).json();
    assert_eq!(back["files"], 1);
    assert_eq!(two.elm_says(Method::GET, &pack, b"").await.1, b"pack");
    two.elm_says(Method::DELETE, &pack, b"").await;
    // A clock that jumps ahead deletes nothing.
    two.oak.pass(400 * 86_400);
    peers::tidy(&two.oak.app()).await;
    assert_eq!(two.held().await["deleted"], 4096);
    two.hours_at_oak(72).await;
    assert_eq!(two.held().await["deleted"], 0);
    let back = two.ada.post(&two.oak, &path, &json!({})).await.expect(200).json();
    assert_eq!(back["files"], 0);
}

#[tokio::test]
async fn after_the_end_backups_are_kept_for_the_notice_and_then_go() {
    let two = two().await;
    let id = two.oak_keeps(1).await;
    two.oak_is_a_place().await;
    two.elm_sends(b"pack").await;
    let end = format!("/api/v1/agreements/{id}/end");
    two.ada.post(&two.oak, &end, &json!({})).await.expect(200);
    two.elm_hears(&id, "ending").await;
    assert!(
        findings(&two.eva, &two.elm)
            .await
            .contains(&"keeping-ends:oak".to_owned())
    );
    assert_eq!(
        two.elm_sends(b"more").await,
        StatusCode::OK,
        "until then it goes on"
    );

    two.hours_at_oak(25).await;
    assert_eq!(two.elm_sends(b"yet more").await, StatusCode::FORBIDDEN);
    let pack = format!("/data/{}", named(b"pack"));
    assert_eq!(
        two.elm_says(Method::GET, &pack, b"").await.1,
        b"pack",
        "but it can be fetched"
    );
    two.elm.pass(25 * 3600);
    let asked = two.eva.post(&two.elm, "/api/v1/backups/run", &json!({})).await;
    assert_eq!(two.eva.job(&two.elm, asked).await["state"], "failed");
    assert!(
        findings(&two.eva, &two.elm)
            .await
            .contains(&"keeping-ended:oak".to_owned())
    );
    assert!(two.held().await["left"].is_u64());
    two.hours_at_oak(25).await;
    assert_eq!(two.held().await, Value::Null);
    assert!(!two.held_at_oak().exists());
    let audit = two.ada.get(&two.oak, "/api/v1/audit").await.json().to_string();
    assert!(audit.contains("delete-held-backups"), "{audit}");
}

#[tokio::test]
async fn a_full_disk_is_no_reason_to_fill_it_and_the_owner_is_told() {
    let two = two().await;
    two.oak_keeps(1).await;
    two.oak_is_a_place().await;
    two.elm_sends(b"pack").await;
    two.oak.feel(|readings| readings.disk_available = Some(1 << 20));
    two.oak.pass(60);
    assert_eq!(two.elm_sends(&[1; 9000]).await, StatusCode::FORBIDDEN);
    two.elm
        .until("elm learns that oak keeps less than was agreed", async || {
            two.elm.pass(3601);
            two.elm.app().peers.hurry();
            let key = "peer-gives-less:oak".to_owned();
            findings(&two.eva, &two.elm).await.contains(&key)
        })
        .await;
}

#[tokio::test]
async fn a_lost_board_fetches_its_backups_with_a_code_and_changes_nothing() {
    let two = two().await;
    two.oak_keeps(30).await;
    two.elm_sends(b"pack").await;
    // Elm is unpaired too: what was kept stays for the notice, and opens by the code.
    two.ada
        .delete(&two.oak, &format!("/api/v1/peers/{}", two.key_of_elm))
        .await
        .expect(204);
    peers::tidy(&two.oak.app()).await;
    let page = two.ada.page(&two.oak, "/peers").await;
    assert!(page.contains("paired no more"), "{page}");
    let path = format!("/api/v1/held/{}/code", two.key_of_elm);
    let made = two.ada.post(&two.oak, &path, &json!({})).await.expect(201).json();
    let code = text(&made, "code");

    let new = Board::start().await;
    let claim = new.claim_code().await;
    let words = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    let ask = |code: &str| {
        let place = json!({ "kind": "peer", "url": two.oak.securely_at("127.0.0.1"), "secret": code });
        new.post(
            "/api/v1/restore",
            &json!({ "code": claim, "words": words, "place": place }),
        )
    };
    assert_eq!(ask("abc").await.refused(422, "invalid").fields(), ["secret"]);
    let wrong = "aaaaa-aaaaa-aaaaa-aaaaa";
    ask(wrong).await.refused(409, "no_keeper");
    ask(&code).await.expect(202);
    // Its restic only pretends, so the test says what it would say.
    let fetch: FetchCode = code.parse().unwrap();
    let (us, keeper) = (fetch.fetcher().unwrap(), fetch.keeper().unwrap().key());
    let (door, name) = (two.oak.securely_at("127.0.0.1"), fetch.server_name());
    let line = async || PeerLine::connect(&door, &us, keeper, (&name, channel::BACKUPS)).await;
    let pack = format!("/data/{}", named(b"pack"));
    let (_, who) = said(line().await.unwrap(), Method::GET, "/who", b"")
        .await
        .unwrap();
    assert_eq!(String::from_utf8(who).unwrap(), two.key_of_oak);
    let (status, read) = said(line().await.unwrap(), Method::GET, &pack, b"")
        .await
        .unwrap();
    assert_eq!((status, read.as_slice()), (StatusCode::OK, &b"pack"[..]));
    for (method, path) in [(Method::DELETE, pack.as_str()), (Method::POST, "/config")] {
        let (status, _) = said(line().await.unwrap(), method, path, b"x").await.unwrap();
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
    }
    // It finds nothing it knows: everything is as before, and can be tried again.
    new.until("the restore has failed", async || {
        new.get("/api/v1/restore").await.expect(200).json()["state"] == "failed"
    })
    .await;
    two.ada.delete(&two.oak, &path).await.expect(204);
    ask(&code).await.refused(409, "no_keeper");
    assert!(line().await.is_err(), "and nobody else gets in with it");
}

#[tokio::test]
async fn a_peer_that_means_harm_gets_nothing_else_and_nothing_more() {
    let two = two().await;
    two.oak_keeps(1).await;
    let elm = two.elm.app().store.identity().await.unwrap();
    let oak: BoardKey = two.key_of_oak.parse().unwrap();
    let door = two.oak.securely_at("127.0.0.1");
    let line = async || PeerLine::connect(&door, &elm, oak, HERE).await.unwrap();
    for path in [
        "/../state.db",
        "/data/../../state.db",
        "/data/..%2f..%2fstate.db",
        "//data/.//config",
        "/aside/0/data-x",
        "/arriving/x",
        "/who",
    ] {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::DELETE] {
            let (status, _) = said(line().await, method.clone(), path, b"x").await.unwrap();
            assert!(status.is_client_error(), "{method} {path}: {status}");
        }
    }
    let wrong = format!("/data/{HASH_OF_PACK}");
    let (status, _) = said(line().await, Method::POST, &wrong, b"other bytes")
        .await
        .unwrap();
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let fox = cluster::Identity::generate().unwrap();
    let stranger = PeerLine::connect(&door, &fox, oak, HERE).await;
    if let Ok(stream) = stranger {
        assert!(said(stream, Method::GET, "/config", b"").await.is_err());
    }
    // Half-open connections take no more than their own share.
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(line().await);
    }
    two.oak
        .until("one more is cut", async || {
            said(line().await, Method::GET, "/config", b"").await.is_err()
        })
        .await;
    assert!(!two.held_at_oak().join("data").exists());
    drop(held);
    two.oak
        .until("there is room again", async || {
            said(line().await, Method::HEAD, "/config", b"").await.is_ok()
        })
        .await;
}

/// Whoever has no script can do all of it.
#[tokio::test]
async fn both_owners_agree_by_forms() {
    let two = two().await;
    let at_elm = format!("/peers/{}", two.key_of_oak);
    let fields = [
        ("kind", "hold_backups"),
        ("hold_who", "each"),
        ("gib", "5"),
        ("notice", "7"),
    ];
    let propose = |fields: &[(&str, &str)]| two.eva.form(&two.elm, &format!("{at_elm}/agreements"), fields);
    let bad = [
        ("kind", "hold_backups"),
        ("hold_who", "each"),
        ("gib", "0"),
        ("notice", "7"),
    ];
    propose(&bad).await.expect(422);
    propose(&fields).await.expect(303);
    let open = two.eva.get(&two.elm, "/api/v1/agreements").await.json();
    assert_eq!(open.as_array().unwrap().len(), 2);
    for view in open.as_array().unwrap() {
        let id = text(view, "id");
        two.oak_hears(&id, "proposed").await;
        let accept = format!("/peers/{}/agreements/{id}/accept", two.key_of_elm);
        two.ada.form(&two.oak, &accept, &[]).await.expect(303);
        two.elm_hears(&id, "in_force").await;
    }
    let page = two.eva.page(&two.elm, &at_elm).await;
    assert!(page.contains("/backups/places/new?kind=peer"), "{page}");
    two.eva
        .post(&two.elm, "/api/v1/backups/key", &json!({}))
        .await
        .expect(201);
    let page = two.eva.page(&two.elm, "/backups/places/new?kind=peer").await;
    assert!(page.contains(&two.key_of_oak), "{page}");
    let fields = [
        ("kind", "peer"),
        ("title", "At oak"),
        ("peer", two.key_of_oak.as_str()),
    ];
    let added = two
        .eva
        .form(&two.elm, "/backups/places", &fields)
        .await
        .expect(303);
    assert!(added.header("location").starts_with("/jobs/"));
    assert_eq!(two.elm_sends(b"pack").await, StatusCode::OK);
    let held = format!("/peers/{}/held", two.key_of_elm);
    let made: Person = two.ada;
    let shown = made
        .form(&two.oak, &format!("{held}/code"), &[])
        .await
        .expect(200);
    assert!(shown.body.contains("new-secret"), "the code is shown once");
    assert!(made.page(&two.oak, &held).await.contains("/uncode"));
    made.form(&two.oak, &format!("{held}/uncode"), &[])
        .await
        .expect(303);
    made.form(&two.oak, &format!("{held}/bring-back"), &[])
        .await
        .expect(303);
}
