// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whoever guesses gets nothing: neither in, nor a member out, nor to know who is a member.

use api_tests::{Ask, Board, Chance, PASSWORD};
use serde_json::json;
use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

fn sign_in(board: &Board, name: &str, password: &str) -> Ask {
    let body = json!({ "name": name, "password": password });
    board.post("/api/v1/session", &body)
}

/// The cookie by which a device is known.
async fn device(board: &Board) -> String {
    let answer = sign_in(board, "ada", PASSWORD).await.expect(200);
    let cookies = answer.headers.get_all("set-cookie").iter();
    let mut cookies = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    cookies
        .find(|pair| pair.starts_with("commonhost-device="))
        .unwrap()
        .to_owned()
}

/// 10,000 wrong passwords from 100 addresses within ten minutes, half of them for a member.
#[tokio::test]
async fn ten_thousand_wrong_passwords_neither_get_in_nor_keep_a_member_out() {
    let (board, ada) = Board::claimed().await;
    let phone = device(&board).await;
    let (mut looked_at, mut turned_away) = (0, 0);
    for round in 0..100 {
        for address in 0..100 {
            let name = if address % 2 == 0 { "ada" } else { "nobody" };
            let guess = format!("guess {round} of {address}");
            let from = Ipv4Addr::new(127, 0, 7, 1 + address);
            let answer = sign_in(&board, name, &guess).from(from).await;
            match answer.status {
                401 => looked_at += 1,
                429 => turned_away += 1,
                _ => panic!("{answer:?}"),
            }
        }
        if round % 25 == 10 {
            // In the middle of it: from a device of hers she signs in at once, and what is open stays open.
            sign_in(&board, "ada", PASSWORD)
                .with("cookie", &phone)
                .await
                .expect(200);
            ada.get(&board, "/api/v1/account").await.expect(200);
        }
        board.pass(6);
    }
    assert_eq!(looked_at + turned_away, 10_000);
    // Ten at once and one every three minutes, for each of the two names: whatever the crowd, no more is looked at.
    assert!(looked_at <= 2 * (10 + 600 / 180), "{looked_at}");
    // When it is over she signs in from anywhere.
    board.pass(180);
    sign_in(&board, "ada", PASSWORD).await.expect(200);
}

/// The median of how long each of two requests takes, asked in turn, so that whatever else the machine does falls on
/// both.
async fn medians(board: &Board, one: impl AsyncFn(), other: impl AsyncFn()) -> (Duration, Duration) {
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    for _ in 0..31 {
        #[expect(
            clippy::disallowed_methods,
            reason = "the time of this machine is what is measured"
        )]
        let begun = Instant::now();
        one().await;
        ones.push(begun.elapsed());
        #[expect(
            clippy::disallowed_methods,
            reason = "the time of this machine is what is measured"
        )]
        let begun = Instant::now();
        other().await;
        others.push(begun.elapsed());
        // No name and no network runs out of tries.
        board.pass(600);
    }
    ones.sort_unstable();
    others.sort_unstable();
    (ones[15], others[15])
}

#[tokio::test]
async fn a_name_that_is_nobodys_takes_as_long_as_a_members() {
    let (board, _) = Board::claimed().await;
    let wrong = async |name: &str| {
        sign_in(&board, name, "a guess, again")
            .await
            .refused(401, "wrong_password");
    };
    let (known, unknown) = medians(
        &board,
        async || wrong("ada").await,
        async || wrong("nobody").await,
    )
    .await;
    // Without the same work an unknown name would be answered in a small part of the time.
    assert!(
        known < unknown * 2 && unknown < known * 2,
        "{known:?} {unknown:?}"
    );
}

/// What is nearly a secret, and is none.
fn nearly(secret: &str, chance: &mut Chance) -> String {
    let mut text: Vec<char> = secret.chars().collect();
    let at = usize::try_from(chance.below(text.len() as u64)).unwrap();
    let letters: Vec<char> = "0123456789abcdefghijklmnopqrstuvwxyz-~.ABCDEF%+ "
        .chars()
        .collect();
    match chance.below(6) {
        0 => text[at] = *chance.one_of(&letters),
        1 => text.truncate(at),
        2 => text.insert(at, *chance.one_of(&letters)),
        3 => text.extend_from_within(..),
        4 => text.swap(0, at),
        _ => {
            let letter = *chance.one_of(&letters);
            text.fill(letter);
        }
    }
    text.into_iter().collect()
}

/// 300 that are nearly `secret`; those that mean the same are left out.
fn many(secret: &str, seed: u64) -> Vec<String> {
    let mut chance = Chance::new(seed);
    let made = (0..300).map(|_| nearly(secret, &mut chance));
    let other = |made: &String| !made.trim().eq_ignore_ascii_case(secret);
    made.filter(other).collect()
}

#[tokio::test]
async fn what_is_nearly_a_session_or_a_token_opens_nothing() {
    let (board, ada) = Board::claimed().await;
    for guess in many(&ada.session, 1) {
        let answer = board.get("/api/v1/account").cookie(&guess).await;
        answer.refused(401, "sign_in_needed");
    }
    for guess in many(&ada.token, 2) {
        let answer = board.get("/api/v1/account").bearer(&guess).await;
        assert_eq!(answer.status, 401, "{guess:?}: {answer:?}");
    }
    // The stored form opens nothing either: whoever reads a copy of the database has no key.
    for stored in [&ada.session, &ada.token] {
        let hash = supervisor::access::secret::hash(stored);
        board
            .get("/api/v1/account")
            .cookie(&hash)
            .await
            .refused(401, "sign_in_needed");
        board
            .get("/api/v1/account")
            .bearer(&hash)
            .await
            .refused(401, "token_unknown");
    }
    ada.get(&board, "/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn what_is_nearly_an_invitation_lets_nobody_in() {
    let (board, ada) = Board::claimed().await;
    let made = ada
        .post(&board, "/api/v1/invitations", &json!({ "uses": 5 }))
        .await
        .expect(201)
        .json();
    let code = made["code"].as_str().unwrap();
    let join = |code: &str| {
        let member = json!({ "name": "ben", "display_name": "", "password": PASSWORD });
        board.post("/api/v1/join", &json!({ "code": code, "member": member }))
    };
    for guess in many(code, 3) {
        let answer = join(&guess).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (410, "invitation_gone"),
            "{guess:?}"
        );
        let page = board
            .get(&format!("/join/{}", supervisor::access::gate::encode(&guess)))
            .page()
            .await;
        assert!(matches!(page.status, 404 | 410), "{guess:?}: {page:?}");
    }
    let members = ada.get(&board, "/api/v1/members").await.expect(200).json();
    assert_eq!(members.as_array().map(Vec::len), Some(1));
    join(code).await.expect(200);
}

#[tokio::test]
async fn what_is_nearly_an_app_password_reaches_no_service() {
    let (board, ada) = Board::claimed().await;
    ada.enables(&board, "notes").await;
    let (_, password) = ada.app_password(&board, "notes").await;
    let notes = || board.get("/").secure("notes-oak.local");
    for guess in many(&password, 4) {
        let answer = notes().basic("ada", &guess).await;
        assert!(matches!(answer.status, 401 | 429), "{guess:?}: {answer:?}");
        board.pass(6);
    }
    for name in ["", "ben", "ada ", "ada\0", "ada:ada"] {
        let answer = notes().basic(name, &password).await;
        assert!(matches!(answer.status, 401 | 429), "{name:?}: {answer:?}");
        board.pass(6);
    }
    notes().basic("ada", &password).await.expect(200);
}
