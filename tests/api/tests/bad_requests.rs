// SPDX-License-Identifier: AGPL-3.0-or-later
//! Requests that no good client makes. Each gets a clear answer, and the board goes on.

use api_tests::{Board, Person};
use serde_json::json;

/// GET of the health address with these header lines.
async fn with_headers(board: &Board, headers: &str) -> String {
    let request = format!("GET /api/v1/health HTTP/1.1\r\nConnection: close\r\n{headers}\r\n");
    board.raw(request.as_bytes()).await
}

fn status(answer: &str) -> u16 {
    answer
        .get(9..12)
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("no answer: {answer:?}"))
}

async fn still_well(board: &Board, ada: &Person) {
    board.get("/api/v1/health").await.expect(200);
    ada.get(board, "/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn a_host_that_is_not_ours_is_misdirected() {
    let (board, ada) = Board::claimed().await;
    for foreign in [
        "evil.example",
        "oak.local.evil.example",
        "evil.example:80",
        "x-oak.local",
        "oak.example",
    ] {
        let answer = with_headers(&board, &format!("Host: {foreign}\r\n")).await;
        assert_eq!(status(&answer), 421, "{foreign}: {answer}");
    }
    still_well(&board, &ada).await;
}

#[tokio::test]
async fn a_foreign_host_with_a_sign_in_gets_nothing_either() {
    let (board, ada) = Board::claimed().await;
    let answer = ada.get(&board, "/api/v1/account").to("rebound.example").await;
    answer.refused_by_front_door(421);
    let answer = board.get("/api/v1/account").cookie(&ada.session);
    answer.to("rebound.example").await.refused_by_front_door(421);
}

/// What the front door itself refuses is told in words as well.
trait FrontDoor {
    fn refused_by_front_door(self, status: u16);
}

impl FrontDoor for api_tests::Answer {
    #[track_caller]
    fn refused_by_front_door(self, status: u16) {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.body.len() > 20 && !self.body.contains("ada"), "{self:?}");
    }
}

#[tokio::test]
async fn a_request_must_say_which_host_it_is_for() {
    let (board, ada) = Board::claimed().await;
    for bad in [
        "",
        "Host:\r\n",
        "Host: a\r\nHost: b\r\n",
        "Host: oak.local oak.local\r\n",
        "Host: user@oak.local\r\n",
        "Host: oak.local:port\r\n",
    ] {
        let answer = with_headers(&board, bad).await;
        assert_eq!(status(&answer), 400, "{bad:?}: {answer}");
    }
    still_well(&board, &ada).await;
}

#[tokio::test]
async fn the_board_answers_to_its_names_and_its_addresses() {
    let (board, _) = Board::claimed().await;
    for own in [
        "oak.local",
        "OAK.local.",
        "oak.local:8081",
        "127.0.0.1",
        "localhost",
        "localhost:80",
        "[::1]:80",
    ] {
        let answer = with_headers(&board, &format!("Host: {own}\r\n")).await;
        assert_eq!(status(&answer), 200, "{own}: {answer}");
    }
}

#[tokio::test]
async fn a_header_of_ten_megabytes_is_refused_and_the_board_goes_on() {
    let (board, ada) = Board::claimed().await;
    let huge = format!("Host: oak.local\r\nX-Filler: {}\r\n", "a".repeat(10 << 20));
    let answer = with_headers(&board, &huge).await;
    assert_eq!(status(&answer), 431, "{answer}");
    still_well(&board, &ada).await;
}

#[tokio::test]
async fn a_thousand_headers_are_refused_and_the_board_goes_on() {
    let (board, ada) = Board::claimed().await;
    let many = "X-Filler: a\r\n".repeat(1000);
    let answer = with_headers(&board, &format!("Host: oak.local\r\n{many}")).await;
    assert_eq!(status(&answer), 431, "{answer}");
    still_well(&board, &ada).await;
}

#[tokio::test]
async fn what_is_not_http_is_refused_and_the_board_goes_on() {
    let (board, ada) = Board::claimed().await;
    for nonsense in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"HELO oak\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: oak.local\r\n\r\n",
        b"POST /api/v1/claim HTTP/1.1\r\nHost: oak.local\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /api/v1/claim HTTP/1.1\r\nHost: oak.local\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ] {
        let answer = board.raw(nonsense).await;
        assert_eq!(status(&answer), 400, "{nonsense:?}: {answer}");
    }
    still_well(&board, &ada).await;
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let (board, ada) = Board::claimed().await;
    let before = ada.generation(&board).await;
    let long = format!("{{\"settings\":{{\"title\":\"{}\"}}}}", "a".repeat(300 * 1024));
    let put = ada.put(&board, "/api/v1/services/notes", &json!({}));
    let answer = put.body("application/json", long).await;
    answer.refused(413, "too_long");
    assert_eq!(ada.generation(&board).await, before);
    still_well(&board, &ada).await;
}

#[tokio::test]
async fn a_body_that_is_no_json_or_says_something_unknown_is_refused() {
    let (board, ada) = Board::claimed().await;
    let before = ada.generation(&board).await;
    let deep = "[".repeat(100_000);
    for bad in [
        "{",
        "null",
        "[]",
        "\u{feff}{}",
        "{\"settings\":7}",
        "{\"settings\":{},\"sudo\":true}",
        &deep,
    ] {
        let request = ada.ask(&board, http::Method::PUT, "/api/v1/services/notes");
        let answer = request.body("application/json", bad.to_owned()).await;
        answer.refused(400, "bad_json");
    }
    let request = ada.ask(&board, http::Method::PUT, "/api/v1/services/notes");
    let answer = request.body("application/json", vec![b'"', 0xff, b'"']).await;
    answer.refused(400, "bad_json");
    assert_eq!(ada.generation(&board).await, before);
}

#[tokio::test]
async fn a_form_is_no_json() {
    let (board, ada) = Board::claimed().await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ] {
        let request = ada.ask(&board, http::Method::PUT, "/api/v1/services/notes");
        let answer = request.body(kind, "{}").await;
        answer.refused(415, "json_needed");
    }
    assert_eq!(ada.get(&board, "/api/v1/services").await.json(), json!([]));
}

#[tokio::test]
async fn a_client_that_hangs_up_in_the_middle_harms_nobody() {
    use tokio::{io::AsyncWriteExt, net::TcpStream};
    let (board, ada) = Board::claimed().await;
    let address = board.url().replace("http://", "");
    for _ in 0..50 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let begun =
            "PUT /api/v1/services/notes HTTP/1.1\r\nHost: oak.local\r\nContent-Length: 1000\r\n\r\n{\"set";
        stream.write_all(begun.as_bytes()).await.unwrap();
    }
    still_well(&board, &ada).await;
}
