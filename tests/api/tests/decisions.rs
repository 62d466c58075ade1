// SPDX-License-Identifier: AGPL-3.0-or-later
//! Proposals: voted on, counted once, and what they make the board do.

use api_tests::{Board, Chance, Person};
use serde_json::{Value, json};
use std::time::Duration;
use supervisor::cooperative::tick;

const PROPOSALS: &str = "/api/v1/cooperative/proposals";

async fn propose(board: &Board, who: &Person, mut body: Value) -> String {
    let defaults = json!({ "title": "Paint the hall", "text": "Green.", "method": "majority", "hours": 24, "quorum": 0 });
    for (key, value) in defaults.as_object().unwrap() {
        if body[key].is_null() {
            body[key] = value.clone();
        }
    }
    let made = who.post(board, PROPOSALS, &body).await.expect(201).json();
    made["id"].as_str().unwrap().to_owned()
}

async fn vote(board: &Board, who: &Person, id: &str, choice: &str) -> api_tests::Answer {
    let body = json!({ "choice": choice });
    who.put(board, &format!("{PROPOSALS}/{id}/vote"), &body).await
}

async fn view(board: &Board, who: &Person, id: &str) -> Value {
    who.get(board, &format!("{PROPOSALS}/{id}"))
        .await
        .expect(200)
        .json()
}

#[tokio::test]
async fn one_member_one_vote_changeable_until_the_deadline() {
    let (board, ada) = Board::claimed().await;
    let (ben, cleo) = (ada.adds(&board, "ben").await, ada.adds(&board, "cleo").await);
    let id = propose(&board, &ben, json!({})).await;
    for (who, choice) in [
        (&ada, "for"),
        (&ben, "for"),
        (&ben, "against"),
        (&ben, "for"),
        (&cleo, "against"),
    ] {
        vote(&board, who, &id, choice).await.expect(204);
    }
    // While it is open nobody is told how it stands.
    let open = view(&board, &cleo, &id).await;
    assert_eq!(
        (&open["tally"]["outcome"], &open["tally"]["counts"]),
        (&json!("open"), &json!([0, 0]))
    );
    assert_eq!(open["own"]["choice"], "against");
    let late = ada.adds(&board, "dan").await;
    vote(&board, &late, &id, "for").await.refused(403, "not_entitled");
    vote(&board, &ada, &id, "object").await.refused(409, "no_choice");
    board.pass(24 * 3600);
    vote(&board, &cleo, &id, "for").await.refused(409, "closed");
    tick(&board.app()).await;
    let counted = view(&board, &ada, &id).await;
    assert_eq!(counted["tally"]["counts"], json!([2, 1]));
    assert_eq!(counted["tally"]["outcome"], "passed");
    assert_eq!(counted["votes"].as_array().unwrap().len(), 3);
    // A clock that goes back opens nothing.
    board.pass(-12 * 3600);
    vote(&board, &cleo, &id, "for").await.refused(409, "closed");
    let decision: cooperative::decision::Decision =
        serde_json::from_value(counted["result"]["decision"].clone()).unwrap();
    let seal: cooperative::decision::Seal =
        serde_json::from_value(counted["result"]["seal"].clone()).unwrap();
    let proposal: cooperative::Proposal = serde_json::from_value(counted).unwrap();
    decision.verify(&seal, &proposal).unwrap();
}

#[tokio::test]
async fn a_secret_vote_is_erased_once_it_is_counted() {
    let (board, ada) = Board::claimed().await;
    let ben = ada.adds(&board, "ben").await;
    let id = propose(&board, &ada, json!({ "secret": true, "method": "consent" })).await;
    vote(&board, &ada, &id, "for").await.expect(204);
    let objection = json!({ "choice": "object", "reason": "Paint smells." });
    ben.put(&board, &format!("{PROPOSALS}/{id}/vote"), &objection)
        .await
        .expect(204);
    board.pass(24 * 3600);
    tick(&board.app()).await;
    let counted = view(&board, &ben, &id).await;
    assert_eq!(counted["tally"]["outcome"], "rejected");
    assert_eq!(
        counted["tally"]["objections"],
        json!([{ "member": null, "reason": "Paint smells." }])
    );
    assert_eq!((&counted["votes"], &counted["own"]), (&json!([]), &Value::Null));
    assert!(board.app().store.ballots(id).await.unwrap().is_empty());
}

#[tokio::test]
async fn only_who_proposed_it_can_take_it_back() {
    let (board, ada) = Board::claimed().await;
    let ben = ada.adds(&board, "ben").await;
    let id = propose(&board, &ben, json!({})).await;
    let path = format!("{PROPOSALS}/{id}");
    ada.delete(&board, &path).await.refused(403, "not_yours");
    ben.delete(&board, &path).await.expect(204);
    vote(&board, &ada, &id, "for").await.expect(404);
    board.pass(24 * 3600);
    tick(&board.app()).await;
    assert_eq!(view(&board, &ben, &id).await["result"], Value::Null);
}

#[tokio::test]
async fn an_act_that_did_not_pass_is_not_performed() {
    let (board, ada) = Board::claimed().await;
    let act = json!({ "act": "enable_service", "service": "notes" });
    let id = propose(&board, &ada, json!({ "act": act })).await;
    vote(&board, &ada, &id, "against").await.expect(204);
    board.pass(24 * 3600);
    tick(&board.app()).await;
    let counted = view(&board, &ada, &id).await;
    assert_eq!(
        (&counted["tally"]["outcome"], &counted["performed"]),
        (&json!("rejected"), &Value::Null)
    );
    ada.get(&board, "/api/v1/services/notes").await.expect(404);
    let unknown = json!({ "title": "x", "text": "y", "method": "majority",
                          "act": { "act": "enable_service", "service": "absent" } });
    let answer = ada
        .post(&board, PROPOSALS, &unknown)
        .await
        .refused(422, "invalid");
    assert_eq!(answer.fields(), ["service"]);
}

#[tokio::test]
async fn what_cannot_be_done_any_more_is_recorded_with_the_reason() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let act = json!({ "act": "remove_service", "service": "notes" });
    let id = propose(&board, &ada, json!({ "act": act })).await;
    vote(&board, &ada, &id, "for").await.expect(204);
    let gone = ada.delete(&board, "/api/v1/services/notes").await;
    ada.done(&board, gone).await;
    board.pass(24 * 3600);
    tick(&board.app()).await;
    let performed = &view(&board, &ada, &id).await["performed"];
    assert_eq!(performed["done"], false);
    assert!(
        performed["detail"].as_str().unwrap().contains("not enabled"),
        "{performed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passed_proposals_act_runs_exactly_once_whatever_is_cut_off_when() {
    let (board, ada) = Board::claimed().await;
    let mut chance = Chance::new(7);
    let mut acts = vec![
        json!({ "act": "enable_service", "service": "notes" }),
        json!({ "act": "change_text", "kind": "terms", "language": "en", "text": "Be kind.", "notice_days": 0 }),
    ];
    for cents in 1..7 {
        let amount = json!({ "amount": format!("{cents}.00"), "commodity": "EUR" });
        acts.push(json!({ "act": "spend", "amount": amount, "memo": "Paint" }));
    }
    let mut ids = Vec::new();
    for act in &acts {
        let id = propose(&board, &ada, json!({ "act": act })).await;
        vote(&board, &ada, &id, "for").await.expect(204);
        ids.push(id);
    }
    board.pass(24 * 3600);
    for _ in 0..8 {
        // Two boards' worth of zeal, cut off somewhere.
        let app = board.app();
        let both = async { tokio::join!(tick(&app), tick(&app)) };
        let _ = tokio::time::timeout(Duration::from_micros(chance.below(6_000)), both).await;
        drop(app);
        board.kill().await;
        board.start_again().await;
    }
    let app = board.app();
    tokio::join!(tick(&app), tick(&app));
    drop(app);
    let ledger = ada
        .get(&board, "/api/v1/cooperative/ledger")
        .await
        .expect(200)
        .json();
    assert_eq!(ledger["entries"].as_array().unwrap().len(), 6, "{ledger}");
    assert_eq!(
        ledger["fund"],
        json!([{ "amount": "-21.00", "commodity": "EUR" }])
    );
    let texts = board.get("/api/v1/cooperative/policies").await.expect(200).json();
    assert_eq!(texts.as_array().unwrap().len(), 1, "{texts}");
    let jobs = ada.get(&board, "/api/v1/jobs").await.expect(200).json();
    let enabled = jobs
        .as_array()
        .unwrap()
        .iter()
        .filter(|job| job["kind"] == "enable");
    assert_eq!(enabled.count(), 1, "{jobs}");
    for id in ids {
        assert_eq!(view(&board, &ada, &id).await["performed"]["done"], true);
    }
}
