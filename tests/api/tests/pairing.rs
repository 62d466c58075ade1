// SPDX-License-Identifier: AGPL-3.0-or-later
//! Two boards of two owners, introduced to each other by a code.

use api_tests::{Answer, Board, Person};
use serde_json::{Value, json};

struct Two {
    oak: Board,
    ada: Person,
    elm: Board,
    eva: Person,
}

async fn two() -> Two {
    let (oak, ada) = Board::claimed().await;
    let (elm, eva) = Board::claimed().await;
    Two { oak, ada, elm, eva }
}

impl Two {
    /// A code on oak's screen: its pairing and the code.
    async fn code(&self) -> (String, String) {
        let made = self.ada.post(&self.oak, "/api/v1/pairings", &json!({})).await;
        let made = made.expect(201).json();
        assert_eq!(
            (&made["stage"], &made["role"]),
            (&json!("waiting"), &json!("host"))
        );
        (text(&made, "id"), text(&made, "code"))
    }

    /// The code is typed at elm, which is told where oak is.
    async fn typed(&self, code: &str) -> Answer {
        let address = self.oak.securely_at("127.0.0.1");
        let body = json!({ "code": code, "address": address });
        self.eva.post(&self.elm, "/api/v1/pairings", &body).await
    }

    async fn at_oak(&self, id: &str) -> Value {
        let path = format!("/api/v1/pairings/{id}");
        self.ada.get(&self.oak, &path).await.expect(200).json()
    }

    async fn at_elm(&self, id: &str) -> Value {
        let path = format!("/api/v1/pairings/{id}");
        self.eva.get(&self.elm, &path).await.expect(200).json()
    }

    /// Both screens show the words: both pairings' ids.
    async fn comparing(&self) -> (String, String) {
        let (here, code) = self.code().await;
        let there = self.typed(&code).await.expect(201).json();
        (here, text(&there, "id"))
    }

    async fn confirm(&self, here: &str, there: &str) {
        let words = json!({ "words": self.at_oak(here).await["words"] });
        let path = format!("/api/v1/pairings/{here}/confirm");
        self.ada.post(&self.oak, &path, &words).await.expect(200);
        let path = format!("/api/v1/pairings/{there}/confirm");
        self.eva.post(&self.elm, &path, &words).await.expect(200);
        self.elm
            .until("both boards are paired", async || {
                self.at_elm(there).await["stage"] == "paired" && self.at_oak(here).await["stage"] == "paired"
            })
            .await;
    }
}

fn text(value: &Value, key: &str) -> String {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {value}"))
        .to_owned()
}

/// What the board knows of its peers, without when it last heard of each, which changes by itself.
async fn peers(person: &Person, board: &Board) -> Vec<Value> {
    let mut peers = person.get(board, "/api/v1/peers").await.expect(200).json();
    let peers = peers.as_array_mut().unwrap();
    for peer in &mut *peers {
        peer.as_object_mut().unwrap().remove("heard");
    }
    std::mem::take(peers)
}

#[tokio::test]
async fn two_people_introduce_their_boards_to_each_other() {
    let two = two().await;
    let (here, code) = two.code().await;
    let hint: u8 = code[..2].parse().unwrap();
    assert_eq!(two.oak.lan.offered(), Some(hint), "announced while it is open");
    let there = two.typed(&code).await.expect(201).json();
    let (here_view, there_id) = (two.at_oak(&here).await, text(&there, "id"));
    assert_eq!(two.oak.lan.offered(), None, "and no longer");
    assert_eq!(here_view["stage"], "comparing");
    assert_eq!(here_view["words"], there["words"]);
    assert_eq!(text(&there, "words").split(' ').count(), 3);
    assert_eq!(here_view["code"], Value::Null, "a used code is not shown");
    assert!(peers(&two.ada, &two.oak).await.is_empty(), "nobody has confirmed");

    let path = format!("/api/v1/pairings/{here}/confirm");
    let wrong = two
        .ada
        .post(&two.oak, &path, &json!({ "words": "not these words" }))
        .await;
    assert_eq!(wrong.refused(422, "invalid").fields(), ["words"]);
    two.confirm(&here, &there_id).await;
    let (at_oak, at_elm) = (peers(&two.ada, &two.oak).await, peers(&two.eva, &two.elm).await);
    assert_eq!((at_oak.len(), at_elm.len()), (1, 1));
    assert_eq!(at_oak[0]["key"], here_view["peer"]["key"]);
    assert_eq!(at_elm[0]["key"], there["peer"]["key"]);
    assert_ne!(at_oak[0]["key"], at_elm[0]["key"]);
    let audit = two.ada.get(&two.oak, "/api/v1/audit").await.json().to_string();
    assert!(
        audit.contains(r#""act":"pair""#) && audit.contains(r#""act":"pairing-code""#),
        "{audit}"
    );

    // Peers and the own key outlive the process.
    two.oak.kill().await;
    two.oak.start_again().await;
    assert_eq!(peers(&two.ada, &two.oak).await, at_oak);

    let path = format!("/api/v1/peers/{}", text(&at_oak[0], "key"));
    two.ada.delete(&two.oak, &path).await.expect(204);
    two.ada.delete(&two.oak, &path).await.refused(404, "not_found");
    assert!(peers(&two.ada, &two.oak).await.is_empty());
    assert_eq!(
        peers(&two.eva, &two.elm).await,
        at_elm,
        "the other side decides for itself"
    );

    // The same boards again: the same keys.
    let (here, there) = two.comparing().await;
    two.confirm(&here, &there).await;
    assert_eq!(peers(&two.eva, &two.elm).await.len(), 1);
    assert_eq!(peers(&two.ada, &two.oak).await[0]["key"], at_oak[0]["key"]);
}

#[tokio::test]
async fn a_board_is_found_on_the_local_network_by_the_codes_first_digits() {
    let two = two().await;
    let (_, code) = two.code().await;
    let body = json!({ "code": code });
    let answer = two.eva.post(&two.elm, "/api/v1/pairings", &body).await;
    answer.refused(409, "not_found_on_network");
    let door = two.oak.securely_at("127.0.0.1").parse().unwrap();
    two.elm.lan.appear(code[..2].parse().unwrap(), door);
    let there = two
        .eva
        .post(&two.elm, "/api/v1/pairings", &body)
        .await
        .expect(201)
        .json();
    assert_eq!(there["stage"], "comparing");
}

#[tokio::test]
async fn a_wrong_code_is_wrong_once_and_after_three_there_is_a_pause() {
    let two = two().await;
    for _ in 0..3 {
        let (here, code) = two.code().await;
        let last = if code.ends_with('0') { "1" } else { "0" };
        let wrong = format!("{}{last}", &code[..10]);
        two.typed(&wrong).await.refused(409, "wrong_code");
        assert_eq!(two.at_oak(&here).await["stage"], "failed");
        two.typed(&code).await.refused(409, "code_spent");
    }
    let answer = two.ada.post(&two.oak, "/api/v1/pairings", &json!({})).await;
    answer.refused(429, "pairing_paused");
    two.oak.pass(901);
    let (_, code) = two.code().await;
    two.typed(&code).await.expect(201);
}

#[tokio::test]
async fn a_code_lives_five_minutes() {
    let two = two().await;
    let (here, code) = two.code().await;
    two.oak.pass(300);
    two.typed(&code).await.refused(409, "code_spent");
    assert_eq!(two.at_oak(&here).await["stage"], "failed");
}

#[tokio::test]
async fn whoever_sees_other_words_calls_it_off_for_both() {
    let two = two().await;
    let (here, there) = two.comparing().await;
    let words = json!({ "words": two.at_oak(&here).await["words"] });
    let path = format!("/api/v1/pairings/{here}/confirm");
    two.ada.post(&two.oak, &path, &words).await.expect(200);
    let path = format!("/api/v1/pairings/{there}");
    two.eva.delete(&two.elm, &path).await.expect(204);
    assert_eq!(two.at_oak(&here).await["stage"], "failed");
    assert!(peers(&two.ada, &two.oak).await.is_empty());
    assert!(peers(&two.eva, &two.elm).await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_a_code_or_an_address_is_said_before_anything_is_sent() {
    let two = two().await;
    for (body, field) in [
        (json!({ "code": "12345678" }), "code"),
        (
            json!({ "code": "472-938-105", "address": "no address" }),
            "address",
        ),
        (json!({ "address": "127.0.0.1" }), "code"),
    ] {
        let answer = two.eva.post(&two.elm, "/api/v1/pairings", &body).await;
        assert_eq!(answer.refused(422, "invalid").fields(), [field]);
    }
    // A web server that is no board, and nothing at all.
    let port = two.oak.at("127.0.0.1");
    let body = json!({ "code": "472-938-105", "address": port });
    two.eva
        .post(&two.elm, "/api/v1/pairings", &body)
        .await
        .refused(409, "unreachable");
    let (_, code) = two.code().await;
    let own = json!({ "code": code, "address": two.oak.securely_at("127.0.0.1") });
    two.ada
        .post(&two.oak, "/api/v1/pairings", &own)
        .await
        .refused(409, "own_code");
}

#[tokio::test]
async fn the_pages_lead_through_a_pairing() {
    let two = two().await;
    let form = |board: &Board, person: &Person, path: &str, form: &str| {
        board
            .ask(http::Method::POST, path)
            .body("application/x-www-form-urlencoded", form.to_owned())
            .cookie(&person.session)
            .same_origin()
    };
    let made = form(&two.oak, &two.ada, "/peers/code", "").await.expect(303);
    let page = made.header("location").to_owned();
    let shown = two.oak.get(&page).cookie(&two.ada.session).await.expect(200).body;
    assert!(shown.contains("class=\"qr\""), "{shown}");
    let start = shown.find("class=\"spoken\">").unwrap() + 15;
    let code = &shown[start..start + 11];
    let address = two.oak.securely_at("127.0.0.1");
    let typed = format!("code={code}&address={address}");
    let there = form(&two.elm, &two.eva, "/peers/pair", &typed)
        .await
        .expect(303)
        .header("location")
        .to_owned();
    let shown = two.oak.get(&page).cookie(&two.ada.session).await.expect(200).body;
    let value = shown
        .split("name=\"words\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let words = format!("words={}", value.replace(' ', "+"));
    form(&two.oak, &two.ada, &format!("{page}/confirm"), &words)
        .await
        .expect(303);
    form(&two.elm, &two.eva, &format!("{there}/confirm"), &words)
        .await
        .expect(303);
    two.elm
        .until("the boards are paired", async || {
            peers(&two.eva, &two.elm).await.len() == 1 && peers(&two.ada, &two.oak).await.len() == 1
        })
        .await;
    let list = two
        .oak
        .get("/peers")
        .cookie(&two.ada.session)
        .await
        .expect(200)
        .body;
    assert!(list.contains("href=\"/peers/"), "{list}");
    let again = form(&two.elm, &two.eva, "/peers/pair", &typed).await;
    assert!(again.expect(409).body.contains("role=\"alert\""));
}
