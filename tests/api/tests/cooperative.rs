// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the cooperative owes: texts, promises, news, books, register, other hosters, an end.

use api_tests::{Board, Person, Reply};
use http::Method;
use serde_json::{Value, json};
use supervisor::cooperative::tick;

const DAY: i64 = 86_400;

fn day(board: &Board, after: i64) -> String {
    supervisor::publish::date(types::Timestamp(board.now().0 + after * DAY))[..10].to_owned()
}

fn answers() -> Value {
    json!({
        "language": "en", "name": "Oak Street", "contact": "hello@oak.test", "country": "France", "joining": "asking",
        "fee": "dues", "dues": "5 EUR a month", "voting": "consent", "answer_days": 7, "log_days": 14,
        "notice_days": 10, "end_days": 60, "copies": false, "delegates": [],
    })
}

async fn publish(board: &Board, who: &Person, kind: &str, text: &str) -> api_tests::Answer {
    let path = format!("/api/v1/cooperative/policies/{kind}/en");
    who.put(board, &path, &json!({ "text": text })).await
}

#[tokio::test]
async fn texts_are_written_from_answers_and_a_change_is_told_before_it_holds() {
    let (board, ada) = Board::claimed().await;
    let ben = ada.adds(&board, "ben").await;
    board.get("/terms").await.expect(404);
    let drafts = ada
        .post(&board, "/api/v1/cooperative/policies/draft", &answers())
        .await
        .expect(200)
        .json();
    let terms = drafts["terms"].as_str().unwrap();
    assert!(
        terms.contains("10 days") && terms.contains("Oak Street"),
        "{terms}"
    );
    // A draft is nothing yet.
    board.get("/terms").await.expect(404);
    let first = publish(&board, &ada, "terms", terms).await.expect(200).json();
    assert_eq!(
        (&first["number"], &first["effective"]),
        (&json!(1), &first["written"])
    );
    assert!(board.get("/terms").await.expect(200).body.contains("Oak Street"));
    publish(&board, &ada, "terms", terms)
        .await
        .refused(409, "same_text");

    let longer = format!("{terms}\n\nSing on Fridays.");
    let second = publish(&board, &ada, "terms", &longer).await.expect(200).json();
    assert_eq!(second["effective"].as_i64().unwrap(), board.now().0 + 10 * DAY);
    let page = board.get("/terms").await.expect(200).body;
    assert!(!page.contains("Sing on Fridays") && page.contains("/cooperative/texts/terms/en/2"));
    let shown = board.get("/cooperative/texts/terms/en/2").await.expect(200).body;
    assert!(shown.contains("Sing on Fridays.</ins>"), "{shown}");
    let changes = board
        .get("/api/v1/cooperative/policies/terms/en/2/changes")
        .await
        .expect(200)
        .json();
    let added = changes
        .as_array()
        .unwrap()
        .iter()
        .find(|piece| piece["change"] == "added");
    assert!(added.unwrap()["text"].as_str().unwrap().contains("Sing"));

    // Members are told on their own page, until they have read it.
    let told = async || {
        board
            .get("/cooperative")
            .cookie(&ben.session)
            .await
            .expect(200)
            .body
    };
    assert!(told().await.contains("/cooperative/texts/terms/en/2"));
    let read = "/api/v1/cooperative/policies/terms/en/2/read";
    ben.post(&board, read, &json!({})).await.expect(204);
    assert!(!told().await.contains("/cooperative/texts/terms/en/2"));

    board.pass(10 * DAY);
    assert!(
        board
            .get("/terms")
            .await
            .expect(200)
            .body
            .contains("Sing on Fridays")
    );
    let sooner = json!({ "text": "Anything goes.", "effective": day(&board, 3) });
    let answer = ada
        .put(&board, "/api/v1/cooperative/policies/terms/en", &sooner)
        .await;
    assert_eq!(answer.refused(422, "invalid").fields(), ["effective"]);
    let bad = json!({ "text": "Write to [your address]." });
    let answer = ada
        .put(&board, "/api/v1/cooperative/policies/privacy/en", &bad)
        .await;
    assert_eq!(answer.refused(422, "invalid").fields(), ["text"]);
}

#[tokio::test]
async fn the_wizard_publishes_everything_from_a_few_questions() {
    let (board, ada) = Board::claimed().await;
    let form = "name=Oak+Street&tag_line=Neighbours&description=We+host.&organization_type=Cooperative&\
                contact=hello%40oak.test&country=France&joining=asking&fee=none&dues=&voting=consent&answer_days=7&\
                log_days=14&notice_days=14&end_days=90&delegates=&language=en";
    let send = |path: &'static str, body: String| {
        let ask = board.ask(Method::POST, path).cookie(&ada.session).same_origin();
        ask.body("application/x-www-form-urlencoded", body)
    };
    let wrong = send(
        "/cooperative/questions",
        form.replace("log_days=14", "log_days=0"),
    )
    .await
    .expect(422);
    assert!(wrong.body.contains("id=\"log_days-error\""));
    let drafts = send("/cooperative/questions", form.to_owned()).await.expect(200);
    assert!(drafts.body.contains("name=\"privacy\"") && drafts.body.contains("no copies"));
    board.get("/librehost.json").await.expect(404);
    let texts = "language=en&terms=Be+kind.&privacy=We+keep+what+you+store.&economy=Free.&conduct=Kind.&contact=Write.";
    send("/cooperative/questions/publish", texts.to_owned())
        .await
        .expect(303);
    let core = board.get("/librehost.json").await.expect(200).json();
    assert_eq!(core["termsOfServiceUrl"], "https://oak.local/terms");
    assert_eq!(core["contactUrl"], "https://oak.local/contact");
    board.get("/logo.svg").await.expect(200);
    for path in [
        "/librehost-extended.json",
        "/murmurations.json",
        "/.well-known/chatonsinfos/organization.properties",
        "/.well-known/security.txt",
    ] {
        let document = board.get(path).await.expect(200);
        assert!(document.body.contains("oak"), "{path}: {}", document.body);
    }
    board.get("/directory.json").await.expect(404);
    let page = board.get("/").await.expect(200).body;
    assert!(page.contains("application/ld+json") && page.contains("/join"));
    assert!(page.len() <= 20 * 1024, "{}", page.len());
    for path in ["/terms", "/privacy", "/economy", "/conduct", "/contact", "/join"] {
        board.get(path).await.expect(200);
    }
}

#[tokio::test]
async fn promises_are_verified_or_declared_never_both() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let state = async |item: &str| {
        let all = board
            .get("/api/v1/cooperative/commitments")
            .await
            .expect(200)
            .json();
        let found = all
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["id"] == item)
            .cloned();
        found.unwrap()
    };
    assert_eq!(state("free-software").await["state"], "met");
    assert_eq!(state("terms").await["state"], "unmet");
    // The tests' manifests do not say how data is taken along.
    assert_eq!(state("export").await["state"], "unmet");
    publish(&board, &ada, "terms", "Be kind.").await.expect(200);
    assert_eq!(state("terms").await["state"], "met");
    let declare = |item: &str, body: Value| {
        let path = format!("/api/v1/cooperative/commitments/{item}");
        let ask = ada.put(&board, &path, &body);
        async move { ask.await }
    };
    let said = json!({ "state": "met", "evidence": "LUKS on every board since 2026." });
    declare("encryption-at-rest", said.clone()).await.expect(204);
    let declared = state("encryption-at-rest").await;
    assert_eq!(
        (&declared["state"], &declared["by"]),
        (&json!("met"), &json!("person"))
    );
    declare("terms", said).await.refused(409, "verified_by_board");
    let silent = json!({ "state": "met", "evidence": " " });
    let answer = declare("solidarity", silent).await.refused(422, "invalid");
    assert_eq!(answer.fields(), ["evidence"]);
    assert!(
        board
            .get("/cooperative/promises")
            .await
            .expect(200)
            .body
            .contains("LUKS on every board")
    );
}

#[tokio::test]
async fn news_stand_on_the_page_in_the_feed_and_in_the_calendar() {
    let (board, ada) = Board::claimed().await;
    let new = json!({ "kind": "planned", "title": "New disk", "text": "Bring tea.",
                      "begins": format!("{}T18:00", day(&board, 2)), "ends": format!("{}T20:00", day(&board, 2)) });
    let news = ada
        .post(&board, "/api/v1/cooperative/news", &new)
        .await
        .expect(201)
        .json();
    let id = news["id"].as_str().unwrap();
    assert!(board.get("/").await.expect(200).body.contains("New disk"));
    let calendar = board.get("/downtime.ics").await.expect(200);
    assert!(calendar.header("content-type").starts_with("text/calendar"));
    assert!(calendar.body.contains("SUMMARY:New disk\r\n") && calendar.body.contains("SEQUENCE:0\r\n"));
    let feed = board.get("/news.atom").await.expect(200);
    assert!(feed.body.contains("<title>New disk</title>"), "{}", feed.body);
    let end = format!("/api/v1/cooperative/news/{id}/end");
    ada.post(&board, &end, &json!({})).await.expect(200);
    let calendar = board.get("/downtime.ics").await.expect(200).body;
    assert!(calendar.contains("STATUS:CANCELLED") && calendar.contains("SEQUENCE:1\r\n"));
    ada.post(&board, &end, &json!({})).await.refused(409, "over");
    let bad = json!({ "kind": "planned", "title": "", "services": ["notes"] });
    ada.post(&board, "/api/v1/cooperative/news", &bad)
        .await
        .expect(404);
    let bad = json!({ "kind": "planned", "title": "x" });
    let answer = ada
        .post(&board, "/api/v1/cooperative/news", &bad)
        .await
        .refused(422, "invalid");
    assert_eq!(answer.fields(), ["ends"]);
}

#[tokio::test]
async fn how_a_service_was_is_measured_and_survives_a_power_cut() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    // The first look knows no time that has passed.
    tick(&board.app()).await;
    for _ in 0..15 {
        board.pass(60);
        tick(&board.app()).await;
    }
    let up = async || {
        let all = supervisor::cooperative::news::history(&board.app())
            .await
            .unwrap();
        let days = &all["notes"];
        days.iter().map(|day| day.up).sum::<u32>()
    };
    assert_eq!(up().await, 15 * 60);
    board.kill().await;
    board.start_again().await;
    // Ten minutes are written, the rest is lost: never more than was measured.
    assert_eq!(up().await, 10 * 60);
    // The time a board was off is not counted at all.
    board.pass(5 * 3600);
    tick(&board.app()).await;
    assert_eq!(up().await, 10 * 60);
}

#[tokio::test]
async fn the_books_balance_and_a_mistake_is_answered_by_a_counter_entry() {
    let (board, ada) = Board::claimed().await;
    let ben = ada.adds(&board, "ben").await;
    let book = |who: &Person, body: Value| who.post(&board, "/api/v1/cooperative/ledger", &body);
    let euros = |amount: &str| json!({ "amount": amount, "commodity": "EUR" });
    let dues = json!({ "kind": "dues", "member": "ben", "amount": euros("12.50"), "memo": "March" });
    let entry = book(&ada, dues.clone()).await.expect(201).json();
    book(&ben, dues).await.refused(403, "steward_needed");
    let hours = json!({ "kind": "hours", "member": "ben", "memo": "Cabling",
                        "amount": { "amount": "1.5", "commodity": "HOUR" } });
    book(&ben, hours).await.expect(201);
    let ledger = ben
        .get(&board, "/api/v1/cooperative/ledger")
        .await
        .expect(200)
        .json();
    assert_eq!(ledger["fund"], json!([{ "amount": "12.50", "commodity": "EUR" }]));
    let id = entry["id"].as_str().unwrap();
    let correct = format!("/api/v1/cooperative/ledger/{id}/correct");
    ben.post(&board, &correct, &json!({ "memo": "no" }))
        .await
        .refused(403, "steward_needed");
    ada.post(&board, &correct, &json!({ "memo": "Paid twice" }))
        .await
        .expect(201);
    ada.post(&board, &correct, &json!({ "memo": "Paid twice" }))
        .await
        .refused(409, "corrected");
    let ledger = ben
        .get(&board, "/api/v1/cooperative/ledger")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&ledger["fund"], ledger["entries"].as_array().unwrap().len()),
        (&json!([]), 3)
    );
    for (body, field) in [
        (
            json!({ "kind": "dues", "member": "nobody", "amount": euros("1"), "memo": "x" }),
            "member",
        ),
        (
            json!({ "kind": "donation", "amount": { "amount": "1", "commodity": "HOUR" }, "memo": "x" }),
            "amount",
        ),
        (
            json!({ "kind": "donation", "amount": euros("1"), "memo": "" }),
            "memo",
        ),
        (
            json!({ "kind": "donation", "amount": euros("1"), "memo": "x", "date": "soon" }),
            "date",
        ),
    ] {
        assert_eq!(book(&ada, body).await.refused(422, "invalid").fields(), [field]);
    }
    book(
        &ada,
        json!({ "kind": "donation", "amount": euros("0.001"), "memo": "x" }),
    )
    .await
    .expect(400);
    let csv = ben
        .get(&board, "/api/v1/cooperative/ledger.csv")
        .await
        .expect(200);
    assert!(csv.header("content-type").starts_with("text/csv"));
    assert_eq!(csv.body.lines().count(), 7);
    let text = ben
        .get(&board, "/api/v1/cooperative/ledger.beancount")
        .await
        .expect(200)
        .body;
    assert!(text.contains("Income:Dues:Ben  -12.50 EUR"), "{text}");
}

#[tokio::test]
async fn a_month_of_energy_and_disk_is_booked_once() {
    let (board, ada) = Board::claimed().await;
    ada.put(
        &board,
        "/api/v1/cooperative/power-model",
        &json!({ "idle_milliwatts": 4000, "busy_milliwatts": 8000 }),
    )
    .await
    .expect(204);
    board.feel(|readings| readings.cpu = Some(0.5));
    tick(&board.app()).await;
    for _ in 0..120 {
        board.pass(60);
        tick(&board.app()).await;
    }
    // Two hours at six watts are 12 Wh.
    board.pass(40 * DAY);
    for _ in 0..13 {
        board.pass(60);
        tick(&board.app()).await;
    }
    board.kill().await;
    board.start_again().await;
    for _ in 0..12 {
        board.pass(60);
        tick(&board.app()).await;
    }
    let ledger = ada
        .get(&board, "/api/v1/cooperative/ledger")
        .await
        .expect(200)
        .json();
    let energy: Vec<&Value> = ledger["balances"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["account"] == "Equity:Boards:oak" && line["commodity"] == "KWH")
        .collect();
    assert_eq!(energy.len(), 1, "{ledger}");
    let kwh: f64 = energy[0]["amount"].as_str().unwrap().parse().unwrap();
    assert!((-0.012..=-0.010).contains(&kwh), "{kwh}");
    let entries = ledger["entries"].as_array().unwrap();
    assert!(
        entries.iter().all(|entry| entry["source"] == "estimated"),
        "{entries:?}"
    );
}

#[tokio::test]
async fn the_register_keeps_itself_and_only_a_person_can_consent_to_be_named() {
    let (board, ada) = Board::claimed().await;
    let ben = ada.adds(&board, "ben").await;
    let delegate = |who: &Person, name: &str| {
        who.put(
            &board,
            &format!("/api/v1/cooperative/delegates/{name}"),
            &json!({ "name": "Ben B." }),
        )
    };
    delegate(&ada, "ben").await.refused(403, "not_yours");
    delegate(&ben, "ben").await.expect(204);
    let rows = ada
        .get(&board, "/api/v1/cooperative/register")
        .await
        .expect(200)
        .json();
    let row = |rows: &Value, name: &str| {
        rows.as_array()
            .unwrap()
            .iter()
            .find(|row| row["name"] == name)
            .cloned()
            .unwrap()
    };
    assert_eq!(row(&rows, "ben")["delegate"], "Ben B.");
    assert_eq!(row(&rows, "oak")["kind"], "board");
    ada.delete(&board, "/api/v1/members/ben").await.expect(204);
    let rows = ada
        .get(&board, "/api/v1/cooperative/register")
        .await
        .expect(200)
        .json();
    let left = row(&rows, "ben");
    assert_eq!(left["delegate"], Value::Null);
    assert_eq!(left["left"], day(&board, 0));
    let csv = ada
        .get(&board, "/api/v1/cooperative/register.csv")
        .await
        .expect(200)
        .body;
    assert!(csv.starts_with("kind,name,joined,left,delegate,consent\r\n"));
}

#[tokio::test]
async fn a_stranger_can_ask_to_join_where_that_is_wanted() {
    let (board, ada) = Board::claimed().await;
    let apply = || {
        let body = json!({ "name": "Cleo", "contact": "cleo@mail.test", "text": "I live next door." });
        board
            .post("/api/v1/cooperative/applications", &body)
            .same_origin()
    };
    apply().await.refused(409, "no_applications");
    ada.post(&board, "/api/v1/cooperative/policies/draft", &answers())
        .await
        .expect(200);
    apply().await.expect(201);
    let all = ada
        .get(&board, "/api/v1/cooperative/applications")
        .await
        .expect(200)
        .json();
    let path = format!(
        "/api/v1/cooperative/applications/{}",
        all[0]["id"].as_str().unwrap()
    );
    ada.post(&board, &path, &json!({ "answer": "admitted" }))
        .await
        .expect(200);
    ada.post(&board, &path, &json!({ "answer": "declined" }))
        .await
        .refused(409, "answered");
    let mut refused = 0;
    for _ in 0..12 {
        refused += usize::from(apply().await.status == 429);
    }
    assert!(refused > 0, "whoever floods is stopped");
}

#[tokio::test]
async fn other_hosters_are_read_and_vouched_for_when_that_is_switched_on() {
    let (board, ada) = Board::claimed().await;
    let file = json!({ "name": "Elm Host", "version": "1.0.0", "termsOfServiceUrl": "-", "foundingDate": 2018,
                       "homeUrl": "https://elm.test", "dateModified": "2019-11-24T01:14Z" });
    board.elsewhere(
        "https://elm.test/librehost.json",
        Reply::File(file.to_string().into_bytes()),
    );
    board.elsewhere(
        "https://evil.test/librehost.json",
        Reply::Redirect("https://127.0.0.1/".into()),
    );
    let add = |address: &str| {
        let body = json!({ "address": address, "vouched": true });
        ada.post(&board, "/api/v1/cooperative/hosters", &body)
    };
    let known = add("https://elm.test").await.expect(200).json();
    assert_eq!(known["hoster"]["founded"], 2018);
    assert_eq!(known["hoster"]["modified"], Value::Null);
    for bad in [
        "https://evil.test",
        "http://elm.test",
        "https://192.168.1.1",
        "nothing.test",
        "",
    ] {
        assert_eq!(
            add(bad).await.refused(422, "invalid").fields(),
            ["address"],
            "{bad}"
        );
    }
    board.get("/directory.json").await.expect(404);
    let profile = json!({
        "name": "Oak Street", "tagLine": "x", "description": "y", "organizationType": "Cooperative",
        "foundingDate": 2026, "communicationLanguages": ["en"], "isServiceProvider": true,
        "homeUrl": "https://oak.test/", "logo": "https://oak.test/l.svg", "contactUrl": "https://oak.test/c",
        "termsOfServiceUrl": "https://oak.test/t", "privacyPolicyUrl": "https://oak.test/p",
        "publishDirectory": true,
    });
    ada.put(&board, "/api/v1/cooperative/profile", &profile)
        .await
        .expect(204);
    let directory = board.get("/directory.json").await.expect(200).json();
    assert_eq!(
        directory,
        json!({ "elm-host": "https://elm.test/librehost.json" })
    );
    ada.delete(&board, "/api/v1/cooperative/hosters/https:%2F%2Felm.test")
        .await
        .expect(204);
    assert_eq!(board.get("/directory.json").await.expect(200).json(), json!({}));
}

#[tokio::test]
async fn an_end_is_told_early_stops_the_services_on_its_day_and_can_be_called_off() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    ada.post(&board, "/api/v1/cooperative/policies/draft", &answers())
        .await
        .expect(200);
    let announce = |last: i64, until: i64| {
        let body = json!({ "text": "We move abroad.", "last_day": day(&board, last), "exports_until": day(&board, until) });
        ada.put(&board, "/api/v1/cooperative/wind-down", &body)
    };
    // Sixty days are promised.
    assert_eq!(
        announce(40, 90).await.refused(422, "invalid").fields(),
        ["last_day"]
    );
    announce(60, 90).await.expect(200);
    assert_eq!(
        announce(59, 90).await.refused(422, "invalid").fields(),
        ["last_day"]
    );
    assert!(board.get("/").await.expect(200).body.contains("We move abroad."));
    tick(&board.app()).await;
    assert_eq!(ada.service(&board, "notes").await["state"], "running");
    board.pass(61 * DAY);
    tick(&board.app()).await;
    let stopped = async || ada.service(&board, "notes").await["state"] == "stopped";
    board.until("the service is stopped", stopped).await;
    let end = board
        .get("/api/v1/cooperative/wind-down")
        .await
        .expect(200)
        .json();
    assert_eq!(end["stage"], "closing");
    assert!(end["announcement"]["closed"].is_i64());
    announce(200, 230).await.refused(409, "closed");
    // A steward who starts it again is not overruled: it was stopped once.
    let start = ada.post(&board, "/api/v1/services/notes/start", &json!({})).await;
    ada.done(&board, start).await;
    tick(&board.app()).await;
    assert_eq!(ada.service(&board, "notes").await["state"], "running");
    ada.delete(&board, "/api/v1/cooperative/wind-down")
        .await
        .expect(204);
    assert!(!board.get("/").await.expect(200).body.contains("We move abroad."));
}
