// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a code and an access token are worth, and to whom.

use super::*;
use api_tests::Chance;

fn refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!(
        (answer.status, answer.json()["error"].as_str()),
        (status, Some(error)),
        "{answer:?}"
    );
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_code_is_worth_something_once_to_the_one_who_asked() {
    let (board, ada) = Board::claimed().await;
    let client = Client::registered(&board, &ada).await;
    let other = Client::registered(&board, &ada).await;
    let code = client.code(&board, &ada).await;
    let fields = |name: &str, value: &str| {
        let mut fields = vec![
            ("grant_type".to_owned(), "authorization_code".to_owned()),
            ("code".into(), code.clone()),
            ("redirect_uri".into(), BACK.into()),
            ("code_verifier".into(), VERIFIER.into()),
        ];
        fields.retain(|(key, _)| key != name);
        fields.push((name.into(), value.into()));
        fields
    };
    let ask = |fields: Vec<(String, String)>| {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        token(&board, &fields)
    };
    let with = |name: &str, value: &str| ask(fields(name, value)).basic(&client.id, &client.secret);
    refused(
        &with("grant_type", "password").await,
        400,
        "unsupported_grant_type",
    );
    refused(
        &with("redirect_uri", "http://127.0.0.1:7777/").await,
        400,
        "invalid_grant",
    );
    refused(
        &with("code_verifier", &"a".repeat(43)).await,
        400,
        "invalid_grant",
    );
    refused(&with("code_verifier", "").await, 400, "invalid_grant");
    refused(&with("code", "guess").await, 400, "invalid_grant");
    refused(
        &with("client_secret", &client.secret).await,
        400,
        "invalid_request",
    );
    refused(&with("client_id", &other.id).await, 400, "invalid_request");
    let wrong = ask(fields("x", "")).basic(&client.id, &other.secret).await;
    refused(&wrong, 401, "invalid_client");
    assert!(wrong.header("www-authenticate").starts_with("Basic"));
    refused(&ask(fields("client_id", &client.id)).await, 401, "invalid_client");
    refused(
        &ask(fields("x", "")).basic(&other.id, &other.secret).await,
        400,
        "invalid_grant",
    );
    refused(
        &ask(fields("x", "")).basic("unknown", "secret").await,
        401,
        "invalid_client",
    );
    let elsewhere = client.redeems(&board, &code).to("oak.local:8441").await;
    refused(&elsewhere, 400, "invalid_grant");

    // That redeemed it, for another issuer: gone. A new one, with the secret among the fields this time.
    let code = client.code(&board, &ada).await;
    let posted = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
        ("client_id", &client.id),
        ("client_secret", &client.secret),
    ];
    let given = token(&board, &posted).await.expect(200);
    assert_eq!(given.header("cache-control"), "no-store");
    let given = given.json();
    assert_eq!(
        (&given["token_type"], &given["scope"]),
        (&json!("Bearer"), &json!("openid profile groups"))
    );
    let access = given["access_token"].as_str().unwrap().to_owned();
    let told = userinfo(&board, &access).await.expect(200).json();
    assert_eq!(told["groups"], json!(["members", "stewards"]));
    // Used a second time it is a theft, and what the first one got is taken back.
    refused(&token(&board, &posted).await, 400, "invalid_grant");
    let answer = userinfo(&board, &access).await.expect(401);
    assert_eq!(
        answer.header("www-authenticate"),
        "Bearer error=\"invalid_token\""
    );

    let late = client.code(&board, &ada).await;
    board.pass(60);
    refused(&client.redeems(&board, &late).await, 400, "invalid_grant");
}

#[tokio::test]
async fn an_app_on_a_members_device_proves_itself_by_pkce_alone() {
    let (board, ada) = Board::claimed().await;
    let back = "http://127.0.0.1:7777/";
    let body = json!({ "name": "Podcaster", "redirects": [back], "public": true });
    let made = ada
        .post(&board, "/api/v1/openid/clients", &body)
        .await
        .expect(201)
        .json();
    assert_eq!((&made["confidential"], made.get("secret")), (&json!(false), None));
    let app = Client {
        id: made["id"].as_str().unwrap().into(),
        secret: String::new(),
    };
    let address = app.address(&[("redirect_uri", Some(back))]);
    let end = agree(&board, &ada, &address)
        .await
        .expect(303)
        .header("location")
        .to_owned();
    let code = value(&end, "code").unwrap();
    let fields = |verifier: &'static str| {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", back),
            ("code_verifier", verifier),
            ("client_id", app.id.as_str()),
        ];
        token(&board, &fields)
    };
    refused(
        &fields("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").await,
        400,
        "invalid_grant",
    );
    refused(
        &fields(VERIFIER).basic(&app.id, "made up").await,
        401,
        "invalid_client",
    );
    fields(VERIFIER).await.expect(200);
}

#[tokio::test]
async fn an_access_token_tells_who_somebody_is_and_opens_nothing() {
    let (board, ada) = Board::claimed().await;
    let client = Client::registered(&board, &ada).await;
    let code = client.code(&board, &ada).await;
    let given = client.redeems(&board, &code).await.expect(200).json();
    let (access, id_token) = (
        given["access_token"].as_str().unwrap(),
        given["id_token"].as_str().unwrap(),
    );
    for path in ["/api/v1/account", "/api/v1/members", "/api/v1/openid/clients"] {
        board
            .get(path)
            .secure(OAK)
            .bearer(access)
            .await
            .refused(401, "sign_in_needed");
        board
            .get(path)
            .secure(OAK)
            .bearer(id_token)
            .await
            .refused(401, "token_unknown");
    }
    // What else a member holds is no access token.
    userinfo(&board, &ada.token).await.expect(401);
    userinfo(&board, &ada.session).await.expect(401);
    userinfo(&board, id_token).await.expect(401);
    board.get("/openid/userinfo").secure(OAK).await.expect(401);
    userinfo(&board, access).await.expect(200);
    userinfo(&board, access).to("oak.local:8441").await.expect(401);
    // It ends with the session it came from.
    let out = board
        .ask(Method::DELETE, "/api/v1/session")
        .cookie(&ada.session)
        .same_origin();
    out.await.expect(204);
    userinfo(&board, access).await.expect(401);
}

#[tokio::test]
async fn a_client_that_is_removed_gets_nothing_more() {
    let (board, ada) = Board::claimed().await;
    let client = Client::registered(&board, &ada).await;
    let (used, unused) = (client.code(&board, &ada).await, client.code(&board, &ada).await);
    let given = client.redeems(&board, &used).await.expect(200).json();
    let path = format!("/api/v1/openid/clients/{}", client.id);
    ada.delete(&board, &path).await.expect(204);
    ada.delete(&board, &path).await.refused(404, "not_found");
    userinfo(&board, given["access_token"].as_str().unwrap())
        .await
        .expect(401);
    refused(&client.redeems(&board, &unused).await, 401, "invalid_client");
    browse(&board, &ada, &client.address(&[])).await.expect(400);
}

#[tokio::test]
async fn whatever_is_sent_is_answered_and_gets_nothing() {
    let (board, ada) = Board::claimed().await;
    let client = Client::registered(&board, &ada).await;
    let code = client.code(&board, &ada).await;
    let mut chance = Chance::new(20_261_125);
    let names = [
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
        "client_id",
        "client_secret",
        "%00",
        "",
    ];
    let values = [
        "authorization_code",
        &code,
        BACK,
        VERIFIER,
        &client.id,
        "",
        "%FF",
        "\u{202e}",
        "openid",
        "x&y=z",
        "'--",
    ];
    let schemes = [
        "Basic ",
        "Bearer ",
        "basic",
        "Basic !!!!",
        "Basic OjpeOg==",
        "\u{7f}",
        "Bearer openid.",
    ];
    for _ in 0..300 {
        let mut fields: Vec<(&str, &str)> = Vec::new();
        for _ in 0..chance.below(9) {
            let name = *chance.one_of(&names);
            fields.push((name, *chance.one_of(&values)));
        }
        let mut ask = token(&board, &fields);
        if chance.below(2) == 0 {
            ask = ask.with(
                "authorization",
                chance.one_of(&schemes).trim_end_matches('\u{7f}'),
            );
        }
        let answer = ask.await;
        assert!((400..500).contains(&answer.status), "{fields:?}: {answer:?}");
        let query: Vec<String> = fields
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let query: String = query.join("&").chars().filter(char::is_ascii_graphic).collect();
        let answer = browse(&board, &ada, &format!("/openid/authorize?{query}")).await;
        assert!(matches!(answer.status, 303 | 400), "{query}: {answer:?}");
        if answer.status == 303 {
            assert!(answer.header("location").starts_with(BACK), "{answer:?}");
        }
    }
    client.redeems(&board, &code).await.expect(200);
}
