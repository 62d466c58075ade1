// SPDX-License-Identifier: AGPL-3.0-or-later
//! Two paired boards agree on something, and watch each other.

use api_tests::{Board, PeerLine, Person, Reply};
use serde_json::{Value, json};
use types::BoardKey;

/// Oak, which is reached by elm; and elm, which oak cannot reach until it is told where.
pub(crate) struct Two {
    pub(crate) oak: Board,
    pub(crate) ada: Person,
    pub(crate) elm: Board,
    pub(crate) eva: Person,
    /// Their keys, as the other one knows them.
    pub(crate) key_of_oak: String,
    pub(crate) key_of_elm: String,
}

pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {value}"))
        .to_owned()
}

pub(crate) async fn two() -> Two {
    let (oak, ada) = Board::claimed().await;
    let (elm, eva) = Board::claimed().await;
    pair(oak, ada, elm, eva).await
}

async fn pair(oak: Board, ada: Person, elm: Board, eva: Person) -> Two {
    let shown = ada
        .post(&oak, "/api/v1/pairings", &json!({}))
        .await
        .expect(201)
        .json();
    let typed = json!({ "code": shown["code"], "address": oak.securely_at("127.0.0.1") });
    let typed = eva
        .post(&elm, "/api/v1/pairings", &typed)
        .await
        .expect(201)
        .json();
    let words = json!({ "words": typed["words"] });
    let path = |view: &Value| format!("/api/v1/pairings/{}", text(view, "id"));
    ada.post(&oak, &format!("{}/confirm", path(&shown)), &words)
        .await
        .expect(200);
    eva.post(&elm, &format!("{}/confirm", path(&typed)), &words)
        .await
        .expect(200);
    elm.until("both boards are paired", async || {
        eva.get(&elm, &path(&typed)).await.expect(200).json()["stage"] == "paired"
    })
    .await;
    let at_oak = ada.get(&oak, &path(&shown)).await.json();
    let (key_of_elm, key_of_oak) = (text(&at_oak["peer"], "key"), text(&typed["peer"], "key"));
    Two {
        oak,
        ada,
        elm,
        eva,
        key_of_oak,
        key_of_elm,
    }
}

impl Two {
    pub(crate) async fn elm_at_oak(&self) -> Value {
        let path = format!("/api/v1/peers/{}", self.key_of_elm);
        self.ada.get(&self.oak, &path).await.expect(200).json()
    }

    pub(crate) async fn oak_at_elm(&self) -> Value {
        let path = format!("/api/v1/peers/{}", self.key_of_oak);
        self.eva.get(&self.elm, &path).await.expect(200).json()
    }

    /// Oak learns where elm is now.
    pub(crate) async fn tell_oak_where_elm_is(&self) {
        let path = format!("/api/v1/peers/{}", self.key_of_elm);
        let body = json!({ "address": self.elm.securely_at("127.0.0.1") });
        self.ada
            .ask(&self.oak, http::Method::PATCH, &path)
            .json(&body)
            .await
            .expect(200);
    }

    /// Ada proposes at oak that `giver` watches.
    async fn propose(&self, giver: &str) -> String {
        let grant = json!({ "kind": "watch", "silence": 5 });
        let body = json!({ "peer": self.key_of_elm, "giver": giver, "grant": grant });
        let made = self.ada.post(&self.oak, "/api/v1/agreements", &body).await;
        let made = made.expect(201).json();
        assert_eq!(
            (&made["standing"], &made["we_proposed"]),
            (&json!("proposed"), &json!(true))
        );
        text(&made, "id")
    }

    async fn standing_at_oak(&self, id: &str) -> Option<String> {
        standing(&self.ada, &self.oak, id).await
    }

    async fn standing_at_elm(&self, id: &str) -> Option<String> {
        standing(&self.eva, &self.elm, id).await
    }

    /// Waits until elm has heard of it. Elm asks by itself when it is time; nobody waits for that here.
    pub(crate) async fn elm_hears(&self, id: &str, word: &str) {
        self.elm
            .until(&format!("elm hears that it is {word}"), async || {
                self.elm.pass(60);
                self.elm.app().peers.hurry();
                self.standing_at_elm(id).await.as_deref() == Some(word)
            })
            .await;
    }

    pub(crate) async fn oak_hears(&self, id: &str, word: &str) {
        self.oak
            .until(&format!("oak hears that it is {word}"), async || {
                self.standing_at_oak(id).await.as_deref() == Some(word)
            })
            .await;
    }

    /// Both agree that `giver`, as oak sees it, watches the other.
    async fn agree(&self, giver: &str) -> String {
        let id = self.propose(giver).await;
        self.elm_hears(&id, "proposed").await;
        let path = format!("/api/v1/agreements/{id}/accept");
        self.ada
            .post(&self.oak, &path, &json!({}))
            .await
            .refused(409, "not_now");
        self.eva.post(&self.elm, &path, &json!({})).await.expect(200);
        self.oak_hears(&id, "in_force").await;
        id
    }
}

async fn standing(person: &Person, board: &Board, id: &str) -> Option<String> {
    let all = person.get(board, "/api/v1/agreements").await.expect(200).json();
    let found = all.as_array().unwrap().iter().find(|view| view["id"] == id)?;
    Some(text(found, "standing"))
}

pub(crate) async fn findings(person: &Person, board: &Board) -> Vec<String> {
    let checks = person.get(board, "/api/v1/checks").await.expect(200).json();
    let found = checks.as_array().unwrap().iter();
    found.map(|finding| text(finding, "key")).collect()
}

#[tokio::test]
async fn what_one_owner_proposes_and_the_other_accepts_holds_until_one_ends_it() {
    let two = two().await;
    let id = two.agree("us").await;
    let at_elm = two
        .eva
        .get(&two.elm, &format!("/api/v1/agreements/{id}"))
        .await
        .json();
    assert_eq!(
        (&at_elm["we_give"], &at_elm["we_proposed"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(at_elm["grant"], json!({ "kind": "watch", "silence": 5 }));

    // The same again, other kinds, and limits that make no sense.
    let ask = |body: Value| two.ada.post(&two.oak, "/api/v1/agreements", &body);
    let grant = json!({ "kind": "watch", "silence": 5 });
    let body = |grant: &Value| json!({ "peer": two.key_of_elm, "giver": "us", "grant": grant });
    ask(body(&grant)).await.refused(409, "already_agreed");
    let relay = json!({ "kind": "relay", "names": ["elm.example.org"], "gib": 5 });
    assert_eq!(
        ask(body(&relay)).await.refused(422, "invalid").fields(),
        ["grant"]
    );
    let hasty = json!({ "kind": "watch", "silence": 1 });
    assert_eq!(
        ask(body(&hasty)).await.refused(422, "invalid").fields(),
        ["silence"]
    );
    let mut past = body(&grant);
    past["until"] = json!(1);
    past["giver"] = json!("them");
    assert_eq!(ask(past).await.refused(422, "invalid").fields(), ["until"]);

    // Elm ends it; oak hears of it.
    let path = format!("/api/v1/agreements/{id}/end");
    let ended = two.eva.post(&two.elm, &path, &json!({})).await.expect(200).json();
    assert_eq!(
        (&ended["standing"], &ended["reason"]),
        (&json!("over"), &json!("ended_by_us"))
    );
    two.oak_hears(&id, "over").await;
    let at_oak = two
        .ada
        .get(&two.oak, &format!("/api/v1/agreements/{id}"))
        .await
        .json();
    assert_eq!(at_oak["reason"], "ended_by_them");
    two.ada
        .post(&two.oak, &path, &json!({}))
        .await
        .refused(409, "not_now");
    for (person, board, acts) in [
        (&two.eva, &two.elm, ["accept-agreement", "end-agreement"]),
        (&two.ada, &two.oak, ["propose-agreement", "agreement-heard"]),
    ] {
        let audit = person.get(board, "/api/v1/audit").await.json().to_string();
        assert!(acts.iter().all(|act| audit.contains(act)), "{audit}");
    }
}

#[tokio::test]
async fn what_was_said_is_told_after_a_power_cut_on_either_side() {
    let two = two().await;
    let id = two.propose("us").await;
    two.oak.kill().await;
    two.elm.kill().await;
    two.oak.start_again().await;
    two.elm.start_again().await;
    assert_eq!(two.standing_at_oak(&id).await.as_deref(), Some("proposed"));
    // Neither knows where the other is now, until somebody says it; then it comes by itself.
    two.tell_oak_where_elm_is().await;
    two.elm
        .until("elm hears of it", async || {
            two.standing_at_elm(&id).await.as_deref() == Some("proposed")
        })
        .await;
    let path = format!("/api/v1/agreements/{id}/accept");
    two.eva.post(&two.elm, &path, &json!({})).await.expect(200);
    two.elm.kill().await;
    two.elm.start_again().await;
    two.tell_oak_where_elm_is().await;
    two.oak_hears(&id, "in_force").await;
}

#[tokio::test]
async fn a_board_that_is_watched_says_how_it_is_and_its_silence_is_told() {
    let two = two().await;
    two.agree("us").await;
    two.tell_oak_where_elm_is().await;
    two.oak
        .until("elm says how it is", async || {
            two.elm_at_oak().await["health"]["up"] == 60
        })
        .await;
    let at_elm = two.oak_at_elm().await;
    assert_eq!(
        (&at_elm["watched"], &at_elm["watching"]),
        (&json!(true), &json!(false))
    );
    assert!(at_elm["heard"].is_i64());
    assert_eq!(at_elm["health"], Value::Null, "only who watches is told");
    assert_eq!(two.elm_at_oak().await["silent"], Value::Null);

    // Elm dies.
    two.elm.kill().await;
    two.oak
        .until("its silence is told", async || {
            two.oak.pass(60);
            two.oak.app().peers.hurry();
            two.elm_at_oak().await["silent"].is_i64()
        })
        .await;
    assert!(
        findings(&two.ada, &two.oak)
            .await
            .contains(&"peer-silent:oak".to_owned())
    );
    // The watching board is restarted meanwhile: nothing is told anew, and nothing forgotten.
    let since = two.elm_at_oak().await["silent"].clone();
    two.oak.kill().await;
    two.oak.start_again().await;
    assert_eq!(two.elm_at_oak().await["silent"], since);

    // Elm returns.
    two.elm.start_again().await;
    two.tell_oak_where_elm_is().await;
    two.oak
        .until("it is heard again", async || {
            two.elm_at_oak().await["silent"] == Value::Null && two.elm_at_oak().await["health"]["up"] == 60
        })
        .await;
    let found = findings(&two.ada, &two.oak).await;
    assert!(
        !found.iter().any(|key| key.starts_with("peer-silent")),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_board_that_nobody_can_reach_is_watched_because_it_comes_by_itself() {
    let two = two().await;
    two.agree("us").await;
    // Oak was never told where elm is; ten minutes pass for both, and elm came every time.
    for _ in 0..10 {
        two.oak.pass(75);
        let now = two.oak.now().0;
        two.oak
            .until("elm comes by itself", async || {
                two.elm.pass(75);
                two.elm.app().peers.hurry();
                two.elm_at_oak().await["heard"].as_i64() >= Some(now)
            })
            .await;
        two.oak.app().peers.hurry();
        assert_eq!(two.elm_at_oak().await["silent"], Value::Null);
    }
    assert_eq!(two.elm_at_oak().await["address"], "");
}

#[tokio::test]
async fn a_public_face_that_nobody_sees_is_told_to_both() {
    let (elm, eva) = Board::claimed().await;
    let domain = json!({ "name": "elm.example.org" });
    eva.post(&elm, "/api/v1/domains", &domain).await.expect(201);
    elm.until("elm has its public name", async || {
        let board = elm.app().seen.load().addresses.board.clone();
        board.iter().any(|name| name == "elm.example.org")
    })
    .await;
    let (oak, ada) = Board::claimed().await;
    let two = pair(oak, ada, elm, eva).await;
    two.agree("us").await;
    two.tell_oak_where_elm_is().await;
    two.elm
        .until("elm learns that it is not seen", async || {
            two.elm.pass(75);
            two.elm.app().peers.hurry();
            let found = findings(&two.eva, &two.elm).await;
            ["port-closed:443", "port-closed:80"]
                .iter()
                .all(|key| found.iter().any(|found| found == key))
        })
        .await;
    assert!(
        findings(&two.ada, &two.oak)
            .await
            .contains(&"peer-not-seen:oak".to_owned())
    );
    let health = Reply::File(br#"{"status":"ok","version":"1","claimed":true}"#.to_vec());
    // The ports are open now, but what answers is the router: told as such.
    two.oak
        .elsewhere("https://elm.example.org/api/v1/health", Reply::Status(404));
    let look = async || {
        two.oak.pass(601);
        two.oak.app().peers.hurry();
        two.elm.pass(75);
        two.elm.app().peers.hurry();
    };
    two.elm
        .until("elm learns that something else answers", async || {
            look().await;
            let found = findings(&two.eva, &two.elm).await;
            found.contains(&"port-taken:443".to_owned()) && found.contains(&"port-closed:80".to_owned())
        })
        .await;
    two.oak.elsewhere("https://elm.example.org/api/v1/health", health);
    two.oak.elsewhere(
        "http://elm.example.org/",
        Reply::Redirect("https://elm.example.org/".into()),
    );
    two.elm
        .until("elm learns that it is seen", async || {
            look().await;
            two.oak_at_elm().await["own_face"]["answers"] == true
        })
        .await;
    assert_eq!(two.oak_at_elm().await["own_face"]["open"], json!([80, 443]));
    let found = findings(&two.eva, &two.elm).await;
    assert!(!found.iter().any(|key| key.starts_with("port-")), "{found:?}");
}

#[tokio::test]
async fn unpairing_ends_all_and_leaves_nothing_usable_behind() {
    let two = two().await;
    let id = two.agree("us").await;
    let path = format!("/api/v1/peers/{}", two.key_of_elm);
    two.ada.delete(&two.oak, &path).await.expect(204);
    assert_eq!(two.standing_at_oak(&id).await, None);
    // Oak does not know where elm is: elm is told when it comes.
    two.elm
        .until("elm is told", async || {
            two.elm.pass(75);
            two.elm.app().peers.hurry();
            two.oak_at_elm().await["gone"].is_i64()
        })
        .await;
    assert_eq!(two.standing_at_elm(&id).await, None);
    assert!(
        findings(&two.eva, &two.elm)
            .await
            .contains(&"peer-left:oak".to_owned())
    );
    let grant = json!({ "kind": "watch", "silence": 5 });
    let body = json!({ "peer": two.key_of_oak, "giver": "us", "grant": grant });
    two.eva
        .post(&two.elm, "/api/v1/agreements", &body)
        .await
        .refused(409, "not_paired");
    // Elm's key opens nothing at oak any more: not even the handshake.
    two.oak
        .until("oak forgot its key", async || {
            two.oak.app().store.farewells().await.unwrap().is_empty()
        })
        .await;
    let identity = two.elm.app().store.identity().await.unwrap();
    let key = two.oak.app().store.identity().await.unwrap().key();
    let door = two.oak.securely_at("127.0.0.1");
    assert!(PeerLine::hello(&door, &identity, key).await.is_err());

    // Taken off the list there, and paired again: nothing is agreed.
    let path = format!("/api/v1/peers/{}", two.key_of_oak);
    two.eva.delete(&two.elm, &path).await.expect(204);
    let Two {
        oak, ada, elm, eva, ..
    } = two;
    let two = pair(oak, ada, elm, eva).await;
    assert_eq!(
        (two.standing_at_oak(&id).await, two.standing_at_elm(&id).await),
        (None, None)
    );
    two.agree("them").await;
}

#[tokio::test]
async fn a_stranger_gets_no_further_than_the_handshake() {
    let two = two().await;
    let stranger = cluster::Identity::generate().unwrap();
    let key = two.oak.app().store.identity().await.unwrap().key();
    let door = two.oak.securely_at("127.0.0.1");
    assert!(PeerLine::hello(&door, &stranger, key).await.is_err());
    let elm = two.elm.app().store.identity().await.unwrap();
    assert!(PeerLine::hello(&door, &elm, key).await.is_ok());
    assert!(
        PeerLine::hello(&door, &elm, stranger.key()).await.is_err(),
        "and elm talks with nobody else than oak"
    );
    // A board that was never paired has no such door.
    let lone = Board::start().await;
    let door = lone.securely_at("127.0.0.1");
    assert!(PeerLine::hello(&door, &elm, key).await.is_err());
}

#[tokio::test]
async fn the_pages_lead_through_an_agreement() {
    let two = two().await;
    let at_oak = format!("/peers/{}", two.key_of_elm);
    let at_elm = format!("/peers/{}", two.key_of_oak);
    let propose = format!("{at_oak}/agreements");
    let wrong = [("who", "us"), ("silence", "0"), ("until", "")];
    let refused = two.ada.form(&two.oak, &propose, &wrong).await.expect(422).body;
    assert!(refused.contains("silence-error"), "{refused}");
    let past = [("who", "us"), ("silence", "5"), ("until", "2001-01-01")];
    let refused = two.ada.form(&two.oak, &propose, &past).await.expect(422).body;
    assert!(refused.contains("until-error"), "{refused}");
    let good = [("who", "us"), ("silence", "5"), ("until", "2100-01-01")];
    two.ada.form(&two.oak, &propose, &good).await.expect(303);
    let again = two.ada.form(&two.oak, &propose, &good).await.expect(409).body;
    assert!(again.contains("role=\"alert\""), "{again}");
    let all = two.ada.get(&two.oak, "/api/v1/agreements").await.json();
    let id = text(&all[0], "id");
    two.elm_hears(&id, "proposed").await;
    assert!(
        two.eva
            .page(&two.elm, "/peers")
            .await
            .contains("proposes something")
    );

    let path = format!("{at_elm}/agreements/{id}");
    assert!(
        two.eva
            .page(&two.elm, &at_elm)
            .await
            .contains(&format!("{path}/accept"))
    );
    two.eva
        .form(&two.elm, &format!("{path}/accept"), &[])
        .await
        .expect(303);
    two.oak_hears(&id, "in_force").await;
    let shown = two.eva.page(&two.elm, &at_elm).await;
    assert!(shown.contains("watches this board"), "{shown}");
    assert!(
        shown.contains("It ends at once on both boards"),
        "what then happens is written out"
    );
    let bad = [("address", "no address")];
    let refused = two.ada.form(&two.oak, &format!("{at_oak}/address"), &bad).await;
    assert!(refused.expect(422).body.contains("address-error"));
    let door = two.elm.securely_at("127.0.0.1");
    let good = [("address", door.as_str())];
    two.ada
        .form(&two.oak, &format!("{at_oak}/address"), &good)
        .await
        .expect(303);
    two.oak
        .until("oak shows how elm is", async || {
            two.ada.page(&two.oak, &at_oak).await.contains("On for")
        })
        .await;
    two.eva
        .form(&two.elm, &format!("{path}/end"), &[])
        .await
        .expect(303);
    two.oak_hears(&id, "over").await;
    assert!(two.ada.page(&two.oak, &at_oak).await.contains("Ended by oak"));
    two.ada
        .form(&two.oak, &format!("{at_oak}/unpair"), &[])
        .await
        .expect(303);
    two.ada.get(&two.oak, &at_oak).await.expect(404);
}

/// A peer that is paired, and does not keep to the protocol.
#[tokio::test]
async fn a_peer_that_lies_floods_and_stalls_changes_nothing() {
    let two = two().await;
    let id = two.agree("us").await;
    let elm = two.elm.app().store.identity().await.unwrap();
    let (us, them) = (elm.key(), two.oak.app().store.identity().await.unwrap().key());
    // From here on something else speaks with elm's key.
    two.elm.kill().await;
    let door = two.oak.securely_at("127.0.0.1");
    let say = async |message: Vec<u8>| {
        PeerLine::open(&door, &elm, them)
            .await
            .unwrap()
            .say(&message)
            .await
    };
    let terms = |grant: Value, giver: BoardKey, receiver: BoardKey| {
        json!({ "giver": giver.to_string(), "receiver": receiver.to_string(), "proposer": us.to_string(),
                "grant": grant, "until": null })
    };
    let record = |id: String, generation: u64, terms: Value, act: &str| json!({ "id": id, "generation": generation, "terms": terms, "act": act });
    let talk = |records: Vec<Value>| {
        json!({ "kind": "talk", "run": "00", "records": records })
            .to_string()
            .into_bytes()
    };
    let watch = || json!({ "kind": "watch", "silence": 5 });

    // What no peer says: too long, no JSON, half a message.
    assert!(say(vec![b' '; 200_000]).await.is_err());
    assert!(say(b"{".to_vec()).await.is_err());
    let mut stalled = Vec::new();
    for _ in 0..4 {
        stalled.push(PeerLine::open(&door, &elm, them).await.unwrap());
    }

    // Of others, for others, other terms than were agreed, and what was said takes back nothing.
    let stranger = cluster::Identity::generate().unwrap().key();
    let refused = say(talk(vec![
        record("11".repeat(16), 1, terms(watch(), us, stranger), "proposed"),
        record("22".repeat(16), 1, terms(watch(), us, them), "accepted"),
        record(id.clone(), 9, terms(watch(), them, us), "withdrawn"),
        record(
            id.clone(),
            9,
            terms(json!({ "kind": "watch", "silence": 1440 }), them, us),
            "ended",
        ),
    ]))
    .await
    .unwrap();
    let heard = refused["heard"].as_array().unwrap();
    assert_eq!(heard.len(), 4);
    assert!(
        heard.iter().all(|heard| heard["refused"].is_string()),
        "{refused}"
    );
    assert_eq!(two.standing_at_oak(&id).await.as_deref(), Some("in_force"));

    // Proposals without end, and claims to have heard what was never said.
    for round in 0..8u64 {
        let many = (0..60u64).map(|number| {
            let id = format!(
                "{:032x}",
                (u128::from(round) << 32) | u128::from(number) | (1 << 100)
            );
            record(
                id,
                1,
                terms(json!({ "kind": "share_bundles" }), us, them),
                "proposed",
            )
        });
        let heard = (0..200u64).map(|number| {
            json!({ "id": format!("{:032x}", u128::from(number + 200 * round)), "sent": u64::MAX,
                    "generation": u64::MAX, "act": "ended" })
        });
        let mut message: Value = serde_json::from_slice(&talk(many.collect())).unwrap();
        message["heard"] = heard.collect();
        say(message.to_string().into_bytes()).await.unwrap();
    }
    let all = two
        .ada
        .get(&two.oak, "/api/v1/agreements")
        .await
        .expect(200)
        .json();
    assert!(all.as_array().unwrap().len() <= cluster::agreement::MOST);
    assert_eq!(two.standing_at_oak(&id).await.as_deref(), Some("in_force"));
    let audit = two.ada.get(&two.oak, "/api/v1/audit").await.json();
    assert!(
        audit.as_array().unwrap().len() < 30,
        "nothing of it fills the log"
    );

    // Too many messages in a minute are not answered; everybody else is served all the time.
    let mut cut = false;
    for _ in 0..200 {
        cut = cut || say(talk(Vec::new())).await.is_err();
    }
    assert!(cut);
    two.oak.get("/api/v1/health").await.expect(200);
    two.oak.pass(60);
    say(talk(Vec::new())).await.unwrap();
    drop(stalled);
}
