// SPDX-License-Identifier: AGPL-3.0-or-later
//! Members are signed in by the `openidconnect` crate, which knows nothing of this board.

use super::*;
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, Scope,
    TokenResponse,
    core::{CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreProviderMetadata, CoreUserInfoClaims},
};
use std::io;
use types::{ServiceName, Timestamp};

/// Carries the crate's requests to the board.
async fn carry(board: &Board, request: HttpRequest) -> Result<HttpResponse, io::Error> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().unwrap().as_str();
    let host = parts.uri.authority().unwrap().as_str();
    assert_eq!(parts.uri.scheme_str(), Some("https"));
    let mut ask = board.ask(parts.method, path).secure(host);
    for (name, value) in &parts.headers {
        if name != "content-type" {
            ask = ask.with(name.as_str(), value.to_str().unwrap());
        }
    }
    let kind = parts
        .headers
        .get("content-type")
        .map(|kind| kind.to_str().unwrap());
    if let Some(kind) = kind {
        ask = ask.body(kind, body);
    }
    let answer = ask.await;
    let mut response = http::Response::builder().status(answer.status);
    *response.headers_mut().unwrap() = answer.headers;
    Ok(response.body(answer.body.into_bytes()).unwrap())
}

type Connected = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

async fn connect(board: &Board, issuer: &str, id: &str, secret: &str, back: &str) -> Connected {
    let carry = |request| carry(board, request);
    let issuer = IssuerUrl::new(issuer.into()).unwrap();
    let metadata = CoreProviderMetadata::discover_async(issuer, &carry)
        .await
        .unwrap();
    let (id, secret) = (ClientId::new(id.into()), ClientSecret::new(secret.into()));
    CoreClient::from_provider_metadata(metadata, id, Some(secret))
        .set_redirect_uri(RedirectUrl::new(back.into()).unwrap())
}

/// The whole flow; `go` is the browser: from the address the client sends it to, to where it ends.
async fn signed_in(
    board: &Board,
    client: &Connected,
    go: impl AsyncFnOnce(String) -> String,
) -> (CoreIdTokenClaims, CoreUserInfoClaims, String) {
    let carry = |request| carry(board, request);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (address, state, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("profile".into()))
        .set_pkce_challenge(challenge)
        .url();
    let path = format!("{}?{}", address.path(), address.query().unwrap());
    let end = go(path).await;
    assert_eq!(value(&end, "state").as_ref(), Some(state.secret()));
    assert_eq!(value(&end, "iss").unwrap(), "https://oak.local");
    let code = AuthorizationCode::new(value(&end, "code").unwrap());
    let exchange = client.exchange_code(code).unwrap().set_pkce_verifier(verifier);
    let tokens = exchange.request_async(&carry).await.unwrap();
    let claims = tokens
        .id_token()
        .unwrap()
        .claims(&client.id_token_verifier(), &nonce);
    let claims = claims.unwrap().clone();
    let hash = claims.access_token_hash().expect("at_hash");
    let id_token = tokens.id_token().unwrap();
    let verifier = client.id_token_verifier();
    let key = id_token.signing_key(&verifier).unwrap();
    let alg = id_token.signing_alg().unwrap();
    let computed = openidconnect::AccessTokenHash::from_token(tokens.access_token(), alg, key);
    assert_eq!(*hash, computed.unwrap());
    let access = tokens.access_token().clone();
    let told = client
        .user_info(access.clone(), Some(claims.subject().clone()))
        .unwrap();
    let told: CoreUserInfoClaims = told.request_async(&carry).await.unwrap();
    (claims, told, access.secret().clone())
}

#[tokio::test]
async fn software_elsewhere_signs_a_member_in_who_agrees() {
    let (board, ada) = Board::claimed().await;
    let made = Client::registered(&board, &ada).await;
    let ben = ada.adds(&board, "ben").await;
    let client = connect(&board, "https://oak.local", &made.id, &made.secret, BACK).await;
    let (claims, told, access) = signed_in(&board, &client, async |path| {
        let page = browse(&board, &ben, &path).await.expect(200);
        for text in ["The choir&#39;s forum", "forum.example.org", "sign-in name"] {
            assert!(page.body.contains(text), "{text}: {}", page.body);
        }
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("form-action 'self' https://forum.example.org;"),
            "{policy}"
        );
        agree(&board, &ben, &path)
            .await
            .expect(303)
            .header("location")
            .to_owned()
    })
    .await;
    assert_eq!(claims.preferred_username().unwrap().as_str(), "ben");
    assert_eq!(told.preferred_username().unwrap().as_str(), "ben");
    assert_eq!(claims.subject(), told.subject());
    assert!(claims.auth_time().is_some());

    // The next time nobody is asked, until the consent is taken back.
    let again = signed_in(&board, &client, async |path| {
        browse(&board, &ben, &path)
            .await
            .expect(303)
            .header("location")
            .to_owned()
    });
    let (_, _, second) = again.await;
    let given = ben
        .get(&board, "/api/v1/account/consents")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&given[0]["client"], &given[0]["scopes"]),
        (&json!(made.id), &json!("openid profile"))
    );
    assert!(
        ben.page(&board, "/account")
            .await
            .contains("The choir&#39;s forum")
    );
    let path = format!("/api/v1/account/consents/{}", made.id);
    ben.delete(&board, &path).await.expect(204);
    ben.delete(&board, &path).await.refused(404, "not_found");
    for token in [access, second] {
        userinfo(&board, &token).await.expect(401);
    }
    browse(&board, &ben, &made.address(&[])).await.expect(200);
}

#[tokio::test]
async fn a_service_of_the_board_signs_in_whoever_may_use_it() {
    let (board, ada) = with_reader().await;
    let service: ServiceName = "reader".parse().unwrap();
    let told = supervisor::openid::client_of_service(&board.app(), &service, OAK).unwrap();
    let back = "https://reader-oak.local/oauth2/callback";
    let client = connect(&board, "https://oak.local", "reader", told.secret.as_str(), back).await;
    let ben = ada.adds(&board, "ben").await;
    let sign_in = |member: Person| {
        let board = &board;
        async move |path: String| {
            browse(board, &member, &path)
                .await
                .expect(303)
                .header("location")
                .to_owned()
        }
    };
    let (first, _, access) = signed_in(&board, &client, sign_in(ben.clone())).await;
    let (adas, ..) = signed_in(&board, &client, sign_in(ada.clone())).await;
    assert_ne!(first.subject(), adas.subject());
    // A member who may not use it is not signed in, and what was given before ends.
    let groups = json!({ "groups": ["choir"] });
    ada.put(&board, "/api/v1/services/reader/groups", &groups)
        .await
        .expect(204);
    userinfo(&board, &access).await.expect(401);
    let reader = Client {
        id: "reader".into(),
        secret: told.secret.to_string(),
    };
    let address = reader.address(&[("redirect_uri", Some(back))]);
    let answer = browse(&board, &ben, &address).await.expect(303);
    assert_eq!(
        value(answer.header("location"), "error").unwrap(),
        "access_denied"
    );
    // Whoever gets the same name later is somebody else.
    ada.put(&board, "/api/v1/services/reader/groups", &json!({ "groups": [] }))
        .await
        .expect(204);
    ada.delete(&board, "/api/v1/members/ben").await.expect(204);
    board.pass(1);
    let other = ada.adds(&board, "ben").await;
    let (second, ..) = signed_in(&board, &client, sign_in(other)).await;
    assert_eq!(second.preferred_username().unwrap().as_str(), "ben");
    assert_ne!(first.subject(), second.subject());
    // With the service its client goes.
    let answer = ada.delete(&board, "/api/v1/services/reader").await;
    ada.done(&board, answer).await;
    browse(&board, &ada, &address).await.expect(400);
}

#[tokio::test]
async fn keys_turn_without_a_sign_in_failing() {
    let (board, ada) = with_reader().await;
    let service: ServiceName = "reader".parse().unwrap();
    let told = supervisor::openid::client_of_service(&board.app(), &service, OAK).unwrap();
    let back = "https://reader-oak.local/oauth2/callback";
    let keys = async || {
        let answer = board.get("/openid/keys").secure(OAK).await.expect(200).json();
        let keys = answer["keys"].as_array().unwrap();
        keys.iter()
            .map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let signer = async || {
        let client = connect(&board, "https://oak.local", "reader", told.secret.as_str(), back).await;
        // `ada` signs in anew: a session that nobody uses ends in a month.
        let ada = Person::sign_in(&board, "ada").await;
        let reader = Client {
            id: "reader".into(),
            secret: told.secret.to_string(),
        };
        let address = reader.address(&[("redirect_uri", Some(back))]);
        let end = browse(&board, &ada, &address)
            .await
            .expect(303)
            .header("location")
            .to_owned();
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &value(&end, "code").unwrap()),
            ("redirect_uri", back),
            ("code_verifier", VERIFIER),
        ];
        let given = token(&board, &fields)
            .basic("reader", told.secret.as_str())
            .await
            .expect(200)
            .json();
        let token: openidconnect::core::CoreIdToken = given["id_token"].as_str().unwrap().parse().unwrap();
        // The board's time is not the one of this machine any more: only the signature is looked at.
        let verifier = client.id_token_verifier();
        let key = token.signing_key(&verifier).unwrap();
        openidconnect::JsonWebKey::key_id(key).unwrap().to_string()
    };
    let first = signer().await;
    assert_eq!(keys().await, std::slice::from_ref(&first));
    board.pass(90 * 86_400);
    let both = keys().await;
    assert_eq!((both.len(), &both[0]), (2, &first));
    assert_eq!(signer().await, first, "the new one is only shown at first");
    board.pass(86_400);
    assert_eq!(signer().await, both[1]);
    assert_eq!(keys().await, both);
    board.pass(86_400);
    assert_eq!(keys().await, both[1..]);
    // A steward who fears that somebody knows the key waits for nothing.
    let ada = Person {
        ..Person::sign_in(&board, &ada.name).await
    };
    let made = ada
        .post(&board, "/api/v1/openid/rotate", &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(json!(keys().await), json!([made["key"]]));
    assert_eq!(json!(signer().await), made["key"]);
    let audit = ada.get(&board, "/api/v1/audit").await.expect(200).json();
    assert_eq!(audit[0]["act"], "rotate-openid-key");
}

#[tokio::test]
async fn every_name_of_the_board_is_an_issuer_of_its_own() {
    let (board, _) = Board::claimed().await;
    let get = |host: &'static str| board.get("/.well-known/openid-configuration").secure(host);
    let told: Value = get("oak.local").await.expect(200).json();
    assert_eq!(told["issuer"], "https://oak.local");
    for (name, path) in [
        ("authorization_endpoint", "/openid/authorize"),
        ("token_endpoint", "/openid/token"),
        ("userinfo_endpoint", "/openid/userinfo"),
        ("jwks_uri", "/openid/keys"),
    ] {
        assert_eq!(told[name], format!("https://oak.local{path}"));
    }
    assert_eq!(told["code_challenge_methods_supported"], json!(["S256"]));
    let with_port = board
        .get("/.well-known/openid-configuration")
        .secure("oak.local:8441")
        .await;
    assert_eq!(with_port.expect(200).json()["issuer"], "https://oak.local:8441");
    let now = board.now();
    assert!(now > Timestamp(0));
    for path in [
        "/.well-known/openid-configuration",
        "/openid/keys",
        "/openid/userinfo",
    ] {
        board.get(path).await.refused(403, "tls_needed");
    }
}
