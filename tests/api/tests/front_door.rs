// SPDX-License-Identifier: AGPL-3.0-or-later
//! How members and strangers reach a service.

use api_tests::{Answer, Ask, Board, Person};
use http::Method;
use serde_json::json;

const NOTES: &str = "notes-oak.local";

fn notes(board: &Board, path: &str) -> Ask {
    board.get(path).to(&board.at(NOTES))
}

/// The headers that reached the service, lower case; it answers with the request's head.
fn arrived(answer: &Answer, header: &str) -> Vec<String> {
    let lines = answer.body.lines().filter_map(|line| line.split_once(": "));
    lines
        .filter(|(name, _)| name.eq_ignore_ascii_case(header))
        .map(|(_, value)| value.to_owned())
        .collect()
}

/// Signs a browser in at a service's host, as a browser does it: from the board's cookie to the service's own.
pub(crate) async fn hand_over(board: &Board, person: &Person, host: &str) -> String {
    let page = board.get("/a/page?of=mine").to(&board.at(host)).page();
    let sent = page.await.expect(303);
    let next = own_path(sent.header("location"), &board.url_of("oak.local"));
    let asked = board
        .get(&next)
        .to(&board.at("oak.local"))
        .cookie(&person.session);
    let back = asked.page().await.expect(303);
    let ticket = own_path(back.header("location"), &board.url_of(host));
    let redeemed = board.get(&ticket).to(&board.at(host)).page();
    let redeemed = redeemed.await.expect(303);
    let landed = redeemed.header("location");
    let landed = landed.strip_prefix(&board.url_of(host)).unwrap_or(landed);
    assert_eq!(landed, "/a/page?of=mine");
    let cookie = redeemed.header("set-cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let value = cookie.strip_prefix("commonhost=").unwrap();
    value.split(';').next().unwrap().to_owned()
}

fn own_path(location: &str, origin: &str) -> String {
    let path = location.strip_prefix(origin);
    path.unwrap_or_else(|| panic!("{location} is not below {origin}"))
        .to_owned()
}

trait UrlOf {
    fn url_of(&self, host: &str) -> String;
}

impl UrlOf for Board {
    fn url_of(&self, host: &str) -> String {
        format!("http://{}", self.at(host))
    }
}

#[tokio::test]
async fn an_app_with_its_password_reaches_the_service_as_its_member() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let ben = ada.adds(&board, "ben").await;
    let (_, password) = ben.app_password(&board, "notes").await;
    let answer = notes(&board, "/ben/").basic("ben", &password).await.expect(200);
    assert!(
        answer
            .body
            .starts_with("service-notes.service\nGET /ben/ HTTP/1.1"),
        "{answer:?}"
    );
    assert_eq!(arrived(&answer, "x-remote-user"), ["ben"]);
    assert_eq!(arrived(&answer, "x-remote-groups"), ["members"]);
    assert_eq!(
        arrived(&answer, "authorization"),
        [""; 0],
        "the service must not see the password"
    );
    let (_, password) = ada.app_password(&board, "notes").await;
    let answer = notes(&board, "/").basic("ada", &password).await.expect(200);
    assert_eq!(arrived(&answer, "x-remote-groups"), ["members,stewards"]);
}

#[tokio::test]
async fn the_same_over_tls_with_the_boards_own_authority() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let (_, password) = ada.app_password(&board, "notes").await;
    let answer = board.get("/").secure(NOTES).basic("ada", &password).await;
    let answer = answer.expect(200);
    assert_eq!(arrived(&answer, "x-remote-user"), ["ada"]);
    assert_eq!(arrived(&answer, "x-forwarded-proto"), ["https"]);
}

#[tokio::test]
async fn nobody_says_who_they_are_by_a_header() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let (_, password) = ada.app_password(&board, "notes").await;
    let spoofed = notes(&board, "/")
        .basic("ada", &password)
        .with("x-remote-user", "root")
        .with("x_remote_user", "root")
        .with("remote-user", "root")
        .with("x-remote-groups", "wheel")
        .with("x-forwarded-for", "10.0.0.1");
    let answer = spoofed.await.expect(200);
    assert_eq!(arrived(&answer, "x-remote-user"), ["ada"]);
    assert_eq!(arrived(&answer, "x-forwarded-for"), ["127.0.0.1"]);
    assert!(
        !answer.body.contains("root") && !answer.body.contains("wheel"),
        "{answer:?}"
    );
    // Nor on a public path, where nobody is anybody.
    let answer = notes(&board, "/public/").with("x-remote-user", "ada").await;
    let answer = answer.expect(200);
    assert_eq!(arrived(&answer, "x-remote-user"), [""; 0]);
}

#[tokio::test]
async fn a_stranger_is_sent_to_sign_in_or_asked_for_a_password() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let answer = notes(&board, "/x?y=1&z=2").page().await.expect(303);
    let port = board.at("");
    assert_eq!(
        answer.header("location"),
        format!(
            "http://oak.local{port}/sign-in/continue?to=notes-oak.local{}/x%3Fy%3D1%26z%3D2",
            port.replace(':', "%3A")
        )
    );
    let answer = notes(&board, "/").await.expect(401);
    assert!(
        answer.header("www-authenticate").starts_with("Basic realm="),
        "{answer:?}"
    );
    // Only who looks is sent elsewhere: what was to be written would be lost on the way.
    let written = board.ask(Method::POST, "/").to(&board.at(NOTES)).page();
    written.await.expect(401);
    let answer = notes(&board, "/").cookie(&ada.session).await;
    answer.expect(401);
}

#[tokio::test]
async fn a_wrong_app_password_is_refused_and_guessing_has_to_wait() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let (_, password) = ada.app_password(&board, "notes").await;
    let ben = ada.adds(&board, "ben").await;
    notes(&board, "/").basic("ben", &password).await.expect(401);
    notes(&board, "/")
        .basic("ada", api_tests::PASSWORD)
        .await
        .expect(401);
    for _ in 0..8 {
        notes(&board, "/").basic(&ben.name, "a-guess").await.expect(401);
    }
    notes(&board, "/").basic(&ben.name, "a-guess").await.expect(429);
    // The member with the right one goes on, even from the same house, and so does who signs in at the board's page.
    notes(&board, "/").basic("ada", &password).await.expect(200);
    let body = json!({ "name": "ben", "password": api_tests::PASSWORD });
    board.post("/api/v1/session", &body).await.expect(200);
}

#[tokio::test]
async fn an_app_password_opens_one_service_until_it_is_taken_back() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    ada.enables(&board, "files").await;
    let (id, password) = ada.app_password(&board, "notes").await;
    let files = board.get("/").to(&board.at("files-oak.local"));
    files.basic("ada", &password).await.expect(401);
    board
        .get("/api/v1/account")
        .basic("ada", &password)
        .await
        .refused(401, "sign_in_needed");
    notes(&board, "/").basic("ada", &password).await.expect(200);
    let typed = password.to_uppercase();
    notes(&board, "/").basic("ada", &typed).await.expect(200);

    let path = format!("/api/v1/app-passwords/{id}");
    ada.delete(&board, &path).await.expect(204);
    notes(&board, "/").basic("ada", &password).await.expect(401);
    ada.delete(&board, &path).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_browser_is_handed_over_from_the_board_to_the_service() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let ben = ada.adds(&board, "ben").await;
    let session = hand_over(&board, &ben, NOTES).await;
    let answer = notes(&board, "/a/page").cookie(&session).page().await.expect(200);
    assert_eq!(arrived(&answer, "x-remote-user"), ["ben"]);
    assert!(
        !answer.body.contains(&session),
        "the service must not see the session: {answer:?}"
    );
    // It opens this host and nothing else.
    let board_itself = board.get("/api/v1/account").to(&board.at("oak.local"));
    board_itself.cookie(&session).await.refused(401, "sign_in_needed");
    ada.enables(&board, "files").await;
    let files = board.get("/").to(&board.at("files-oak.local"));
    files.cookie(&session).await.expect(401);
    // And it ends with the session it came from.
    let out = board.ask(Method::DELETE, "/api/v1/session");
    out.cookie(&ben.session).same_origin().await.expect(204);
    notes(&board, "/a/page").cookie(&session).await.expect(401);
}

#[tokio::test]
async fn a_ticket_works_once_and_leads_to_no_other_site() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let sent = notes(&board, "/").page().await.expect(303);
    let next = own_path(sent.header("location"), &board.url_of("oak.local"));
    let asked = board.get(&next).to(&board.at("oak.local")).cookie(&ada.session);
    let back = asked.page().await.expect(303);
    let ticket = own_path(back.header("location"), &board.url_of(NOTES));
    notes(&board, &ticket).page().await.expect(303);
    // A used ticket opens nothing: the browser is sent round once more, then told.
    let again = notes(&board, &ticket).page().await.expect(303);
    assert!(
        again.header("set-cookie").starts_with("commonhost-retry="),
        "{again:?}"
    );

    for elsewhere in [
        "evil.example/",
        "evil.example%2F",
        "javascript:alert(1)",
        "//evil.example/",
        "https://evil.example/",
        "notes-oak.local.evil.example/",
        "notes-oak.local@evil.example/",
        "oak.local%5C@evil.example/",
    ] {
        let path = format!("/sign-in/continue?to={elsewhere}");
        let asked = board.get(&path).to(&board.at("oak.local")).cookie(&ada.session);
        let answer = asked.page().await;
        let location = answer.header("location");
        let host = location.split('/').nth(2).unwrap_or_default();
        assert!(
            location.is_empty()
                || location.starts_with('/') && !location.starts_with("//") && !location.starts_with("/\\")
                || host == board.at("oak.local"),
            "{elsewhere}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn a_service_that_is_switched_off_says_so() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let (_, password) = ada.app_password(&board, "notes").await;
    let stopped = ada.post(&board, "/api/v1/services/notes/stop", &json!({})).await;
    ada.done(&board, stopped).await;
    let answer = notes(&board, "/").basic("ada", &password).await;
    assert!(answer.expect(503).body.contains("switched off"));
    let started = ada.post(&board, "/api/v1/services/notes/start", &json!({})).await;
    ada.done(&board, started).await;
    notes(&board, "/").basic("ada", &password).await.expect(200);
}

#[tokio::test]
async fn a_public_service_needs_no_sign_in_and_keeps_its_own_accounts() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "wall").await;
    let wall = board.get("/").to(&board.at("wall-oak.local")).await;
    let answer = wall.expect(200);
    assert_eq!(arrived(&answer, "x-remote-user"), [""; 0]);

    let (id, password) = ada.app_password(&board, "wall").await;
    let provisioned = |password: Option<String>| types::host::HostRequest::Provision {
        service: "wall".parse().unwrap(),
        member: "ada".parse().unwrap(),
        display_name: "Ada".into(),
        password,
    };
    assert!(board.host.asked().contains(&provisioned(Some(password))));
    assert!(!board.host.asked().contains(&provisioned(None)));
    let path = format!("/api/v1/app-passwords/{id}");
    ada.delete(&board, &path).await.expect(204);
    assert!(board.host.asked().contains(&provisioned(None)));
}

#[tokio::test]
async fn the_account_page_lists_every_device_and_takes_its_password_back() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    ada.enables(&board, "files").await;
    let (id, password) = ada.app_password(&board, "notes").await;
    let (other, kept) = ada.app_password(&board, "files").await;
    notes(&board, "/").basic("ada", &password).await.expect(200);
    let page = ada.page(&board, "/account").await;
    assert!(page.contains(&id) && page.contains(&other), "{page}");
    let ben = ada.adds(&board, "ben").await;
    let revoke = |who: &Person| who.form(&board, "/account/app-passwords/revoke", &[("id", &id)]);
    revoke(&ben).await.expect(404);
    let done = revoke(&ada).await.expect(303);
    assert_eq!(done.header("location"), "/account");
    assert!(!ada.page(&board, "/account").await.contains(&id));
    notes(&board, "/").basic("ada", &password).await.expect(401);
    let files = board.get("/").to(&board.at("files-oak.local"));
    files.basic("ada", &kept).await.expect(200);
}
