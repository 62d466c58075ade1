// SPDX-License-Identifier: AGPL-3.0-or-later
//! A service that asks about members by LDAP, over its own socket.

use api_tests::{Board, Person, Scene, catalog, entry, manifest};
use bytes::BytesMut;
use ldap3_proto::{
    LdapCodec, LdapFilter, LdapResultCode, LdapSearchScope, parse_ldap_filter_str,
    proto::{LdapBindCred, LdapBindRequest, LdapDerefAliases, LdapMsg, LdapOp, LdapSearchRequest},
};
use serde_json::json;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};
use tokio_util::codec::{Decoder, Encoder};

const ASKS: &str = r#"
[listen.web]
kind = "http"
socket = "http.sock"
access = "public"

[sign_in]
method = "ldap"
"#;

/// The crate's reader of filters knows no `=` in a value.
fn filter_of(text: &str) -> LdapFilter {
    let place = text
        .strip_prefix("(memberOf=")
        .and_then(|rest| rest.strip_suffix(')'));
    match place {
        Some(place) => LdapFilter::Equality("memberOf".into(), place.into()),
        None => parse_ldap_filter_str(text).unwrap(),
    }
}

/// A service's own connection.
struct Client {
    stream: UnixStream,
    codec: LdapCodec,
    read: BytesMut,
}

impl Client {
    async fn of(board: &Board, service: &str) -> Self {
        let socket = board
            .root()
            .join("run/commonhost/ldap")
            .join(service)
            .join("ldap.sock");
        board.until("the socket is there", async || socket.exists()).await;
        Self {
            stream: UnixStream::connect(socket).await.unwrap(),
            codec: LdapCodec::default(),
            read: BytesMut::new(),
        }
    }

    async fn send(&mut self, op: LdapOp) {
        let mut bytes = BytesMut::new();
        self.codec.encode(LdapMsg::new(7, op), &mut bytes).unwrap();
        self.stream.write_all(&bytes).await.unwrap();
    }

    async fn answer(&mut self) -> Option<LdapOp> {
        loop {
            if let Some(message) = self.codec.decode(&mut self.read).unwrap() {
                assert_eq!(message.msgid, 7);
                return Some(message.op);
            }
            let reading = self.stream.read_buf(&mut self.read);
            let read = tokio::time::timeout(Duration::from_mins(1), reading).await;
            if read.unwrap().unwrap() == 0 {
                return None;
            }
        }
    }

    async fn bind(&mut self, name: &str, password: &str) -> LdapResultCode {
        self.send(LdapOp::BindRequest(LdapBindRequest {
            version: 3,
            dn: format!("uid={name},ou=members,o=commonhost"),
            cred: LdapBindCred::Simple(password.into()),
        }))
        .await;
        match self.answer().await {
            Some(LdapOp::BindResponse(answer)) => answer.res.code,
            other => panic!("{other:?}"),
        }
    }

    async fn find(&mut self, filter: &str) -> Vec<String> {
        self.send(LdapOp::SearchRequest(LdapSearchRequest {
            base: "o=commonhost".into(),
            scope: LdapSearchScope::Subtree,
            aliases: LdapDerefAliases::Never,
            sizelimit: 0,
            timelimit: 0,
            typesonly: false,
            filter: filter_of(filter),
            attrs: vec![],
        }))
        .await;
        let mut found = Vec::new();
        loop {
            match self.answer().await {
                Some(LdapOp::SearchResultEntry(entry)) => found.push(entry.dn),
                Some(LdapOp::SearchResultDone(_)) => return found,
                other => panic!("{other:?}"),
            }
        }
    }
}

/// A board with two services that ask about members, both enabled.
async fn board() -> (Board, Person) {
    let scene = Scene::new();
    let mut catalog = catalog(scene.now());
    for name in ["chat", "post"] {
        let service = entry(manifest(name, "1.0", 16, ASKS));
        catalog.services.insert(name.parse().unwrap(), service);
    }
    let board = scene.with_catalogs(vec![catalog]).start().await;
    let ada = board.claim().await;
    ada.enables(&board, "chat").await;
    ada.enables(&board, "post").await;
    (board, ada)
}

#[tokio::test]
async fn an_app_password_binds_to_its_own_services_until_it_is_taken_back() {
    use LdapResultCode::{InvalidCredentials, Success};
    let (board, ada) = board().await;
    let ben = ada.adds(&board, "ben").await;
    let (id, password) = ben.app_password(&board, "chat").await;
    let mut chat = Client::of(&board, "chat").await;
    let mut post = Client::of(&board, "post").await;
    assert_eq!(chat.bind("ben", &password).await, Success);
    assert_eq!(
        chat.bind("ben", &format!(" {} ", password.to_uppercase())).await,
        Success
    );
    assert_eq!(
        chat.bind("ada", &password).await,
        InvalidCredentials,
        "it is ben's"
    );
    assert_eq!(
        chat.bind("ben", api_tests::PASSWORD).await,
        InvalidCredentials,
        "no app gets this"
    );
    assert_eq!(chat.bind("nobody", &password).await, InvalidCredentials);
    assert_eq!(
        post.bind("ben", &password).await,
        InvalidCredentials,
        "it is for chat"
    );

    let used = ben.get(&board, "/api/v1/app-passwords").await.expect(200).json();
    assert!(used[0]["last_used"].as_i64().is_some(), "{used}");

    let both = json!({ "services": ["chat", "post"], "device": "laptop" });
    let made = ben
        .post(&board, "/api/v1/app-passwords", &both)
        .await
        .expect(201)
        .json();
    let password_for_both = made["secret"].as_str().unwrap();
    assert_eq!(made["services"], json!(["chat", "post"]));
    assert_eq!(chat.bind("ben", password_for_both).await, Success);
    assert_eq!(post.bind("ben", password_for_both).await, Success);

    ben.delete(&board, &format!("/api/v1/app-passwords/{id}"))
        .await
        .expect(204);
    assert_eq!(chat.bind("ben", &password).await, InvalidCredentials, "at once");
    ada.delete(&board, "/api/v1/members/ben").await.expect(204);
    assert_eq!(post.bind("ben", password_for_both).await, InvalidCredentials);
    assert_eq!(chat.find("(uid=ben)").await, Vec::<String>::new());
}

#[tokio::test]
async fn an_app_password_for_several_services_goes_when_the_last_of_them_goes() {
    let (board, ada) = board().await;
    let both = json!({ "services": ["chat", "post"], "device": "laptop" });
    ada.post(&board, "/api/v1/app-passwords", &both).await.expect(201);
    for (service, left) in [("chat", 1), ("post", 0)] {
        let answer = ada.delete(&board, &format!("/api/v1/services/{service}")).await;
        ada.done(&board, answer).await;
        let all = ada.get(&board, "/api/v1/app-passwords").await.json();
        assert_eq!(all.as_array().unwrap().len(), left, "{all}");
    }
    let none = json!({ "services": [], "device": "laptop" });
    let refused = ada.post(&board, "/api/v1/app-passwords", &none).await;
    assert_eq!(refused.refused(422, "invalid").fields(), ["services"]);
}

#[tokio::test]
async fn a_service_finds_members_and_groups_and_the_socket_comes_back_after_a_restart() {
    let (board, ada) = board().await;
    ada.adds(&board, "ben").await;
    let place = |name: &str| format!("uid={name},ou=members,o=commonhost");
    let mut chat = Client::of(&board, "chat").await;
    assert_eq!(chat.find("(uid=ben)").await, [place("ben")]);
    let stewards = "(memberOf=cn=stewards,ou=groups,o=commonhost)";
    assert_eq!(chat.find(stewards).await, [place("ada")]);

    board.kill().await;
    board.start_again().await;
    board
        .until("the new supervisor answers", async || {
            let socket = board.root().join("run/commonhost/ldap/chat/ldap.sock");
            UnixStream::connect(socket).await.is_ok()
        })
        .await;
    let mut chat = Client::of(&board, "chat").await;
    assert_eq!(chat.find("(uid=ben)").await, [place("ben")]);
}

#[tokio::test]
async fn what_is_no_ldap_ends_the_connection_and_nothing_else() {
    let (board, _) = board().await;
    let zeros = b"0".repeat(70_000);
    for bytes in [
        b"GET / HTTP/1.1\r\n\r\n".as_slice(),
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        zeros.as_slice(),
    ] {
        let mut client = Client::of(&board, "chat").await;
        let _ = client.stream.write_all(bytes).await;
        let _ = client.stream.shutdown().await;
        let mut rest = Vec::new();
        let reading = client.stream.read_to_end(&mut rest);
        let _ = tokio::time::timeout(Duration::from_mins(1), reading)
            .await
            .unwrap();
    }
    let mut client = Client::of(&board, "chat").await;
    assert_eq!(client.find("(uid=ada)").await.len(), 1);
}
