// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a client asks for through a browser, and what the browser is shown.

use super::*;
use api_tests::PASSWORD;

#[tokio::test]
async fn a_browser_goes_only_where_the_client_is_at_home() {
    let (board, ada) = Board::claimed().await;
    let client = Client::registered(&board, &ada).await;
    for changes in [
        [("client_id", Some("unknown"))],
        [("client_id", None)],
        [("redirect_uri", None)],
        [("redirect_uri", Some("https://forum.example.org/auth/back"))],
        [(
            "redirect_uri",
            Some("https://forum.example.org/auth/back?from=oak&x=1"),
        )],
        [(
            "redirect_uri",
            Some("https://forum.example.org.evil.example/auth/back?from=oak"),
        )],
        [(
            "redirect_uri",
            Some("HTTPS://forum.example.org/auth/back?from=oak"),
        )],
        [("redirect_uri", Some("http://127.0.0.1:7778/"))],
    ] {
        let address = client.address(&changes);
        let answer = browse(&board, &ada, &address).await.expect(400);
        assert!(answer.headers.get("location").is_none(), "{changes:?}");
        let answer = agree(&board, &ada, &address).await.expect(400);
        assert!(answer.headers.get("location").is_none(), "{changes:?}");
    }
    let given = ada.get(&board, "/api/v1/account/consents").await.json();
    assert_eq!(given, json!([]), "nobody agreed to anything");
}

#[tokio::test]
async fn the_client_is_told_what_is_wrong_with_its_request() {
    let (board, ada) = Board::claimed().await;
    let client = Client::registered(&board, &ada).await;
    for (name, changed, error) in [
        ("response_type", Some("token"), "unsupported_response_type"),
        ("response_type", None, "invalid_request"),
        ("scope", Some("profile"), "invalid_scope"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        (
            "request",
            Some("eyJhbGciOiJub25lIn0.e30."),
            "request_not_supported",
        ),
        ("prompt", Some("none login"), "invalid_request"),
    ] {
        let answer = browse(&board, &ada, &client.address(&[(name, changed)]))
            .await
            .expect(303);
        let to = answer.header("location");
        assert!(to.starts_with(BACK), "{to}");
        assert_eq!(value(to, "error").as_deref(), Some(error), "{name} {changed:?}");
        assert_eq!(value(to, "state").as_deref(), Some("a b&c"));
        assert_eq!(value(to, "iss").as_deref(), Some("https://oak.local"));
        assert_eq!(value(to, "code"), None);
    }
}

#[tokio::test]
async fn a_member_who_does_not_agree_is_not_known() {
    let (board, ada) = Board::claimed().await;
    let client = Client::registered(&board, &ada).await;
    let address = client.address(&[]);
    let answer = answers(&board, &ada, &address, "no").await.expect(303);
    let to = answer.header("location");
    assert_eq!(
        (value(to, "error").as_deref(), value(to, "code")),
        (Some("access_denied"), None)
    );
    browse(&board, &ada, &address).await.expect(200);
    // Another site cannot agree in a member's name.
    let (_, asked) = address.split_once('?').unwrap();
    let body = format!("asked={}&answer=yes", encode(asked));
    let forged = board
        .ask(Method::POST, "/openid/authorize")
        .secure(OAK)
        .cookie(&ada.session);
    let forged = forged
        .with("origin", "https://evil.example")
        .body("application/x-www-form-urlencoded", body);
    forged.await.refused(403, "cross_site");
    let given = ada.get(&board, "/api/v1/account/consents").await.json();
    assert_eq!(given, json!([]));
    // More than was agreed to is asked again.
    let less = client.address(&[("scope", Some("openid"))]);
    agree(&board, &ada, &less).await.expect(303);
    browse(&board, &ada, &less).await.expect(303);
    browse(&board, &ada, &address).await.expect(200);
}

#[tokio::test]
async fn a_guest_is_signed_in_nowhere_else() {
    let (board, ada) = Board::claimed().await;
    let client = Client::registered(&board, &ada).await;
    let ben = ada.adds(&board, "ben").await;
    let guest = json!({ "role": "guest" });
    ada.ask(&board, Method::PATCH, "/api/v1/members/ben")
        .json(&guest)
        .await
        .expect(200);
    let answer = agree(&board, &ben, &client.address(&[])).await.expect(303);
    assert_eq!(
        value(answer.header("location"), "error").as_deref(),
        Some("access_denied")
    );
}

/// Follows the way through the sign-in page, as somebody who types name and password.
async fn types_the_password(board: &Board, session: &str, page: &str) -> (String, String) {
    let to = value(page, "to").unwrap();
    let body = format!("name=ada&password={}&to={}", encode(PASSWORD), encode(&to));
    let ask = board
        .ask(Method::POST, "/sign-in")
        .secure(OAK)
        .cookie(session)
        .same_origin()
        .page();
    let answer = ask
        .body("application/x-www-form-urlencoded", body)
        .await
        .expect(303);
    let cookie = answer.header("set-cookie").to_owned();
    let session = cookie
        .strip_prefix("__Host-commonhost=")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    (session.to_owned(), answer.header("location").to_owned())
}

#[tokio::test]
async fn who_is_not_signed_in_signs_in_and_goes_on() {
    let (board, ada) = Board::claimed().await;
    let client = Client::registered(&board, &ada).await;
    let address = client.address(&[]);
    let silent = client.address(&[("prompt", Some("none"))]);
    let open = |address: &str| board.get(address).secure(OAK).page();
    let answer = open(&silent).await.expect(303);
    assert_eq!(
        value(answer.header("location"), "error").as_deref(),
        Some("login_required")
    );
    let answer = open(&address).await.expect(303);
    let page = answer.header("location");
    let shown = open(page).await.expect(200);
    // Browsers hold the policy of the form's page against where the form ends.
    let policy = shown.header("content-security-policy");
    assert!(
        policy.contains("form-action 'self' https://forum.example.org;"),
        "{policy}"
    );
    let (session, to) = types_the_password(&board, "", page).await;
    let ada = Person { session, ..ada };
    browse(&board, &ada, &to).await.expect(200);
    let answer = browse(&board, &ada, &silent).await.expect(303);
    assert_eq!(
        value(answer.header("location"), "error").as_deref(),
        Some("consent_required")
    );
    let answer = agree(&board, &ada, &to).await.expect(303);
    assert!(value(answer.header("location"), "code").is_some());
    // A way to nowhere of ours widens no policy.
    let other = "/openid/authorize?client_id=unknown&redirect_uri=https%3A//evil.example/";
    let shown = open(&format!("/sign-in?to={}", encode(other))).await.expect(200);
    assert!(!shown.header("content-security-policy").contains("evil"));
}

#[tokio::test]
async fn the_password_is_asked_again_when_the_client_wants_it() {
    let (board, ada) = Board::claimed().await;
    let client = Client::registered(&board, &ada).await;
    agree(&board, &ada, &client.address(&[])).await.expect(303);
    board.pass(100);
    let young = client.address(&[("max_age", Some("50")), ("prompt", Some("none"))]);
    let answer = browse(&board, &ada, &young).await.expect(303);
    assert_eq!(
        value(answer.header("location"), "error").as_deref(),
        Some("login_required")
    );
    let mut member = ada;
    for wish in [
        ("max_age", Some("50")),
        ("prompt", Some("login")),
        ("prompt", Some("select_account")),
    ] {
        let answer = browse(&board, &member, &client.address(&[wish]))
            .await
            .expect(303);
        let page = answer.header("location").to_owned();
        assert!(page.starts_with("/sign-in?again=1&to="), "{page}");
        browse(&board, &member, &page).await.expect(200);
        let (session, to) = types_the_password(&board, &member.session, &page).await;
        let old = board
            .get("/api/v1/account")
            .secure(OAK)
            .cookie(&member.session)
            .await;
        old.refused(401, "sign_in_needed");
        member = Person { session, ..member };
        let answer = browse(&board, &member, &to).await.expect(303);
        let code = value(answer.header("location"), "code").unwrap();
        let given = client.redeems(&board, &code).await.expect(200).json();
        let token = given["id_token"]
            .as_str()
            .unwrap()
            .split('.')
            .nth(1)
            .unwrap()
            .to_owned();
        let claims = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, token).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["auth_time"], json!(board.now().0), "{claims}");
        board.pass(100);
    }
    // Asking for consent again asks again.
    browse(&board, &member, &client.address(&[("prompt", Some("consent"))]))
        .await
        .expect(200);
}

#[tokio::test]
async fn stewards_register_software_by_page_too() {
    let (board, ada) = Board::claimed().await;
    let fields = [
        ("name", "Forum"),
        ("redirects", "https://forum.example.org/a\r\nhttp://localhost/b"),
    ];
    let page = ada.form(&board, "/members/clients", &fields).await.expect(200);
    let listed = ada.get(&board, "/api/v1/openid/clients").await.expect(200).json();
    let id = listed[0]["id"].as_str().unwrap();
    assert!(page.body.contains(id) && page.body.contains("client_secret"));
    assert_eq!(
        listed[0]["redirects"],
        json!(["https://forum.example.org/a", "http://localhost/b"])
    );
    assert!(
        !listed.to_string().contains("secret"),
        "shown once only: {listed}"
    );
    let fields = [("name", "Forum"), ("redirects", "http://forum.example.org/")];
    let page = ada.form(&board, "/members/clients", &fields).await.expect(422);
    assert!(
        page.body.contains("http://forum.example.org/"),
        "what was typed stays"
    );
    let path = format!("/members/clients/{id}/remove");
    ada.form(&board, &path, &[]).await.expect(303);
    assert_eq!(ada.get(&board, "/api/v1/openid/clients").await.json(), json!([]));
    ada.form(&board, "/members/clients/rotate", &[]).await.expect(303);
    let acts = ada.get(&board, "/api/v1/audit").await.json();
    let acts: Vec<&str> = (0..3).map(|at| acts[at]["act"].as_str().unwrap()).collect();
    assert_eq!(
        acts,
        ["rotate-openid-key", "remove-openid-client", "add-openid-client"]
    );
}
